"""What every step of a change's workflow reports: where the change stands, and how long to wait.

A step that AWS did not answer is no failure: the change stays where it is, its card says since
when, and the workflow does the same step again.
"""

import logging
from datetime import timedelta
from typing import Any, TypedDict

from bot.domain.change import Change
from bot.domain.place import Place, find_place
from bot.storage import changes
from bot.world import World
from integrations.errors import IntegrationError

AT_LEAST_S = 0.05
"""No wait is shorter, so that a clock's rounding cannot make a loop spin."""

log = logging.getLogger(__name__)


class Seen(TypedDict):
    """A step's result, as JSON. `memory` is handed to the next step as it is."""

    state: str
    wait_s: float
    memory: dict[str, Any]


def seen(
    change: Change, *, wait: timedelta = timedelta(), memory: dict[str, Any] | None = None
) -> Seen:
    """The change stands there; do the step of that state after `wait`."""
    wait_s = max(wait.total_seconds(), AT_LEAST_S) if wait else 0.0
    return Seen(state=change.state.value, wait_s=wait_s, memory=memory or {})


def place_of(world: World, change: Change) -> Place:
    """The change's place, as the catalogue says now.

    Raises:
        NotKnown: the catalogue no longer has it.
    """
    return find_place(world.catalog, change.environment, change.service)


async def read(world: World, change_id: str) -> Change:
    async with world.database.read() as connection:
        return await changes.get(connection, change_id)


async def silent(world: World, change: Change, trouble: IntegrationError) -> None:
    """Say on the card that AWS does not answer, since the first time it did not."""
    now = world.now()
    log.warning(
        "aws_silent",
        extra={"action": "aws_silent", "change_id": change.id, "trouble": str(trouble)},
    )
    async with world.database.write() as connection:
        await changes.note(
            connection,
            change.id,
            silent_since=change.silent_since or now,
            silent_why=trouble.detail,
        )
    world.wake()
