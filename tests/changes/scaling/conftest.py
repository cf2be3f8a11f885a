"""Prod is scaled where the catalogue allows 3 to 10 tasks.

Either in the simulator's AWS, with the engine, or in one of memory alone, with the workflow's steps
done by hand.
"""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine import Engine
from bot.storage.database import Database
from bot.storage.schema import metadata
from bot.world import World
from sandbox.aws.server import AwsWorld
from tests.changes.scaling.pretended import FILE, Pretended
from tests.changes.scaling.scaler import Scaler, scaling_catalog


@pytest.fixture
def world(world: World) -> World:
    return replace(world, catalog=scaling_catalog(world.catalog))


@pytest.fixture
async def prod(world: World, engine: Engine, aws: AwsWorld) -> AsyncIterator[Scaler]:
    """Alice at work on prod, with 3–10 and four tasks."""
    scaler = Scaler(world, engine, aws)
    yield scaler
    await scaler.promises.settle()


@pytest.fixture
async def empty(tmp_path: Path) -> Path:
    """A database with its tables, to be copied: making them takes longer than anything else."""
    folder = tmp_path / "empty"
    database = Database(f"sqlite:///{folder}/{FILE}")
    async with database.write() as connection:
        await connection.run_sync(metadata.create_all)
    await database.close()
    return folder / FILE


@pytest.fixture
async def place(empty: Path, tmp_path: Path) -> AsyncIterator[Pretended]:
    """Prod in an AWS of memory alone."""
    shutil.copy(empty, tmp_path / FILE)
    pretended = Pretended(tmp_path)
    yield pretended
    await pretended.database.close()
