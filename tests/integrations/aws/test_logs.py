from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber

from integrations.aws.logs import LogsClient
from integrations.errors import Forbidden, NotFound, Rejected

ARN = "arn:aws:logs:us-east-1:222222222222:log-group:/ecs/credlink-api"


@pytest.fixture
def stub(session):
    with Stubber(session.client("logs")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def logs(session):
    return LogsClient(session)


async def test_a_log_group_is_found_by_its_whole_name(logs, stub):
    stub.add_response(
        "describe_log_groups",
        {
            "logGroups": [
                {"logGroupName": "/ecs/credlink-api", "logGroupArn": ARN, "retentionInDays": 30},
                {"logGroupName": "/ecs/credlink-api-old"},
            ]
        },
        {"logGroupNamePrefix": "/ecs/credlink-api"},
    )
    group = await logs.describe_log_group("/ecs/credlink-api")
    assert (group.name, group.arn, group.retention_days) == ("/ecs/credlink-api", ARN, 30)


async def test_a_log_group_that_only_begins_so_is_another(logs, stub):
    stub.add_response(
        "describe_log_groups", {"logGroups": [{"logGroupName": "/ecs/credlink-api-old"}]}
    )
    with pytest.raises(NotFound, match="there is no log group /ecs/credlink-api"):
        await logs.describe_log_group("/ecs/credlink-api")


async def test_no_log_group_at_all_is_not_found(logs, stub):
    stub.add_response("describe_log_groups", {})
    with pytest.raises(NotFound):
        await logs.describe_log_group("/ecs/credlink-api")


async def test_a_name_that_can_be_none_is_rejected(logs, stub):
    stub.add_client_error("describe_log_groups", "InvalidParameterException", "bad name", 400)
    with pytest.raises(Rejected, match="bad name"):
        await logs.describe_log_group("/ecs/?")


async def test_a_missing_permission_is_named(logs, stub):
    stub.add_client_error("describe_log_groups", "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match="lacks logs:DescribeLogGroups"):
        await logs.describe_log_group("/ecs/credlink-api")


GROUP = "/ecs/credlink-api"
START, END = datetime(2026, 11, 23, 11, tzinfo=UTC), datetime(2026, 11, 23, 12, tzinfo=UTC)
RANGE = {"startTime": 1795431600000, "endTime": 1795435200000, "startFromHead": False}


def an_event(number, message="boom"):
    return {
        "logStreamName": "prod/credlink-api/1",
        "timestamp": RANGE["startTime"] + number * 1000,
        "message": message,
        "eventId": str(number),
    }


async def test_lines_are_the_newest_and_in_order(logs, stub):
    asked = {"logGroupName": GROUP, "filterPattern": '"boom"', **RANGE}
    stub.add_response(
        "filter_log_events",
        {"events": [an_event(9), an_event(7)], "nextToken": "2"},
        {**asked, "limit": 4},
    )
    stub.add_response(
        "filter_log_events", {"nextToken": "3"}, {**asked, "limit": 2, "nextToken": "2"}
    )
    stub.add_response(
        "filter_log_events",
        {"events": [an_event(5)]},
        {**asked, "limit": 2, "nextToken": "3"},
    )
    found = await logs.filter_events(GROUP, "boom", start=START, end=END, at_most=3)
    assert [line.id for line in found.lines] == ["5", "7", "9"]
    assert (found.is_cut, found.is_whole) == (False, True)
    assert found.lines[0].at == START + timedelta(seconds=5)
    assert found.lines[0].stream == "prod/credlink-api/1"


async def test_more_than_were_asked_for_is_told_and_not_shown(logs, stub):
    events = [an_event(9), an_event(8), an_event(7)]
    stub.add_response(
        "filter_log_events",
        {"events": events, "nextToken": "2"},
        {"logGroupName": GROUP, "limit": 3, **RANGE},
    )
    found = await logs.filter_events(GROUP, "", start=START, end=END, at_most=2)
    assert [line.id for line in found.lines] == ["8", "9"]
    assert (found.is_cut, found.is_whole) == (True, True)


async def test_a_line_does_not_show_its_message_in_a_log(logs, stub):
    stub.add_response("filter_log_events", {"events": [an_event(1, "password=hunter2")]})
    found = await logs.filter_events(GROUP, "", start=START, end=END)
    assert found.lines[0].message == "password=hunter2"
    assert "hunter2" not in repr(found)


async def test_a_pattern_that_is_none_is_rejected_in_aws_s_words(logs, stub):
    words = "Invalid filter pattern"
    stub.add_client_error("filter_log_events", "InvalidParameterException", words, 400)
    with pytest.raises(Rejected, match=words):
        await logs.filter_events(GROUP, "{ $.a ~ 1 }", start=START, end=END)


@pytest.mark.parametrize(
    ("code", "means", "words"),
    [
        ("ResourceNotFoundException", NotFound, "does not exist"),
        ("AccessDeniedException", Forbidden, "lacks logs:FilterLogEvents"),
    ],
)
async def test_lines_nobody_may_read_are_not_an_empty_answer(logs, stub, code, means, words):
    stub.add_client_error("filter_log_events", code, "The group does not exist.", 400)
    with pytest.raises(means, match=words):
        await logs.filter_events(GROUP, "", start=START, end=END)


async def test_incoming_bytes_are_the_sum_of_what_cloudwatch_counted(logs, session):
    with Stubber(session.client("cloudwatch")) as cloudwatch:
        result = {"Id": "series", "Timestamps": [START, END], "Values": [1000.0, 24.0]}
        cloudwatch.add_response("get_metric_data", {"MetricDataResults": [result]})
        cloudwatch.add_response("get_metric_data", {"MetricDataResults": []})
        assert await logs.incoming_bytes(GROUP, start=START, end=END) == 1024
        assert await logs.incoming_bytes(GROUP, start=START, end=END) is None


@pytest.mark.parametrize(("hours", "period_s"), [(1, 60), (6, 60), (24, 300), (24 * 30, 3600)])
async def test_bytes_are_asked_for_in_periods_that_are_still_there(logs, session, hours, period_s):
    asked = {}

    def note(params, **_):
        asked.update(params)

    client = session.client("cloudwatch")
    client.meta.events.register("provide-client-params.cloudwatch.GetMetricData", note)
    try:
        with Stubber(client) as cloudwatch:
            cloudwatch.add_response("get_metric_data", {"MetricDataResults": []})
            begun = START + timedelta(minutes=1, seconds=7)
            await logs.incoming_bytes(GROUP, start=begun, end=begun + timedelta(hours=hours))
    finally:
        client.meta.events.unregister("provide-client-params.cloudwatch.GetMetricData", note)
    [query] = asked["MetricDataQueries"]
    assert query["MetricStat"]["Period"] == period_s
    assert asked["StartTime"].timestamp() % period_s == 0
    assert asked["StartTime"] <= begun
