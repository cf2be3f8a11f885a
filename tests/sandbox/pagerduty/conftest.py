"""A PagerDuty stand-in on a hand-turned clock, its real client, and a receiver of webhooks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import aiohttp
import pagerduty
import pytest
from aiohttp import web

from sandbox import seeds
from sandbox.clock import ManualClock
from sandbox.pagerduty import PagerDuty

DEADLINE_S = 5.0
Client = TypeVar("Client", bound=pagerduty.ApiClient)


async def eventually(holds: Callable[[], Any]) -> None:
    """Look until it holds; a deadline makes a failing test of one that would wait for ever."""
    async with asyncio.timeout(DEADLINE_S):
        while not holds():  # noqa: ASYNC110  what is looked at tells nobody when it changes
            await asyncio.sleep(0.005)


class Receiver:
    """A webhook endpoint that answers `statuses` one after another, then 202 for ever.

    A status of 0 means no answer at all within the sender's patience.
    """

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""
        self.over = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.headers.append(dict(request.headers))
        status = self.statuses.pop(0) if self.statuses else 202
        if status == 0:
            await self.over.wait()
        return web.Response(status=status or 202)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/webhooks/pagerduty", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/pagerduty"
    yield receiver
    receiver.over.set()
    await runner.cleanup()


@pytest.fixture
async def server(clock: ManualClock, receiver: Receiver) -> AsyncIterator[PagerDuty]:
    server = PagerDuty(clock=clock, webhook_url=receiver.url, webhook_timeout_s=0.2)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def api(server: PagerDuty) -> AsyncIterator[aiohttp.ClientSession]:
    """Plain HTTP with the right token, for what the client library would not send."""
    headers = {"Authorization": f"Token token={seeds.PAGERDUTY_TOKEN}"}
    async with aiohttp.ClientSession(server.url, headers=headers) as session:
        yield session


def pointed_at(server: PagerDuty, client: Client) -> Client:
    """Send the library's calls to the stand-in: its own setter takes nothing but https."""
    client._url = server.url
    return client


@pytest.fixture
async def client(server: PagerDuty) -> AsyncIterator[pagerduty.RestApiV2Client]:
    """The real library; it blocks, so tests call it in a thread."""
    with pointed_at(server, pagerduty.RestApiV2Client(seeds.PAGERDUTY_TOKEN)) as client:
        yield client


@pytest.fixture
async def events(server: PagerDuty) -> AsyncIterator[pagerduty.EventsApiV2Client]:
    with pointed_at(server, pagerduty.EventsApiV2Client(seeds.PAGERDUTY_ROUTING_KEY)) as client:
        yield client
