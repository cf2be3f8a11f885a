"""What a bake measured, and what was found in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from bot.domain.unit import Unit


class Judged(StrEnum):
    """What the evidence says of the new version."""

    GOOD = "good"
    BAD = "bad"
    INCONCLUSIVE = "inconclusive"
    """No data or too little traffic: a person must say."""


class Sample(NamedTuple):
    """One value of a query; what is not finite is a gap."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One query's series, all of it a rise of which is bad.

    `window` is the range of the query's rate(). Samples come one window apart, so that no request
    is counted twice, and those of `after` begin one window after the rollout was steady, so that
    none mixes both versions. `control` is the old version measured during `after`; then `after` is
    the new version alone.
    """

    name: str
    unit: Unit
    window: timedelta
    before: tuple[Sample, ...]
    after: tuple[Sample, ...]
    control: tuple[Sample, ...] = ()
    bad_above: float | None = None
    decides: bool = True
    missing: str | None = None
    """Why it could not be asked, a sentence without its full stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Requests per second, split as the measures are; below `needed` nothing is judged."""

    before: tuple[Sample, ...]
    after: tuple[Sample, ...]
    control: tuple[Sample, ...] = ()
    needed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bake:
    """All that was measured until now.

    `is_over` says that the whole bake time has passed: only then is anything called good.
    `length` is that time; where it is given, a bake of which less than a third was measured is
    inconclusive.
    """

    measures: tuple[Measured, ...]
    traffic: Traffic | None = None
    is_over: bool
    length: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one query shows. Values are the query's own, `p` is that of no rise at all."""

    name: str
    unit: Unit
    judged: Judged
    decides: bool
    before: float | None = None
    after: float | None = None
    control: float | None = None
    p: float | None = None
    test: str = ""
    why: str
    since: datetime | None = None
    """The first bad sample of a bad query."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, or None: nothing is sure yet, keep watching."""

    judged: Judged | None
    findings: tuple[Finding, ...]
    why: str
