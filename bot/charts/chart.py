"""What a chart shows. Moments are aware; text is drawn as it is, nothing in it is markup."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.unit import Unit


@dataclass(frozen=True, slots=True)
class Line:
    """One series. A gap wider than the chart's step is drawn as one."""

    label: str
    points: Sequence[tuple[datetime, float]]


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened at a moment."""

    at: datetime
    label: str
    is_alarm: bool = False


class Tone(StrEnum):
    """What a state means; each has a pattern beside its colour."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Span:
    """A state that lasted: a part of the strip under the lines."""

    start: datetime
    end: datetime
    word: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What to draw."""

    title: str
    lines: Sequence[Line]
    start: datetime
    end: datetime
    step: timedelta
    unit: Unit = Unit.PLAIN
    threshold: float | None = None
    limits: Sequence[Line] = ()
    """A threshold that is itself a series."""
    markers: Sequence[Marker] = ()
    peak: tuple[datetime, float] | None = None
    states: Sequence[Span] = ()
    """A strip of states under the lines."""
    more: int = 0
    """Series that exist beside `lines`; they are counted in the legend."""
