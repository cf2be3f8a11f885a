"""The desk: a card with its incident, on SQLite, before a strict PagerDuty."""

import pytest

from bot.engine import Engine
from bot.world import World
from sandbox.pagerduty import PagerDuty
from tests.alerts.responding.desk import Desk


@pytest.fixture
def desk(world: World, engine: Engine, pagerduty: PagerDuty) -> Desk:
    return Desk(world, engine, pagerduty)
