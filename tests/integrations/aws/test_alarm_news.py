"""News of an alarm's state: the same is read from SNS's message and from EventBridge's event."""

import json
from typing import Any

import pytest

from integrations.aws.alarm_news import AlarmNews, is_alarm_event, of_event, of_notification
from integrations.errors import Rejected
from sandbox.aws import alarm_news as sandbox
from sandbox.aws.alarms import Alarm, Left

ARN = "arn:aws:cloudwatch:us-east-1:222222222222:alarm:credlink-prod-5xx"
BEFORE = Left("OK", "Threshold Crossed: no datapoint was beyond it.", 1_795_000_000.0)
METRIC: dict[str, Any] = {
    "AlarmName": "credlink-prod-5xx",
    "AlarmDescription": "Requests fail.",
    "Namespace": "AWS/ApplicationELB",
    "MetricName": "HTTPCode_Target_5XX_Count",
    "Dimensions": [{"Name": "LoadBalancer", "Value": "app/credlink/1"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "Threshold": 60.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
REASON = (
    "Threshold Crossed: 1 out of the last 3 datapoints [71.0 (25/11/26 17:00:00)] was greater than "
    "the threshold (60.0) (minimum 1 datapoint for OK -> ALARM transition)."
)


def alarm(raw: dict[str, Any] = METRIC, *, state: str = "ALARM", reason: str = REASON) -> Alarm:
    return Alarm(raw, ARN, 0.0, 1_795_000_060.25, state=state, reason=reason)


def notified(one: Alarm, **said: Any) -> AlarmNews:
    told = sandbox.message(one, BEFORE, account="222222222222", region="us-east-1")
    return of_notification(json.dumps({**told, **said}))


def evented(one: Alarm) -> AlarmNews:
    told = sandbox.event(one, BEFORE, account="222222222222", region="us-east-1")
    return of_event(json.dumps(document(told.detail)))[1]


def document(detail: dict[str, Any], **said: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "c4c1c1c9",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "222222222222",
        "time": "2026-11-25T17:00:00Z",
        "region": "us-east-1",
        "resources": [ARN],
        "detail": detail,
        **said,
    }


def test_both_tell_the_same_of_a_metric_alarm_but_how_it_compares():
    by_topic, by_event = notified(alarm()), evented(alarm())

    assert (by_topic.arn, by_topic.name) == (ARN, "credlink-prod-5xx")
    assert (by_topic.account, by_topic.region) == ("222222222222", "us-east-1")
    assert (by_topic.statistic, by_topic.metric) == ("Sum", "HTTPCode_Target_5XX_Count")
    assert (by_topic.comparison, by_event.comparison) == ("GreaterThanThreshold", None)
    for name in ("arn", "name", "state", "previous", "since", "reason", "description", "metric"):
        assert getattr(by_topic, name) == getattr(by_event, name), name
    for name in ("statistic", "dimensions", "threshold"):
        assert getattr(by_topic, name) == getattr(by_event, name), name


def test_an_alarm_on_an_expression_names_no_metric():
    queries = [
        {"Id": "a", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Sum"}},
        {"Id": "ratio", "Expression": "100 * a / b", "Label": "failed", "ReturnData": True},
    ]
    raw = {key: value for key, value in METRIC.items() if key not in {"MetricName", "Statistic"}}
    on_ratio = alarm({**raw, "Metrics": queries})

    assert notified(on_ratio).metric is evented(on_ratio).metric is None
    assert notified(on_ratio).threshold == evented(on_ratio).threshold == 60.0


def test_a_composite_alarm_tells_which_others_it_follows():
    rule = 'ALARM("credlink-prod-5xx") OR ALARM("credlink-prod-latency-p95")'
    composite = alarm({"AlarmName": "credlink-prod-degraded", "AlarmRule": rule})

    assert notified(composite).rule == evented(composite).rule == rule
    assert notified(composite).threshold is evented(composite).threshold is None


def test_a_percentile_is_named_as_everywhere_else():
    raw = {key: value for key, value in METRIC.items() if key != "Statistic"}

    assert notified(alarm({**raw, "ExtendedStatistic": "p95"})).statistic == "p95"


def test_what_cloudwatch_leaves_empty_is_no_mistake():
    news = notified(alarm(), AlarmDescription=None, OldStateValue=None, NewStateReason=None)

    assert (news.description, news.previous, news.reason) == ("", "", "")


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("A pipeline has failed.", "not JSON"),
        ("[]", "no alarm"),
        ('{"Event": "s3:TestEvent"}', "no alarm"),
        ('{"AlarmArn": "arn:aws:cloudwatch:us-east-1:1:alarm:a"}', "AlarmArn"),
    ],
)
def test_what_others_publish_to_the_topic_is_told_apart(message: str, says: str):
    with pytest.raises(Rejected, match=says):
        of_notification(message)


@pytest.mark.parametrize("said", [{"NewStateValue": "FINE"}, {"StateChangeTime": "yesterday"}])
def test_a_state_that_nobody_knows_is_refused(said: dict[str, Any]):
    with pytest.raises(Rejected, match="broken"):
        notified(alarm(), **said)


@pytest.mark.parametrize(
    "event",
    [
        document({}),
        document({"alarmName": "a", "state": {"value": "ALARM"}}),
        document({}, resources=[]),
        document({}, source="aws.ecs"),
    ],
)
def test_an_event_that_cannot_be_read_is_refused(event: dict[str, Any]):
    with pytest.raises(Rejected):
        of_event(json.dumps(event))


def test_only_changes_of_state_are_alarms_events():
    assert is_alarm_event(document({}))
    assert not is_alarm_event({**document({}), "detail-type": "CloudWatch Alarm Configuration"})
    assert not is_alarm_event(["aws.cloudwatch"])


@pytest.mark.parametrize("data", ["", "no JSON", "[]", '{"threshold": "high"}'])
def test_a_threshold_that_cannot_be_read_is_none(data: str):
    told = sandbox.event(alarm(), BEFORE, account="222222222222", region="us-east-1").detail
    told["state"]["reasonData"] = data

    assert of_event(json.dumps(document(told)))[1].threshold is None
