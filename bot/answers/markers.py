"""What was changed in a place meanwhile, as markers of a chart."""

from datetime import datetime

from bot.cards.alert_lines import done_by
from bot.charts import Marker
from bot.domain.place import places
from bot.storage import changes
from bot.world import World

MOST = 4
"""The newest changes; more of them hide the lines."""


async def markers(
    world: World, *, environment: str | None, service: str | None, since: datetime
) -> list[Marker]:
    """The changes that asked ECS for something there since then, oldest first; without an
    environment those of all, each with its own."""
    found = []
    async with world.database.read() as connection:
        for place in places(world.catalog):
            if environment not in (None, place.environment):
                continue
            if service not in (None, place.service):
                continue
            recent = await changes.recent(
                connection, service=place.service, environment=place.environment, since=since
            )
            where = f", {place.environment}" if environment is None else ""
            found += [
                Marker(change.started_at, f"{done_by(change)}{where}")
                for change in recent
                if change.started_at is not None
            ]
    return sorted(found, key=lambda marker: marker.at)[-MOST:]
