"""What AWS was asked for already: written down before each request, so that none is made twice."""

from bot.domain.change import Change
from bot.storage import acts
from bot.world import World

REGISTER = "register"
UPDATE = "update"


async def is_first(here: World, change: Change, what: str) -> bool:
    """Write down that ECS is about to be asked; whether that is the first time."""
    async with here.database.write() as connection:
        return await acts.is_first_attempt(connection, change.id, what, at=here.now())


async def was_attempted(here: World, change: Change, what: str) -> bool:
    """Whether ECS may have been asked for this already."""
    async with here.database.read() as connection:
        return await acts.was_attempted(connection, change.id, what)
