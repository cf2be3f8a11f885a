"""What our own rows know of a place before AWS is asked."""

from bot.domain.way_back import Known
from bot.storage import changes, revisions
from bot.storage.database import Connection


async def known_of(connection: Connection, environment: str, service: str) -> Known:
    """What our own rows know of a place."""
    return Known(
        good=await revisions.good(connection, environment, service),
        latest=await changes.latest_deployed(connection, environment, service),
        under_way=await changes.under_way(connection, environment, service),
    )
