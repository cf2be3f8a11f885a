"""Our open groups beside Alertmanager's: it sends no end of what it silenced, or forgot."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bot import metrics
from bot.alerts.missed import EndMissed
from bot.alerts.outages import System, TellOutages
from bot.alerts.receive import BeginLooks
from bot.domain.alert import AlertGroup, Source
from bot.domain.firing import Held, Holding, held
from bot.held import held_by
from bot.storage import alerts
from bot.world import World
from integrations.errors import IntegrationError

WITHIN_S = 10.0
ALERTMANAGER = System(
    id="alertmanager",
    trouble="Alertmanager does not answer",
    back="Alertmanager answers again",
    missing="Its webhooks may still come. Until it answers I cannot tell whether something fires "
    "that it never told me of, or has ended without a word: cards of alerts stay as they are.",
    todo="see whether it runs, and whether the bot reaches ALERTMANAGER_URL.",
    after="Cards are brought to what it says.",
)


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
        words = {group.id: held(group, firing.get(group.id, ()), holding) for group in ours}
        gone = {group_id for group_id, word in words.items() if word is Held.GONE}
        is_young = holding.is_young(self.world.now(), pace=self.world.pace)
        end = EndMissed(self.world, self.begin)
        return await end(words.keys() - gone, set() if is_young else gone, firing)
