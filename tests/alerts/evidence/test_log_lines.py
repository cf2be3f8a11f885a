"""The service's log around an onset: what its error lines say, from AWS to the card."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.enrich import SOURCES, ask_all
from bot.alerts.evidence.log_lines import READ_LINES
from bot.cards.alert_evidence import log_lines
from bot.domain.alert import AlertGroup
from bot.domain.evidence.log_lines import SOURCE, ErrorLines
from bot.domain.finding import Phase
from bot.world import World
from integrations.aws.accounts import Accounts
from integrations.aws.client import AwsConnection
from sandbox.aws.calls import access_denied
from sandbox.aws.server import AwsWorld
from sandbox.clock import RealClock
from sandbox.seeds import MAIN_ACCOUNT
from tests.alerts.board import Board
from tests.alerts.builders import a_catalog, an_alert, an_update
from tests.domain.test_alert import a_group

GROUP = "/ecs/credlink-api"
SECRET = "hunter2hunter2hunter2"
LOGS = next(one for one in SOURCES if one.name == SOURCE)


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsWorld]:
    """AWS with a log that has one usual error, and two new ones since some seconds."""
    with AwsWorld.in_process(RealClock(), pace=20.0, environments=[]) as world:
        world.client("logs").create_log_group(logGroupName=GROUP)
        world.client("logs").create_log_group(logGroupName="/ecs/quiet")
        for ago in range(60, 0, -2):
            write(world, ago, level="error", message=f"cache miss for user-{ago}")
        for ago in (8, 7, 6, 5):
            said = f"card-issuer refused password={SECRET} <!channel>"
            write(world, ago, level="error", message=said, request_id=f"req-{ago}")
        write(world, 4, level="info", message="no errors at all")
        yield world


def write(aws: AwsWorld, ago: float, **said: str) -> None:
    aws.logs(MAIN_ACCOUNT).write(GROUP, "task/1", json.dumps(said), at=time.time() - ago)


@pytest.fixture
async def accounts(aws: AwsWorld) -> AsyncIterator[Accounts]:
    aws.calls.clear()
    made = Accounts(AwsConnection(attempts=1))
    yield made
    await made.aclose()


def a_world(world: World, accounts: Accounts, logs: str | None = GROUP) -> World:
    said = a_catalog().model_dump(by_alias=True)
    place = said["services"]["credlink-api"]["environments"]["prod"]
    place |= {"logs": logs, "account": MAIN_ACCOUNT, "role": None}
    return replace(world, aws=accounts, catalog=type(world.catalog).model_validate(said))


async def looked(here: World, **labels: str) -> tuple[Board, AlertGroup, list[str]]:
    board = Board(here.database, here.catalog)
    alert = an_alert(starts_at=datetime.now(UTC) - timedelta(seconds=2), **labels)
    await board.hears(an_update(alert), at=datetime.now(UTC))
    [group] = await board.groups()
    return board, group, await ask_all(here, [LOGS], group.id, Phase.ONSET)


async def test_what_is_new_in_the_log_is_on_the_card_and_its_lines_in_the_thread(
    world: World, accounts: Accounts
):
    board, group, missing = await looked(a_world(world, accounts))

    card = json.dumps((await board.card(group)).blocks, ensure_ascii=False)
    assert missing == []
    assert "error lines, the first at" in await board.text(group)
    assert card.index("card-issuer refused password=*** <!channel>") < card.index(
        "cache miss for …"
    )
    assert card.count(' new"') == 1
    assert "4×" in card
    assert "no errors at all" not in card
    assert "log-events$3F" in card
    assert (await board.thread(group))[0].endswith("that tell of a failure, without secrets")
    assert SECRET not in card


async def test_of_a_noisy_log_the_lines_of_the_onset_are_read(
    world: World, accounts: Accounts, aws: AwsWorld
):
    aws.client("logs").create_log_group(logGroupName="/ecs/noisy")
    noisy = aws.logs(MAIN_ACCOUNT)
    now = time.time()
    for _ in range(READ_LINES + 1):
        noisy.write("/ecs/noisy", "task/1", "ERROR cache miss", at=now - 15)
    noisy.write("/ecs/noisy", "task/1", "ERROR card-issuer refused", at=now - 3)

    board, group, _ = await looked(a_world(world, accounts, "/ecs/noisy"))

    text = await board.text(group)
    assert "1 error line, the first at" in text
    assert "card-issuer refused" in json.dumps((await board.card(group)).blocks)


async def test_a_log_without_an_error_says_so(world: World, accounts: Accounts):
    board, group, _ = await looked(a_world(world, accounts, "/ecs/quiet"))

    assert "*log*  no error line since" in await board.text(group)
    assert await board.thread(group) == []


@pytest.mark.parametrize("how", [{"is_cut": True}, {"is_whole": False}])
def test_a_log_that_was_not_read_to_its_end_is_never_called_free_of_errors(how):
    now = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
    found = ErrorLines(group=GROUP, region="eu-west-1", since=now, until=now, total=0, **how)
    [line] = log_lines.blocks(found, a_group())
    assert "no error line since" in line["text"]["text"]
    assert "as far as it was searched" in line["text"]["text"]


async def test_a_log_that_may_not_be_read_is_named_on_the_card(
    world: World, accounts: Accounts, aws: AwsWorld
):
    aws.faults.add(access_denied("logs:FilterLogEvents"))

    board, group, missing = await looked(a_world(world, accounts))

    aws.faults.clear()
    assert missing == [SOURCE]
    text = await board.text(group)
    assert "No error lines: CloudWatch did not give it (lacks logs:FilterLogEvents" in text
    assert "no identity-based policy" not in text  # what is lacking is said; the rest is in the log


async def test_without_a_log_group_or_a_service_nothing_is_asked(
    world: World, accounts: Accounts, aws: AwsWorld
):
    board, group, missing = await looked(a_world(world, accounts, None), service="")

    assert missing == []
    assert "*log*" not in await board.text(group)
    assert [call for call in aws.calls if call.service == "logs"] == []
