"""Which incidents are open for a place, and who is called first."""

from collections.abc import Sequence
from typing import Any

from bot.catalog import PagerDutyService
from bot.domain.health import Part
from bot.domain.health.facts import OnDuty, OpenIncident
from bot.domain.place import Place
from bot.storage import alerts, incidents
from bot.storage.database import Connection, Database
from bot.storage.situation import SEVERE_PRIORITIES, SEVERE_URGENCY
from integrations.pagerduty.client import PagerDutyClient
from integrations.pagerduty.models import Incident, OnCall

OPEN = ("triggered", "acknowledged")
FIRST_LEVEL = 1


async def open_incidents(
    pagerduty: PagerDutyClient, database: Database, place: Place, service: PagerDutyService
) -> dict[str, Any]:
    """The service's open incidents, the severe ones first.

    PagerDuty knows services and no environments: one whose alert groups are all of other
    environments is theirs.

    Costs one call.

    Raises:
        IntegrationError: PagerDuty did not answer.
    """
    found = await pagerduty.list_incidents(service_ids=[service.service], statuses=OPEN)
    async with database.read() as connection:
        here = [one for one in found if await _may_be_of(connection, one, place.environment)]
    severe_first = sorted(map(_open, here), key=lambda one: not one.is_severe)
    return {"incidents": tuple(severe_first)}


async def _may_be_of(connection: Connection, incident: Incident, environment: str) -> bool:
    groups = [
        (await alerts.get(connection, group_id)).environment
        for group_id in await incidents.groups_of(connection, incident.id)
    ]
    if incident.incident_key is not None:
        groups += [
            group.environment
            for group in await alerts.with_dedup_key(connection, incident.incident_key)
        ]
    return not groups or environment in groups or None in groups


def _open(incident: Incident) -> OpenIncident:
    priority = (incident.priority or "").lower()
    return OpenIncident(
        label=f"#{incident.number}" if incident.number is not None else incident.id,
        title=incident.title,
        status=incident.status,
        is_severe=incident.urgency == SEVERE_URGENCY or priority in SEVERE_PRIORITIES,
        url=incident.html_url,
        since=incident.created_at,
    )


async def on_duty(
    pagerduty: PagerDutyClient, database: Database, service: PagerDutyService
) -> dict[str, Any]:
    """Who is called first for the service's incidents, and until when.

    Costs one call, and one more where the catalogue names no escalation policy.

    Raises:
        IntegrationError: PagerDuty did not answer.
    """
    policy, links = service.escalation_policy, {}
    if policy is None:
        found = await pagerduty.get_service(service.service)
        links = {Part.INCIDENTS.value: found.html_url} if found.html_url else {}
        policy = found.escalation_policy.id if found.escalation_policy is not None else None
    if policy is None:
        return {"on_duty": (), "links": links}
    called = await pagerduty.list_oncalls(escalation_policy_ids=[policy])
    first = [one for one in called if one.level == FIRST_LEVEL]
    async with database.read() as connection:
        slack = await incidents.slack_ids(connection, {one.user.id for one in first})
    return {
        "on_duty": tuple(
            OnDuty(name=one.user.name, slack_id=slack.get(one.user.id), until=one.end_at)
            for one in first
        ),
        "links": links | _link(first),
    }


def _link(first: Sequence[OnCall]) -> dict[str, str]:
    url = first[0].escalation_policy.html_url if first else None
    return {Part.ON_CALL.value: url} if url else {}
