"""PagerDuty's incident of an alert group, looked up: its webhook may be late, or lost."""

import asyncio

from bot.alerts import thread
from bot.alerts.normalise import from_pagerduty
from bot.alerts.standing import with_incidents
from bot.domain.alert import AlertGroup
from bot.domain.finding import Finding, Phase
from bot.domain.incident import PagerDutyIncident
from bot.storage import alerts, findings, incidents
from bot.world import World
from integrations.pagerduty.client import PagerDutyClient
from integrations.pagerduty.models import Incident

SOURCE = "pagerduty"
TRIES = 3
BETWEEN_TRIES_S = 1.0
"""Alertmanager tells PagerDuty and us at the same moment, and PagerDuty takes its own time."""
OPEN = ("triggered", "acknowledged")
MOST_MERGED = 5
"""Open incidents of the service whose alerts are looked through, newest first; a call each."""


async def look_up_incident(world: World, group_id: str, phase: Phase) -> bool:
    """Join the group with its incident, or bring the incident up to date.

    That PagerDuty knows no such incident is an answer: not every alert pages. Returns
    whether it was asked.

    Raises:
        IntegrationError: PagerDuty did not answer.
    """
    if world.pagerduty is None:
        return False
    async with world.database.read() as connection:
        group = await alerts.get(connection, group_id)
        known = await incidents.of_group(connection, group_id)
    if known:
        await _refresh(world, world.pagerduty, group_id, known)
    elif phase is Phase.ONSET:
        await _search(world, world.pagerduty, group)
    async with world.database.write() as connection:
        await findings.write(
            connection, group_id, Finding(source=SOURCE, phase=phase, found_at=world.now())
        )
    return bool(known) or phase is Phase.ONSET


async def _refresh(
    world: World, pagerduty: PagerDutyClient, group_id: str, known: tuple[PagerDutyIncident, ...]
) -> None:
    """Ask how the open ones stand, in case a webhook was lost."""
    for incident in known:
        if incident.is_open:
            await _join(world, group_id, await pagerduty.get_incident(incident.id))


async def _search(world: World, pagerduty: PagerDutyClient, group: AlertGroup) -> None:
    """Look for an open incident of the group's key until it is there or its webhook was faster."""
    for attempt in range(TRIES):
        if attempt:
            await asyncio.sleep(BETWEEN_TRIES_S / world.pace)
            async with world.database.read() as connection:
                if await incidents.of_group(connection, group.id):
                    return
        found = await pagerduty.list_incidents(incident_key=group.dedup_key, statuses=OPEN)
        if found:
            for incident in found:
                await _join(world, group.id, incident)
            return
    merged = await _merged(world, pagerduty, group)
    if merged is not None:
        await _join(world, group.id, merged)


async def _merged(world: World, pagerduty: PagerDutyClient, group: AlertGroup) -> Incident | None:
    """The open incident that PagerDuty has joined this group's alert with, if there is one."""
    service = world.catalog.services.get(group.service or "")
    if service is None or service.pagerduty is None:
        return None
    there = await pagerduty.list_incidents(service_ids=[service.pagerduty.service], statuses=OPEN)
    for incident in there[:MOST_MERGED]:
        inside = await pagerduty.list_incident_alerts(incident.id)
        if any(alert.alert_key == group.dedup_key for alert in inside):
            return incident
    return None


async def _join(world: World, group_id: str, found: Incident) -> None:
    """Write down what PagerDuty says of an incident of this group."""
    told = from_pagerduty(found, told_at=found.changed_at or world.now())
    async with world.database.write() as connection:
        before, known = await incidents.tell(connection, told)
        await incidents.link(connection, group_id, known.id)
        for joined in await incidents.groups_of(connection, known.id):
            group = await with_incidents(connection, joined)
            await thread.incident_moved(connection, group, before, known)
