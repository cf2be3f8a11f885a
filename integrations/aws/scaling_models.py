"""What Application Auto Scaling knows about an ECS service, in its own words. Counts are tasks."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """Which kinds of scaling are suspended."""

    scale_in: bool = False
    """No policy takes tasks away."""
    scale_out: bool = False
    """No policy adds tasks."""
    scheduled: bool = False
    """No scheduled action runs."""

    @property
    def is_any(self) -> bool:
        return self.scale_in or self.scale_out or self.scheduled

    @property
    def is_whole(self) -> bool:
        return self.scale_in and self.scale_out and self.scheduled


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalableTarget:
    """The bounds within which Application Auto Scaling moves a service, both included."""

    minimum: int
    maximum: int
    suspended: Suspension = field(default_factory=Suspension)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPolicy:
    """What moves a service within its bounds.

    `kind` is StepScaling, TargetTrackingScaling or PredictiveScaling; `words` say what it does,
    such as "CPU at 60 %". Metric names in them are whatever somebody called them.
    """

    name: str
    kind: str
    words: str
    alarms: tuple[str, ...] = ()
    """Names of the CloudWatch alarms it follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingActivity:
    """One thing autoscaling did, or did not do and says why.

    `status` is Pending, InProgress, Successful, Overridden, Unfulfilled or Failed.
    """

    at: datetime
    description: str
    cause: str
    status: str
    ended_at: datetime | None = None
    message: str | None = None
    """What AWS adds to the status: of a failure, why."""
    not_scaled: tuple[str, ...] = ()
    """Why nothing was scaled, as AWS's codes: AlreadyAtMaxCapacity and the like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledAction:
    """Bounds that a schedule sets; None for the one it leaves alone.

    `schedule` is AWS's: at(…), rate(…) or cron(…), in `timezone` (UTC when none is named).
    """

    name: str
    schedule: str
    minimum: int | None = None
    maximum: int | None = None
    timezone: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
