"""What CloudWatch Logs answers, in its own words. Moments are in UTC."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One event of a log group; the message is as it was written, secrets and all."""

    at: datetime
    stream: str
    message: str = field(repr=False)
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLines:
    """What matched, oldest first.

    They are the newest there are, and what is missing is older than the first of them; where the
    oldest were asked for it is the other way round.
    """

    lines: tuple[LogLine, ...]
    is_cut: bool = False
    """More matched than were asked for."""
    is_whole: bool = True
    """The range was searched to its end, or as far as was asked for; else time was over."""


@dataclass(frozen=True, slots=True)
class Minute:
    """How many events matched in the minute that begins at `at`."""

    at: datetime
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCounts:
    """Minutes in which something matched, oldest first; those without are left out.

    The numbers of a query that was stopped are those it had so far. What it scanned is paid for
    all the same; None where CloudWatch did not say.
    """

    minutes: tuple[Minute, ...]
    bytes_scanned: int | None = None
    records_scanned: int | None = None
    records_matched: int | None = None
    is_whole: bool = True
    """False when the time was over first: the query was stopped."""
    not_stopped: str | None = None
    """Why a query whose time was over could not be stopped, if so: it goes on, and costs."""
