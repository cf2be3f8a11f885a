"""Two bots on one PostgreSQL: what one was doing when its power was cut, the other finishes."""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from sandbox import ports, seeds
from sandbox.bot_process import BotProcess
from sandbox.transcript import as_text
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import World
from tests.scenarios.scene import NAMES, PROD, Scene

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
]

PACE = 10.0
"""A lease of three seconds, a beat each half second; the rollout is slowed below."""
ROLLOUT_PACE = 1.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def replicas(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: str
) -> AsyncIterator[tuple[Scene, BotProcess]]:
    """A scene whose bot is one replica, and the other replica."""
    server = postgres_server.rsplit("/", 1)[0]
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        for name in ("replicas", "replicas_engine"):
            connection.execute(f"CREATE DATABASE {name}")
    shared = {
        "DATABASE_URL": f"{server}/replicas",
        "ENGINE_DATABASE_URL": f"{server}/replicas_engine",
        "CREDLINK_PACE": f"{PACE:g}",
    }
    folder = tmp_path_factory.mktemp("replicas")
    world = World(folder=folder, ports=ports.choose(None), pace=ROLLOUT_PACE, with_monitoring=False)

    def bot(name: str) -> BotProcess:
        own = ports.choose(None)
        listeners = {
            "CREDLINK_LISTEN": f"127.0.0.1:{own['bot']}",
            "CREDLINK_OPERATIONS_LISTEN": f"127.0.0.1:{own['operations']}",
        }
        return BotProcess(
            lambda: world.process_environment() | shared | listeners,
            operations_url=f"http://{listeners['CREDLINK_OPERATIONS_LISTEN']}",
            log=Path(folder / f"{name}.log"),
        )

    first, second = bot("first"), bot("second")
    async with world, WorkspaceClient(world.workspace.url) as slack:
        try:
            await first.start()
            await second.start()
            yield Scene(world, first, slack), second
        finally:
            await first.kill()
            await second.stop()


@pytest.mark.timeout(180)
async def test_a_rollout_whose_bot_is_killed_is_finished_by_the_other_on_the_same_card(
    replicas: tuple[Scene, BotProcess],
):
    play, second = replicas
    await play.types(seeds.ALICE, PROD, "/credlink deploy prod v1.2.0")
    plan = await play.card(PROD, "v1.2.0", button="Confirm")
    await play.presses(seeds.ALICE, plan, "Confirm")
    await play.card(PROD, "Rolling out", ts=plan["ts"])
    carrier, other = play.bot, second
    if "rollout_started" not in carrier.log.read_text():
        carrier, other = other, carrier

    await carrier.kill()

    await play.card(PROD, "Deployed", "v1.2.0", ts=plan["ts"])
    assert "rollout_started" not in other.log.read_text()
    assert "replicas_taken_over" in other.log.read_text()
    assert play.updates() == 1
    cards = [
        message
        for message in await play.slack.messages(seeds.ALICE.id, PROD)
        if not message.get("ephemeral") and "v1.2.0" in as_text(message, NAMES)
    ]
    assert [card["ts"] for card in cards] == [plan["ts"]]
