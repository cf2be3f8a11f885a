"""Ends that a sender never told: it held a group, holds it no longer, and said nothing.

Alertmanager, and Grafana's own, send no end of what is silenced, and forget at a restart.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.alerts import thread
from bot.alerts.group import GroupAlerts
from bot.alerts.normalise import GroupUpdate
from bot.alerts.receive import BeginLooks
from bot.domain.finding import Finding, Phase
from bot.storage import alerts, findings, sightings
from bot.storage.database import Connection
from bot.storage.sightings import Sighting
from bot.world import World

GONE_FOR = timedelta(minutes=6)
"""How long an end may take to reach us: Alertmanager waits for its `group_interval`, five minutes
as it comes. An end that comes later finds a card that has ended, and changes nothing."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EndMissed:
    """Ends groups that were held and have been missing for long enough.

    Only what was seen to be held can be missed: another of the same kind may send to us too.
    """

    world: World
    begin: BeginLooks

    async def __call__(
        self,
        present: Collection[str],
        missing: Collection[str],
        firing: Mapping[str, frozenset[str]],
    ) -> int:
        """Keep which groups their sender holds and which not, by id; returns how many ended.

        `firing` are the fingerprints of each, read before the sender was asked: what has changed
        since is none of those that are missed.
        """
        if not present and not missing:
            return 0
        now = self.world.now()
        async with self.world.database.write() as connection:
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
        """Take in, in the sender's place, that all of the group's alerts have ended."""
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
            source=group.source,
        )
        looks = await GroupAlerts(self.world.catalog)(connection, update, at=now)
        sender = group.source
        note = Finding(
            source=sender.value,
            phase=Phase.END,
            note=f"{sender.called} no longer has it, and sent no end.",
            found_at=now,
        )
        await findings.write(connection, group_id, note)
        await thread.end_was_lost(connection, group, seen.seen_at, gone_at)
        return looks
