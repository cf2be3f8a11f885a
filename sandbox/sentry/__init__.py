"""A stand-in for Sentry."""

from sandbox.sentry.server import Sentry

__all__ = ["Sentry"]
