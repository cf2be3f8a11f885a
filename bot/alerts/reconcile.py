"""Our open groups beside Alertmanager's: it sends no end of what it silenced, or forgot."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import metrics
from bot.alerts import thread
from bot.alerts.group import GroupAlerts
from bot.alerts.normalise import GroupUpdate
from bot.alerts.outages import System, TellOutages
from bot.alerts.receive import BeginLooks
from bot.domain.alert import AlertGroup, Source
from bot.domain.finding import Finding, Phase
from bot.domain.firing import Held, Holding, held
from bot.held import held_by
from bot.storage import alerts, findings, sightings
from bot.storage.database import Connection
from bot.storage.sightings import Sighting
from bot.world import World
from integrations.errors import IntegrationError

WITHIN_S = 10.0
GONE_FOR = timedelta(minutes=6)
"""How long an end may take to reach us: Alertmanager waits for its `group_interval`, five minutes
as it comes. An end that comes later finds a card that has ended, and changes nothing."""
SOURCE = "alertmanager"
NOTE = "Alertmanager no longer has it, and sent no end."
ALERTMANAGER = System(
    id="alertmanager",
    trouble="Alertmanager does not answer",
    back="Alertmanager answers again",
    missing="Its webhooks may still come. Until it answers I cannot tell whether something fires "
    "that it never told me of, or has ended without a word: cards of alerts stay as they are.",
    todo="see whether it runs, and whether the bot reaches ALERTMANAGER_URL.",
    after="Cards are brought to what it says.",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReconcileAlertmanager:
    """Ends what Alertmanager held, holds no longer, and never told the end of: a chore.

    Only what it was seen to hold can be missed: another Alertmanager may send to us too. One that
    was just started has forgotten everything, and is not believed before Prometheus had the time
    to tell it again.
    """

    world: World
    begin: BeginLooks

    async def __call__(self) -> int:
        """Returns how many groups ended. Costs two calls."""
        if self.world.alertmanager is None:
            return 0
        outages = TellOutages(self.world)
        # Our rows first: what begins meanwhile is none of those that are missed.
        async with self.world.database.read() as connection:
            ours = [
                group
                for group in await alerts.every_open(connection)
                if group.source is Source.ALERTMANAGER
            ]
            firing = await alerts.firing_fingerprints(connection)
        up = metrics.source_up.labels(ALERTMANAGER.id)
        try:
            async with asyncio.timeout(WITHIN_S):
                holding = await held_by(self.world.alertmanager)
        except (TimeoutError, IntegrationError) as exc:
            up.set(0)
            late = f"no answer within {WITHIN_S:g} s"
            why = exc.detail if isinstance(exc, IntegrationError) else late
            await outages.silent(ALERTMANAGER, why)
            return 0
        up.set(1)
        await outages.answers(ALERTMANAGER)
        return await self._compare(ours, firing, holding)

    async def _compare(
        self, ours: list[AlertGroup], firing: Mapping[str, frozenset[str]], holding: Holding
    ) -> int:
        now = self.world.now()
        words = {group.id: held(group, firing.get(group.id, ()), holding) for group in ours}
        is_young = holding.is_young(now, pace=self.world.pace)
        gone = [group_id for group_id, word in words.items() if word is Held.GONE]
        missing = [] if is_young else gone
        if not words:
            return 0
        async with self.world.database.write() as connection:
            present = [group_id for group_id, word in words.items() if word is not Held.GONE]
            await sightings.saw(connection, present, at=now)
            await sightings.missed(connection, missing, at=now)
            known = await sightings.of_open(connection)
        long_ago = now - self.world.paced(GONE_FOR)
        ended = 0
        for group_id in missing:
            seen = known.get(group_id)
            if seen is not None and seen.gone_at is not None and seen.gone_at <= long_ago:
                ended += await self._end(group_id, firing.get(group_id, frozenset()), seen, now)
        return ended

    async def _end(
        self, group_id: str, fingerprints: frozenset[str], seen: Sighting, now: datetime
    ) -> bool:
        """Take in, in Alertmanager's place, that all of the group's alerts have ended."""
        async with self.world.database.write() as connection:
            looks = await self._resolved(connection, group_id, fingerprints, seen, now)
        if looks is None:
            return False
        log.info("end_was_lost", extra={"action": "end_was_lost", "alert_group": group_id})
        self.world.wake()
        try:
            await self.begin(looks)
        except Exception:  # the rows promise it: the sweeper begins it
            log.warning("looks_late", extra={"action": "looks_late"}, exc_info=True)
        return True

    async def _resolved(
        self,
        connection: Connection,
        group_id: str,
        fingerprints: frozenset[str],
        seen: Sighting,
        now: datetime,
    ) -> tuple[str, ...] | None:
        """The looks it asks for; None where a webhook was faster."""
        group = await alerts.locked(connection, group_id)
        inside = [a for a in await alerts.alerts_of(connection, group_id) if a.is_firing]
        gone_at = seen.gone_at or now
        is_news = {alert.fingerprint for alert in inside} != fingerprints
        if group.is_final or is_news or any(alert.starts_at > gone_at for alert in inside):
            return None
        update = GroupUpdate(
            receiver=group.receiver,
            group_key=group.group_key,
            dedup_key=group.dedup_key,
            truncated=group.truncated,
            alerts=tuple(replace(alert, ends_at=gone_at) for alert in inside),
        )
        looks = await GroupAlerts(self.world.catalog)(connection, update, at=now)
        note = Finding(source=SOURCE, phase=Phase.END, note=NOTE, found_at=now)
        await findings.write(connection, group_id, note)
        await thread.end_was_lost(connection, group, seen.seen_at, gone_at)
        return looks
