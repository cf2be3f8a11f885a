"""Alert groups and their alerts. Whatever changes a group marks every card that shows it."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, insert, or_, select, update

from bot.domain.alert import (
    Alert,
    AlertGroup,
    Condition,
    GroupState,
    Peak,
    Severity,
    Source,
)
from bot.domain.card import Kind, Urgency
from bot.errors import NotKnown
from bot.storage import cards
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.alerts import alert_groups, alerts

NO_GROUP = "There is no such alert group any more."
_CONDITION = TypeAdapter(Condition)


async def get(connection: Connection, group_id: str) -> AlertGroup:
    """Return the group.

    Raises:
        NotKnown: it is not there; its row was removed by retention, or the id is made up.
    """
    found = await _first(connection, alert_groups.c.id == group_id)
    if found is None:
        raise NotKnown(NO_GROUP)
    return found


async def locked(connection: Connection, group_id: str) -> AlertGroup:
    """Return the group and keep others from changing it until the transaction ends.

    Raises:
        NotKnown: it is not there.
    """
    found = await _first(connection, alert_groups.c.id == group_id, lock=True)
    if found is None:
        raise NotKnown(NO_GROUP)
    return found


async def find_open(connection: Connection, receiver: str, group_key: str) -> AlertGroup | None:
    """The occurrence of this group that has not ended, locked."""
    return await _first(
        connection,
        alert_groups.c.receiver == receiver,
        alert_groups.c.group_key == group_key,
        alert_groups.c.is_open,
        lock=True,
    )


async def find_last(connection: Connection, receiver: str, group_key: str) -> AlertGroup | None:
    """The latest occurrence of this group."""
    return await _first(
        connection, alert_groups.c.receiver == receiver, alert_groups.c.group_key == group_key
    )


async def ended_before(connection: Connection, group: AlertGroup) -> AlertGroup | None:
    """The last time the same alert of the same place fired and ended, before this group began.

    Whatever its group key was: that changes with the route.
    """
    row = (
        await connection.execute(
            select(alert_groups)
            .where(
                alert_groups.c.name == group.name,
                alert_groups.c.service.is_not_distinct_from(group.service),
                alert_groups.c.environment.is_not_distinct_from(group.environment),
                alert_groups.c.started_at < group.started_at,
                alert_groups.c.resolved_at.is_not(None),
                alert_groups.c.id != group.id,
            )
            .order_by(alert_groups.c.started_at.desc(), alert_groups.c.id)
            .limit(1)
        )
    ).first()
    return None if row is None else read(row)


async def with_dedup_key(connection: Connection, dedup_key: str) -> tuple[AlertGroup, ...]:
    """Every group PagerDuty knows by this key, the latest first."""
    rows = await connection.execute(
        select(alert_groups)
        .where(alert_groups.c.dedup_key == dedup_key)
        .order_by(alert_groups.c.started_at.desc(), alert_groups.c.id)
    )
    return tuple(read(row) for row in rows)


async def _first(
    connection: Connection, *conditions: ColumnElement[bool], lock: bool = False
) -> AlertGroup | None:
    wanted = (
        select(alert_groups)
        .where(*conditions)
        .order_by(alert_groups.c.occurrence.desc(), alert_groups.c.id)
        .limit(1)
    )
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).first()
    return None if row is None else read(row)


async def firing_in(connection: Connection, environment: str, service: str) -> tuple[str, ...]:
    """The names of the alerts that fire in a place, the worst first, each once."""
    rows = await connection.execute(
        select(alert_groups.c.name)
        .where(
            alert_groups.c.environment == environment,
            alert_groups.c.service == service,
            alert_groups.c.is_open,
            alert_groups.c.resolved_at.is_(None),
        )
        .order_by(alert_groups.c.severity.desc(), alert_groups.c.started_at)
    )
    return tuple(dict.fromkeys(rows.scalars()))


async def open_in(connection: Connection, environment: str, service: str) -> tuple[AlertGroup, ...]:
    """The groups that fire in a place, the worst first; one without a service is about each."""
    rows = await connection.execute(
        select(alert_groups)
        .where(
            alert_groups.c.environment == environment,
            or_(alert_groups.c.service == service, alert_groups.c.service.is_(None)),
            alert_groups.c.is_open,
            alert_groups.c.resolved_at.is_(None),
        )
        .order_by(alert_groups.c.severity.desc(), alert_groups.c.started_at, alert_groups.c.id)
    )
    return tuple(read(row) for row in rows)


async def every_open(connection: Connection) -> tuple[AlertGroup, ...]:
    """The groups that have not ended, the worst first."""
    rows = await connection.execute(
        select(alert_groups)
        .where(alert_groups.c.is_open)
        .order_by(alert_groups.c.severity.desc(), alert_groups.c.started_at, alert_groups.c.id)
    )
    return tuple(read(row) for row in rows)


async def firing_fingerprints(connection: Connection) -> dict[str, frozenset[str]]:
    """The fingerprints of what fires in each open group that has any, by the group's id."""
    rows = await connection.execute(
        select(alerts.c.group_id, alerts.c.fingerprint)
        .join(alert_groups, alert_groups.c.id == alerts.c.group_id)
        .where(alert_groups.c.is_open, alerts.c.ends_at.is_(None))
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.group_id, set()).add(row.fingerprint)
    return {group_id: frozenset(inside) for group_id, inside in found.items()}


async def add(
    connection: Connection, group: AlertGroup, firing: Iterable[Alert] = (), *, urgency: Urgency
) -> None:
    """Write a new group with its alerts and open its card: no group is ever without one."""
    await connection.execute(insert(alert_groups).values(**_columns(group)))
    await _write(connection, group, firing)
    await cards.open_card(
        connection,
        kind=Kind.ALERT_GROUP,
        subject_id=group.id,
        channel=group.channel,
        urgency=urgency,
    )


async def save(
    connection: Connection, before: AlertGroup, after: AlertGroup, *, urgency: Urgency
) -> bool:
    """Write what is new about a locked group; False, and no card marked, when nothing is."""
    if after == before:
        return False
    await connection.execute(
        update(alert_groups).where(alert_groups.c.id == after.id).values(**_columns(after))
    )
    await cards.mark(connection, Kind.ALERT_GROUP, after.id, urgency=urgency)
    return True


async def alerts_of(connection: Connection, group_id: str) -> tuple[Alert, ...]:
    """The alerts of a group, those that began first first."""
    rows = await connection.execute(
        select(alerts)
        .where(alerts.c.group_id == group_id)
        .order_by(alerts.c.starts_at, alerts.c.fingerprint)
    )
    return tuple(
        Alert(
            fingerprint=row.fingerprint,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            labels=row.labels,
            annotations=row.annotations,
            source_url=row.source_url,
            value=row.value,
            links=row.links,
            note=row.note,
            is_blind=row.is_blind,
        )
        for row in rows
    )


_KEPT = (
    "ends_at",
    "labels",
    "annotations",
    "source_url",
    "value",
    "links",
    "note",
    "is_blind",
)
"""What may change of an alert."""


async def write_alerts(
    connection: Connection, group: AlertGroup, changed: Iterable[Alert], *, urgency: Urgency
) -> None:
    """Write these alerts of a group, new ones and known ones alike."""
    if await _write(connection, group, changed):
        await cards.mark(connection, Kind.ALERT_GROUP, group.id, urgency=urgency)


async def _write(connection: Connection, group: AlertGroup, changed: Iterable[Alert]) -> bool:
    """Write these alerts; False where there are none."""
    rows = [
        {
            "group_id": group.id,
            "fingerprint": alert.fingerprint,
            "starts_at": alert.starts_at,
            "ends_at": alert.ends_at,
            "labels": dict(alert.labels),
            "annotations": dict(alert.annotations),
            "source_url": alert.source_url,
            "value": alert.value,
            "links": dict(alert.links),
            "note": alert.note,
            "is_blind": alert.is_blind,
        }
        for alert in changed
    ]
    if not rows:
        return False
    new = insert_into(connection, alerts)
    kept = {column: new.excluded[column] for column in _KEPT}
    keys = [alerts.c.group_id, alerts.c.fingerprint, alerts.c.starts_at]
    await connection.execute(new.on_conflict_do_update(index_elements=keys, set_=kept), rows)
    return True


_PLAIN: Sequence[str] = [
    field.name
    for field in fields(AlertGroup)
    if field.name
    not in {"source", "state", "severity", "condition", "peak", "told_firing", "told_severity"}
]
"""Fields that are kept as they are."""


def _columns(group: AlertGroup) -> dict[str, Any]:
    return {
        **{name: getattr(group, name) for name in _PLAIN},
        "source": group.source.value,
        "state": group.state.value,
        "severity": int(group.severity),
        "condition": _CONDITION.dump_python(group.condition, mode="json")
        if group.condition
        else None,
        "peak": group.peak.value if group.peak else None,
        "peak_at": group.peak.at if group.peak else None,
        "told_firing": sorted(group.told_firing),
        "told_severity": None if group.told_severity is None else int(group.told_severity),
        "is_open": not group.is_final,
    }


def read(row: Row[Any]) -> AlertGroup:
    """A group from its row."""
    told = row.told_severity
    return AlertGroup(
        **{name: getattr(row, name) for name in _PLAIN},
        source=Source(row.source),
        state=GroupState(row.state),
        severity=Severity(row.severity),
        condition=_CONDITION.validate_python(row.condition) if row.condition else None,
        peak=None if row.peak is None else Peak(row.peak, row.peak_at),
        told_firing=frozenset(row.told_firing),
        told_severity=None if told is None else Severity(told),
    )
