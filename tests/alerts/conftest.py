"""A board to look at, and what story two reaches for: PagerDuty, Prometheus, the engine."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from bot.engine import Engine
from bot.storage.database import Database
from bot.world import World
from integrations.aws.accounts import Accounts
from integrations.pagerduty.client import PagerDutyClient
from integrations.prometheus.client import PrometheusClient
from sandbox import seeds
from sandbox.pagerduty import PagerDuty
from tests.alerts.board import Board
from tests.alerts.builders import a_catalog
from tests.alerts.engines import running
from tests.alerts.series import Prometheus

PACE = 50.0


@pytest.fixture
def board(sqlite: Database) -> Board:
    return Board(sqlite, a_catalog())


@pytest.fixture
async def pagerduty() -> AsyncIterator[PagerDuty]:
    """PagerDuty on a port of its own; it sends webhooks to nobody."""
    server = PagerDuty(pace=PACE)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(pagerduty: PagerDuty) -> AsyncIterator[PagerDutyClient]:
    made = PagerDutyClient(pagerduty.url, seeds.PAGERDUTY_TOKEN)
    yield made
    await made.aclose()


@pytest.fixture
def prometheus() -> Prometheus:
    return Prometheus()


@pytest.fixture
def world(sqlite: Database, client: PagerDutyClient, prometheus: Prometheus) -> World:
    """What the bot's workflow steps use, on SQLite."""
    return World(
        database=sqlite,
        catalog=a_catalog(),
        aws=cast(Accounts, None),
        now=lambda: datetime.now(UTC),
        pace=PACE,
        prometheus=cast(PrometheusClient, prometheus),
        pagerduty=client,
    )


@pytest.fixture
async def engine(world: World, tmp_path: Path) -> AsyncIterator[Engine]:
    async with running(world, tmp_path) as engine:
        yield engine
