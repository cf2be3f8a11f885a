"""The desk, with people who write in the card's thread and mark what they find there."""

import pytest

from bot.engine import Engine
from bot.world import World
from sandbox.pagerduty import PagerDuty
from tests.alerts.notes.writing import Writing


@pytest.fixture
def desk(world: World, engine: Engine, pagerduty: PagerDuty) -> Writing:
    return Writing(world, engine, pagerduty)
