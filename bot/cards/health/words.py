"""What the lines of a health card share."""

from collections.abc import Iterable

from bot.cards.links import link
from bot.domain.health import Health, Part

NAMED = 3
"""Alerts, alarms, incidents and issues named on the card; more are counted."""
LONGEST_NAME = 80


def label(health: Health, part: Part) -> str:
    """The part's name, leading to its source."""
    return f"*{link(health.links.get(part.value, ''), part.value)}*"


def unsaid(health: Health, part: Part) -> str:
    """For what has not been answered: still awaited, or unknown."""
    return "…" if health.is_awaited(part) else "⚪ unknown"


def listed(words: Iterable[str], *, joined: str, at_most: int = NAMED) -> str:
    """The first of them, and how many more there are."""
    said = list(words)
    more = f"{joined}and {len(said) - at_most} more" if len(said) > at_most else ""
    return joined.join(said[:at_most]) + more
