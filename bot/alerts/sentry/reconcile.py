"""Cards that Sentry's own rules opened, beside Sentry: it repeats no webhook that was lost."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerts.sentry.moving import end, take_in
from bot.alerts.sentry.telling import identifier_of, key_of_issue, told
from bot.domain.alert import AlertGroup, Source
from bot.storage import alerts, sentry
from bot.world import World
from integrations.errors import IntegrationError, NotFound
from integrations.sentry.client import SentryClient

EVERY_S = 60.0
MOST = 10
"""Groups asked about in one round, a call each; where there are more, they take turns."""
GONE = "The issue is gone from Sentry: it was deleted there, or merged into another."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReconcileSentry:
    """Ends what Sentry has ended, whoever lost the word of it: a chore, every `EVERY_S`."""

    world: World

    async def __call__(self) -> int:
        """Returns how many groups were asked about, at a call each."""
        client = self.world.sentry
        if client is None:
            return 0
        async with self.world.database.read() as connection:
            every = await alerts.every_open(connection)
        due = self._in_turn([group for group in every if group.source is Source.SENTRY])
        await asyncio.gather(*(self._ask(client, group) for group in due))
        if due:
            self.world.wake()
        return len(due)

    def _in_turn(self, ours: Sequence[AlertGroup]) -> Sequence[AlertGroup]:
        if len(ours) <= MOST:
            return ours
        ordered = sorted(ours, key=lambda group: group.id)
        turn = int(self.world.now().timestamp() * self.world.pace / EVERY_S)
        start = turn * MOST % len(ordered)
        return (*ordered[start:], *ordered[:start])[:MOST]

    async def _ask(self, client: SentryClient, group: AlertGroup) -> None:
        try:
            if group.group_key.startswith(key_of_issue("")):
                await self._issue(client, group)
            else:
                await self._metric(client, group)
        except IntegrationError as exc:
            log.info(
                "sentry_silent",
                extra={"action": "sentry_silent", "alert_group": group.id, "why": str(exc)},
            )

    async def _issue(self, client: SentryClient, group: AlertGroup) -> None:
        async with self.world.database.read() as connection:
            issue = await sentry.find(connection, group.group_key.removeprefix(key_of_issue("")))
        if issue is None:
            return
        at = self.world.now()
        try:
            found = await client.get_issue(issue.organization, issue.id)
        except NotFound:
            await self._end(group, note=GONE)
            return
        now = told(found, organization=issue.organization, at=at)
        async with self.world.database.write() as connection:
            await take_in(connection, self.world.catalog, now, at=at)

    async def _metric(self, client: SentryClient, group: AlertGroup) -> None:
        """What Sentry does not tell of is left as it is: that proves nothing."""
        service = self.world.catalog.services.get(group.service or "")
        async with self.world.database.read() as connection:
            inside = await alerts.alerts_of(connection, group.id)
        firing = [alert for alert in inside if alert.is_firing]
        if service is None or service.sentry is None or not firing:
            return
        identifier = identifier_of(firing[-1].fingerprint)
        incident = await client.get_incident(service.sentry.organization, identifier)
        if incident.is_closed:
            await self._end(group)

    async def _end(self, group: AlertGroup, *, note: str = "") -> None:
        async with self.world.database.write() as connection:
            known = await alerts.locked(connection, group.id)
            if not known.is_final:
                catalog, at = self.world.catalog, self.world.now()
                await end(connection, catalog, known, at=at, note=note)
