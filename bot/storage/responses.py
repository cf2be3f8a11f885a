"""What people asked of PagerDuty from a card: the row first, so that a press is a promise."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from bot.domain.card import Kind, Urgency
from bot.domain.incident import Response, ResponseKind, ResponseState
from bot.storage import cards
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.alerts import responses
from bot.storage.unkept import unkept


async def ask(connection: Connection, response: Response) -> bool:
    """Write down what somebody asked; False while something else is asked of this group."""
    new = insert_into(connection, responses).values(
        id=response.id,
        group_id=response.group_id,
        incident_id=response.incident_id,
        kind=response.kind.value,
        by=response.by,
        email=response.email,
        asked_at=response.asked_at,
        state=response.state.value,
        why=response.why,
        detail=dict(response.detail),
    )
    made = await connection.execute(new.on_conflict_do_nothing().returning(responses.c.id))
    if made.first() is None:
        return False
    await cards.mark(connection, Kind.ALERT_GROUP, response.group_id, urgency=Urgency.NEW)
    return True


async def get(connection: Connection, response_id: str) -> Response:
    """Return what was asked; it is known to be there."""
    wanted = select(responses).where(responses.c.id == response_id)
    return _response((await connection.execute(wanted)).one())


async def trying(connection: Connection, response_id: str, at: datetime) -> Response:
    """Say that PagerDuty is being asked now; returns what was asked, as it was before that."""
    before = await get(connection, response_id)
    await connection.execute(
        update(responses)
        .where(responses.c.id == response_id, responses.c.tried_at.is_(None))
        .values(tried_at=at)
    )
    return before


async def of_incident(
    connection: Connection, incident_id: str, kind: ResponseKind, *, since: datetime
) -> tuple[Response, ...]:
    """What of this kind was asked of an incident since then and did not fail, oldest first."""
    rows = await connection.execute(
        select(responses)
        .where(
            responses.c.incident_id == incident_id,
            responses.c.kind == kind.value,
            responses.c.asked_at >= since,
            responses.c.state != ResponseState.FAILED.value,
        )
        .order_by(responses.c.asked_at, responses.c.id)
    )
    return tuple(map(_response, rows))


async def end(
    connection: Connection, response: Response, state: ResponseState, *, why: str = ""
) -> bool:
    """Say what became of it; False when that was said already."""
    written = await connection.execute(
        update(responses)
        .where(responses.c.id == response.id, responses.c.state == ResponseState.PENDING.value)
        .values(state=state.value, why=why)
    )
    if written.rowcount == 0:
        return False
    await cards.mark(connection, Kind.ALERT_GROUP, response.group_id, urgency=Urgency.NEW)
    return True


async def latest(connection: Connection, group_id: str) -> Response | None:
    """What was asked last of this group's incident."""
    rows = await connection.execute(
        select(responses)
        .where(responses.c.group_id == group_id)
        .order_by(responses.c.asked_at.desc(), responses.c.id)
        .limit(1)
    )
    row = rows.first()
    return None if row is None else _response(row)


async def pending(connection: Connection, asked_before: datetime) -> tuple[str, ...]:
    """The ids of what was asked and has not ended, old enough for the engine to know them."""
    return await unkept(
        connection, responses, responses.c.state == ResponseState.PENDING.value, asked_before
    )


def _response(row: Row[Any]) -> Response:
    return Response(
        id=row.id,
        group_id=row.group_id,
        incident_id=row.incident_id,
        kind=ResponseKind(row.kind),
        by=row.by,
        email=row.email,
        asked_at=row.asked_at,
        detail=dict(row.detail),
        tried_at=row.tried_at,
        state=ResponseState(row.state),
        why=row.why,
    )
