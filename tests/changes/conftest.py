"""A bot in AWS as the simulator plays it, twenty times faster than the sandbox, in this process."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.engine import Engine, EngineSettings
from bot.storage.database import Database
from bot.world import World
from integrations.aws.accounts import Accounts
from integrations.aws.client import AwsConnection
from sandbox.aws.seeds import PROD
from sandbox.aws.server import AwsWorld
from sandbox.clock import RealClock
from tests.changes.operator import PACE, Operator, a_catalog, utc_now


@pytest.fixture
def aws() -> Iterator[AwsWorld]:
    """AWS with prod alone; v1.1.9 has been steady there for days."""
    with AwsWorld.in_process(RealClock(), pace=PACE, environments=[PROD]) as world:
        yield world


@pytest.fixture
def policy() -> dict[str, Any]:
    """What the catalogue says of deploys in prod beside the usual; parametrize a test with it."""
    return {}


@pytest.fixture
def slo() -> Any:
    """The queries prod is judged by: none, unless a module has its own."""
    return {}


@pytest.fixture
async def world(
    aws: AwsWorld, sqlite: Database, policy: dict[str, Any], slo: Any
) -> AsyncIterator[World]:
    """What the bot's workflow steps use, on SQLite."""
    accounts = Accounts(AwsConnection(attempts=1))
    catalog = a_catalog(**{"slo": slo, **policy})
    yield World(database=sqlite, catalog=catalog, aws=accounts, now=utc_now, pace=PACE)
    await accounts.aclose()


@pytest.fixture
async def engine(world: World, tmp_path: Path) -> AsyncIterator[Engine]:
    settings = EngineSettings(
        url=f"sqlite:///{tmp_path}/engine.sqlite", executor_id="local", signal_poll_s=0.02
    )
    engine = Engine(settings, world)
    await engine.start()
    yield engine
    await engine.stop()
    parked = asyncio.all_tasks() - {asyncio.current_task()}
    for task in parked:  # stopping the engine leaves those that wait for a message
        task.cancel()
    await asyncio.gather(*parked, return_exceptions=True)


@pytest.fixture
async def prod(world: World, engine: Engine, aws: AwsWorld) -> AsyncIterator[Operator]:
    """Alice at work on prod."""
    operator = Operator(world, engine, aws)
    yield operator
    await operator.promises.settle()
