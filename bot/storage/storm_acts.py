"""What people asked of all of a storm's groups at once: the row first, then group by group."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, insert, select, update

from bot.domain.card import Kind
from bot.domain.incident import ResponseState
from bot.domain.silence import SilenceState
from bot.domain.storm_act import Act, Outcome, Report, Silencing
from bot.storage import cards, storms
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.alerts import alert_groups, responses
from bot.storage.schema.silences import silences
from bot.storage.schema.storms import storm_act_groups, storm_acts, storm_groups, storm_silences

_act, _each = storm_acts.c, storm_act_groups.c


async def ask(connection: Connection, act: Act) -> None:
    """Write down what somebody asked. The storm's card is marked."""
    await connection.execute(
        insert(storm_acts).values(
            id=act.id,
            storm_id=act.storm_id,
            revision=act.revision,
            by=act.by,
            groups=sorted(act.groups),
            email=act.email,
            asked_at=act.asked_at,
        )
    )
    await storms.mark(connection, act.storm_id)


async def locked(connection: Connection, act_id: str) -> Act:
    """Return an act that is known to be there, and keep others from carrying it out meanwhile."""
    found = select(storm_acts).where(_act.id == act_id).with_for_update()
    return _read((await connection.execute(found)).one())


async def open_ones(connection: Connection) -> tuple[str, ...]:
    """The ids of what was asked and is not carried out, the oldest first."""
    rows = await connection.execute(
        select(_act.id).where(_act.done_at.is_(None)).order_by(_act.asked_at, _act.id)
    )
    return tuple(rows.scalars())


async def has_open(connection: Connection, storm_id: str) -> bool:
    """Whether something is asked of this storm that is not carried out."""
    found = select(_act.id).where(_act.storm_id == storm_id, _act.done_at.is_(None)).limit(1)
    return (await connection.execute(found)).first() is not None


async def next_groups(connection: Connection, act: Act, *, at_most: int) -> tuple[str, ...]:
    """Groups that are meant and have no outcome: those the card showed when it was pressed."""
    rows = await connection.execute(
        select(storm_groups.c.group_id)
        .where(
            storm_groups.c.storm_id == act.storm_id,
            storm_groups.c.since <= act.revision,
            ~exists().where(_each.act_id == act.id, _each.group_id == storm_groups.c.group_id),
        )
        .order_by(storm_groups.c.group_id)
        .limit(at_most)
    )
    return tuple(rows.scalars())


async def note(connection: Connection, group_id: str, by: str, *, at: datetime) -> None:
    """Somebody is on this group, which pages nobody; its own card is marked where it has one."""
    noted = await connection.execute(
        update(storm_groups)
        .where(storm_groups.c.group_id == group_id)
        .values(noted_by=by, noted_at=at)
        .returning(storm_groups.c.is_folded)
    )
    if not noted.scalar_one():
        await cards.mark(connection, Kind.ALERT_GROUP, group_id)


async def outcomes(
    connection: Connection, act: Act, found: Iterable[tuple[str, Outcome, str]]
) -> None:
    """Write what became of groups, as (id, outcome, why); the storm's card is marked."""
    rows = [
        {"act_id": act.id, "group_id": group_id, "outcome": outcome.value, "why": why}
        for group_id, outcome, why in found
    ]
    if rows:
        await connection.execute(insert(storm_act_groups), rows)
        await storms.mark(connection, act.storm_id)


async def done(connection: Connection, act: Act, *, at: datetime) -> None:
    """Every group has its outcome."""
    await connection.execute(update(storm_acts).where(_act.id == act.id).values(done_at=at))
    await storms.mark(connection, act.storm_id)


def response_id(act: Act, group_id: str) -> str:
    """The id of what is asked of PagerDuty for one group: the same however often it is tried."""
    return f"{act.id}:{group_id}"


async def report(connection: Connection, storm_id: str) -> Report | None:
    """What became of the last act; None where nobody asked for one."""
    last = (
        select(storm_acts)
        .where(_act.storm_id == storm_id)
        .order_by(_act.asked_at.desc(), _act.id)
        .limit(1)
    )
    row = (await connection.execute(last)).first()
    if row is None:
        return None
    rows = await connection.execute(
        select(
            alert_groups.c.name,
            alert_groups.c.service,
            alert_groups.c.environment,
            _each.outcome,
            _each.why,
            responses.c.state,
            responses.c.why.label("answer"),
        )
        .join(alert_groups, alert_groups.c.id == _each.group_id)
        .outerjoin(responses, responses.c.id == _each.act_id + ":" + _each.group_id)
        .where(_each.act_id == row.id)
        .order_by(alert_groups.c.name, _each.group_id)
    )
    counts: Counter[str] = Counter()
    failed: list[tuple[str, str]] = []
    for one in rows:
        if one.outcome == Outcome.REFUSED:
            failed.append((_named(one), one.why))
        elif one.state == ResponseState.FAILED.value:
            failed.append((_named(one), one.answer))
        else:
            counts[one.state or one.outcome] += 1
    return Report(
        by=row.by,
        asked_at=row.asked_at,
        is_done=row.done_at is not None,
        noted=counts[Outcome.NOTED],
        acknowledged=counts[ResponseState.DONE.value],
        asking=counts[ResponseState.PENDING.value],
        failed=tuple(failed),
    )


async def silence(connection: Connection, storm_id: str, made: Sequence[tuple[str, str]]) -> None:
    """These silences are made for a storm, as (id, alert name): news of them is its card's too."""
    rows = [{"silence_id": one, "storm_id": storm_id, "name": name} for one, name in made]
    await connection.execute(insert_into(connection, storm_silences).values(rows))
    await storms.show_answers(connection, storm_id, [one for one, _ in made])
    await storms.mark(connection, storm_id)


async def silencing(connection: Connection, storm_id: str) -> Silencing | None:
    """How the silences made for a storm stand; None where there are none that say something."""
    rows = await connection.execute(
        select(
            storm_silences.c.name,
            silences.c.state,
            silences.c.by,
            silences.c.ends_at,
            silences.c.why,
        )
        .join(silences, silences.c.id == storm_silences.c.silence_id)
        .where(storm_silences.c.storm_id == storm_id, silences.c.state != SilenceState.ENDED.value)
        .order_by(silences.c.starts_at.desc(), storm_silences.c.name)
    )
    # A name that was silenced again counts as its last silence stands.
    found: dict[str, Any] = {}
    for row in rows:
        found.setdefault(row.name, row)
    if not found:
        return None
    live = [row for row in found.values() if row.state == SilenceState.LIVE.value]
    asked = [row for row in found.values() if row.state == SilenceState.ASKED.value]
    failed = [row for row in found.values() if row.state == SilenceState.FAILED.value]
    return Silencing(
        by=next(iter(found.values())).by,
        live=len(live),
        asked=len(asked),
        ends_at=min((row.ends_at for row in live), default=None),
        failed=tuple((row.name, row.why) for row in failed),
    )


def _named(row: Any) -> str:
    """A group by its alert's name and its place."""
    place = " in ".join(filter(None, (row.service, row.environment)))
    return f"{row.name} ({place})" if place else str(row.name)


def _read(row: Row[Any]) -> Act:
    return Act(
        id=row.id,
        storm_id=row.storm_id,
        revision=row.revision,
        by=row.by,
        groups=frozenset(row.groups),
        email=row.email,
        asked_at=row.asked_at,
        done_at=row.done_at,
    )
