"""What AWS was asked for already: written down before each request, so that none is made twice."""

from datetime import datetime

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


async def asked_at(here: World, change: Change, what: str) -> tuple[datetime, ...]:
    """When ECS was about to be asked for this, every time, the first one first."""
    async with here.database.read() as connection:
        return await acts.attempted_at(connection, change.id, what)


async def is_ours_to_ask(here: World, change: Change, what: str, *, asked: int) -> bool:
    """Write down that ECS is about to be asked once more, after `asked` times.

    For what must not be asked beside one another: of two replicas that try, one may.
    """
    return await is_first(here, change, f"{what}:{asked}" if asked else what)
