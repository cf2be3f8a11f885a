"""What every step of a scaling's workflow reports, and what they all do where AWS is silent."""

import logging
from datetime import timedelta
from typing import TypedDict

from bot.changes.scaling.end import end, write_down
from bot.domain.place import Place, find_place
from bot.domain.scaling.scaling import Scaling, ScalingState
from bot.storage import scalings
from bot.storage.scalings import Facts
from bot.world import World
from integrations.errors import IntegrationError

AT_LEAST_S = 0.05
"""No wait is shorter, so that a clock's rounding cannot make a loop spin."""
TURN = timedelta(seconds=1)
"""How long until somebody looks again whether it is their turn."""
LONGEST_SILENCE = timedelta(days=1)
"""How long AWS is asked again once it may have done something: after that somebody must look."""

log = logging.getLogger(__name__)


class Seen(TypedDict):
    """A step's result, as JSON. With `is_done` nothing is left to this workflow."""

    is_done: bool
    wait_s: float


def seen(scaling: Scaling, *, run: int, wait: timedelta = timedelta()) -> Seen:
    """The scaling stands as it does; do its next step after `wait`."""
    return Seen(
        is_done=scaling.is_at_rest or scaling.run != run,
        wait_s=max(wait.total_seconds(), AT_LEAST_S) if wait else 0.0,
    )


async def read(world: World, scaling_id: str) -> Scaling:
    async with world.database.read() as connection:
        return await scalings.get(connection, scaling_id)


def place_of(world: World, scaling: Scaling) -> Place:
    """The scaling's place, as the catalogue says now.

    Raises:
        NotKnown: the catalogue no longer has it.
    """
    return find_place(world.catalog, *scaling.place)


async def conclude(
    world: World, scaling: Scaling, to: ScalingState, why: str | None = None, **facts: str | None
) -> Scaling:
    """End it from the state it was read in, in a transaction of its own; returns how it stands."""
    told: Facts = {"why": why}
    if "ended_by" in facts:
        told["ended_by"] = facts["ended_by"]
    if "ended_for" in facts:
        told["ended_for"] = facts["ended_for"]
    now = world.now()
    async with world.database.write() as connection:
        await scalings.lock_place(connection, *scaling.place)
        ended = await end(connection, scaling.id, to, of={scaling.state}, at=now, **told)
        await write_down(connection, ended, at=now)
    world.wake()
    return ended or await read(world, scaling.id)


async def silent(world: World, scaling: Scaling, trouble: IntegrationError) -> None:
    """Say on the card that AWS does not answer, since the first time it did not."""
    log.warning(
        "aws_silent",
        extra={"action": "aws_silent", "scaling_id": scaling.id, "trouble": str(trouble)},
    )
    async with world.database.write() as connection:
        await scalings.note(
            connection,
            scaling.id,
            silent_since=scaling.silent_since or world.now(),
            silent_why=trouble.detail,
        )
    world.wake()


def look_again(world: World, place: Place) -> timedelta:
    """The pause between two looks at AWS."""
    return world.paced(place.config.deploy.watch_every)
