"""Changes in the database. Whatever moves or tells of a change marks every card that shows it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from pydantic import TypeAdapter
from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.domain.card import Kind, Urgency
from bot.domain.change import (
    FINAL,
    UNDER_WAY,
    Change,
    ChangeKind,
    ChangeState,
    Hold,
    Origin,
    Rollout,
)
from bot.domain.failure import Failure
from bot.domain.judgement import Judgement
from bot.domain.plan import Plan
from bot.domain.rollout import Progress, Verdict
from bot.domain.shift import Stage, Strategy
from bot.errors import Conflict, NotKnown
from bot.storage import cards
from bot.storage.database import Connection
from bot.storage.schema.alerts import alert_groups
from bot.storage.schema.changes import changes
from bot.storage.unkept import unkept

USUAL_FROM = 10
"""The usual length of a rollout is the median of this many."""
NO_CHANGE = "There is no such change any more."

_JSON: Mapping[str, TypeAdapter[Any]] = {
    "plan": TypeAdapter(Plan),
    "rollout": TypeAdapter(Rollout),
    "back": TypeAdapter(Rollout),
    "progress": TypeAdapter(Progress),
    "failure": TypeAdapter(Failure),
    "stage": TypeAdapter(Stage),
    "hold": TypeAdapter(Hold),
    "judgement": TypeAdapter(Judgement),
    "overridden": TypeAdapter(tuple[str, ...]),
}
_WORDS: Mapping[str, type] = {
    "kind": ChangeKind,
    "state": ChangeState,
    "verdict": Verdict,
    "origin": Origin,
    "strategy": Strategy,
}


class Facts(TypedDict, total=False):
    """What may be told of a change beside its state; the fields of `Change` by name."""

    version: str | None
    expires_at: datetime | None
    confirmed_by: str | None
    ended_by: str | None
    started_at: datetime | None
    finished_at: datetime | None
    verdict: Verdict | None
    why: str | None
    plan: Plan | None
    rollout: Rollout | None
    back: Rollout | None
    progress: Progress | None
    failure: Failure | None
    overridden: tuple[str, ...]
    stage: Stage | None
    is_promoted: bool
    steady_at: datetime | None
    bake_until: datetime | None
    hold: Hold | None
    judgement: Judgement | None
    kept_by: str | None
    silent_since: datetime | None
    silent_why: str | None


class Occupied(Conflict):
    """Another change is under way in this place."""


async def add(connection: Connection, change: Change) -> bool:
    """Write a new change; False when it stands already."""
    if await find(connection, change.id) is not None:
        return False
    await connection.execute(insert(changes).values(**_columns(change)))
    return True


async def find(connection: Connection, change_id: str) -> Change | None:
    row = (await connection.execute(select(changes).where(changes.c.id == change_id))).first()
    return None if row is None else _change(row)


async def get(connection: Connection, change_id: str) -> Change:
    """Return the change.

    Raises:
        NotKnown: it is not there; its row was removed by retention, or the id is made up.
    """
    change = await find(connection, change_id)
    if change is None:
        raise NotKnown(NO_CHANGE)
    return change


async def every(connection: Connection, change_ids: Sequence[str]) -> tuple[Change, ...]:
    """Return these changes in this order, by one query; what is gone is left out."""
    rows = await connection.execute(select(changes).where(changes.c.id.in_(change_ids)))
    found = {row.id: _change(row) for row in rows}
    return tuple(found[one] for one in change_ids if one in found)


async def _locked(connection: Connection, change_id: str) -> Change:
    """The change as nobody else can alter it until the transaction ends: what one of them has
    noted must not be written over by whoever moves it at the same moment."""
    one = select(changes).where(changes.c.id == change_id).with_for_update()
    row = (await connection.execute(one)).first()
    if row is None:
        raise NotKnown(NO_CHANGE)
    return _change(row)


async def move(
    connection: Connection,
    change_id: str,
    to: ChangeState,
    *,
    of: Iterable[ChangeState],
    at: datetime,
    **facts: Unpack[Facts],
) -> Change | None:
    """Move a change that stands in one of `of`, with what is known by then; None if it does not.

    Of two that try at the same moment one succeeds. The cards are marked in this transaction.

    Raises:
        Occupied: the move would begin a rollout where another is under way; nothing is written.
        ImpossibleMove: the state table has no such move.
    """
    change = await _locked(connection, change_id)
    if change.state not in set(of):
        return None
    moved = replace(change.to(to, at=at), **facts)
    where = (changes.c.id == change.id, changes.c.state_revision == change.state_revision)
    try:
        async with connection.begin_nested():
            written = await connection.execute(
                update(changes).where(*where).values(**_columns(moved))
            )
    except IntegrityError:
        holder = await under_way(connection, change.environment, change.service)
        raise Occupied(_occupied_by(holder, change)) from None
    if written.rowcount == 0:
        return None
    await _mark(connection, moved)
    if to is ChangeState.ROLLING_OUT:
        await _mark_the_one_before(connection, moved)
    await mark_alerts(connection, moved)
    return moved


def _occupied_by(holder: Change | None, change: Change) -> str:
    where = f"{change.service} in {change.environment}"
    what = holder.wanted_name if holder is not None else "Another change"
    is_restart = holder is not None and holder.kind is ChangeKind.RESTART
    doing = "being restarted" if is_restart else "rolling out"
    return f"{what} is {doing} for {where} now. Wait for it, or end it on its card."


async def note(connection: Connection, change_id: str, **facts: Unpack[Facts]) -> bool:
    """Write down what is news about a change, without moving it; False when nothing was.

    What looks the same to a person marks no card.
    """
    change = await _locked(connection, change_id)
    noted = replace(change, **facts)
    if noted == change:
        return False
    await connection.execute(
        update(changes)
        .where(changes.c.id == change_id)
        .values(**{name: _column(name, getattr(noted, name)) for name in facts})
    )
    await _mark(connection, noted)
    return True


async def under_way(connection: Connection, environment: str, service: str) -> Change | None:
    """The change that is rolling out in this place, or rolling back."""
    return await _first(connection, environment, service, changes.c.under_way)


async def latest_started(connection: Connection, environment: str, service: str) -> Change | None:
    """The change that last asked ECS for something in this place."""
    return await _first(connection, environment, service, changes.c.started_at.is_not(None))


async def latest_deployed(connection: Connection, environment: str, service: str) -> Change | None:
    """The change that last asked ECS for another revision in this place: no restart does."""
    condition = changes.c.started_at.is_not(None) & (changes.c.kind != ChangeKind.RESTART)
    return await _first(connection, environment, service, condition)


async def _first(
    connection: Connection, environment: str, service: str, condition: Any
) -> Change | None:
    rows = await connection.execute(
        select(changes)
        .where(changes.c.environment == environment, changes.c.service == service, condition)
        .order_by(changes.c.started_at.desc(), changes.c.id)
        .limit(1)
    )
    row = rows.first()
    return None if row is None else _change(row)


async def recent(
    connection: Connection, *, service: str, environment: str, since: datetime
) -> tuple[Change, ...]:
    """The changes that asked ECS for something in this place since then, newest first."""
    rows = await connection.execute(
        select(changes)
        .where(
            changes.c.environment == environment,
            changes.c.service == service,
            changes.c.started_at >= since,
        )
        .order_by(changes.c.started_at.desc(), changes.c.id)
    )
    return tuple(_change(row) for row in rows)


async def unstarted(connection: Connection, asked_before: datetime) -> tuple[str, ...]:
    """The ids of changes that have not ended and are old enough for the engine to know them."""
    return await unkept(connection, changes, changes.c.state.not_in(FINAL), asked_before)


async def usual_rollout(connection: Connection, environment: str, service: str) -> timedelta | None:
    """How long the last rollouts that succeeded in this place took without their bakes, as their
    median."""
    rows = await connection.execute(
        select(changes.c.started_at, changes.c.steady_at, changes.c.finished_at)
        .where(
            changes.c.environment == environment,
            changes.c.service == service,
            changes.c.state == ChangeState.SUCCEEDED,
        )
        .order_by(changes.c.started_at.desc())
        .limit(USUAL_FROM)
    )
    lengths = sorted((row.steady_at or row.finished_at) - row.started_at for row in rows)
    return lengths[len(lengths) // 2] if lengths else None


async def _mark(connection: Connection, change: Change) -> None:
    urgency = Urgency.OUTCOME if change.is_final else Urgency.PROGRESS
    await cards.mark(connection, Kind.CHANGE, change.id, urgency=urgency)


async def mark_alerts(connection: Connection, change: Change) -> None:
    """What fires in this place shows the change beside it, and the way back from it."""
    firing = select(alert_groups.c.id).where(
        alert_groups.c.environment == change.environment,
        alert_groups.c.service == change.service,
        alert_groups.c.is_open,
    )
    for group_id in (await connection.execute(firing.order_by(alert_groups.c.id))).scalars():
        await cards.mark(connection, Kind.ALERT_GROUP, group_id, urgency=Urgency.PROGRESS)


async def _mark_the_one_before(connection: Connection, change: Change) -> None:
    """A change that begins takes the buttons off the card of the one before it."""
    newest = select(func.max(changes.c.started_at)).where(
        changes.c.environment == change.environment,
        changes.c.service == change.service,
        changes.c.id != change.id,
    )
    rows = await connection.execute(
        select(changes.c.id).where(
            changes.c.environment == change.environment,
            changes.c.service == change.service,
            changes.c.id != change.id,
            changes.c.started_at == newest.scalar_subquery(),
        )
    )
    for before in rows.scalars():
        await cards.mark(connection, Kind.CHANGE, before, urgency=Urgency.PROGRESS)


_FIELDS = tuple(field.name for field in fields(Change))


def _columns(change: Change) -> dict[str, Any]:
    values = {name: _column(name, getattr(change, name)) for name in _FIELDS}
    return {**values, "under_way": change.state in UNDER_WAY}


def _column(name: str, value: Any) -> Any:
    if name in _JSON and value is not None:
        return _JSON[name].dump_python(value, mode="json")
    return value


def _change(row: Row[Any]) -> Change:
    values = {name: _value(name, getattr(row, name)) for name in _FIELDS}
    return Change(**values)


def _value(name: str, column: Any) -> Any:
    if column is None:
        return None
    if name in _JSON:
        return _JSON[name].validate_python(column)
    return _WORDS[name](column) if name in _WORDS else column
