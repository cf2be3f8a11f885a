"""Who is on call in the App Home: looked up while somebody looks, and no oftener than needed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.cards.home import HomeView, home
from bot.home.on_call import KeepOnCall
from bot.storage import homes, on_call
from bot.storage.database import Database
from bot.world import World
from integrations.pagerduty.client import PagerDutyClient
from sandbox import seeds
from sandbox.clock import ManualClock
from sandbox.pagerduty import PagerDuty
from sandbox.standin import Fault
from sandbox.transcript import as_text
from tests.answers.test_oncall import a_world, clock, pagerduty

__all__ = ["clock", "pagerduty"]


@pytest.fixture
async def world(
    database: Database, pagerduty: PagerDuty, clock: ManualClock
) -> AsyncIterator[World]:
    client = PagerDutyClient(pagerduty.url, seeds.PAGERDUTY_TOKEN)
    yield replace(a_world(clock, pagerduty=client), database=database)
    await client.aclose()


async def opened(world: World) -> None:
    async with world.database.write() as connection:
        await homes.opened(connection, seeds.ALICE.id, is_empty=True)


async def shown(world: World) -> str:
    async with world.database.read() as connection:
        said = await on_call.seen(connection)
    now = datetime(2026, 11, 25, tzinfo=UTC)
    blocks = home(HomeView(now=now, workspace_url="https://x/", command="/credlink", on_call=said))
    return as_text({"blocks": blocks})


async def test_nobody_is_asked_while_no_home_is_open(world, pagerduty):
    await KeepOnCall(world)()
    assert pagerduty.calls == []
    await opened(world)
    await KeepOnCall(world)()
    assert "🟢 *credlink-api*  Carol Méndez until" in await shown(world)


async def test_what_is_known_is_not_asked_for_again_within_five_minutes(world, pagerduty, clock):
    await opened(world)
    keep = KeepOnCall(world)
    await keep()
    asked = len(pagerduty.calls)
    clock.advance(299)
    await keep()
    assert len(pagerduty.calls) == asked
    clock.advance(2)
    await keep()
    assert len(pagerduty.calls) > asked


async def test_a_pagerduty_that_refuses_is_not_asked_at_every_look(world, pagerduty, clock):
    await opened(world)
    keep = KeepOnCall(world)
    pagerduty.faults.append(Fault("*", times=99, status=401, body="{}"))
    await keep()
    asked = len(pagerduty.calls)
    clock.advance(50)
    await keep()
    assert len(pagerduty.calls) == asked
    clock.advance(20)
    await keep()
    assert len(pagerduty.calls) > asked


async def test_a_silent_pagerduty_is_said_beside_what_it_said_before(world, pagerduty, clock):
    await opened(world)
    keep = KeepOnCall(world)
    await keep()
    clock.advance(600)
    pagerduty.faults.append(Fault("*", times=99, status=503, body="{}"))
    await keep()
    text = await shown(world)
    assert "⚪ *credlink-api*  Carol Méndez until" in text
    assert "PagerDuty silent since" in text
    clock.advance(600)
    await keep()
    assert await shown(world) == text, "that it is still so is no news"
