"""A storm that is over: what still needs somebody gets a card of its own, the rest ends in its."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerts.receive import BeginLooks
from bot.domain.finding import Phase
from bot.domain.storm import Storm, is_over, unfold
from bot.storage import findings, stormed, storms
from bot.world import World

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EndStorms:
    """Ends the storms that are over: a chore, which every replica does. The rows decide.

    While Slack is away none ends: one after another would begin, each with cards of its own.
    """

    world: World
    begin: BeginLooks

    async def __call__(self) -> int:
        """Returns how many storms ended."""
        async with self.world.database.read() as connection:
            found = await storms.every_seen(connection)
            over = [
                storm
                for storm in found
                if self._is_over(storm, len(await stormed.left(connection, storm.id)))
            ]
        for storm in over:
            await self._end(storm)
        return len(over)

    def _is_over(self, storm: Storm, left: int) -> bool:
        return is_over(storm, left, self.world.now(), pace=self.world.pace)

    async def _end(self, seen: Storm) -> None:
        """End it, unless a group joined or another replica was faster; all of it or nothing."""
        now = self.world.now()
        looks: Sequence[str] = ()
        async with self.world.database.write() as connection:
            await storms.hold_channel(connection, seen.channel)
            storm = await storms.get(connection, seen.id)
            left = await stormed.left(connection, storm.id)
            if not storm.is_open or not self._is_over(storm, len(left)):
                return
            cards_for = unfold(left)
            await storms.end(connection, storm, cards_for, at=now)
            looks = [
                await findings.promise(connection, one.group_id, Phase.ONSET, at=now, is_anew=True)
                for one in cards_for
            ]
        log.info(
            "storm_over",
            extra={
                "action": "storm_over",
                "storm": seen.id,
                "left": len(left),
                "own_cards": len(looks),
            },
        )
        self.world.wake()
        try:
            await self.begin(looks)
        except Exception:  # the rows promise it: the sweeper begins it
            log.warning("looks_late", extra={"action": "looks_late"}, exc_info=True)
