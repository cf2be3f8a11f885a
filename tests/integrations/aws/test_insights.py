"""Queries that cost are always ended: by themselves, by the time, by whoever asked going away."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from integrations.aws.client import AwsConnection
from integrations.aws.insights import Insights
from integrations.aws.logs import LogsClient
from integrations.errors import Forbidden, NotFound, Rejected, Unavailable
from sandbox.aws.calls import Fault, access_denied, server_error, slow
from sandbox.aws.logs import RUNS_S
from sandbox.aws.seeds import STAGING
from sandbox.aws.server import AwsWorld
from sandbox.clock import RealClock

FOREVER_S = 10_000.0
PACE = 20.0
GROUP = STAGING.log_group


@pytest.fixture(scope="module")
def every_test_s_world():
    """One for all: what a test does to it, `world` takes back."""
    with AwsWorld.in_process(RealClock(), pace=PACE, environments=[STAGING]) as world:
        yield world


@pytest.fixture(scope="module")
def reached(every_test_s_world):
    """Making a client reads AWS's model, which takes longer than a test."""
    connection = AwsConnection(attempts=1)
    yield connection.session("us-east-1")
    asyncio.run(connection.aclose())


@pytest.fixture
def world(every_test_s_world, monkeypatch):
    monkeypatch.setattr("integrations.aws.insights.LOOK_AFTER_S", 0.02)
    kept = every_test_s_world.logs(STAGING.account)
    kept.queries.clear()
    kept.runs_s = RUNS_S
    every_test_s_world.calls.clear()
    every_test_s_world.faults.clear()
    return every_test_s_world


@pytest.fixture
def logs_of_aws(world):
    return world.logs(STAGING.account)


@pytest.fixture
async def logs(world, reached):
    client = LogsClient(reached)
    yield client
    await client.aclose()


def hour():
    end = datetime.now(UTC)
    return {"start": end - timedelta(hours=1), "end": end}


def statuses(logs_of_aws):
    return [query.status for query in logs_of_aws.queries.values()]


def operations(world):
    return [call.operation for call in world.calls if call.service == "logs"]


async def begun(logs_of_aws):
    """Wait until a query runs; the tests below hold it there."""
    async with asyncio.timeout(5):
        while not logs_of_aws.queries:  # noqa: ASYNC110  AWS tells nobody when it begins
            await asyncio.sleep(0.005)


async def test_matches_are_counted_by_minute_with_what_it_cost(logs, world):
    counts = await logs.count_by_minute(GROUP, '{ $.level = "error" }', **hour())
    lines = await logs.filter_events(GROUP, '{ $.level = "error" }', **hour(), at_most=1000)
    assert sum(minute.events for minute in counts.minutes) == len(lines.lines) > 40
    assert counts.records_matched == len(lines.lines)
    assert counts.records_scanned > 2900
    assert counts.bytes_scanned > 500_000
    moments = [minute.at for minute in counts.minutes]
    assert moments == sorted(moments)
    assert all(at.second == 0 and at.tzinfo is UTC for at in moments)
    assert (counts.is_whole, counts.not_stopped) == (True, None)
    assert "StopQuery" not in operations(world)


async def test_a_term_that_matches_nothing_counts_nothing(logs):
    counts = await logs.count_by_minute(GROUP, "no such words", **hour())
    assert (counts.minutes, counts.records_matched, counts.is_whole) == ((), 0, True)


async def test_a_query_whose_time_is_over_is_stopped_and_not_called_whole(logs, world, logs_of_aws):
    logs_of_aws.runs_s = FOREVER_S
    counts = await logs.count_by_minute(GROUP, "error", **hour(), within_s=0.3)
    assert (counts.minutes, counts.is_whole, counts.not_stopped) == ((), False, None)
    assert operations(world)[-1] == "StopQuery"
    assert statuses(logs_of_aws) == ["Cancelled"]


async def test_a_query_is_stopped_when_whoever_asked_is_cancelled(logs, world, logs_of_aws):
    logs_of_aws.runs_s = FOREVER_S
    asking = asyncio.create_task(logs.count_by_minute(GROUP, "error", **hour()))
    await begun(logs_of_aws)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await logs.aclose()
    assert operations(world)[-1] == "StopQuery"
    assert statuses(logs_of_aws) == ["Cancelled"]


@pytest.mark.parametrize("ends", ["cancelled", "over"])
async def test_a_query_that_has_only_begun_is_stopped_too(logs, world, logs_of_aws, ends):
    """Nobody knows its id yet: the answer to StartQuery is still on its way."""
    logs_of_aws.runs_s = FOREVER_S
    world.faults.add(slow("StartQuery", 0.4))
    asking = asyncio.create_task(logs.count_by_minute(GROUP, "error", **hour(), within_s=0.1))
    if ends == "cancelled":
        await asyncio.sleep(0.05)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    else:
        assert not (await asking).is_whole
    await logs.aclose()
    assert statuses(logs_of_aws) == ["Cancelled"]


async def test_a_query_that_can_no_longer_be_followed_is_stopped(logs, world, logs_of_aws):
    logs_of_aws.runs_s = FOREVER_S
    world.faults.add(server_error("GetQueryResults"))
    with pytest.raises(Unavailable):
        await logs.count_by_minute(GROUP, "error", **hour())
    await logs.aclose()
    assert statuses(logs_of_aws) == ["Cancelled"]


async def test_a_query_that_cannot_be_stopped_is_told_with_the_permission(logs, world, logs_of_aws):
    logs_of_aws.runs_s = FOREVER_S
    world.faults.add(access_denied("logs:StopQuery"))
    counts = await logs.count_by_minute(GROUP, "error", **hour(), within_s=0.3)
    assert not counts.is_whole
    assert "lacks logs:StopQuery" in counts.not_stopped


async def test_a_query_that_ended_by_itself_in_the_end_is_no_trouble(logs, world, logs_of_aws):
    logs_of_aws.runs_s = FOREVER_S
    refusal = Fault("StopQuery", code="InvalidParameterException", message="is not running")
    world.faults.add(refusal)
    counts = await logs.count_by_minute(GROUP, "error", **hour(), within_s=0.3)
    assert (counts.is_whole, counts.not_stopped) == (False, None)


async def test_nobody_whose_time_is_over_waits_for_the_stop(logs, world, logs_of_aws, monkeypatch):
    monkeypatch.setattr("integrations.aws.insights.TOLD_WITHIN_S", 0.05)
    logs_of_aws.runs_s = FOREVER_S
    world.faults.add(slow("StopQuery", 0.4))
    counts = await logs.count_by_minute(GROUP, "error", **hour(), within_s=0.2)
    assert counts.not_stopped == "AWS has not answered yet"
    await logs.aclose()
    assert statuses(logs_of_aws) == ["Cancelled"]


@pytest.mark.parametrize("status", ["Failed", "Timeout", "Cancelled"])
async def test_a_query_that_ended_otherwise_is_no_count_of_nothing(logs, logs_of_aws, status):
    logs_of_aws.runs_s = FOREVER_S
    asking = asyncio.create_task(logs.count_by_minute(GROUP, "error", **hour()))
    await begun(logs_of_aws)
    for query in logs_of_aws.queries.values():
        query.status = status
    with pytest.raises(Unavailable, match=f"the query ended as {status}"):
        await asking


async def test_a_pattern_insights_cannot_say_starts_nothing(logs, world):
    with pytest.raises(Rejected, match=r"Insights cannot count by \{ \$\.a IS NULL \}"):
        await logs.count_by_minute(GROUP, "{ $.a IS NULL }", **hour())
    assert operations(world) == []


async def test_a_group_that_is_not_there_is_not_found(logs):
    with pytest.raises(NotFound):
        await logs.count_by_minute("/ecs/nobody", "error", **hour())


@pytest.mark.parametrize("operation", ["StartQuery", "GetQueryResults"])
async def test_a_missing_permission_is_named(logs, world, logs_of_aws, operation):
    world.faults.add(access_denied(f"logs:{operation}"))
    with pytest.raises(Forbidden, match=f"lacks logs:{operation}"):
        await logs.count_by_minute(GROUP, "error", **hour())
    await logs.aclose()
    assert "Running" not in statuses(logs_of_aws)


async def test_lines_found_until_the_time_is_over_are_shown_and_not_called_whole(logs, world):
    world.faults.add(Fault("logs:FilterLogEvents", times=100, delay_s=0.15))
    found = await logs.filter_events(GROUP, "request", **hour(), at_most=9000, within_s=0.05)
    assert (found.lines, found.is_whole, found.is_cut) == ((), False, False)


async def test_closing_without_any_query_waits_for_nobody(session):
    await Insights(session).aclose()
