"""CloudWatch tells that an alarm changed its state: as SNS carries it, and as EventBridge does.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel, to_pascal

from integrations.errors import Rejected
from integrations.webhooks import Moment, read_json, read_model

SYSTEM = "cloudwatch"
EVENT_SOURCE = "aws.cloudwatch"
STATE_CHANGE = "CloudWatch Alarm State Change"
ALARM, OK, NO_DATA = "ALARM", "OK", "INSUFFICIENT_DATA"

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Text = Annotated[str, BeforeValidator(lambda given: given or "")]
"""What CloudWatch leaves empty it writes as null."""
Arn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.+$")]

_STATISTICS = {
    "AVERAGE": "Average",
    "SUM": "Sum",
    "MINIMUM": "Minimum",
    "MAXIMUM": "Maximum",
    "SAMPLECOUNT": "SampleCount",
}
"""SNS writes in capitals what everything else does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmNews:
    """The state an alarm is in `since` a moment, and what it watches as far as that is told.

    `state` and `previous` are OK, ALARM or INSUFFICIENT_DATA. `metric` and what goes with it is
    None for an alarm on an expression or on other alarms; an event tells no `comparison`.
    """

    arn: str
    name: str
    state: str
    previous: str = ""
    since: datetime
    reason: str = ""
    description: str = ""
    metric: str | None = None
    statistic: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)
    comparison: str | None = None
    threshold: float | None = None
    unit: str | None = None
    rule: str = ""
    """Of a composite alarm: the states of others it follows."""

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]


class _Dimension(BaseModel):
    name: str
    value: str


class _Trigger(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_pascal)

    metric_name: str | None = None
    statistic: str | None = None
    extended_statistic: str | None = None
    unit: str | None = None
    dimensions: Sequence[_Dimension] = ()
    comparison_operator: str | None = None
    threshold: float | None = None


class _Message(BaseModel):
    """What stands as a text in SNS's notification."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_pascal)

    alarm_name: str
    alarm_arn: Arn
    alarm_description: Text = ""
    new_state_value: State
    old_state_value: Text = ""
    new_state_reason: Text = ""
    state_change_time: Moment
    trigger: _Trigger = _Trigger()
    alarm_rule: Text = ""


class _State(BaseModel):
    value: State
    reason: Text = ""
    timestamp: Moment
    reason_data: Text = Field(default="", alias="reasonData")


class _PreviousState(BaseModel):
    value: Text = ""


class _Configuration(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)

    description: Text = ""
    alarm_rule: Text = ""
    metrics: Sequence[Mapping[str, Any]] = ()


class _Detail(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)

    alarm_name: str
    state: _State
    previous_state: _PreviousState = _PreviousState()
    configuration: _Configuration = _Configuration()


class _Event(BaseModel):
    id: str
    resources: tuple[Arn, ...] = Field(min_length=1)
    detail: _Detail


def of_notification(message: str) -> AlarmNews:
    """Read what CloudWatch publishes to a topic.

    Raises:
        Rejected: something else was published, by somebody else.
    """
    payload = read_json(SYSTEM, message)
    if not isinstance(payload, dict) or "AlarmArn" not in payload:
        raise Rejected(SYSTEM, "notification", "what was published is no alarm of CloudWatch's")
    told = read_model(SYSTEM, _Message, payload)
    watched = told.trigger
    plain = (watched.statistic or "").upper().replace("_", "")
    return AlarmNews(
        arn=told.alarm_arn,
        name=told.alarm_name,
        state=told.new_state_value,
        previous=told.old_state_value,
        since=told.state_change_time,
        reason=told.new_state_reason,
        description=told.alarm_description,
        metric=watched.metric_name,
        statistic=watched.extended_statistic or _STATISTICS.get(plain, watched.statistic),
        dimensions={one.name: one.value for one in watched.dimensions},
        comparison=watched.comparison_operator,
        threshold=watched.threshold,
        unit=watched.unit,
        rule=told.alarm_rule,
    )


def is_alarm_event(event: Any) -> bool:
    """Whether this is EventBridge's news of an alarm's state."""
    return (
        isinstance(event, dict)
        and event.get("source") == EVENT_SOURCE
        and event.get("detail-type") == STATE_CHANGE
    )


def of_event(body: bytes | str) -> tuple[str, AlarmNews]:
    """Read an event of EventBridge: its id, and the news.

    Raises:
        Rejected: it is none of an alarm's state, or cannot be read.
    """
    payload = read_json(SYSTEM, body)
    if not is_alarm_event(payload):
        raise Rejected(SYSTEM, "event", f"it is not of the type {STATE_CHANGE!r}")
    event = read_model(SYSTEM, _Event, payload)
    told, state = event.detail, event.detail.state
    stat, dimensions = _only_metric(told.configuration.metrics)
    return event.id, AlarmNews(
        arn=event.resources[0],
        name=told.alarm_name,
        state=state.value,
        previous=told.previous_state.value,
        since=state.timestamp,
        reason=state.reason,
        description=told.configuration.description,
        metric=stat.get("metric", {}).get("name"),
        statistic=stat.get("stat"),
        dimensions=dimensions,
        threshold=_threshold(state.reason_data),
        unit=stat.get("unit"),
        rule=told.configuration.alarm_rule,
    )


def _only_metric(metrics: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """The one metric an alarm follows; nothing for one on several, or on an expression."""
    if len(metrics) != 1:
        return {}, {}
    stat = metrics[0].get("metricStat")
    if not isinstance(stat, dict) or not isinstance(stat.get("metric"), dict):
        return {}, {}
    named = stat["metric"].get("dimensions")
    return stat, {str(k): str(v) for k, v in named.items()} if isinstance(named, dict) else {}


def _threshold(reason_data: str) -> float | None:
    """What the state's data, JSON within a text, says it was compared with."""
    try:
        said = read_json(SYSTEM, reason_data)
    except Rejected:
        return None
    threshold = said.get("threshold") if isinstance(said, dict) else None
    return float(threshold) if isinstance(threshold, int | float) else None
