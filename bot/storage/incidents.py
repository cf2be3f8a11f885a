"""PagerDuty's incidents, the alert groups they belong to, and who in Slack is who there."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, select, update

from bot.domain.card import Kind, Urgency
from bot.domain.incident import IncidentStatus, PagerDutyIncident, Responder
from bot.storage import cards
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.alerts import (
    alert_group_incidents,
    pagerduty_incidents,
    pagerduty_users,
)


async def tell(
    connection: Connection, incident: PagerDutyIncident
) -> tuple[PagerDutyIncident | None, PagerDutyIncident]:
    """Write what PagerDuty says of an incident, unless something newer is known.

    Returns what was known before (None: nothing) and what is known now. Cards that show it are
    marked when something changed.
    """
    new = insert_into(connection, pagerduty_incidents).values(**_columns(incident))
    inserted = await connection.execute(
        new.on_conflict_do_nothing().returning(pagerduty_incidents.c.id)
    )
    if inserted.first() is not None:
        return None, incident
    known = await get(connection, incident.id, lock=True)
    now_known = known.after(incident)
    if now_known != known:
        await connection.execute(
            update(pagerduty_incidents)
            .where(pagerduty_incidents.c.id == incident.id)
            .values(**_columns(now_known))
        )
        for group_id in await groups_of(connection, incident.id):
            await cards.mark(connection, Kind.ALERT_GROUP, group_id)
    return known, now_known


async def get(connection: Connection, incident_id: str, *, lock: bool = False) -> PagerDutyIncident:
    """Return an incident that is known to be there."""
    wanted = select(pagerduty_incidents).where(pagerduty_incidents.c.id == incident_id)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).one()
    return _incident(row)


async def find(connection: Connection, incident_id: str) -> PagerDutyIncident | None:
    """Return an incident, if PagerDuty ever told of it."""
    wanted = select(pagerduty_incidents).where(pagerduty_incidents.c.id == incident_id)
    row = (await connection.execute(wanted)).first()
    return None if row is None else _incident(row)


async def link(connection: Connection, group_id: str, incident_id: str) -> bool:
    """Say that an incident belongs to a group; False when that was known."""
    new = insert_into(connection, alert_group_incidents).values(
        group_id=group_id, incident_id=incident_id
    )
    made = await connection.execute(
        new.on_conflict_do_nothing().returning(alert_group_incidents.c.group_id)
    )
    if made.first() is None:
        return False
    await connection.execute(
        update(pagerduty_incidents)
        .where(pagerduty_incidents.c.id == incident_id)
        .values(claim_until=None)
    )
    await cards.mark(connection, Kind.ALERT_GROUP, group_id, urgency=Urgency.PROGRESS)
    return True


async def unlink(connection: Connection, group_id: str, incident_id: str) -> None:
    """Say that an incident has nothing of a group any more."""
    await connection.execute(
        delete(alert_group_incidents).where(
            alert_group_incidents.c.group_id == group_id,
            alert_group_incidents.c.incident_id == incident_id,
        )
    )
    await cards.mark(connection, Kind.ALERT_GROUP, group_id, urgency=Urgency.PROGRESS)


async def groups_of(connection: Connection, incident_id: str) -> tuple[str, ...]:
    """The ids of the groups an incident belongs to, in the order they are locked in."""
    rows = await connection.execute(
        select(alert_group_incidents.c.group_id)
        .where(alert_group_incidents.c.incident_id == incident_id)
        .order_by(alert_group_incidents.c.group_id)
    )
    return tuple(rows.scalars())


async def of_group(connection: Connection, group_id: str) -> tuple[PagerDutyIncident, ...]:
    """The incidents of a group, open ones first and then the newest, people matched to Slack."""
    rows = await connection.execute(
        select(pagerduty_incidents)
        .join(
            alert_group_incidents,
            alert_group_incidents.c.incident_id == pagerduty_incidents.c.id,
        )
        .where(alert_group_incidents.c.group_id == group_id)
        .order_by(pagerduty_incidents.c.created_at.desc(), pagerduty_incidents.c.id)
    )
    found = [_incident(row) for row in rows]
    people = await _people(connection, found)
    matched = [_matched(incident, people) for incident in found]
    return tuple(sorted(matched, key=lambda incident: not incident.is_open))


async def with_key(connection: Connection, incident_key: str) -> tuple[PagerDutyIncident, ...]:
    """The incidents an event with this dedup key opened, newest first."""
    rows = await connection.execute(
        select(pagerduty_incidents)
        .where(pagerduty_incidents.c.incident_key == incident_key)
        .order_by(pagerduty_incidents.c.created_at.desc(), pagerduty_incidents.c.id)
    )
    return tuple(_incident(row) for row in rows)


async def followed(connection: Connection) -> tuple[str, ...]:
    """The ids of the incidents on cards that were open when PagerDuty last told of them."""
    rows = await connection.execute(
        select(pagerduty_incidents.c.id)
        .where(
            pagerduty_incidents.c.status != IncidentStatus.RESOLVED.value,
            pagerduty_incidents.c.id.in_(select(alert_group_incidents.c.incident_id)),
        )
        .order_by(pagerduty_incidents.c.told_at, pagerduty_incidents.c.id)
    )
    return tuple(rows.scalars())


async def await_claim(connection: Connection, incident_id: str, *, until: datetime) -> None:
    """Wait for an alert group to claim the incident before it gets a card of its own."""
    await connection.execute(
        update(pagerduty_incidents)
        .where(pagerduty_incidents.c.id == incident_id)
        .values(claim_until=until)
    )


async def has_unclaimed(connection: Connection, at: datetime) -> bool:
    """Whether an incident waits for a card of its own."""
    found = select(pagerduty_incidents.c.id).where(_is_unclaimed(at)).limit(1)
    return (await connection.execute(found)).first() is not None


async def unclaimed(connection: Connection, at: datetime) -> tuple[PagerDutyIncident, ...]:
    """The open incidents that no group claimed in time."""
    rows = await connection.execute(
        select(pagerduty_incidents)
        .where(_is_unclaimed(at))
        .order_by(pagerduty_incidents.c.id)
        .with_for_update(skip_locked=True)
    )
    return tuple(_incident(row) for row in rows)


def _is_unclaimed(at: datetime) -> ColumnElement[bool]:
    return and_(
        pagerduty_incidents.c.claim_until <= at,
        pagerduty_incidents.c.status != IncidentStatus.RESOLVED.value,
    )


async def remember_person(
    connection: Connection, person: Responder, *, email: str, at: datetime
) -> None:
    """Keep who in PagerDuty somebody in Slack is."""
    kept = {
        "pagerduty_id": person.id,
        "name": person.name,
        "email": email,
        "verified_at": at,
    }
    new = insert_into(connection, pagerduty_users).values(slack_id=person.slack_id, **kept)
    await connection.execute(
        new.on_conflict_do_update(index_elements=[pagerduty_users.c.slack_id], set_=kept)
    )


async def forget_person(connection: Connection, slack_id: str) -> None:
    """What is kept of who somebody is in PagerDuty is not so any more."""
    await connection.execute(delete(pagerduty_users).where(pagerduty_users.c.slack_id == slack_id))


async def email_in_pagerduty(connection: Connection, slack_id: str) -> str | None:
    """The e-mail PagerDuty knows this person by; None when nobody has asked PagerDuty yet."""
    found = await connection.execute(
        select(pagerduty_users.c.email).where(pagerduty_users.c.slack_id == slack_id)
    )
    return found.scalar()


async def person_in_pagerduty(connection: Connection, slack_id: str) -> Responder | None:
    """Who this person is in PagerDuty; None when nobody has asked PagerDuty yet."""
    found = await connection.execute(
        select(pagerduty_users).where(pagerduty_users.c.slack_id == slack_id)
    )
    row = found.first()
    return None if row is None else Responder(row.pagerduty_id, row.name, slack_id)


async def slack_ids(connection: Connection, pagerduty_ids: Collection[str]) -> dict[str, str]:
    """PagerDuty user id → Slack user id, for those somebody has matched."""
    if not pagerduty_ids:
        return {}
    rows = await connection.execute(
        select(pagerduty_users.c.pagerduty_id, pagerduty_users.c.slack_id).where(
            pagerduty_users.c.pagerduty_id.in_(pagerduty_ids)
        )
    )
    return {row.pagerduty_id: row.slack_id for row in rows}


async def _people(connection: Connection, incidents: Iterable[PagerDutyIncident]) -> dict[str, str]:
    """PagerDuty user id → Slack user id, for everybody these incidents name."""
    named = {
        person.id
        for incident in incidents
        for person in (incident.acknowledged_by, incident.resolved_by)
        if person is not None
    }
    return await slack_ids(connection, named)


def _matched(incident: PagerDutyIncident, people: dict[str, str]) -> PagerDutyIncident:
    def match(person: Responder | None) -> Responder | None:
        return person and replace(person, slack_id=people.get(person.id))

    return replace(
        incident,
        acknowledged_by=match(incident.acknowledged_by),
        resolved_by=match(incident.resolved_by),
    )


_PLAIN = (
    "id",
    "number",
    "title",
    "urgency",
    "priority",
    "url",
    "incident_key",
    "service_id",
    "acknowledged_at",
    "resolved_at",
    "triggers_again_at",
    "created_at",
    "told_at",
)


def _columns(incident: PagerDutyIncident) -> dict[str, Any]:
    return {
        **{name: getattr(incident, name) for name in _PLAIN},
        "status": incident.status.value,
        "assignees": list(incident.assignees),
        "acknowledged_by": _person_column(incident.acknowledged_by),
        "resolved_by": _person_column(incident.resolved_by),
    }


def _person_column(person: Responder | None) -> dict[str, str] | None:
    return None if person is None else {"id": person.id, "name": person.name}


def _incident(row: Row[Any]) -> PagerDutyIncident:
    def person(kept: dict[str, str] | None) -> Responder | None:
        return None if kept is None else Responder(kept["id"], kept["name"])

    return PagerDutyIncident(
        **{name: getattr(row, name) for name in _PLAIN},
        status=IncidentStatus(row.status),
        assignees=tuple(row.assignees),
        acknowledged_by=person(row.acknowledged_by),
        resolved_by=person(row.resolved_by),
    )
