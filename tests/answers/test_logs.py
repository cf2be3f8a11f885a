"""`/credlink logs`, from the words to the card: CloudWatch well, ill, slow, and too full."""

import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial

import pytest
from sqlalchemy import select

from bot.answers import logs as gathering
from bot.answers.logs import GatherLogs
from bot.cards.logs import LogsCard
from bot.catalog import Catalog
from bot.domain.question import QuestionKind
from bot.errors import NotAllowed
from bot.storage import changes
from bot.storage.database import Database
from bot.storage.schema.answers import answers as answer_rows
from bot.world import World
from commands import logs
from integrations.aws.accounts import Accounts
from integrations.aws.client import AwsConnection
from sandbox.aws.calls import Fault, access_denied
from sandbox.aws.server import AwsWorld
from sandbox.clock import RealClock
from sandbox.seeds import MAIN_ACCOUNT
from tests.answers.looking import ALICE, MALLORY, Desk, until, utc_now
from tests.changes.builders import a_change

GROUP = "/ecs/credlink-api"
SECRET = "hunter2"
REQUEST = "req-7f3a12"


def a_catalog(group=GROUP, **place) -> Catalog:
    return Catalog.model_validate(
        {
            "people": {"deployers": {"group": "S0DEPLOY", "may": {"prod": ["logs"]}}},
            "services": {
                "credlink-api": {
                    "environments": {
                        "prod": {
                            "account": MAIN_ACCOUNT,
                            "region": "us-east-1",
                            "cluster": "credlink-prod",
                            "ecs_service": "credlink-api",
                            "logs": group,
                            **place,
                        }
                    }
                }
            },
        }
    )


@pytest.fixture
def aws() -> Iterator[AwsWorld]:
    """AWS with one log group, in which somebody said what no log should hold."""
    with AwsWorld.in_process(RealClock(), pace=20.0, environments=[]) as world:
        world.client("logs").create_log_group(logGroupName=GROUP)
        world.watch(MAIN_ACCOUNT).count_logs(GROUP)
        for ago in range(40, 0, -1):
            said = {
                "level": "error",
                "message": "upstream timed out",
                "request_id": f"{REQUEST}{ago}",
                "password": SECRET,
                "url": f"https://bob:{SECRET}@db/x",
            }
            written = json.dumps(said) if ago % 2 else f"WARN timed out, password={SECRET}"
            world.logs(MAIN_ACCOUNT).write(GROUP, "task/1", written, at=time.time() - 10 * ago)
        world.calls.clear()
        yield world


@pytest.fixture
def catalog() -> Catalog:
    return a_catalog()


@pytest.fixture
async def desk(sqlite: Database, aws: AwsWorld, catalog: Catalog) -> AsyncIterator[Desk]:
    accounts = Accounts(AwsConnection(attempts=1))
    world = World(database=sqlite, catalog=catalog, aws=accounts, now=utc_now)
    made = Desk(world, QuestionKind.LOGS, GatherLogs(world), LogsCard(catalog))
    made.run = partial(logs.run, ask=made.ask, how="Write it so.", catalog=catalog)
    yield made
    await made.ask.stop()
    await accounts.aclose()


def asked_of(aws: AwsWorld) -> list[str]:
    return [call.operation for call in aws.calls if call.service == "logs"]


async def test_lines_and_counts_are_found_and_drawn_and_the_rest_stands_in_the_thread(desk, aws):
    async with desk.world.database.write() as connection:
        await changes.add(connection, a_change(started_at=utc_now()))

    await desk.types('logs prod "timed out"')

    card = await desk.card()
    assert "“timed out”: 40 lines, credlink-api in prod" in card
    assert f"ERROR  upstream timed out  request_id={REQUEST}1" in card
    assert "WARN  timed out, password=***" in card
    assert "20×  upstream timed out" in card
    assert "and 30 older lines in the thread" in card
    assert "KiB searched" in card
    thread = await desk.thread()
    assert any("The newest 40 lines, newest first" in said for said in thread)
    assert any(said.startswith("Chart of “timed out”: 40 lines") for said in thread)
    assert "StopQuery" not in asked_of(aws)


async def test_no_secret_of_a_line_is_in_a_row_on_the_card_in_the_thread_or_in_the_log(
    desk, caplog
):
    caplog.set_level(logging.INFO)

    await desk.types(f'logs prod "password={SECRET}"')

    async with desk.world.database.read() as connection:
        found = (await connection.execute(select(answer_rows.c.found))).scalars().all()
    everything = f"{await desk.message()} {await desk.thread()} {found}"
    assert "password=***" in everything
    assert SECRET not in everything
    assert SECRET not in caplog.text


async def test_where_nothing_is_found_it_says_how_much_was_searched(desk):
    await desk.types("logs prod unheard-of since 5m")

    card = await desk.card()
    assert "⚪ “unheard-of”: no line found, credlink-api in prod" in card
    assert "No line with “unheard-of” in the last 5 min; " in card
    assert "KiB were searched." in card
    assert await desk.thread() == []


@pytest.mark.parametrize("catalog", [a_catalog(logs_scan_limit="1KiB")])
async def test_a_range_that_holds_too_much_is_refused_before_anything_is_searched(desk, aws):
    await desk.types("logs prod timed since 15m")

    card = await desk.card()
    assert "⚪ Not searched, too much: “timed”" in card
    assert "a search here reads 1 KiB at most" in card
    assert "/credlink logs prod timed credlink-api since" in card
    assert asked_of(aws) == []


async def test_where_it_is_not_known_what_it_would_cost_lines_are_read_and_nothing_is_counted(
    desk, aws
):
    aws.faults.add(access_denied("cloudwatch:GetMetricData"))

    await desk.types("logs prod timed")

    card = await desk.card()
    assert "more than 40 lines" not in card
    assert "“timed”: 40 lines" in card
    assert "lacks cloudwatch:GetMetricData" in card
    assert "StartQuery" not in asked_of(aws)


@pytest.mark.parametrize("catalog", [a_catalog(group="/ecs/gone")])
async def test_a_log_group_that_is_not_in_aws_is_named(desk):
    await desk.types("logs prod timed")

    assert "There is no log group /ecs/gone in AWS." in await desk.card()


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ("FilterLogEvents", "lacks logs:FilterLogEvents"),
        ("StartQuery", "Not counted by minute: lacks logs:StartQuery"),
    ],
)
async def test_a_missing_permission_is_named(desk, aws, operation, said):
    aws.faults.add(access_denied(f"logs:{operation}"))

    await desk.types("logs prod timed")

    assert said in await desk.card()


async def test_what_insights_cannot_count_is_shown_without_counts(desk):
    await desk.types("logs prod { $.level = error && $.trace NOT EXISTS }")

    card = await desk.card()
    assert "20 lines, credlink-api in prod" in card
    assert "Not counted by minute: Insights cannot count by { $.level = error" in card


async def test_a_pattern_that_is_none_is_told_in_the_words_of_cloudwatch(desk):
    await desk.types("logs prod { $.level = error && $.one != $.other }")

    card = await desk.card()
    assert "CloudWatch does not take this pattern: InvalidParameterException" in card
    assert "searched ·" not in card


async def test_a_query_whose_time_is_over_is_stopped_and_its_counts_are_so_far(
    desk, aws, monkeypatch
):
    monkeypatch.setattr(gathering, "COUNTS_WITHIN_S", 0.4)
    aws.logs(MAIN_ACCOUNT).runs_s = 1000.0

    await desk.types("logs prod timed")

    assert "Counting took too long and was stopped" in await desk.card()
    assert asked_of(aws)[-1] == "StopQuery"


async def test_a_search_whose_time_is_over_says_how_far_it_came(desk, aws, monkeypatch):
    monkeypatch.setattr(gathering, "LINES_WITHIN_S", 0.2)
    aws.faults.add(Fault("logs:FilterLogEvents", delay_s=0.5))

    await desk.types("logs prod timed")

    assert "The time was over before all of it was searched. Narrow the range" in await desk.card()


async def test_a_bot_that_stops_meanwhile_stops_its_query(desk, aws):
    aws.logs(MAIN_ACCOUNT).runs_s = 1000.0
    await desk.types("logs prod timed")
    await until(lambda: "GetQueryResults" in asked_of(aws))

    await desk.ask.stop()
    await desk.world.aws.aclose()

    assert asked_of(aws)[-1] == "StopQuery"
    assert "I was stopped while I asked for this" in await desk.card()


async def test_whoever_may_not_read_logs_is_told_so_and_nothing_is_asked(desk, aws):
    with pytest.raises(NotAllowed, match="may read the logs of credlink-api in prod"):
        await desk.types("logs prod timed", by=MALLORY)

    assert asked_of(aws) == []


async def test_a_refresh_searches_anew(desk):
    await desk.types("logs prod timed")
    await desk.question()
    again = await desk.press("Refresh", by=ALICE)

    await desk.ask.again(again)

    assert (await desk.question()).round == 2
