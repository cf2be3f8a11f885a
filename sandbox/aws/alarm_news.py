"""What CloudWatch tells when an alarm changes its state: to SNS, and to EventBridge.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

import json
import re
from datetime import UTC, datetime
from typing import Any

from sandbox.aws.alarms import ALARM, NO_DATA, OK, Alarm, Left
from sandbox.aws.model import Json
from sandbox.aws.outbox import Event

STATE_CHANGE = "CloudWatch Alarm State Change"
SOURCE = "aws.cloudwatch"
ACTIONS = {ALARM: "AlarmActions", OK: "OKActions", NO_DATA: "InsufficientDataActions"}
REGION_NAMES = {"us-east-1": "US East (N. Virginia)"}
_VALUE = re.compile(r"(-?\d+\.\d+) \(")


def actions(alarm: Alarm) -> tuple[str, ...]:
    """The topics that are told of the state the alarm is in."""
    return tuple(alarm.raw.get(ACTIONS[alarm.state]) or ()) if alarm.enabled else ()


def message(alarm: Alarm, before: Left, *, account: str, region: str) -> Json:
    """What is published to a topic."""
    raw = alarm.raw
    told: Json = {
        "AlarmName": alarm.name,
        "AlarmDescription": raw.get("AlarmDescription"),
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": _moment(alarm.configured_at),
        "NewStateValue": alarm.state,
        "NewStateReason": alarm.reason,
        "StateChangeTime": _moment(alarm.changed_at),
        "Region": REGION_NAMES.get(region, region),
        "AlarmArn": alarm.arn,
        "OldStateValue": before.state,
        **{name: list(raw.get(name) or ()) for name in ACTIONS.values()},
    }
    if alarm.is_composite:
        return {**told, "AlarmRule": raw["AlarmRule"], "TriggeringChildren": []}
    return {**told, "Trigger": _trigger(raw)}


def event(alarm: Alarm, before: Left, *, account: str, region: str) -> Event:
    """What is put on the account's bus."""
    return Event(
        account,
        region,
        STATE_CHANGE,
        alarm.arn,
        {
            "alarmName": alarm.name,
            "configuration": _configuration(alarm.raw),
            "previousState": _state(before.state, before.reason, before.at, alarm.raw),
            "state": _state(alarm.state, alarm.reason, alarm.changed_at, alarm.raw),
        },
        alarm.changed_at,
        source=SOURCE,
    )


def _trigger(raw: Json) -> Json:
    """SNS has its own words: statistics in capitals, dimensions in small letters."""
    watched: Json = {
        "Period": raw.get("Period"),
        "EvaluationPeriods": raw["EvaluationPeriods"],
        "DatapointsToAlarm": raw.get("DatapointsToAlarm"),
        "ComparisonOperator": raw["ComparisonOperator"],
        "Threshold": raw["Threshold"],
        "TreatMissingData": raw.get("TreatMissingData", ""),
        "EvaluateLowSampleCountPercentile": "",
    }
    if raw.get("Metrics"):
        return {**watched, "Metrics": raw["Metrics"]}
    extended = raw.get("ExtendedStatistic")
    kind = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}
        if extended
        else {"StatisticType": "Statistic", "Statistic": raw["Statistic"].upper()}
    )
    return {
        **watched,
        **kind,
        "MetricName": raw["MetricName"],
        "Namespace": raw["Namespace"],
        "Unit": raw.get("Unit"),
        "Dimensions": [
            {"value": one["Value"], "name": one["Name"]} for one in raw.get("Dimensions", ())
        ],
    }


def _configuration(raw: Json) -> Json:
    described = {"description": raw.get("AlarmDescription", "")}
    if "AlarmRule" in raw:
        return {**described, "alarmRule": raw["AlarmRule"]}
    queries = raw.get("Metrics") or [
        {
            "Id": "watched",
            "MetricStat": {"Metric": raw, "Period": raw["Period"], "Stat": _stat(raw)},
        }
    ]
    return {**described, "metrics": [_query(query) for query in queries]}


def _stat(raw: Json) -> str:
    return str(raw.get("Statistic") or raw["ExtendedStatistic"])


def _query(query: Json) -> Json:
    told: Json = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    if "Expression" in query:
        return {**told, "expression": query["Expression"], "label": query.get("Label", "")}
    stat = query["MetricStat"]
    metric = stat["Metric"]
    return {
        **told,
        "metricStat": {
            "metric": {
                "namespace": metric["Namespace"],
                "name": metric["MetricName"],
                "dimensions": {one["Name"]: one["Value"] for one in metric.get("Dimensions", ())},
            },
            "period": stat["Period"],
            "stat": stat["Stat"],
        },
    }


def _state(value: str, reason: str, at: float, raw: Json) -> Json:
    told: Json = {"value": value, "reason": reason, "timestamp": _moment(at)}
    if "AlarmRule" in raw:
        return told
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": _moment(at),
        "recentDatapoints": [float(found) for found in _VALUE.findall(reason)],
        "threshold": raw["Threshold"],
    }
    return {**told, "reasonData": json.dumps(data)}


def _moment(at: float) -> str:
    return (
        datetime.fromtimestamp(at, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "+0000")
    )
