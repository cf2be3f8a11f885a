"""Somebody who scales prod, where the catalogue allows 3 to 10 tasks."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.engine import Engine
from bot.world import World
from sandbox.aws.server import AwsWorld
from tests.changes.scaling.scaler import Scaler, scaling_catalog


@pytest.fixture
def place() -> dict[str, Any]:
    """What the catalogue says of prod beside the usual; parametrize a test with it."""
    return {}


@pytest.fixture
def world(world: World, place: dict[str, Any]) -> World:
    return replace(world, catalog=scaling_catalog(world.catalog, **place))


@pytest.fixture
async def prod(world: World, engine: Engine, aws: AwsWorld) -> AsyncIterator[Scaler]:
    """Alice at work on prod, with 3–10 and four tasks."""
    scaler = Scaler(world, engine, aws)
    yield scaler
    await scaler.promises.settle()
