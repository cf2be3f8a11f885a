"""What people asked of Sentry's issues: the row first, so that a press is a promise."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from bot.domain.sentry import ActKind, ActState, IssueAct
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.sentry import issue_acts
from bot.storage.unkept import unkept

_PLAIN = [f.name for f in fields(IssueAct) if f.name not in {"kind", "state"}]


async def ask(connection: Connection, act: IssueAct) -> bool:
    """Write down what somebody asked; False while something else is asked of this issue."""
    values = {name: getattr(act, name) for name in _PLAIN}
    new = insert_into(connection, issue_acts).values(
        **values, kind=act.kind.value, state=act.state.value
    )
    made = await connection.execute(new.on_conflict_do_nothing().returning(issue_acts.c.id))
    return made.first() is not None


async def get(connection: Connection, act_id: str) -> IssueAct:
    """Return what was asked; it is known to be there."""
    return _act(
        (await connection.execute(select(issue_acts).where(issue_acts.c.id == act_id))).one()
    )


async def end(connection: Connection, act_id: str, state: ActState, *, why: str = "") -> bool:
    """Say what became of it; False when that was said already."""
    written = await connection.execute(
        update(issue_acts)
        .where(issue_acts.c.id == act_id, issue_acts.c.state == ActState.PENDING.value)
        .values(state=state.value, why=why)
    )
    return written.rowcount > 0


async def trying(connection: Connection, act_id: str, *, at: datetime) -> None:
    """Say that Sentry is about to be asked: from now on it may have happened."""
    await connection.execute(
        update(issue_acts)
        .where(issue_acts.c.id == act_id, issue_acts.c.tried_at.is_(None))
        .values(tried_at=at)
    )


async def remark(connection: Connection, act_id: str, why: str) -> None:
    """Say something of how it ended."""
    await connection.execute(update(issue_acts).where(issue_acts.c.id == act_id).values(why=why))


async def latest_of(connection: Connection, issue_ids: Iterable[str]) -> Mapping[str, IssueAct]:
    """What was asked last of each of these issues."""
    rows = await connection.execute(
        select(issue_acts)
        .where(issue_acts.c.issue_id.in_(list(issue_ids)))
        .order_by(issue_acts.c.asked_at, issue_acts.c.id)
    )
    return {row.issue_id: _act(row) for row in rows}


async def pending(connection: Connection, asked_before: datetime) -> tuple[str, ...]:
    """The ids of what was asked and has not ended, old enough for the engine to know them."""
    return await unkept(
        connection, issue_acts, issue_acts.c.state == ActState.PENDING.value, asked_before
    )


def _act(row: Row[Any]) -> IssueAct:
    return IssueAct(
        **{name: getattr(row, name) for name in _PLAIN},
        kind=ActKind(row.kind),
        state=ActState(row.state),
    )
