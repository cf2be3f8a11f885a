"""What travels from the workspace to the app, and what may become of it."""

from dataclasses import dataclass
from typing import Any, Protocol

ACK_WITHIN_S = 3.0
"""How long the app has for everything.

Source: https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
"""

EVENT = "events_api"
COMMAND = "slash_commands"
INTERACTIVE = "interactive"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One payload; `kind` is Socket Mode's word for it."""

    kind: str
    id: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Retry:
    """Which redelivery of an event this is (1 to 3), and why the one before failed."""

    number: int
    reason: str


class NotAcknowledged(Exception):
    """The app did not take a parcel; `reason` is Slack's word (http_timeout, http_error …)."""

    def __init__(self, reason: str, *, retry: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry


class Transport(Protocol):
    """A way to the app."""

    async def send(self, parcel: Parcel, retry: Retry | None = None) -> dict[str, Any]:
        """Deliver once; return what the app answered, empty for a bare acknowledgement.

        Raises:
            NotAcknowledged: the app cannot be reached, refuses, or takes longer than 3 s.
        """

    async def stop(self) -> None:
        """Let go of connections."""
