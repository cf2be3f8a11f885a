"""PagerDuty's incidents looked up again: a webhook that was lost still reaches its card."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot import metrics
from bot.alerts.hear_pagerduty import tell
from bot.alerts.join import JoinIncident
from bot.alerts.normalise import from_pagerduty, responder
from bot.alerts.outages import System, TellOutages
from bot.alerts.subscriptions import KeepSubscriptions
from bot.domain.incident_news import News, NewsKind
from bot.storage import incidents
from bot.world import World
from integrations.errors import IntegrationError, NotFound
from integrations.pagerduty.client import PagerDutyClient
from integrations.pagerduty.models import Incident

OPEN = ("triggered", "acknowledged")
MOST_LOOKED_UP = 20
"""Incidents asked for by their id in one round, those heard of longest ago first; a call each."""
NEW = timedelta(days=1)
"""Older incidents that we never heard of stay where they are: cards of last month help nobody."""
PAGERDUTY = System(
    id="pagerduty",
    trouble="PagerDuty does not answer",
    back="PagerDuty answers again",
    missing="Until it does nothing can be acknowledged or resolved from here, and what its "
    "webhooks do not tell is not seen. Pages do not depend on this bot.",
    todo="see whether PagerDuty is well (status.pagerduty.com), and whether the token is valid.",
    after="Incidents are brought to how they stand there.",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReconcilePagerDuty:
    """Brings incidents to how PagerDuty has them, and keeps it sending: a chore.

    `webhook_path` is where its webhooks come in.
    """

    world: World
    webhook_path: str

    async def __call__(self) -> None:
        """Costs two calls, and one for each incident that is no longer among the open ones.

        One more for each incident once webhooks were lost.
        """
        pagerduty = self.world.pagerduty
        services = [
            config.pagerduty.service
            for config in self.world.catalog.services.values()
            if config.pagerduty is not None
        ]
        if pagerduty is None or not services:
            return
        # Sending again first: what happens after the look is told by a webhook.
        was_lost = await KeepSubscriptions(self.world, self.webhook_path)(pagerduty)
        outages = TellOutages(self.world)
        try:
            found = await self._look(pagerduty, services)
        except IntegrationError as exc:
            metrics.source_up.labels(PAGERDUTY.id).set(0)
            await outages.silent(PAGERDUTY, exc.detail)
            return
        metrics.source_up.labels(PAGERDUTY.id).set(1)
        await outages.answers(PAGERDUTY)
        for incident in found:
            await self._take_in(incident)
        if was_lost:
            await self._read_notes(pagerduty, found[:MOST_LOOKED_UP])

    async def _look(self, pagerduty: PagerDutyClient, services: Iterable[str]) -> list[Incident]:
        """Those open now, and those of our cards that were open and are not among them."""
        found = list(await pagerduty.list_incidents(service_ids=services, statuses=OPEN))
        there = {incident.id for incident in found}
        async with self.world.database.read() as connection:
            followed = await incidents.followed(connection)
        for incident_id in [one for one in followed if one not in there][:MOST_LOOKED_UP]:
            try:
                found.append(await pagerduty.get_incident(incident_id))
            except NotFound:
                continue  # deleted there; the card keeps what was told of it last
        return found

    async def _read_notes(self, pagerduty: PagerDutyClient, found: Iterable[Incident]) -> None:
        """Tell the threads of notes no webhook told of: nothing else says so later."""
        for incident in found:
            try:
                notes = await pagerduty.list_notes(incident.id)
            except IntegrationError as exc:
                log.warning("notes_unread", extra={"action": "notes_unread", "why": exc.detail})
                continue
            for note in notes:
                news = News(
                    id=note.id,
                    kind=NewsKind.NOTE,
                    incident_id=incident.id,
                    by=responder(note.user),
                    text=note.content,
                    subject_id=note.id,
                )
                async with self.world.database.write() as connection:
                    await tell(connection, news, at=note.created_at or self.world.now())
        self.world.wake()

    async def _take_in(self, found: Incident) -> None:
        now = self.world.now()
        told = from_pagerduty(found, told_at=found.changed_at or now)
        async with self.world.database.read() as connection:
            known = await incidents.find(connection, told.id)
        is_news = known.after(told) != known if known else now - told.created_at < NEW
        if is_news:
            async with self.world.database.write() as connection:
                join = JoinIncident(self.world.catalog, self.world.pace)
                other = found.merged_into.id if found.merged_into is not None else None
                await join(connection, told, at=now, merged_into=other)
            self.world.wake()
