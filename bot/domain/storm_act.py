"""What people ask of all of a storm's groups at once, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Noted:
    """Who took a group on that pages nobody."""

    by: str
    at: datetime


class Outcome(StrEnum):
    """What *Acknowledge all* came to for one group."""

    ASKED = "asked"
    """PagerDuty is asked; a response's row says what it answered."""
    NOTED = "noted"
    """It pages nobody: who is on it is noted here."""
    NOTHING = "nothing"
    """It has ended, or somebody is on it."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """*Acknowledge all*, as its row says."""

    id: str
    storm_id: str
    revision: int
    by: str
    groups: frozenset[str]
    """The Slack groups they were in."""
    email: str | None
    asked_at: datetime
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of *Acknowledge all* so far. `failed` holds (group's name, why), each."""

    by: str
    asked_at: datetime
    is_done: bool
    noted: int = 0
    acknowledged: int = 0
    asking: int = 0
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Silencing:
    """How the silences made for a storm stand. `failed` holds (alert name, why), each."""

    by: str
    live: int = 0
    asked: int = 0
    ends_at: datetime | None = None
    """When the first of those in force ends."""
    failed: tuple[tuple[str, str], ...] = ()
