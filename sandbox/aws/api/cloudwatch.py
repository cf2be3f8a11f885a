"""The operations of CloudWatch on alarms, their metrics and mute rules; moto has the rest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.aws import mute_rules
from sandbox.aws.alarms import STATES, Alarm
from sandbox.aws.errors import Refused
from sandbox.aws.metrics import Metric, invalid, seconds
from sandbox.aws.model import Json
from sandbox.aws.watch import Watch

RECORDS_A_PAGE, MOST_RECORDS = 50, 100
MOST_QUERIES = 500
POINTS_A_PAGE = 100_800
KINDS = {"MetricAlarm": False, "CompositeAlarm": True}


def put_alarm(watch: Watch, request: Json) -> Json:
    watch.alarms.judge(watch.now)  # what was until now is judged by what the alarm said then
    watch.alarms.put(dict(request), at=watch.now)
    return {}


def describe_alarms(watch: Watch, request: Json) -> Json:
    """Metric alarms only, unless other kinds are asked for by name."""
    names, prefix = request.get("AlarmNames"), request.get("AlarmNamePrefix")
    if names and prefix:
        raise Refused(
            "InvalidParameterCombination", "AlarmNamePrefix and AlarmNames exclude each other."
        )
    kinds = {KINDS[kind] for kind in request.get("AlarmTypes") or ["MetricAlarm"] if kind in KINDS}
    watch.alarms.judge(watch.now)
    wanted = request.get("StateValue")
    found = [
        alarm
        for name, alarm in sorted(watch.alarms.by_name.items())
        if alarm.is_composite in kinds
        and (not names or name in names)
        and name.startswith(prefix or "")
        and wanted in (None, alarm.state)
    ]
    page, token = _page(found, request)
    return {
        "MetricAlarms": [_alarm(one) for one in page if not one.is_composite],
        "CompositeAlarms": [_alarm(one) for one in page if one.is_composite],
        **token,
    }


def delete_alarms(watch: Watch, request: Json) -> Json:
    found = [watch.alarms.alarm(name) for name in request["AlarmNames"]]
    for alarm in found:
        del watch.alarms.by_name[alarm.name]
    return {}


def set_alarm_state(watch: Watch, request: Json) -> Json:
    """It stays so until the alarm is judged again, which is soon where there are data."""
    if request["StateValue"] not in STATES:
        raise invalid(f"{request['StateValue']} is no state")
    watch.alarms.judge(watch.now)
    alarm = watch.alarms.alarm(request["AlarmName"])
    alarm.turn(request["StateValue"], request["StateReason"], watch.now)
    return {}


def enable_alarm_actions(watch: Watch, request: Json) -> Json:
    for name in request["AlarmNames"]:
        watch.alarms.alarm(name).enabled = True
    return {}


def disable_alarm_actions(watch: Watch, request: Json) -> Json:
    for name in request["AlarmNames"]:
        watch.alarms.alarm(name).enabled = False
    return {}


def put_metric_data(watch: Watch, request: Json) -> Json:
    for raw in request.get("MetricData", ()):
        metric = Metric.of({**raw, "Namespace": request["Namespace"]})
        at = seconds(raw["Timestamp"]) if raw.get("Timestamp") else watch.now
        for value in raw.get("Values") or [raw["Value"]]:
            watch.metrics.put(metric, at, value)
    return {}


def get_metric_data(watch: Watch, request: Json) -> Json:
    start, end = seconds(request["StartTime"]), seconds(request["EndTime"])
    if start >= end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    queries = request["MetricDataQueries"]
    if not 1 <= len(queries) <= MOST_QUERIES:
        raise invalid(f"MetricDataQueries must have 1 to {MOST_QUERIES} members.")
    ascending = request.get("ScanBy") == "TimestampAscending"
    answered = watch.metrics.answer(queries, start, min(end, watch.now))
    first, size = (
        _position(request),
        min(request.get("MaxDatapoints") or POINTS_A_PAGE, POINTS_A_PAGE),
    )
    results, has_more = [], False
    for id_, series in answered.items():
        points = sorted(series["values"].items(), reverse=not ascending)
        has_more = has_more or len(points) > first + size
        page = points[first : first + size]
        results.append(
            {
                "Id": id_,
                "Label": series["label"],
                "Timestamps": [_moment(at) for at, _ in page],
                "Values": [value for _, value in page],
                "StatusCode": "PartialData" if len(points) > first + size else "Complete",
            }
        )
    token = {"NextToken": str(first + size)} if has_more else {}
    return {"MetricDataResults": results, **token}


def put_alarm_mute_rule(watch: Watch, request: Json) -> Json:
    name = request.get("Name", "")
    watch.mute_rules[name] = mute_rules.made(
        dict(request),
        arn=watch.arn(f"alarm-mute-rule:{name}"),
        alarms=frozenset(watch.alarms.by_name),
        now=watch.now,
    )
    return {}


def list_alarm_mute_rules(watch: Watch, request: Json) -> Json:
    statuses, alarm = request.get("Statuses") or mute_rules.STATUSES, request.get("AlarmName")
    found = [
        rule
        for rule in watch.mute_rules.values()
        if rule.status(watch.now) in statuses and alarm in (None, *rule.alarms)
    ]
    page, token = _page(found, request)
    summaries = [_summary(watch, rule) for rule in page]
    return {"AlarmMuteRuleSummaries": summaries, **token}


def get_alarm_mute_rule(watch: Watch, request: Json) -> Json:
    name = request["AlarmMuteRuleName"]
    if name not in watch.mute_rules:
        raise Refused("ResourceNotFoundException", f"Mute rule {name} does not exist", status=404)
    rule = watch.mute_rules[name]
    kept = ("Name", "Description", "Rule", "MuteTargets", "StartDate")
    told = {key: rule.raw[key] for key in kept if rule.raw.get(key) is not None}
    return {**told, **_summary(watch, rule)}


def delete_alarm_mute_rule(watch: Watch, request: Json) -> Json:
    watch.mute_rules.pop(request["AlarmMuteRuleName"], None)
    return {}


OPERATIONS: Mapping[str, Callable[[Watch, Json], Json]] = {
    "PutMetricAlarm": put_alarm,
    "PutCompositeAlarm": put_alarm,
    "DescribeAlarms": describe_alarms,
    "DeleteAlarms": delete_alarms,
    "SetAlarmState": set_alarm_state,
    "EnableAlarmActions": enable_alarm_actions,
    "DisableAlarmActions": disable_alarm_actions,
    "PutMetricData": put_metric_data,
    "GetMetricData": get_metric_data,
    "PutAlarmMuteRule": put_alarm_mute_rule,
    "ListAlarmMuteRules": list_alarm_mute_rules,
    "GetAlarmMuteRule": get_alarm_mute_rule,
    "DeleteAlarmMuteRule": delete_alarm_mute_rule,
}


def _alarm(alarm: Alarm) -> Json:
    return {
        **{key: value for key, value in alarm.raw.items() if value is not None and key != "Tags"},
        "AlarmArn": alarm.arn,
        "ActionsEnabled": alarm.enabled,
        "AlarmConfigurationUpdatedTimestamp": _moment(alarm.configured_at),
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": _moment(alarm.changed_at),
        "StateTransitionedTimestamp": _moment(alarm.changed_at),
    }


def _summary(watch: Watch, rule: mute_rules.MuteRule) -> Json:
    expires = rule.raw.get("ExpireDate")
    return {
        "AlarmMuteRuleArn": rule.arn,
        "Status": rule.status(watch.now),
        "MuteType": rule.kind,
        "LastUpdatedTimestamp": _moment(rule.updated_at),
        **({"ExpireDate": _moment(seconds(expires))} if expires is not None else {}),
    }


def _page(items: Sequence[Any], request: Json) -> tuple[Iterable[Any], Json]:
    first = _position(request)
    size = min(request.get("MaxRecords") or RECORDS_A_PAGE, MOST_RECORDS)
    token = {"NextToken": str(first + size)} if first + size < len(items) else {}
    return items[first : first + size], token


def _position(request: Json) -> int:
    token = request.get("NextToken") or "0"
    if not token.isdecimal():
        raise Refused("InvalidNextToken", "The next token specified is invalid.")
    return int(token)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
