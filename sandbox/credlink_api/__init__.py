"""The service that everything is about: its metrics, and how they misbehave on demand."""

from sandbox.credlink_api.behaviour import RunningTask
from sandbox.credlink_api.server import CredlinkApi

__all__ = ["CredlinkApi", "RunningTask"]
