"""PagerDuty's incidents join the alert groups they are about: exactly, by their dedup key.

Alertmanager's PagerDuty receiver gives the incident the group key's hash, so nothing is guessed.
Whichever webhook arrives first, the other finds it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from bot.alerts import thread
from bot.alerts.standing import with_incidents
from bot.alerts.storms.fold import fold_waiting
from bot.cards.incident_news import merged_entry
from bot.catalog import Catalog
from bot.domain.alert import AlertGroup, Severity, Source
from bot.domain.card import Kind, Urgency
from bot.domain.incident import PagerDutyIncident, Responder
from bot.domain.routing import destination
from bot.storage import alerts, cards, incidents
from bot.storage.database import Connection

RECEIVER = "pagerduty"
CLAIMED_WITHIN = timedelta(seconds=30)
"""Alertmanager tells both of us at the same moment; its webhook to us may have to be repeated."""
BEFORE_ONSET = timedelta(minutes=5)
"""How much older than a group its incident may be: clocks differ, and groups wait."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JoinIncident:
    """Keeps what PagerDuty says of an incident, and brings the groups it is about up to it."""

    catalog: Catalog
    pace: float = 1.0

    async def __call__(
        self,
        connection: Connection,
        incident: PagerDutyIncident,
        *,
        at: datetime,
        by: Responder | None = None,
        merged_into: str | None = None,
    ) -> None:
        """Take in what PagerDuty said; the same word twice, or an older one, changes nothing.

        `by` is who did what it tells of, where it says so. Of one that was `merged_into` another,
        the groups that still fire go on with that: it calls people for them now.
        """
        before, known = await incidents.tell(connection, incident)
        for group_id in await self._groups(connection, known):
            await incidents.link(connection, group_id, known.id)
        joined = await incidents.groups_of(connection, known.id)
        other = await incidents.find(connection, merged_into) if merged_into else None
        for group_id in joined:
            is_moved = other is not None and await self._follow(connection, group_id, known, other)
            group = await with_incidents(connection, group_id)
            if not is_moved:
                await thread.incident_moved(connection, group, before, known, by=by)
        if not joined and before is None and known.is_open and self._is_ours(known):
            await incidents.await_claim(connection, known.id, until=at + CLAIMED_WITHIN / self.pace)

    async def _follow(
        self,
        connection: Connection,
        group_id: str,
        known: PagerDutyIncident,
        other: PagerDutyIncident,
    ) -> bool:
        """Let a group go on with the incident its own was merged into.

        False where it has ended, or is nothing but that incident.
        """
        group = await alerts.get(connection, group_id)
        if group.is_final or group.source is Source.PAGERDUTY:
            return False
        await incidents.link(connection, group_id, other.id)
        await incidents.unlink(connection, group_id, known.id)
        key = f"incident {known.id} merged into {other.id}"
        message = merged_entry(known, other)
        await cards.add_entry(connection, Kind.ALERT_GROUP, group_id, key=key, message=message)
        return True

    async def _groups(self, connection: Connection, incident: PagerDutyIncident) -> tuple[str, ...]:
        """The groups an incident is about: those open, or else the one it was opened for."""
        if not incident.incident_key:
            return ()
        found = await alerts.with_dedup_key(connection, incident.incident_key)
        is_open = [group.id for group in found if not group.is_final]
        if is_open:
            return tuple(is_open) if incident.is_open else ()
        return tuple(group.id for group in found[:1] if _opened_for(incident, group))

    def _is_ours(self, incident: PagerDutyIncident) -> bool:
        return self._service(incident) is not None

    def _service(self, incident: PagerDutyIncident) -> str | None:
        """The catalogue's name of the service PagerDuty means."""
        for name, service in self.catalog.services.items():
            if service.pagerduty is not None and service.pagerduty.service == incident.service_id:
                return name
        return None

    async def has_unclaimed(self, connection: Connection, *, at: datetime) -> bool:
        """Whether an incident waits for a card of its own."""
        return await incidents.has_unclaimed(connection, at)

    async def open_unclaimed(self, connection: Connection, *, at: datetime) -> int:
        """Give a card of its own to each incident that no alert group has claimed in time."""
        found = await incidents.unclaimed(connection, at)
        for incident in found:
            group = self._group(incident)
            await alerts.add(connection, group, urgency=Urgency.OUTCOME)
            await incidents.link(connection, group.id, incident.id)
            await with_incidents(connection, group.id)
            await fold_waiting(connection, group.channel, at=at)
            log.info(
                "incident_alone",
                extra={"action": "incident_alone", "pagerduty_incident": incident.id},
            )
        return len(found)

    def _group(self, incident: PagerDutyIncident) -> AlertGroup:
        severity = Severity.CRITICAL if incident.urgency == "high" else Severity.WARNING
        service = self._service(incident)
        labels = {"severity": severity.word, self.catalog.alerts.service_label: service or ""}
        place = destination(
            self.catalog.alerts.routes, labels, default=self.catalog.slack.default_channel
        )
        return AlertGroup(
            id=uuid4().hex,
            source=Source.PAGERDUTY,
            receiver=RECEIVER,
            group_key=incident.id,
            dedup_key=incident.incident_key or incident.id,
            occurrence=1,
            name=incident.title,
            service=service,
            environment=None,
            channel=place.channel,
            is_routed=place.is_routed,
            mention=place.mention,
            severity=severity,
            started_at=incident.created_at,
        )


def _opened_for(incident: PagerDutyIncident, group: AlertGroup) -> bool:
    """Whether an incident belongs to a group that has ended: it began while the group fired."""
    ended_at = group.resolved_at or group.started_at
    return group.started_at - BEFORE_ONSET <= incident.created_at <= ended_at
