"""A stand-in for PagerDuty."""

from sandbox.pagerduty.server import PagerDuty

__all__ = ["PagerDuty"]
