"""What was changed in a place meanwhile, as markers of a chart."""

from datetime import datetime

from bot.cards.alert_lines import done_by
from bot.charts import Marker
from bot.storage import changes
from bot.world import World

MOST = 4
"""The newest changes; more of them hide the lines."""


async def markers(world: World, *, environment: str, service: str, since: datetime) -> list[Marker]:
    """The changes that asked ECS for something there since then, oldest first."""
    async with world.database.read() as connection:
        recent = await changes.recent(
            connection, service=service, environment=environment, since=since
        )
    found = [
        Marker(change.started_at, done_by(change))
        for change in recent
        if change.started_at is not None
    ]
    return sorted(found, key=lambda marker: marker.at)[-MOST:]
