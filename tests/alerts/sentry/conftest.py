"""Sentry behind the alerts: the stand-in sends real webhooks to the bot's own door."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import web

from bot.engine import Engine
from bot.storage.database import Database
from bot.web.sentry import SENTRY_PATH, SentrySender
from bot.web.server import Listener
from bot.web.webhooks import Webhooks
from bot.world import World
from integrations.sentry.client import SentryClient
from sandbox import seeds
from sandbox.sentry import Sentry
from tests.alerts.sentry.desk import Desk, Hand, a_catalog


@pytest.fixture
async def door(sqlite: Database) -> AsyncIterator[str]:
    """Where Sentry's webhooks are taken."""
    sender = SentrySender(lambda: datetime.now(UTC), (seeds.SENTRY_CLIENT_SECRET,))
    app = web.Application()
    app.add_routes(Webhooks(sqlite, wake=lambda: None, senders=(sender,)).routes())
    listener = Listener(app, "127.0.0.1:0")
    await listener.start()
    yield f"{listener.url}{SENTRY_PATH}"
    await listener.stop()


@pytest.fixture
async def sentry(door: str) -> AsyncIterator[Sentry]:
    server = Sentry(webhook_url=door)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def world(world: World, sentry: Sentry) -> AsyncIterator[World]:
    client = SentryClient(sentry.url, seeds.SENTRY_TOKEN)
    yield replace(world, catalog=a_catalog(), sentry=client)
    await client.aclose()


@pytest.fixture
def desk(world: World, sentry: Sentry) -> Desk:
    """What is told of issues and asked about them, without an engine."""
    return Desk(world, sentry)


@pytest.fixture
def hand(desk: Desk, engine: Engine) -> Hand:
    """Somebody at a card with issues, and the engine that does what they ask."""
    return Hand(desk, engine)
