"""What CloudWatch knows of alarms and metrics, in its own words. Moments are in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """One metric as CloudWatch stores it, and how its values are put together.

    `statistic` is Average, Sum, Minimum, Maximum, SampleCount or p99 and the like.
    """

    namespace: str
    metric: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Average"
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricAlarm:
    """An alarm on a metric, on an expression of metrics, or on other alarms (`is_composite`).

    `state` is OK, ALARM or INSUFFICIENT_DATA, and `since` when it became that. What does not go
    with the kind of alarm is None. One that follows an expression names no metric; what it asks
    for is kept in `queries`, as CloudWatch has it.
    """

    name: str
    arn: str
    state: str
    reason: str = ""
    since: datetime | None = None
    description: str = ""
    namespace: str | None = None
    metric: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str | None = None
    period_s: int | None = None
    comparison: str | None = None
    """GreaterThanThreshold, GreaterThanOrEqualToThreshold, LessThanThreshold and the like."""
    threshold: float | None = None
    """None where a band that CloudWatch learned stands in its place."""
    unit: str | None = None
    is_composite: bool = False
    rule: str | None = None
    """Of a composite alarm: the states of others it follows."""
    actions_enabled: bool = True
    queries: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    band: str | None = None
    """The id of the query that stands in the threshold's place."""

    @property
    def has_series(self) -> bool:
        """Whether there are numbers behind it; of other alarms there are none."""
        return self.metric is not None or bool(self.queries)


@dataclass(frozen=True, slots=True)
class Point:
    """A metric's value over the period that begins at `at`, in the metric's own unit."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteRule:
    """A time in which alarms change their state as ever, and what they would do is not done.

    `status` is SCHEDULED, ACTIVE or EXPIRED. `schedule` is CloudWatch's: at(…) or cron(…); only
    one that comes once has a `starts_at` and `ends_at`.
    """

    name: str
    arn: str
    status: str
    alarms: tuple[str, ...] = ()
    description: str = ""
    schedule: str = ""
    duration: timedelta | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_recurring: bool = False
