"""A workspace as strict as Slack, and the bot's Slack edge in it, by Socket Mode or HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.slack.api import SlackApi
from bot.storage.database import Database
from sandbox import seeds
from sandbox.workspace.client import WorkspaceClient
from sandbox.workspace.server import Workspace
from tests.slack.delivery import PACE, Story

MANIFEST = Path(__file__).parents[2] / "manifest.yml"


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    """A workspace with rate limits of real size, refilled at a fast pace."""
    it = Workspace(manifest=MANIFEST, pace=PACE)
    await it.start()
    yield it
    await it.stop()


@pytest.fixture
async def people(workspace: Workspace) -> AsyncIterator[WorkspaceClient]:
    """What people at the page do and see."""
    async with WorkspaceClient(workspace.url) as client:
        yield client


@pytest.fixture
async def api(workspace: Workspace) -> AsyncIterator[SlackApi]:
    it = SlackApi(seeds.BOT_TOKEN, f"{workspace.url}/api/", timeout_s=2.0)
    await it.start()
    yield it
    await it.stop()


@pytest.fixture
def store(sqlite: Database) -> Database:
    """The bot's tables on SQLite; what differs by database is tested in tests/storage."""
    return sqlite


@pytest.fixture
def story(store: Database) -> Story:
    """Rows that cards are views of."""
    return Story(store)
