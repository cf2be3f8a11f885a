"""Our open groups of Grafana's rules beside Grafana: it sends no end of what is silenced."""

import asyncio
from dataclasses import dataclass

from bot.alerts.missed import EndMissed
from bot.alerts.outages import System, TellOutages
from bot.alerts.receive import BeginLooks
from bot.domain.alert import Source
from bot.storage import alerts
from bot.world import World
from integrations.errors import IntegrationError

WITHIN_S = 10.0
GRAFANA = System(
    id="grafana:alerts",
    trouble="Grafana does not tell which of its alerts fire",
    back="Grafana tells again which of its alerts fire",
    missing="It sends no end of what is silenced there: cards of such alerts stay as they are.",
    todo="give the bot's service account alert.instances:read, and see whether GRAFANA_URL is "
    "reached.",
    after="Cards are brought to what it says.",
)


@dataclass(frozen=True, slots=True)
class ReconcileGrafana:
    """Ends what Grafana held, holds no longer, and never told the end of: a chore.

    What it was never seen to hold is left alone: it may be of another organisation than the token.
    """

    world: World
    begin: BeginLooks

    async def __call__(self) -> int:
        """Returns how many groups ended. Costs nothing while none is open, else one call."""
        if self.world.grafana is None:
            return 0
        async with self.world.database.read() as connection:
            ours = [
                group.id
                for group in await alerts.every_open(connection)
                if group.source is Source.GRAFANA
            ]
            firing = await alerts.firing_fingerprints(connection)
        if not ours:
            return 0
        outages = TellOutages(self.world)
        try:
            async with asyncio.timeout(WITHIN_S):
                held = await self.world.grafana.list_firing()
        except (TimeoutError, IntegrationError) as exc:
            late = f"no answer within {WITHIN_S:g} s"
            await outages.silent(GRAFANA, exc.detail if isinstance(exc, IntegrationError) else late)
            return 0
        await outages.answers(GRAFANA)
        present = {group_id for group_id in ours if firing.get(group_id, frozenset()) & held}
        return await EndMissed(self.world, self.begin)(present, set(ours) - present, firing)
