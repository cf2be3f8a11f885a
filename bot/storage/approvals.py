"""Approvals: who gave their word for exactly what, and what voided it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from bot.catalog import ANY
from bot.domain.card import Kind, Urgency
from bot.domain.change import Approval, ChangeState
from bot.domain.plan import Binding
from bot.storage import cards
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.changes import change_approvals, changes


async def add(connection: Connection, approval: Approval) -> bool:
    """Write down an approval; False when this person's word stands already.

    The change's card is marked in this transaction.
    """
    new = insert_into(connection, change_approvals).values(
        change_id=approval.change_id,
        by=approval.by,
        at=approval.at,
        digest=approval.binding.digest,
        definition=approval.binding.definition,
    )
    written = await connection.execute(
        new.on_conflict_do_nothing().returning(change_approvals.c.change_id)
    )
    if written.first() is None:
        return False
    await cards.mark(connection, Kind.CHANGE, approval.change_id, urgency=Urgency.PROGRESS)
    return True


async def of_change(connection: Connection, change_id: str) -> tuple[Approval, ...]:
    """Every approval of a change, voided ones too, the first first."""
    rows = await connection.execute(
        select(change_approvals)
        .where(change_approvals.c.change_id == change_id)
        .order_by(change_approvals.c.at, change_approvals.c.by)
    )
    return tuple(_approval(row) for row in rows)


async def void(connection: Connection, change_id: str, *, at: datetime, why: str) -> int:
    """Void every approval of a change that stands, and say why; returns how many did.

    The change's card is marked when any did.
    """
    voided = await connection.execute(
        update(change_approvals)
        .where(change_approvals.c.change_id == change_id, change_approvals.c.voided_at.is_(None))
        .values(voided_at=at, void_why=why)
    )
    if voided.rowcount:
        await cards.mark(connection, Kind.CHANGE, change_id, urgency=Urgency.PROGRESS)
    return voided.rowcount


async def void_other(
    connection: Connection, change_id: str, binding: Binding, *, at: datetime
) -> int:
    """Void every approval that stands for something else than this, each saying what differs.

    Returns how many did; the change's card is marked when any did.
    """
    voided = 0
    for approval in await of_change(connection, change_id):
        differences = approval.binding.differs_from(binding)
        if approval.stands and differences:
            await connection.execute(
                update(change_approvals)
                .where(
                    change_approvals.c.change_id == change_id,
                    change_approvals.c.by == approval.by,
                    change_approvals.c.voided_at.is_(None),
                )
                .values(voided_at=at, void_why=" and ".join(differences))
            )
            voided += 1
    if voided:
        await cards.mark(connection, Kind.CHANGE, change_id, urgency=Urgency.PROGRESS)
    return voided


async def lock_change(connection: Connection, change_id: str) -> None:
    """Keep others from deciding on this change until the transaction ends.

    Two who approve at the same moment would otherwise each count without the other, and nobody
    would begin what both together allow.
    """
    await connection.execute(
        select(changes.c.id).where(changes.c.id == change_id).with_for_update()
    )


async def waiting(connection: Connection, environment: str, service: str | None) -> tuple[str, ...]:
    """The ids of the proposals that wait there, the first asked for first."""
    where = [changes.c.environment == environment, changes.c.state == ChangeState.PROPOSED]
    if service is not None:
        where.append(changes.c.service == service)
    rows = await connection.execute(
        select(changes.c.id).where(*where).order_by(changes.c.asked_at, changes.c.id)
    )
    return tuple(rows.scalars())


async def mark_waiting(connection: Connection, environment: str, service: str) -> None:
    """Mark the cards of the proposals there (`*`: of all): what is in their way is new."""
    for change_id in await waiting(connection, environment, None if service == ANY else service):
        await cards.mark(connection, Kind.CHANGE, change_id, urgency=Urgency.PROGRESS)


def _approval(row: Row[Any]) -> Approval:
    return Approval(
        change_id=row.change_id,
        by=row.by,
        at=row.at,
        binding=Binding(row.digest, row.definition),
        voided_at=row.voided_at,
        void_why=row.void_why,
    )
