"""Runbooks and their ticks on both databases: many hands at once, and where the message stands."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from bot.alerts.runbooks.tick import TickStep
from bot.catalog import Catalog
from bot.domain.asked import Actor, Asked, Press
from bot.domain.card import Kind, Urgency
from bot.domain.runbooks import Step
from bot.errors import NotKnown
from bot.storage import alerts, deliveries, runbooks
from bot.storage.budgets import Budget
from bot.storage.database import Database
from bot.storage.schema.cards import cards, channels
from tests.alerts.builders import a_catalog
from tests.domain.test_alert import a_group

AT = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
STEPS = tuple(Step(f"step {n}") for n in range(6))
UPDATES = Budget("updates", capacity=100, every_s=1.0)
GROUP = "group-1"


@pytest.fixture
def catalog() -> Catalog:
    return a_catalog()


@pytest.fixture
async def group(database: Database) -> str:
    group = a_group(id=GROUP)
    async with database.write() as connection:
        await alerts.add(connection, group, urgency=Urgency.NEW)
        await runbooks.add(connection, group.id, "HighErrorRatio", STEPS)
        await runbooks.add(connection, group.id, "Another", ())
    return group.id


def a_press(person: str, step: int, *, is_ticked: bool = True, revision: int = 1) -> Press:
    asked = Asked(Actor(person), "C0ALERTS1", f"{person}-{step}-{is_ticked}", "c", AT)
    return Press(asked, "runbook.tick", f"{GROUP}/{step}", revision, is_ticked=is_ticked)


async def test_ticks_of_many_at_once_are_all_kept_and_each_step_has_one(
    database: Database, group: str, catalog: Catalog
):
    tick = TickStep(database=database, catalog=catalog, name_of=str.title, tell=lambda: None)
    presses = [a_press(person, step) for person in ("ann", "bob", "cid") for step in range(6)]

    await asyncio.gather(*map(tick, presses))

    async with database.read() as connection:
        runbook = await runbooks.get(connection, group)
    assert (runbook.name, runbook.steps) == ("HighErrorRatio", STEPS)
    assert sorted(runbook.ticks) == list(range(6))
    assert {one.name for one in runbook.ticks.values()} <= {"Ann", "Bob", "Cid"}
    first = runbook.ticks[0]
    other = next(name for name in ("ann", "bob", "cid") if name != first.by)
    await tick(a_press(other, 0, is_ticked=False, revision=1))
    await tick(a_press(first.by, 0, is_ticked=False, revision=1))
    async with database.read() as connection:
        assert sorted((await runbooks.get(connection, group)).ticks) == list(range(1, 6))


async def test_it_is_due_once_the_card_stands_and_moves_and_comes_back_with_it(
    database: Database, group: str
):
    async def due() -> list[tuple[Kind, str | None]]:
        found = []
        async with database.write() as connection:
            await connection.execute(update(channels).values(post_at=AT))
            rows = await connection.execute(select(channels.c.name))
            for name in rows.scalars().all():
                work = await deliveries.next_work(connection, name, UPDATES)
                if work is not None:
                    found.append((work.kind, work.thread_ts))
        return found

    async def card_of(kind: Kind) -> str:
        async with database.read() as connection:
            rows = await connection.execute(select(cards.c.id).where(cards.c.kind == kind.value))
            return str(rows.scalar_one())

    async def shown(kind: Kind, ts: str) -> None:
        async with database.write() as connection:
            where = {"channel_id": "C0ALERTS1", "ts": ts}
            card_id = await card_of(kind)
            await deliveries.shown(connection, card_id, revision=9, pause_s=0, **where)

    assert await due() == [(Kind.ALERT_GROUP, None)]
    await shown(Kind.ALERT_GROUP, "1.0")
    assert await due() == [(Kind.RUNBOOK, "1.0")]
    await shown(Kind.RUNBOOK, "2.0")
    assert await due() == []

    async with database.write() as connection:
        await deliveries.forget_message(connection, await card_of(Kind.ALERT_GROUP))
        await connection.execute(update(cards).values(shown=0))
    assert await due() == [(Kind.ALERT_GROUP, None)]
    async with database.write() as connection:
        await deliveries.move(connection, await card_of(Kind.ALERT_GROUP), to="#elsewhere")
    await shown(Kind.ALERT_GROUP, "3.0")
    assert await due() == [(Kind.RUNBOOK, "3.0")]


async def test_a_group_without_a_runbook_has_none(database: Database):
    async with database.read() as connection:
        with pytest.raises(NotKnown):
            await runbooks.get(connection, "nothing")
