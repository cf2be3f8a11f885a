"""CloudWatch's answers, read into models; what is written for it stands beside what is read."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integrations.aws.cloudwatch_models import MetricAlarm, MetricSpec, MuteRule
from integrations.aws.reading import utc

Raw = Mapping[str, Any]

THE_SERIES = "series"
"""The id under which a metric's own values are asked for."""
# at(yyyy-MM-ddThh:mm); seconds are not CloudWatch's, but do no harm.
_ONCE = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?)\)")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


def metric_alarm(raw: Raw) -> MetricAlarm:
    return MetricAlarm(
        **_state(raw),
        namespace=raw.get("Namespace"),
        metric=raw.get("MetricName"),
        dimensions=_dimensions(raw),
        statistic=raw.get("Statistic") or raw.get("ExtendedStatistic"),
        period_s=raw.get("Period"),
        comparison=raw.get("ComparisonOperator"),
        threshold=raw.get("Threshold"),
        unit=raw.get("Unit"),
        queries=tuple(raw.get("Metrics", ())),
        band=raw.get("ThresholdMetricId"),
    )


def composite_alarm(raw: Raw) -> MetricAlarm:
    return MetricAlarm(**_state(raw), is_composite=True, rule=raw.get("AlarmRule"))


def queries(asked: MetricAlarm | MetricSpec, *, period_s: int) -> tuple[list[Any], str]:
    """Return GetMetricData's queries for what was asked, and the id of the one that is it."""
    if isinstance(asked, MetricAlarm) and asked.queries:
        shown = [one["Id"] for one in asked.queries if one.get("ReturnData", True)]
        return list(asked.queries), next((id_ for id_ in shown if id_ != asked.band), shown[0])
    dimensions = [{"Name": name, "Value": value} for name, value in asked.dimensions.items()]
    stat: dict[str, Any] = {
        "Metric": {
            "Namespace": asked.namespace,
            "MetricName": asked.metric,
            "Dimensions": dimensions,
        },
        "Period": period_s,
        "Stat": asked.statistic or "Average",
    }
    if asked.unit is not None:
        stat["Unit"] = asked.unit
    return [{"Id": THE_SERIES, "MetricStat": stat, "ReturnData": True}], THE_SERIES


def mute_rule(raw: Raw) -> MuteRule:
    """Read GetAlarmMuteRule's answer."""
    schedule = raw.get("Rule", {}).get("Schedule", {})
    expression, duration = schedule.get("Expression", ""), read_duration(schedule.get("Duration"))
    starts_at = _once(expression, schedule.get("Timezone") or "UTC")
    return MuteRule(
        name=raw["Name"],
        arn=raw.get("AlarmMuteRuleArn", ""),
        status=raw.get("Status", ""),
        alarms=tuple(raw.get("MuteTargets", {}).get("AlarmNames", ())),
        description=raw.get("Description", ""),
        schedule=expression,
        duration=duration,
        starts_at=starts_at,
        ends_at=starts_at + duration if starts_at and duration else None,
        is_recurring=raw.get("MuteType") == "RECURRING" or starts_at is None,
    )


def read_duration(written: str | None) -> timedelta | None:
    """Read an ISO 8601 duration of days, hours and minutes; None for what is none."""
    read = _DURATION.fullmatch(written or "")
    if read is None or not any(read.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in read.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def written_duration(duration: timedelta) -> str:
    """Write a duration in whole minutes, begun ones whole."""
    return f"PT{-(-duration // timedelta(minutes=1))}M"


def written_once(start: datetime) -> str:
    """Write a moment as a schedule that comes once, in UTC, at the next whole minute."""
    moment = start.astimezone(UTC)
    if moment.second or moment.microsecond:
        moment += timedelta(minutes=1)
    return f"at({moment:%Y-%m-%dT%H:%M})"


def _state(raw: Raw) -> dict[str, Any]:
    changed = raw.get("StateTransitionedTimestamp") or raw.get("StateUpdatedTimestamp")
    return {
        "name": raw["AlarmName"],
        "arn": raw.get("AlarmArn", ""),
        "state": raw.get("StateValue", ""),
        "reason": raw.get("StateReason", ""),
        "since": utc(changed),
        "description": raw.get("AlarmDescription", ""),
        "actions_enabled": raw.get("ActionsEnabled", True),
    }


def _dimensions(raw: Raw) -> Mapping[str, str]:
    named: Iterable[Raw] = raw.get("Dimensions", ())
    return {one["Name"]: one["Value"] for one in named}


def _once(expression: str, timezone: str) -> datetime | None:
    read = _ONCE.fullmatch(expression)
    if read is None:
        return None
    try:
        zone = ZoneInfo(timezone)
        return datetime.fromisoformat(read[1]).replace(tzinfo=zone).astimezone(UTC)
    except (KeyError, ValueError):  # a zone this machine does not know, a day that is none
        return None
