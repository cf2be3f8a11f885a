"""Silences in the database: the row is the promise, and later what Alertmanager says of it.

Every write marks the card it was proposed on and the cards of the groups it covers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update

from bot.domain.card import Kind, Urgency
from bot.domain.silence import Covering, Silence, SilenceState
from bot.domain.silence.matchers import Matcher, Operator
from bot.domain.silence.preview import Seen
from bot.storage import cards
from bot.storage.database import Connection, database_now, in_seconds
from bot.storage.dialect import insert_into
from bot.storage.schema.alerts import alert_groups, alerts
from bot.storage.schema.silences import silence_groups, silences

S = SilenceState
MOST_IN_THE_PAST = 20_000
"""Alerts a preview looks back at; newest first."""
_PLAIN = (
    "id",
    "alertmanager_id",
    "is_ours",
    "state_revision",
    "starts_at",
    "ends_at",
    "created_by",
    "by",
    "reason",
    "ended_by",
    "why",
    "warned_of",
)
"""Columns kept as they are."""
_OPEN = silences.c.state.in_([S.ASKED.value, S.LIVE.value])


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert of a group that has not ended."""

    group_id: str
    fingerprint: str


async def get(connection: Connection, silence_id: str) -> Silence | None:
    """The silence of this id of ours."""
    return await _first(connection, silences.c.id == silence_id)


async def of_alertmanager(connection: Connection, alertmanager_id: str) -> Silence | None:
    """The silence Alertmanager knows by this id, where it is known here too."""
    return await _first(connection, silences.c.alertmanager_id == alertmanager_id)


async def open_ones(connection: Connection) -> tuple[Silence, ...]:
    """Those promised, and those Alertmanager has, by their end."""
    found = await connection.execute(
        select(silences).where(_OPEN).order_by(silences.c.ends_at, silences.c.id)
    )
    return tuple(_silence(row) for row in found)


async def begun_since(
    connection: Connection, since: datetime, *, at_most: int
) -> tuple[Silence, ...]:
    """Those that Alertmanager has or had and that began since then, the latest first."""
    found = await connection.execute(
        select(silences)
        .where(silences.c.starts_at >= since, silences.c.state.in_([S.LIVE.value, S.ENDED.value]))
        .order_by(silences.c.starts_at.desc(), silences.c.id)
        .limit(at_most)
    )
    return tuple(_silence(row) for row in found)


async def of_group(connection: Connection, group_id: str) -> tuple[Covering, ...]:
    """The silences that cover alerts of a group now, the one that lasts longest first."""
    found = await connection.execute(
        select(silences, silence_groups.c.alerts.label("covered"))
        .join(silence_groups, silence_groups.c.silence_id == silences.c.id)
        .where(silence_groups.c.group_id == group_id, silences.c.state == S.LIVE.value)
        .order_by(silences.c.ends_at.desc(), silences.c.id)
    )
    return tuple(Covering(_silence(row), frozenset(row.covered)) for row in found)


async def ask(connection: Connection, silence: Silence) -> bool:
    """Promise a silence; False, having done nothing, when it is promised or made already.

    One that failed is promised anew.
    """
    new = insert_into(connection, silences).values(
        **_columns(silence), claimed_until=database_now()
    )
    kept = {
        name: new.excluded[name]
        for name in ("state", "starts_at", "ends_at", "created_by", "by", "why", "claimed_until")
    }
    asked = await connection.execute(
        new.on_conflict_do_update(
            index_elements=[silences.c.id],
            set_={**kept, "state_revision": silences.c.state_revision + 1},
            where=silences.c.state == S.FAILED.value,
        ).returning(silences.c.id)
    )
    if asked.first() is None:
        return False
    await _mark(connection, silence.id)
    return True


async def claim(connection: Connection, silence_id: str, *, for_s: float) -> bool:
    """Take it on oneself to make a promised silence; False while somebody else has."""
    claimed = await connection.execute(
        update(silences)
        .where(
            silences.c.id == silence_id,
            silences.c.state == S.ASKED.value,
            silences.c.claimed_until <= database_now(),
        )
        .values(claimed_until=in_seconds(for_s))
        .returning(silences.c.id)
    )
    return claimed.first() is not None


async def unclaimed(connection: Connection) -> tuple[str, ...]:
    """Promised silences that nobody is making."""
    found = await connection.execute(
        select(silences.c.id).where(
            silences.c.state == S.ASKED.value, silences.c.claimed_until <= database_now()
        )
    )
    return tuple(found.scalars())


async def made(connection: Connection, silence_id: str, alertmanager_id: str) -> bool:
    """Alertmanager has it under this id; False when that was known."""
    before = (S.ASKED, S.FAILED)
    return await _move(connection, silence_id, before, S.LIVE, alertmanager_id=alertmanager_id)


async def failed(connection: Connection, silence_id: str, why: str) -> bool:
    """Alertmanager did not take it, for this reason; False when it is not promised any more."""
    return await _move(connection, silence_id, (S.ASKED,), S.FAILED, why=why)


async def ended(
    connection: Connection, silence_id: str, *, at: datetime, by: str | None = None
) -> bool:
    """It hides nothing any more; False when that was known."""
    if not await _move(connection, silence_id, (S.LIVE,), S.ENDED, ends_at=at, ended_by=by):
        return False
    await connection.execute(
        delete(silence_groups).where(silence_groups.c.silence_id == silence_id)
    )
    return True


async def lasts_until(connection: Connection, silence_id: str, ends_at: datetime) -> bool:
    """It ends at another moment than was known; False when it does not."""
    written = await connection.execute(
        update(silences)
        .where(silences.c.id == silence_id, _OPEN, silences.c.ends_at != ends_at)
        .values(ends_at=ends_at, state_revision=silences.c.state_revision + 1)
        .returning(silences.c.id)
    )
    if written.first() is None:
        return False
    await _mark(connection, silence_id)
    return True


async def add_other(connection: Connection, silence: Silence) -> None:
    """Keep a silence made elsewhere; done again, it changes nothing."""
    new = insert_into(connection, silences).values(**_columns(silence))
    await connection.execute(new.on_conflict_do_nothing())


async def warn(connection: Connection, silence: Silence) -> bool:
    """Remember that people are warned of its end; False when they were, or it ends otherwise."""
    warned = await connection.execute(
        update(silences)
        .where(
            silences.c.id == silence.id,
            silences.c.state == S.LIVE.value,
            silences.c.ends_at == silence.ends_at,
            or_(silences.c.warned_of.is_(None), silences.c.warned_of != silence.ends_at),
        )
        .values(warned_of=silence.ends_at)
        .returning(silences.c.id)
    )
    return warned.first() is not None


async def cover(
    connection: Connection, silence_id: str, now: Mapping[str, Collection[str]]
) -> tuple[str, ...]:
    """Which groups it covers now, with which of their alerts; returns those newly covered."""
    rows = await connection.execute(
        select(silence_groups.c.group_id, silence_groups.c.alerts).where(
            silence_groups.c.silence_id == silence_id
        )
    )
    before = {row.group_id: row.alerts for row in rows}
    after = {group: sorted(alerts) for group, alerts in now.items()}
    changed = sorted(
        group for group in before.keys() | after.keys() if before.get(group) != after.get(group)
    )
    if not changed:
        return ()
    await connection.execute(
        delete(silence_groups).where(
            silence_groups.c.silence_id == silence_id, silence_groups.c.group_id.in_(changed)
        )
    )
    new = [
        {"silence_id": silence_id, "group_id": group, "alerts": after[group]}
        for group in changed
        if group in after
    ]
    if new:
        await connection.execute(insert(silence_groups), new)
    for group in changed:
        await cards.mark(connection, Kind.ALERT_GROUP, group, urgency=Urgency.NEW)
    return tuple(group for group in changed if group not in before)


async def covered_by(connection: Connection, silence_id: str) -> tuple[str, ...]:
    """The groups it covers."""
    found = await connection.execute(
        select(silence_groups.c.group_id)
        .where(silence_groups.c.silence_id == silence_id)
        .order_by(silence_groups.c.group_id)
    )
    return tuple(found.scalars())


async def open_alerts(connection: Connection) -> tuple[OpenAlert, ...]:
    """Every alert of the groups that have not ended, each once.

    One that Alertmanager no longer speaks of is among them: it may be silenced.
    """
    found = await connection.execute(
        select(alerts.c.group_id, alerts.c.fingerprint)
        .join(alert_groups, alert_groups.c.id == alerts.c.group_id)
        .where(alert_groups.c.is_open)
        .distinct()
    )
    return tuple(OpenAlert(row.group_id, row.fingerprint) for row in found)


async def seen_since(connection: Connection, since: datetime) -> tuple[Seen, ...]:
    """The alerts that began since then, the latest first, as their rows say."""
    found = await connection.execute(
        select(alerts.c.labels, alerts.c.starts_at)
        .where(alerts.c.starts_at >= since)
        .order_by(alerts.c.starts_at.desc())
        .limit(MOST_IN_THE_PAST)
    )
    return tuple(Seen(row.labels, row.starts_at) for row in found)


async def _move(
    connection: Connection, silence_id: str, before: Collection[S], after: S, **values: Any
) -> bool:
    moved = await connection.execute(
        update(silences)
        .where(silences.c.id == silence_id, silences.c.state.in_([state.value for state in before]))
        .values(state=after.value, state_revision=silences.c.state_revision + 1, **values)
        .returning(silences.c.id)
    )
    if moved.first() is None:
        return False
    await _mark(connection, silence_id)
    return True


async def _mark(connection: Connection, silence_id: str) -> None:
    await cards.mark(connection, Kind.ANSWER, silence_id, urgency=Urgency.NEW)
    for group in await covered_by(connection, silence_id):
        await cards.mark(connection, Kind.ALERT_GROUP, group, urgency=Urgency.NEW)


async def _first(connection: Connection, condition: ColumnElement[bool]) -> Silence | None:
    row = (await connection.execute(select(silences).where(condition))).first()
    return None if row is None else _silence(row)


def _columns(silence: Silence) -> dict[str, Any]:
    return {
        **{name: getattr(silence, name) for name in _PLAIN},
        "state": silence.state.value,
        "matchers": [[one.name, one.operator.value, one.value] for one in silence.matchers],
    }


def _silence(row: Row[Any]) -> Silence:
    return Silence(
        **{name: getattr(row, name) for name in _PLAIN},
        state=S(row.state),
        matchers=tuple(Matcher(name, Operator(said), value) for name, said, value in row.matchers),
    )
