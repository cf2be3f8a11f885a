"""What the evidence of a bake says: good, bad, or not enough to tell."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.unit import Unit


class Judged(StrEnum):
    GOOD = "good"
    BAD = "bad"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one query says."""

    name: str
    unit: Unit
    judged: Judged
    decides: bool = True
    before: float | None = None
    after: float | None = None
    p: float | None = None
    test: str = ""
    why: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What all of them say together; `judged` is None while it is too early to say."""

    judged: Judged | None
    findings: tuple[Finding, ...] = ()
    why: str = ""
