"""A system that does not answer is said on a card once, and once more when it is back."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.cards.text import spoken
from bot.domain.card import Urgency
from bot.domain.notice import Line, strong
from bot.storage import notices, outages
from bot.world import World

SAID_AFTER = timedelta(minutes=1)
"""Shorter ones are restarts, which nobody must hear of."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class System:
    """What is said of one: what is missing while it is silent, what to do, what its return means.

    Each is a plain sentence. `said_after` is how long its silence may last untold.
    """

    id: str
    trouble: str
    """The first line without its mark, as `Alertmanager does not answer`."""
    back: str
    missing: str
    todo: str
    after: str
    said_after: timedelta = SAID_AFTER


@dataclass(frozen=True, slots=True)
class TellOutages:
    """Keeps who is silent. Replicas share it: what one of them reaches is not silent."""

    world: World

    async def silent(self, system: System, why: str) -> None:
        """It did not answer, for this reason."""
        now = self.world.now()
        async with self.world.database.write() as connection:
            await outages.begin(connection, system.id, at=now)
            outage = await outages.find(connection, system.id)
            if outage is None or outage.is_said:
                return
            if now - outage.since < self.world.paced(system.said_after):
                return
            if not await outages.say(connection, system.id):
                return
            lines: Sequence[Line] = [
                f"Why: {why}.",
                system.missing,
                [strong("Next:"), f" {system.todo}"],
            ]
            await notices.announce(
                connection,
                id=_notice(system, outage),
                channel=self.world.catalog.slack.default_channel,
                headline=f"⚪ {system.trouble}",
                lines=lines,
                at=now,
                urgency=Urgency.OUTCOME,
            )
        log.error("system_silent", extra={"action": "system_silent", "system": system.id})
        self.world.wake()

    async def answers(self, system: System) -> bool:
        """It answered; returns whether that was worth a card."""
        async with self.world.database.read() as connection:
            if await outages.find(connection, system.id) is None:
                return False
        now = self.world.now()
        async with self.world.database.write() as connection:
            outage = await outages.end(connection, system.id)
            if outage is None or not outage.is_said:
                return False
            await notices.announce(
                connection,
                id=f"{_notice(system, outage)}:over",
                channel=self.world.catalog.slack.default_channel,
                headline=f"🟢 {system.back}, after {spoken(now - outage.since)}",
                lines=[system.after],
                at=now,
            )
        log.info("system_back", extra={"action": "system_back", "system": system.id})
        self.world.wake()
        return True


def _notice(system: System, outage: outages.Outage) -> str:
    return f"outage:{system.id}:{outage.since:%Y-%m-%dT%H:%M:%S}"
