"""A stand-in for Grafana."""

from sandbox.grafana.server import Grafana, Renderer

__all__ = ["Grafana", "Renderer"]
