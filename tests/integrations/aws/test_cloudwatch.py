"""Alarms and their series, answered by botocore's Stubber in the words of AWS's manual."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber

from integrations.aws.cloudwatch import CloudWatchClient
from integrations.aws.cloudwatch_models import MetricAlarm, MetricSpec, Point
from integrations.errors import Forbidden, RateLimited, Rejected, Unavailable
from tests.integrations.aws.answers import NOON

START, END = datetime(2026, 11, 23, 11, tzinfo=UTC), datetime(2026, 11, 23, 12, tzinfo=UTC)
CONNECTIONS = MetricSpec(
    namespace="AWS/RDS",
    metric="DatabaseConnections",
    dimensions={"DBInstanceIdentifier": "credlink-prod"},
    statistic="Maximum",
)
QUERY = {
    "Id": "series",
    "MetricStat": {
        "Metric": {
            "Namespace": "AWS/RDS",
            "MetricName": "DatabaseConnections",
            "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "credlink-prod"}],
        },
        "Period": 60,
        "Stat": "Maximum",
    },
    "ReturnData": True,
}
RANGE = {"StartTime": START, "EndTime": END, "ScanBy": "TimestampAscending"}


@pytest.fixture
def stub(session):
    with Stubber(session.client("cloudwatch")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def cloudwatch(session):
    return CloudWatchClient(session)


def an_alarm(name="credlink-prod-5xx", **said):
    return {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:222222222222:alarm:{name}",
        "StateValue": "ALARM",
        "StateReason": "Threshold Crossed",
        "StateUpdatedTimestamp": NOON + timedelta(minutes=5),
        **said,
    }


async def test_an_alarm_says_what_it_follows_and_since_when(cloudwatch, stub):
    raw = an_alarm(
        StateTransitionedTimestamp=NOON,
        AlarmDescription="Too many requests fail.",
        ActionsEnabled=False,
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        Dimensions=[{"Name": "LoadBalancer", "Value": "app/credlink-prod/1"}],
        Statistic="Sum",
        Period=60,
        Unit="Count",
        Threshold=60.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    stub.add_response(
        "describe_alarms",
        {"MetricAlarms": [raw]},
        {
            "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
            "MaxRecords": 100,
            "AlarmNamePrefix": "credlink-prod-",
        },
    )
    [alarm] = await cloudwatch.list_alarms("credlink-prod-")
    assert alarm == MetricAlarm(
        name="credlink-prod-5xx",
        arn="arn:aws:cloudwatch:us-east-1:222222222222:alarm:credlink-prod-5xx",
        state="ALARM",
        reason="Threshold Crossed",
        since=END,
        description="Too many requests fail.",
        namespace="AWS/ApplicationELB",
        metric="HTTPCode_Target_5XX_Count",
        dimensions={"LoadBalancer": "app/credlink-prod/1"},
        statistic="Sum",
        period_s=60,
        comparison="GreaterThanThreshold",
        threshold=60.0,
        unit="Count",
        actions_enabled=False,
    )
    assert alarm.since.tzinfo is UTC
    assert alarm.has_series


async def test_an_alarm_on_others_has_a_rule_and_no_series(cloudwatch, stub):
    raw = an_alarm("credlink-prod-degraded", AlarmRule='ALARM("credlink-prod-5xx")')
    stub.add_response("describe_alarms", {"CompositeAlarms": [raw]})
    [alarm] = await cloudwatch.list_alarms()
    assert (alarm.is_composite, alarm.rule) == (True, 'ALARM("credlink-prod-5xx")')
    assert alarm.since == END + timedelta(minutes=5)  # of older alarms AWS knows only the update
    assert not alarm.has_series
    with pytest.raises(ValueError, match="credlink-prod-degraded follows no metric"):
        await cloudwatch.get_series(alarm, start=START, end=END, period_s=60)


async def test_alarms_come_from_all_pages_by_name_and_no_more_than_wanted(cloudwatch, stub):
    kinds = {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 3}
    stub.add_response(
        "describe_alarms",
        {"MetricAlarms": [an_alarm("b"), an_alarm("c")], "NextToken": "2"},
        kinds,
    )
    stub.add_response(
        "describe_alarms",
        {"MetricAlarms": [an_alarm("d")], "CompositeAlarms": [an_alarm("a")], "NextToken": "3"},
        {**kinds, "NextToken": "2"},
    )
    alarms = await cloudwatch.list_alarms(at_most=3)
    assert [alarm.name for alarm in alarms] == ["b", "c", "d"]


async def test_a_series_is_oldest_first_over_all_pages(cloudwatch, stub):
    minutes = [START + timedelta(minutes=number) for number in range(3)]

    def page(moments, values):
        return [{"Id": "series", "Timestamps": moments, "Values": values}]

    stub.add_response(
        "get_metric_data",
        {"MetricDataResults": page(minutes[1:], [2.0, 3.0]), "NextToken": "2"},
        {"MetricDataQueries": [QUERY], **RANGE},
    )
    stub.add_response(
        "get_metric_data",
        {"MetricDataResults": page(minutes[:1], [1.0])},
        {"MetricDataQueries": [QUERY], **RANGE, "NextToken": "2"},
    )
    points = await cloudwatch.get_series(CONNECTIONS, start=START, end=END, period_s=60)
    assert points == tuple(map(Point, minutes, [1.0, 2.0, 3.0]))


async def test_a_metric_s_unit_is_asked_for_where_it_is_named(cloudwatch, stub):
    asked = MetricSpec(namespace="Own", metric="Age", statistic="p99", unit="Seconds")
    stat = {
        "Metric": {"Namespace": "Own", "MetricName": "Age", "Dimensions": []},
        "Period": 300,
        "Stat": "p99",
        "Unit": "Seconds",
    }
    query = {"Id": "series", "MetricStat": stat, "ReturnData": True}
    stub.add_response("get_metric_data", {}, {"MetricDataQueries": [query], **RANGE})
    assert await cloudwatch.get_series(asked, start=START, end=END, period_s=300) == ()


@pytest.mark.parametrize("band", [None, "band"])
async def test_an_alarm_on_an_expression_is_asked_for_as_it_stands(cloudwatch, stub, band):
    queries = [
        {"Id": "failed", "Expression": "a", "ReturnData": False},
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(ratio)", "ReturnData": bool(band)},
        {"Id": "ratio", "Expression": "100 * failed / all", "ReturnData": True},
    ]
    raw = an_alarm(Metrics=queries, **({"ThresholdMetricId": band} if band else {}))
    stub.add_response("describe_alarms", {"MetricAlarms": [raw]})
    [alarm] = await cloudwatch.list_alarms()
    results = [
        {"Id": "band", "Timestamps": [START], "Values": [9.0]},
        {"Id": "ratio", "Timestamps": [START], "Values": [0.4]},
    ]
    stub.add_response(
        "get_metric_data",
        {"MetricDataResults": results},
        {"MetricDataQueries": queries, **RANGE},
    )
    points = await cloudwatch.get_series(alarm, start=START, end=END, period_s=60)
    assert points == (Point(START, 0.4),)


@pytest.mark.parametrize(
    ("status", "means"), [("Forbidden", Forbidden), ("InternalError", Unavailable)]
)
async def test_a_query_that_failed_by_itself_is_no_empty_series(cloudwatch, stub, status, means):
    messages = [{"Code": "x", "Value": "the account is not shared"}]
    raw = {"Id": "series", "StatusCode": status, "Messages": messages}
    stub.add_response("get_metric_data", {"MetricDataResults": [raw]})
    with pytest.raises(means, match="the account is not shared"):
        await cloudwatch.get_series(CONNECTIONS, start=START, end=END, period_s=60)


async def test_a_range_that_is_none_is_rejected_in_aws_s_words(cloudwatch, stub):
    words = "The parameter StartTime must be less than the parameter EndTime."
    stub.add_client_error("get_metric_data", "ValidationError", words, 400)
    with pytest.raises(Rejected, match=words):
        await cloudwatch.get_series(CONNECTIONS, start=END, end=START, period_s=60)


async def test_a_missing_permission_is_named(cloudwatch, stub):
    stub.add_client_error("describe_alarms", "AccessDenied", "", 403)
    with pytest.raises(Forbidden, match="lacks cloudwatch:DescribeAlarms"):
        await cloudwatch.list_alarms()
    stub.add_client_error("get_metric_data", "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match="lacks cloudwatch:GetMetricData"):
        await cloudwatch.get_series(CONNECTIONS, start=START, end=END, period_s=60)


async def test_being_asked_too_often_is_worth_another_try(cloudwatch, stub):
    stub.add_client_error("describe_alarms", "Throttling", "Rate exceeded", 400)
    with pytest.raises(RateLimited):
        await cloudwatch.list_alarms()
