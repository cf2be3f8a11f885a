"""How moments, times and variables are written in Grafana's addresses. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit


def for_people(url: str) -> str:
    """An address without what lets the bot in."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def window(start: datetime, end: datetime | None) -> list[tuple[str, str]]:
    """From here to there; without an end until whoever looks looks."""
    until = "now" if end is None else str(milliseconds(end))
    return [("from", str(milliseconds(start))), ("to", until)]


def chosen(variables: Mapping[str, Sequence[str]] | None) -> list[tuple[str, str]]:
    """A variable that takes several values is named once for each."""
    return [
        (f"var-{name}", value) for name, values in (variables or {}).items() for value in values
    ]


def milliseconds(at: datetime) -> int:
    """Since the epoch."""
    return round(at.timestamp() * 1000)


def moment(at_ms: float) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
