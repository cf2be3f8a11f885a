"""A change: what is done to a service in an environment, and what may happen to it next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.failure import Failure
from bot.domain.judgement import Judgement
from bot.domain.plan import Binding, Deployed, Plan
from bot.domain.rollout import Progress, Verdict
from bot.domain.shift import Stage, Strategy


class ChangeKind(StrEnum):
    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    RESTART = "restart"
    """New tasks of the revision that runs: there is nothing other to go back to."""


class Origin(StrEnum):
    """Who made a change."""

    BOT = "bot"
    OUTSIDE = "outside"
    """A pipeline, Terraform, the console: the bot found it and watches it."""


class ChangeState(StrEnum):
    """Where a change stands. What became of it in the end, exactly, is its verdict."""

    PROPOSING = "proposing"
    """Accepted; what it would change is being looked up."""
    PROPOSED = "proposed"
    """Shown, and waiting for its confirmation or its approvals."""
    STARTING = "starting"
    """Confirmed; ECS is being asked for it."""
    ROLLING_OUT = "rolling_out"
    BAKING = "baking"
    """It runs; evidence may still undo it."""
    HELD = "held"
    """It goes no further until a person says so, in the rollout or in the bake."""
    ROLLING_BACK = "rolling_back"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    SUPERSEDED = "superseded"
    UNPROVEN = "unproven"
    """It was started, and nothing says whether it is good: no task runs, or AWS did not answer."""
    REFUSED = "refused"
    """It cannot be done; nothing was changed."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REHEARSED = "rehearsed"
    """It was asked for as a dry run: the plan is shown, and nothing was changed."""


S = ChangeState
_WATCHED = frozenset({S.ROLLING_BACK, S.SUPERSEDED, S.UNPROVEN, S.FAILED})
MOVES: Mapping[ChangeState, frozenset[ChangeState]] = {
    S.PROPOSING: frozenset({S.PROPOSED, S.STARTING, S.REHEARSED, S.REFUSED, S.EXPIRED, S.FAILED}),
    S.PROPOSED: frozenset({S.STARTING, S.CANCELLED, S.EXPIRED, S.FAILED}),
    # Back to PROPOSED when what was confirmed is not what would be started any more.
    S.STARTING: frozenset(
        {S.PROPOSED, S.ROLLING_OUT, S.ROLLING_BACK, S.REFUSED, S.UNPROVEN, S.FAILED}
    ),
    # To itself when a person promotes it past the step it waits at.
    S.ROLLING_OUT: _WATCHED | {S.ROLLING_OUT, S.BAKING, S.HELD, S.SUCCEEDED},
    S.BAKING: _WATCHED | {S.HELD, S.SUCCEEDED},
    S.HELD: _WATCHED | {S.ROLLING_OUT, S.HELD, S.BAKING, S.SUCCEEDED},
    S.ROLLING_BACK: frozenset({S.ROLLED_BACK, S.CANCELLED, S.SUPERSEDED, S.UNPROVEN, S.FAILED}),
}
FINAL = frozenset(ChangeState) - MOVES.keys()
UNDER_WAY = frozenset({S.STARTING, S.ROLLING_OUT, S.BAKING, S.HELD, S.ROLLING_BACK})
"""While a change is in one of these, no other may begin in the same place."""

CAN_BE_UNDONE = frozenset({S.SUCCEEDED, S.FAILED, S.UNPROVEN})
"""Outcomes after which what a change asked for may still be what the service goes to."""


class ImpossibleMove(Exception):
    """The state table does not know this move; a mistake of ours."""


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """What somebody asked for, in their own words: nothing here is known to exist.

    Without a version a deploy is not complete, and a rollback means the last good one.
    """

    kind: ChangeKind
    environment: str
    version: str | None = None
    service: str | None = None
    reason: str | None = None
    strategy: Strategy | None = None
    """None: as the catalogue says."""
    forced: str | None = None
    """Why the gate's refusals are to be passed, where the policy lets this person do so."""
    is_dry_run: bool = False
    asks_first: bool = True
    """Whether whoever asked is to confirm what they are shown; a pipeline looks at nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's word for exactly this; void once it is not exactly this any more."""

    change_id: str
    by: str
    at: datetime
    binding: Binding
    voided_at: datetime | None = None
    void_why: str | None = None

    @property
    def stands(self) -> bool:
        return self.voided_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One request to ECS to run a task definition, and the deployment that came of it."""

    task_definition: str
    deployment_id: str | None
    """None while the answer that named it is lost."""
    began_at: datetime
    deadline: datetime
    service_deployment: str | None = None
    """The ARN under which ECS keeps what became of it."""
    strategy: Strategy = Strategy.ROLLING
    replaces: Deployed | None = None
    """The deployment of the very same task definition that stood there before: never this one."""


class HoldKind(StrEnum):
    """Why a change is held."""

    PERSON = "person"
    INCONCLUSIVE = "inconclusive"
    BAD = "bad"
    """The evidence speaks against it, and the policy is to ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    kind: HoldKind
    why: str
    at: datetime
    by: str | None = None
    """The person who holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, as its row says."""

    id: str
    kind: ChangeKind
    service: str
    environment: str
    channel: str
    asked_by: str
    asked_at: datetime
    state: ChangeState
    state_revision: int
    """Goes up with each move; a button drawn for an older one does nothing."""
    changed_at: datetime
    version: str | None = None
    """What was asked for; for a rollback without words, what was found."""
    reason: str | None = None
    origin: Origin = Origin.BOT
    strategy: Strategy | None = None
    """The one asked for; None: as the catalogue says. What is used stands in the plan."""
    is_dry_run: bool = False
    forced: str | None = None
    """The reason given for passing the gate's refusals."""
    overridden: tuple[str, ...] = ()
    """The gate's refusals that were passed by force, as sentences."""
    asks_first: bool = True
    """Whether somebody must confirm; a rollback by button was confirmed in Slack's own dialog."""
    undoes: str | None = None
    """The id of the change whose card the rollback was asked from."""
    correlation_id: str = ""
    expires_at: datetime | None = None
    confirmed_by: str | None = None
    ended_by: str | None = None
    """Who cancelled or aborted it."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    verdict: Verdict | None = None
    why: str | None = None
    """The verdict's or the refusal's reason, a sentence."""
    plan: Plan | None = None
    rollout: Rollout | None = None
    back: Rollout | None = None
    """The way back, when there was one."""
    progress: Progress | None = None
    failure: Failure | None = None
    """What the first task that stopped died of."""
    stage: Stage | None = None
    """How far traffic is shifted; None for a rolling update."""
    is_promoted: bool = False
    """Whether a person has said to go on at the step it waits at, whatever the evidence."""
    steady_at: datetime | None = None
    """When the new version had all the traffic it is to have: evidence of the bake counts from
    then."""
    bake_until: datetime | None = None
    hold: Hold | None = None
    judgement: Judgement | None = None
    """What the evidence says, as last measured."""
    kept_by: str | None = None
    """Who kept it although the evidence did not say that it is good."""
    silent_since: datetime | None = None
    """Since when AWS does not answer; None while it does."""
    silent_why: str | None = None

    @property
    def wanted_name(self) -> str:
        """What the change would run, as people say it."""
        if self.plan is not None:
            return self.plan.wanted.name
        return self.version or "the last good revision"

    @property
    def leads_back(self) -> bool:
        """Whether aborting it comes to anything. A service's first deployment has no way back, and
        a restart none once every task is new."""
        if self.kind is ChangeKind.RESTART:
            return self.steady_at is None
        return self.plan is None or self.plan.running.task_definition is not None

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    def to(self, state: ChangeState, *, at: datetime) -> "Change":
        """The change after a move.

        Raises:
            ImpossibleMove: the table does not know it.
        """
        if state not in MOVES.get(self.state, frozenset()):
            raise ImpossibleMove(f"{self.id}: {self.state} -> {state}")
        return replace(self, state=state, state_revision=self.state_revision + 1, changed_at=at)


class ActKind(StrEnum):
    """What a person did to a change that stands."""

    CONFIRM = "confirm"
    CANCEL = "cancel"
    REFUSE = "refuse"
    """An approver says no."""
    HOLD = "hold"
    PROMOTE = "promote"
    """Go on to the next step, whatever the evidence."""
    KEEP = "keep"
    """Take it for good, whatever the evidence."""
    WAIT = "wait"
    """Measure for longer."""
    ABORT = "abort"


ACTS: Mapping[ActKind, tuple[frozenset[ChangeState], ChangeState]] = {
    ActKind.CONFIRM: (frozenset({S.PROPOSED}), S.STARTING),
    ActKind.CANCEL: (frozenset({S.PROPOSED}), S.CANCELLED),
    ActKind.REFUSE: (frozenset({S.PROPOSED}), S.CANCELLED),
    ActKind.HOLD: (frozenset({S.ROLLING_OUT, S.BAKING}), S.HELD),
    ActKind.PROMOTE: (frozenset({S.ROLLING_OUT, S.HELD}), S.ROLLING_OUT),
    ActKind.KEEP: (frozenset({S.BAKING, S.HELD}), S.SUCCEEDED),
    ActKind.WAIT: (frozenset({S.HELD}), S.BAKING),
    ActKind.ABORT: (
        frozenset({S.STARTING, S.ROLLING_OUT, S.BAKING, S.HELD}),
        S.ROLLING_BACK,
    ),
}
"""From which states an act is possible, and where it leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody did: a change in a given state revision takes exactly one."""

    change_id: str
    state_revision: int
    """The revision the act was done to."""
    kind: ActKind
    by: str
    at: datetime
