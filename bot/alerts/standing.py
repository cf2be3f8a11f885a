"""Where a group stands, from what PagerDuty says of its incidents."""

from dataclasses import replace
from datetime import datetime

from bot.domain.alert import AlertGroup, GroupState, Source
from bot.domain.card import Urgency
from bot.domain.incident import IncidentStatus, PagerDutyIncident
from bot.storage import alerts, incidents
from bot.storage.database import Connection


async def with_incidents(connection: Connection, group_id: str) -> AlertGroup:
    """Bring a group to where its incidents say it stands; returns it as it is then.

    A group of Alertmanager's ends only when its alerts do, whatever becomes of the incident.
    """
    known = await alerts.locked(connection, group_id)
    found = await incidents.of_group(connection, group_id)
    group = standing(known, found)
    await alerts.save(connection, known, group, urgency=Urgency.OUTCOME)
    return group


def standing(group: AlertGroup, found: tuple[PagerDutyIncident, ...]) -> AlertGroup:
    """The group as its incidents have it: acknowledged while every open one of them is."""
    if group.is_final or not found:
        return group
    is_open = [incident for incident in found if incident.is_open]
    if not is_open and group.source is Source.PAGERDUTY:
        return replace(group.to(GroupState.RESOLVED), resolved_at=_resolved_at(found))
    is_acknowledged = bool(is_open) and all(
        incident.status is IncidentStatus.ACKNOWLEDGED for incident in is_open
    )
    if is_acknowledged and group.state is GroupState.FIRING:
        at = max(incident.acknowledged_at or incident.told_at for incident in is_open)
        return replace(
            group.to(GroupState.ACKNOWLEDGED), acknowledged_at=group.acknowledged_at or at
        )
    if not is_acknowledged and group.state is GroupState.ACKNOWLEDGED:
        return group.to(GroupState.FIRING)
    return group


def _resolved_at(found: tuple[PagerDutyIncident, ...]) -> datetime:
    return max(incident.resolved_at or incident.told_at for incident in found)
