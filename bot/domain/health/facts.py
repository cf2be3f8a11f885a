"""What each source said of a place. Plain, to be kept as JSON; words are from outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.alert import Severity
from bot.domain.health.sparkline import Cells
from bot.domain.rollout import RolloutState


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What runs, as people call it: by the image's tag, or else `family:7`."""

    name: str
    digest: str | None = None
    revision: str = ""
    """`family:7`."""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """The ECS service."""

    version: Version
    desired: int
    running: int
    pending: int
    older: int = 0
    """Running ones of a version that is being replaced."""
    rollout: str | None = None
    """ECS's word for the primary deployment: IN_PROGRESS, COMPLETED, FAILED."""
    rollout_reason: str = ""

    @property
    def is_moving(self) -> bool:
        """Whether one version replaces another; where traffic is shifted ECS has no word for it."""
        return self.rollout == RolloutState.IN_PROGRESS or self.older > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What the load balancer thinks, by its own words; `troubles` say why some are not well."""

    states: Mapping[str, int]
    troubles: tuple[str, ...] = ()

    def count(self, state: str) -> int:
        return self.states.get(state, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """The bounds autoscaling moves the service within."""

    minimum: int
    maximum: int
    is_suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SloSeen:
    """One of the catalogue's queries: its value now, and over the last hour the worst of each cell.

    None is "no data", never zero.
    """

    name: str
    unit: str = ""
    value: float | None = None
    cells: Cells = ()
    bad_above: float | None = None
    needed: float | None = None
    decides: bool = True
    has_budget: bool = False
    budget_over: str = ""
    """`30 d`: over which time."""
    url: str = ""

    @property
    def is_bad(self) -> bool:
        return self.value is not None and self.bad_above is not None and self.value > self.bad_above

    @property
    def is_too_little(self) -> bool:
        """Of traffic: whether there is too little to judge anything by."""
        return self.value is not None and self.needed is not None and self.value < self.needed


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringAlert:
    """An alert that fires, or our own row of its group."""

    name: str
    severity: Severity
    since: datetime
    times: int = 1
    """How many of this name fire."""
    acknowledged_by: str | None = None
    """A mention or a name; None where nobody has."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class SilencedAlert:
    name: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """What Alertmanager holds for the place; the worst first."""

    firing: tuple[FiringAlert, ...] = ()
    silenced: tuple[SilencedAlert, ...] = ()
    inhibited: int = 0


@dataclass(frozen=True, slots=True)
class AlarmSeen:
    """A CloudWatch alarm that is not OK, and since when."""

    name: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """The place's CloudWatch alarms: how many are well, and which are not."""

    well: int = 0
    raised: tuple[AlarmSeen, ...] = ()
    silent: tuple[AlarmSeen, ...] = ()
    """Those without data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIncident:
    """An incident of PagerDuty's that is open for the service, and not another environment's."""

    label: str
    title: str
    status: str
    is_severe: bool
    url: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """Who is called first now; `until` is None where nobody takes over."""

    name: str
    slack_id: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssue:
    """An unresolved issue of Sentry's that began with the version that runs."""

    short_id: str
    title: str
    events: int
    users: int
    first_seen_at: datetime
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastChange:
    """What was done to the place last: a plain phrase, by whom (mrkdwn), when, and its card."""

    mark: str
    words: str
    by: str
    at: datetime
    url: str = ""
    is_under_way: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A lock that stands; `owner` is mrkdwn."""

    owner: str
    reason: str
    until: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What our own rows knew before anybody was asked."""

    version: Version | None = None
    desired: int = 0
    running: int = 0
    seen_at: datetime | None = None
    trouble: str | None = None
    """Why the last look saw nothing."""
    firing: tuple[FiringAlert, ...] = ()
    change: LastChange | None = None
    lock: Held | None = None
