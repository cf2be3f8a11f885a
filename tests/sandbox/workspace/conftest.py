"""A workspace of its own for every test, the bot's client of it, and people's hands."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import seeds
from sandbox.clock import ManualClock
from sandbox.workspace.client import WorkspaceClient
from sandbox.workspace.server import Workspace

MANIFEST = Path(__file__).parents[3] / "manifest.yml"


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    """A workspace in Socket Mode, at a pace that makes Slack's waits short."""
    it = Workspace(manifest=MANIFEST, pace=20.0)
    await it.start()
    yield it
    await it.stop()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def timed(clock: ManualClock) -> AsyncIterator[Workspace]:
    """A workspace whose clock only the test turns."""
    it = Workspace(manifest=MANIFEST, clock=clock)
    await it.start()
    yield it
    await it.stop()


@pytest.fixture
async def people(workspace: Workspace) -> AsyncIterator[WorkspaceClient]:
    async with WorkspaceClient(workspace.url) as client:
        yield client


@pytest.fixture
def bot(workspace: Workspace) -> AsyncWebClient:
    return bot_of(workspace)


@pytest.fixture
async def hasty() -> AsyncIterator[AsyncWebClient]:
    """The bot in a workspace without rate limits."""
    it = Workspace(manifest=MANIFEST, rate_limits=False)
    await it.start()
    yield bot_of(it)
    await it.stop()


def bot_of(workspace: Workspace, token: str = seeds.BOT_TOKEN) -> AsyncWebClient:
    """The bot's Web API client; it tries nothing twice, so that every call is seen once."""
    return AsyncWebClient(token, base_url=f"{workspace.url}/api/", retry_handlers=[])


@pytest.fixture
def unused_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
