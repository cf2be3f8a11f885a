"""Two bots on one PostgreSQL: what one was doing when its power was cut, the other finishes."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from sandbox import seeds
from sandbox.bot_process import BotProcess
from sandbox.ports import free_port
from sandbox.transcript import as_text
from tests.scenarios.scene import NAMES, PROD, Scene, scene

pytestmark = [pytest.mark.postgres, pytest.mark.asyncio]

PACE = 3.0
"""A replica that has fallen silent is replaced after 30 s divided by this."""


@pytest.fixture
def databases(postgres_server: str) -> Iterator[dict[str, str]]:
    """Two new databases, as the variables that name them."""
    names = {"DATABASE_URL": "replicas_bot", "ENGINE_DATABASE_URL": "replicas_engine"}
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        for name in names.values():
            connection.execute(f"CREATE DATABASE {name}")
        yield {key: postgres_server.rsplit("/", 1)[0] + f"/{name}" for key, name in names.items()}
        for name in names.values():
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_the_other_replica_finishes_what_a_killed_one_had_begun(
    databases: dict[str, str], tmp_path: Path
):
    async with (
        scene(tmp_path, pace=PACE, variables=databases) as play,
        second_bot(play, tmp_path / "second.log") as second,
    ):
        await play.types(seeds.ALICE, PROD, "/credlink deploy prod v1.2.0")
        plan = await play.card(PROD, "v1.2.0", button="Confirm")
        await play.presses(seeds.ALICE, plan, "Confirm")
        await play.until(play.updates, "an UpdateService")
        carries, other = (
            (play.bot, second) if has_done(play.bot, "change_accepted") else (second, play.bot)
        )

        await carries.kill()

        assert not has_done(carries, "change_ended")
        await play.card(PROD, "v1.2.0", "Deployed", ts=plan["ts"])
        await play.until(lambda: has_done(other, "change_ended"), "the end in the other's log")
        assert has_done(other, "takeover")
        operations = [call.operation for call in play.world.aws.writes]
        assert operations.count("RegisterTaskDefinition") == 1
        assert operations.count("UpdateService") == 1
        assert await cards(play) == [plan["ts"]]


@asynccontextmanager
async def second_bot(play: Scene, log: Path) -> AsyncIterator[BotProcess]:
    """Another replica in the same world, on listeners of its own."""
    operations = free_port()
    own = {
        "CREDLINK_LISTEN": f"127.0.0.1:{free_port()}",
        "CREDLINK_OPERATIONS_LISTEN": f"127.0.0.1:{operations}",
    }
    bot = BotProcess(
        lambda: play.environment() | own,
        operations_url=f"http://127.0.0.1:{operations}",
        log=log,
    )
    try:
        await bot.start()
        yield bot
    finally:
        await bot.stop()


def has_done(bot: BotProcess, action: str) -> bool:
    """Whether a replica's log has a line of this action."""
    whole = bot.log.read_text().rpartition("\n")[0].splitlines()
    return any(json.loads(line).get("action") == action for line in whole)


async def cards(play: Scene) -> list[str]:
    """Where the messages about the change stand that everybody sees."""
    return [
        message["ts"]
        for message in await play.slack.messages(seeds.ALICE.id, PROD)
        if not message.get("ephemeral") and "v1.2.0" in as_text(message, NAMES)
    ]
