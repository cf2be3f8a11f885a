"""Which channel an alert group belongs to, by the catalogue's routes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.catalog import Route


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a group's card stands. `is_routed` is False where only the default channel was left."""

    channel: str
    is_routed: bool
    mention: str | None = None
    urgency: Literal["high", "low"] | None = None
    """What the route says; None where the severity decides."""


def destination(routes: Sequence[Route], labels: Mapping[str, str], *, default: str) -> Destination:
    """The first route whose every label matches decides; without one, the default channel."""
    for route in routes:
        if all(labels.get(name) == value for name, value in route.match.items()):
            return Destination(route.channel, True, route.mention, route.urgency)
    return Destination(default, is_routed=False)
