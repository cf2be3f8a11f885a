"""What is severe in a place now: PagerDuty's incidents for its service, and alerts that fire."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from bot.domain.alert import AlertGroup, Severity
from bot.domain.incident import IncidentStatus, PagerDutyIncident
from bot.storage import alerts, incidents
from bot.storage.database import Connection
from bot.storage.schema.alerts import alert_group_incidents, alert_groups, pagerduty_incidents

SEVERE_PRIORITIES = ("p1", "p2")
SEVERE_URGENCY = "high"


@dataclass(frozen=True, slots=True)
class Troubles:
    """The severe incidents that are open, and the critical alert groups that fire beside them."""

    incidents: tuple[PagerDutyIncident, ...]
    groups: tuple[AlertGroup, ...]


async def troubles(
    connection: Connection, environment: str, service: str, *, pagerduty_service: str | None
) -> Troubles:
    """What is severe in this place, the oldest first.

    PagerDuty knows services and no environments: an incident that belongs to alert groups of other
    environments alone is theirs. An alert group whose incident is told of is not told of twice.
    """
    open_incidents = await _open(connection, pagerduty_service)
    joined = await _joined(connection, [incident.id for incident in open_incidents])
    here = tuple(
        incident
        for incident in open_incidents
        if _may_be_of(environment, [where for _, where in joined[incident.id]])
    )
    told = {group_id for incident in here for group_id, _ in joined[incident.id]}
    firing = await _critical(connection, environment, service)
    return Troubles(here, tuple(group for group in firing if group.id not in told))


def _may_be_of(environment: str, environments: list[str | None]) -> bool:
    """An alert group that names no environment may be about any."""
    return not environments or environment in environments or None in environments


async def _open(connection: Connection, service_id: str | None) -> list[PagerDutyIncident]:
    if service_id is None:
        return []
    rows = await connection.execute(
        select(pagerduty_incidents.c.id)
        .where(
            pagerduty_incidents.c.service_id == service_id,
            pagerduty_incidents.c.status != IncidentStatus.RESOLVED.value,
            or_(
                pagerduty_incidents.c.urgency == SEVERE_URGENCY,
                func.lower(pagerduty_incidents.c.priority).in_(SEVERE_PRIORITIES),
            ),
        )
        .order_by(pagerduty_incidents.c.created_at, pagerduty_incidents.c.id)
    )
    return [await incidents.get(connection, incident_id) for incident_id in rows.scalars()]


async def _joined(
    connection: Connection, incident_ids: list[str]
) -> dict[str, list[tuple[str, str | None]]]:
    """The alert groups of each incident, as (id, environment)."""
    found: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    rows = await connection.execute(
        select(alert_group_incidents.c.incident_id, alert_groups.c.id, alert_groups.c.environment)
        .join(alert_groups, alert_groups.c.id == alert_group_incidents.c.group_id)
        .where(alert_group_incidents.c.incident_id.in_(incident_ids))
    )
    for row in rows:
        found[row.incident_id].append((row.id, row.environment))
    return found


async def _critical(connection: Connection, environment: str, service: str) -> list[AlertGroup]:
    rows = await connection.execute(
        select(alert_groups.c.id)
        .where(
            alert_groups.c.environment == environment,
            alert_groups.c.service == service,
            alert_groups.c.severity == int(Severity.CRITICAL),
            alert_groups.c.is_open,
        )
        .order_by(alert_groups.c.started_at, alert_groups.c.id)
    )
    return [await alerts.get(connection, group_id) for group_id in rows.scalars()]
