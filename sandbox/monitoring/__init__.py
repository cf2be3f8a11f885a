"""What watches CredLink: real Prometheus and Alertmanager, or alerts fired by hand."""

from sandbox.monitoring.by_hand import ByHand
from sandbox.monitoring.monitoring import HOW_TO_GET_THEM, Monitoring
from sandbox.monitoring.program import NotStarted

__all__ = ["HOW_TO_GET_THEM", "ByHand", "Monitoring", "NotStarted"]
