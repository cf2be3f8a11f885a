"""The last time the same alert fired in the same place, and what ended it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

SOURCE = "history"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTime:
    """An earlier occurrence that has ended."""

    started_at: datetime
    ended_at: datetime
    mended_by: str = ""
    """`rollback to v1.1.9`, `deploy of v1.2.0 was undone`."""
    mended_before: timedelta | None = None
    """How long before its end that was done; negative where it was done only then."""
    cause: str = ""
    """What had been done before it and was the cause, as people said or the bot thinks."""
    is_said: bool = False
    """Whether people said so."""
    was_acknowledged: bool = False
    address: str = ""
    """Of its card; empty where it has none any more."""
