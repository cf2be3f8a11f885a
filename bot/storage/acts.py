"""What people do to a change: the row first, so that a press is a promise; then its workflow."""

from datetime import datetime

from sqlalchemy import insert, select, update

from bot.domain.change import Act, ActKind
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.changes import change_acts, change_attempts


async def record(connection: Connection, act: Act) -> None:
    """Write down an act, in the transaction that moves the change it was done to."""
    await connection.execute(
        insert(change_acts).values(
            change_id=act.change_id,
            state_revision=act.state_revision,
            kind=act.kind,
            by=act.by,
            at=act.at,
        )
    )


async def done_to(connection: Connection, change_id: str, state_revision: int) -> Act | None:
    """The act done to the change in this state revision, if there was one."""
    row = (
        await connection.execute(
            select(change_acts).where(
                change_acts.c.change_id == change_id,
                change_acts.c.state_revision == state_revision,
            )
        )
    ).first()
    if row is None:
        return None
    return Act(
        change_id=row.change_id,
        state_revision=row.state_revision,
        kind=ActKind(row.kind),
        by=row.by,
        at=row.at,
    )


async def untold(connection: Connection, done_before: datetime) -> tuple[tuple[str, int], ...]:
    """The acts, as (change id, state revision), of which their workflows have not heard."""
    rows = await connection.execute(
        select(change_acts.c.change_id, change_acts.c.state_revision)
        .where(change_acts.c.told_at.is_(None), change_acts.c.at <= done_before)
        .order_by(change_acts.c.at)
    )
    return tuple((row.change_id, row.state_revision) for row in rows)


async def mark_told(
    connection: Connection, change_id: str, state_revision: int, *, at: datetime
) -> None:
    """Say that the workflow has the message."""
    await connection.execute(
        update(change_acts)
        .where(
            change_acts.c.change_id == change_id,
            change_acts.c.state_revision == state_revision,
        )
        .values(told_at=at)
    )


async def is_first_attempt(
    connection: Connection, change_id: str, what: str, *, at: datetime
) -> bool:
    """Whether AWS was never before asked for this; asking is written down by the question.

    The change's own workflow asks; a replica that wakes while another has it may ask beside it.
    """
    row = insert_into(connection, change_attempts).values(change_id=change_id, what=what, at=at)
    key = [change_attempts.c.change_id, change_attempts.c.what]
    first = row.on_conflict_do_nothing(index_elements=key).returning(change_attempts.c.what)
    return (await connection.execute(first)).first() is not None


async def attempted_at(connection: Connection, change_id: str, what: str) -> tuple[datetime, ...]:
    """When AWS was about to be asked for this, `what:1` and so on being the next times."""
    again = change_attempts.c.what.startswith(f"{what}:", autoescape=True)
    found = await connection.execute(
        select(change_attempts.c.at)
        .where(change_attempts.c.change_id == change_id, (change_attempts.c.what == what) | again)
        .order_by(change_attempts.c.at)
    )
    return tuple(found.scalars())


async def was_attempted(connection: Connection, change_id: str, what: str) -> bool:
    """Whether AWS may have been asked for this."""
    same = (change_attempts.c.change_id == change_id, change_attempts.c.what == what)
    return (await connection.execute(select(change_attempts.c.at).where(*same))).first() is not None
