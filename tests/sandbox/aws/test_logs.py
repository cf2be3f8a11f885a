"""CloudWatch Logs: pages from both ends, filter patterns, and queries that take their time."""

import json
from typing import Any

import pytest

from sandbox.aws import calls, filter_patterns, insights
from sandbox.aws.conditions import LogEvent
from sandbox.aws.logs import KEPT_EVENTS, QUEUED_S, RUNS_S
from sandbox.aws.seeds import PROD
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.credlink_api.lines import Line
from sandbox.seeds import PROD_ACCOUNT, RUNNING_TAG
from tests.sandbox.aws.test_api import refusal

Json = dict[str, Any]

GROUP = PROD.log_group
COUNT = "stats count(*) as events by bin(1m)"


@pytest.fixture
def client(world: AwsWorld) -> Any:
    return world.client("logs", PROD_ACCOUNT)


def everything(client: Any, **arguments: Any) -> list[Json]:
    pages = client.get_paginator("filter_log_events").paginate(logGroupName=GROUP, **arguments)
    return [event for page in pages for event in page["events"]]


def hour(clock: ManualClock) -> Json:
    return {"startTime": int(clock.now()) - 3600, "endTime": int(clock.now())}


def an_event(message: str, number: int = 1) -> LogEvent:
    fields = json.loads(message) if message.startswith("{") else None
    return LogEvent(60_000 * number, "prod/credlink-api/1", message, number, fields)


LINE = an_event(
    '{"level": "error", "status": 503, "path": "/api/v1/cards", "ok": false, "none": null,'
    ' "tags": ["a", {"b": 2}], "took": 1.5}'
)


def test_the_last_hour_is_there_in_json_with_errors_in_it(client: Any, clock: ManualClock) -> None:
    events = everything(client)
    assert 2500 < len(events) < 3500
    lines = [json.loads(event["message"]) for event in events]
    assert {"level", "path", "request_id", "message", "status", "version"} <= lines[0].keys()
    assert 30 < sum(line["level"] == "error" for line in lines) < 100
    moments = [event["timestamp"] for event in events]
    assert moments == sorted(moments)
    assert clock.now() - 3601 < moments[0] / 1000 < moments[-1] / 1000 <= clock.now()
    assert all(event["logStreamName"].startswith("prod/credlink-api/") for event in events)
    assert len({event["eventId"] for event in events}) == len(events)


def test_the_newest_come_first_to_those_who_begin_at_the_end(client: Any) -> None:
    forward = [event["eventId"] for event in everything(client)]
    backward = [event["eventId"] for event in everything(client, startFromHead=False)]
    assert backward == forward[::-1]
    newest = client.filter_log_events(logGroupName=GROUP, limit=1, startFromHead=False)
    assert newest["events"][0]["eventId"] == forward[-1]
    assert "nextToken" in newest


def test_a_page_may_be_empty_and_not_the_last(world: AwsWorld, client: Any) -> None:
    logs = world.logs(PROD_ACCOUNT)
    for number in range(5000):
        logs.write(GROUP, "prod/credlink-api/1", "nothing", at=world.clock.now() + number / 1000)
    page = client.filter_log_events(logGroupName=GROUP, filterPattern="boom", startFromHead=False)
    assert page["events"] == []
    assert page["nextToken"]
    assert everything(client, filterPattern="boom", startFromHead=False) == []


def test_only_so_much_is_kept(world: AwsWorld, client: Any) -> None:
    logs = world.logs(PROD_ACCOUNT)
    for number in range(KEPT_EVENTS + 10):
        logs.write(GROUP, "s", str(number), at=world.clock.now())
    kept = logs.events(GROUP, None, None)
    assert (len(kept), kept[0].message) == (KEPT_EVENTS, "10")


def test_what_the_service_logs_is_found_under_a_task_of_its_version(
    world: AwsWorld, client: Any, clock: ManualClock
) -> None:
    clock.advance(10)
    world.log(PROD, [Line(clock.now(), RUNNING_TAG, "hello"), Line(clock.now(), "v9", "nobody")])
    (event,) = everything(client, filterPattern="hello")
    tasks = [task.id for task in world.running(PROD_ACCOUNT, PROD.cluster, "credlink-api")]
    assert event["logStreamName"].rpartition("/")[2] in tasks
    assert event["timestamp"] == int(clock.now() * 1000)
    assert everything(client, filterPattern="nobody") == []


@pytest.mark.parametrize(
    ("pattern", "finds"),
    [
        ("", True),
        ("error", True),
        ("error cards", True),
        ("error absent", False),
        ("error -cards", False),
        ("-absent", True),
        ("?absent ?cards", True),
        ("?absent ?gone", False),
        ('"/api/v1/cards"', True),
        (r'"\"level\": \"error\""', True),
        (r"%50\d%", True),
        (r"%^50\d%", False),
        ('{ $.level = "error" }', True),
        ("{ $.level = err* }", True),
        ("{ $.level != error }", False),
        ("{ $.absent != error }", False),
        ("{ $.status = 503 }", True),
        ("{ $.status > 499 && $.took < 2 }", True),
        ("{ $.status < 500 || $.took >= 1.5 }", True),
        ("{ ($.status < 500 || $.took > 1) && $.level = info }", False),
        ("{ $.path = %cards$% }", True),
        ("{ $.path != %cards$% }", False),
        ("{ $.tags[0] = a }", True),
        ("{ $.tags[1].b = 2 }", True),
        ("{ $.tags[2] = a }", False),
        ("{ $.ok IS FALSE }", True),
        ("{ $.none IS NULL }", True),
        ("{ $.ok IS TRUE }", False),
        ("{ $.absent NOT EXISTS }", True),
        ("{ $.level NOT EXISTS }", False),
    ],
)
def test_a_filter_pattern_finds_what_aws_s_would(pattern: str, finds: bool) -> None:
    assert filter_patterns.predicate(pattern)(LINE) is finds


@pytest.mark.parametrize(
    ("condition", "finds"),
    [
        ("@message like /err.r/", True),
        ('@message like "error"', True),
        ("@message like 'absent'", False),
        ("@message not like /absent/", True),
        ("@message =~ /cards/", True),
        ("@logStream like /^prod/", True),
        ("level like /^error$/ and status >= 500", True),
        ('level = "error"', True),
        ("level != 'error'", False),
        ("status = 503 or absent = 1", True),
        ("status < 500 or absent = 1", False),
        ("tags.1.b = 2", True),
        ("(status < 500 or took > 1) and level like /info/", False),
        ("level > 5", False),
        ("@nothing like /x/", False),
    ],
)
def test_a_condition_of_insights_finds_what_it_says(condition: str, finds: bool) -> None:
    query = insights.read(f"filter {condition} | {COUNT}")
    assert query.finds(LINE) is finds


def test_counts_fall_into_the_minutes_of_their_events() -> None:
    query = insights.read("stats count(*) as n by bin(2m)")
    rows = query.rows([an_event("a", 0), an_event("b", 1), an_event("c", 2)])
    told = [{field["field"]: field["value"] for field in row} for row in rows]
    assert told == [
        {"bin(2m)": "1970-01-01 00:02:00.000", "n": "1"},
        {"bin(2m)": "1970-01-01 00:00:00.000", "n": "2"},
    ]


def test_a_query_is_scheduled_runs_and_is_complete(client: Any, clock: ManualClock) -> None:
    query = client.start_query(logGroupName=GROUP, queryString=COUNT, **hour(clock))["queryId"]
    assert client.get_query_results(queryId=query)["status"] == "Scheduled"
    clock.advance(QUEUED_S)
    answer = client.get_query_results(queryId=query)
    assert (answer["status"], answer["results"]) == ("Running", [])
    clock.advance(RUNS_S)
    answer = client.get_query_results(queryId=query)
    assert answer["status"] == "Complete"
    assert len(answer["results"]) in {60, 61}
    assert answer["statistics"]["recordsMatched"] == answer["statistics"]["recordsScanned"] > 2500
    assert answer["statistics"]["bytesScanned"] > 500_000


def test_a_query_that_is_stopped_stays_so(client: Any, clock: ManualClock) -> None:
    query = client.start_query(logGroupName=GROUP, queryString=COUNT, **hour(clock))["queryId"]
    clock.advance(QUEUED_S)
    assert client.stop_query(queryId=query)["success"]
    clock.advance(60)
    assert client.get_query_results(queryId=query)["status"] == "Cancelled"
    code, message = refusal(client.stop_query, queryId=query)
    assert (code, message) == ("InvalidParameterException", f"Query {query} is not running.")


def test_searching_is_recorded_meets_faults_and_is_no_change(world: AwsWorld, client: Any) -> None:
    client.filter_log_events(logGroupName=GROUP, limit=1)
    assert world.calls[-1].operation == "FilterLogEvents"
    assert world.writes == []
    world.faults.add(calls.access_denied("FilterLogEvents"))
    code, message = refusal(client.filter_log_events, logGroupName=GROUP)
    assert code == "AccessDeniedException"
    assert "perform: logs:FilterLogEvents because" in message
