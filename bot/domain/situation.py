"""How things stand in one place: everything the gate decides by, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.catalog import People
from bot.domain.change import Approval, Change
from bot.domain.freeze import Frozen
from bot.domain.lock import Lock
from bot.domain.plan import Binding
from bot.domain.verification import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Severe:
    """Something severe that goes on in a place: an incident, or alerts that fire."""

    words: str
    """`PagerDuty's incident #4711 (P1) is open`; a title in it comes from outside."""
    since: datetime
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One service in one environment at one moment; made afresh from one snapshot of the rows."""

    environment: str
    service: str
    now: datetime
    people: Mapping[str, People]
    required: int = 0
    """How many other people must approve."""
    asked_by: str | None = None
    """Whose change it is; None while it is nobody's."""
    binding: Binding | None = None
    """What exactly would be done; None while that is not known: then no approval counts."""
    approvals: tuple[Approval, ...] = ()
    locks: tuple[Lock, ...] = ()
    freezes: tuple[Frozen, ...] = ()
    next_freeze: Frozen | None = None
    """Of those that do not stand, the one that begins first. It refuses nothing."""
    severe: tuple[Severe, ...] = ()
    after: str | None = None
    """The environment in which the same digest must be good first."""
    is_good_there: bool | None = None
    """Whether it is; None while the digest is not known: then nothing may begin."""
    under_way: Change | None = None
    """Another change that is under way here."""
    scanned: Check | None = None
    """What the image's scan found, where the catalogue blocks that."""

    @property
    def counted(self) -> tuple[Approval, ...]:
        """The approvals that count: they stand, for exactly this, one a person, not the asker's."""
        found: dict[str, Approval] = {}
        for approval in self.approvals:
            if (
                approval.stands
                and self.binding is not None
                and approval.binding == self.binding
                and approval.by != self.asked_by
            ):
                found.setdefault(approval.by, approval)
        return tuple(found.values())

    @property
    def missing(self) -> int:
        """How many approvals are still needed."""
        return max(0, self.required - len(self.counted))
