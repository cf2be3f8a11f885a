"""A scaling: one row from what was asked for until nothing of it is left to be done.

What stands for a while only is a promise: it goes back by itself, whatever happens to the bot in
between. A workflow works on the row where AWS is to be asked or looked at; while it waits, for a
person or for its time to be over, nothing runs: the row is the promise, and a sweep keeps it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.scaling.capacity import Capacity, led
from bot.domain.scaling.promise import Promise
from bot.domain.scaling.proposal import Proposal
from bot.domain.scaling.wish import Wish


class ScalingState(StrEnum):
    LOOKING = "looking"
    """Accepted; what AWS shows is being looked up."""
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    """Waits until nothing else is being asked of AWS for this place."""
    APPLYING = "applying"
    """AWS is being asked; of one place only one is applied or set back at a time."""
    SCALING = "scaling"
    """AWS has it; tasks start or stop."""
    STANDING = "standing"
    """Everything runs; it stands until its time is over."""
    DUE = "due"
    """Its time is over, and it waits for its turn to be set back."""
    REVERTING = "reverting"
    """AWS is being asked to set it back."""
    REHEARSED = "rehearsed"
    REFUSED = "refused"
    """Nothing was set: it was not possible."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SCALED = "scaled"
    """Set for good, and everything runs."""
    STUCK = "stuck"
    """Set for good, and the tasks did not come in time."""
    KEPT = "kept"
    """It was to go back, and somebody kept it."""
    REVERTED = "reverted"
    HANDED_OVER = "handed_over"
    """Another one stands on it and goes back to what this one found."""
    GAVE_WAY = "gave_way"
    """Somebody set or changed it since; that stays."""
    FAILED = "failed"
    """AWS could not be reached for so long that nobody should rely on it any more."""


S = ScalingState
MOVES: Mapping[ScalingState, frozenset[ScalingState]] = {
    S.LOOKING: frozenset({S.PROPOSED, S.REHEARSED, S.REFUSED, S.EXPIRED}),
    S.PROPOSED: frozenset({S.CONFIRMED, S.CANCELLED, S.EXPIRED}),
    S.CONFIRMED: frozenset({S.APPLYING, S.CANCELLED, S.EXPIRED, S.REFUSED}),
    S.APPLYING: frozenset({S.PROPOSED, S.SCALING, S.REFUSED, S.GAVE_WAY, S.FAILED}),
    S.SCALING: frozenset({S.SCALED, S.STUCK, S.STANDING, S.DUE, S.KEPT, S.GAVE_WAY, S.FAILED}),
    S.STANDING: frozenset({S.DUE, S.KEPT, S.GAVE_WAY}),
    S.DUE: frozenset({S.REVERTING, S.HANDED_OVER, S.GAVE_WAY, S.FAILED}),
    S.REVERTING: frozenset({S.REVERTED, S.GAVE_WAY, S.FAILED}),
}
FINAL = frozenset(ScalingState) - MOVES.keys()
AT_REST = frozenset({S.PROPOSED, S.STANDING}) | FINAL
"""Nothing is to be asked or looked at: a person or the clock moves it on."""
TOUCHING = frozenset({S.APPLYING, S.REVERTING})
"""AWS is being asked for it: one of a place at a time."""
STACKED = frozenset({S.SCALING, S.STANDING, S.DUE, S.REVERTING})
"""Set, and not over: those of them with an end are the promises of their place."""


class ImpossibleMove(Exception):
    """The state table has no such move: a mistake of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingRequest:
    """What somebody wants, in their own words: nothing here is known to exist."""

    environment: str
    wish: Wish
    service: str | None = None
    length: timedelta | None = None
    """None: for good."""
    reason: str | None = None
    forced: str | None = None
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the tasks are, and what stands in their way. Counts are tasks."""

    running: int
    desired: int
    pending: int = 0
    trouble: str | None = None
    """Why tasks do not start, in words for an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """One scaling of one service in one environment."""

    id: str
    environment: str
    service: str
    channel: str
    asked_by: str
    asked_at: datetime
    wish: Wish
    state: ScalingState
    state_revision: int
    changed_at: datetime
    run: int = 1
    """Which time a workflow works on it: one begins whenever there is something to be done."""
    correlation_id: str = ""
    lasts_s: float | None = None
    """For how long it is to stand, in seconds; None for good."""
    reason: str | None = None
    forced: str | None = None
    overridden: tuple[str, ...] = ()
    """What stood in its way and was passed by force."""
    is_dry_run: bool = False
    expires_at: datetime | None = None
    proposal: Proposal | None = None
    number: int | None = None
    """Its order in its place, from when AWS is to be asked."""
    found: Capacity | None = None
    """What it goes back to; of a promise handed over, what that one found."""
    wanted: Capacity | None = None
    """What it set, or sets."""
    confirmed_by: str | None = None
    asked_aws_at: datetime | None = None
    """When AWS was first about to be asked to set it: it may have been since."""
    set_at: datetime | None = None
    until: datetime | None = None
    """When it goes back by itself; sooner than that, where somebody hurried it."""
    progress: Progress | None = None
    returning_at: datetime | None = None
    """When AWS was first about to be asked to set it back."""
    hurried_by: str | None = None
    finished_at: datetime | None = None
    ended_by: str | None = None
    ended_for: str | None = None
    """The scaling that it gave way or handed over to."""
    why: str | None = None
    silent_since: datetime | None = None
    silent_why: str | None = None

    @property
    def place(self) -> tuple[str, str]:
        return self.environment, self.service

    @property
    def length(self) -> timedelta | None:
        """For how long it is to stand; None for good."""
        return timedelta(seconds=self.lasts_s) if self.lasts_s is not None else None

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def is_at_rest(self) -> bool:
        return self.state in AT_REST

    @property
    def is_promise(self) -> bool:
        """Whether it is set and to go back by itself."""
        return self.state in STACKED and self.until is not None

    @property
    def promise(self) -> Promise:
        """What other promises of the place need to know of it."""
        if self.number is None or self.found is None or self.wanted is None:
            raise ValueError(f"{self.id} has not been set")
        return Promise(id=self.id, number=self.number, found=self.found, wanted=self.wanted)

    @property
    def led(self) -> str:
        """`3–10 → 5–10`, or what was asked for while AWS has not said what there is."""
        found, wanted = self.found, self.wanted
        if self.proposal is not None and (found is None or wanted is None):
            found, wanted = self.proposal.shown.capacity, self.proposal.wanted
        return led(found, wanted) if found is not None and wanted is not None else self.wish.text

    def to(self, state: ScalingState, *, at: datetime) -> "Scaling":
        """The scaling in its next state.

        Raises:
            ImpossibleMove: the state table has no such move.
        """
        if state not in MOVES.get(self.state, frozenset()):
            raise ImpossibleMove(f"{self.id}: {self.state} → {state}")
        begins = self.is_at_rest and state not in AT_REST
        return replace(
            self,
            state=state,
            state_revision=self.state_revision + 1,
            changed_at=at,
            run=self.run + 1 if begins else self.run,
        )
