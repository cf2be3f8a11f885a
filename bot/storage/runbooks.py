"""Runbooks in threads, and their ticks. Every write marks the message that shows them."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, select, update

from bot.domain.card import Kind, Urgency
from bot.domain.runbooks import Runbook, Step, Tick
from bot.errors import NotKnown
from bot.storage import cards
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.runbooks import runbook_ticks, runbooks


async def add(connection: Connection, group_id: str, name: str, steps: Sequence[Step]) -> None:
    """Put a runbook into the thread of a group; done again, it changes nothing."""
    kept = [asdict(step) for step in steps]
    new = insert_into(connection, runbooks).values(
        group_id=group_id, name=name, steps=kept, revision=1
    )
    await connection.execute(new.on_conflict_do_nothing())
    where = (Kind.ALERT_GROUP, group_id)
    await cards.open_under(connection, Kind.RUNBOOK, group_id, card_of=where)


async def get(connection: Connection, group_id: str, *, lock: bool = False) -> Runbook:
    """The runbook of a group; with `lock` nobody else changes it until the transaction ends.

    Raises:
        NotKnown: it has none.
    """
    wanted = select(runbooks).where(runbooks.c.group_id == group_id)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).first()
    if row is None:
        raise NotKnown("There is no such runbook any more.")
    ticks = await connection.execute(
        select(runbook_ticks).where(runbook_ticks.c.group_id == group_id)
    )
    return Runbook(
        group_id=group_id,
        name=row.name,
        steps=tuple(Step(**step) for step in row.steps),
        revision=row.revision,
        ticks={tick.step: Tick(tick.by, tick.name, tick.at, tick.revision) for tick in ticks},
    )


async def tick(connection: Connection, group_id: str, step: int, said: Tick) -> None:
    """Keep that a step of a locked runbook is done; whoever was first stays."""
    new = insert_into(connection, runbook_ticks).values(
        group_id=group_id,
        step=step,
        by=said.by,
        name=said.name,
        at=said.at,
        revision=said.revision,
    )
    await connection.execute(new.on_conflict_do_nothing())
    await _changed(connection, group_id)


async def untick(connection: Connection, group_id: str, step: int) -> None:
    """Keep that a step of a locked runbook is not done after all."""
    await connection.execute(
        delete(runbook_ticks).where(
            runbook_ticks.c.group_id == group_id, runbook_ticks.c.step == step
        )
    )
    await _changed(connection, group_id)


async def redraw(connection: Connection, group_id: str) -> None:
    """Show it anew: somebody's view of it is older than what it is."""
    await _changed(connection, group_id)


async def _changed(connection: Connection, group_id: str) -> None:
    await connection.execute(
        update(runbooks)
        .where(runbooks.c.group_id == group_id)
        .values(revision=runbooks.c.revision + 1)
    )
    await cards.mark(connection, Kind.RUNBOOK, group_id, urgency=Urgency.NEW)
