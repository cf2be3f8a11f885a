"""What every step of a change's workflow reports: where the change stands, and how long to wait.

A step that AWS did not answer is no failure: the change stays where it is, its card says since
when, and the workflow does the same step again.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, NotRequired, ParamSpec, TypedDict, Unpack

from bot import reporting
from bot.changes.outcome import conclude
from bot.domain.change import FINAL, MOVES, Change, ChangeState
from bot.domain.mark import MarkPhase
from bot.domain.place import Place, find_place
from bot.domain.rollout import Verdict
from bot.engine import step, world
from bot.logs import correlated
from bot.storage import changes
from bot.storage.changes import Facts
from bot.storage.transient import is_transient
from bot.world import World
from integrations.errors import IntegrationError

P = ParamSpec("P")
ATTEMPTS = 8
"""A step is done again for about two minutes while our own database is busy or away."""
AT_LEAST_S = 0.05
"""No wait is shorter, so that a clock's rounding cannot make a loop spin."""

log = logging.getLogger(__name__)


class Seen(TypedDict):
    """A step's result, as JSON. `memory` is handed to the next step as it is.

    `is_steady` tells whether it bakes already: what is held may be held in the rollout or then.
    """

    state: str
    wait_s: float
    memory: dict[str, Any]
    is_steady: NotRequired[bool]


def change_step(
    function: Callable[Concatenate[World, Change, P], Awaitable[Seen]],
) -> Callable[Concatenate[str, P], Awaitable[Seen]]:
    """Register a step of a change's workflow; it is called with the change's id.

    The step gets the change as its row says now. A mistake of ours in it ends the change, openly:
    its place must not stay taken, and its card must not lie.
    """

    @wraps(function)
    async def guarded(change_id: str, /, *args: P.args, **kwargs: P.kwargs) -> Seen:
        here = world(World)
        change = await read(here, change_id)
        with correlated(change.correlation_id):
            try:
                done = await function(here, change, *args, **kwargs)
            except Exception as exc:
                if is_transient(exc):
                    raise
                log.exception(
                    "change_broken", extra={"action": "change_broken", "change_id": change_id}
                )
                reporting.report(exc)
                done = await _admit(here, change)
            _tell_others(here, change, ChangeState(done["state"]))
            return done

    return step(attempts=ATTEMPTS, retry_when=is_transient)(guarded)


def _tell_others(here: World, before: Change, state: ChangeState) -> None:
    """Have other systems told at once of what the step began or ended; the sweep does it later."""
    if before.is_final or before.state is state:
        return
    if state in FINAL:
        here.tell_others(before.id, MarkPhase.END)
    elif before.started_at is None and state is ChangeState.ROLLING_OUT:
        here.tell_others(before.id, MarkPhase.BEGIN)


async def _admit(here: World, change: Change) -> Seen:
    return await end_and_see(
        here,
        change,
        ChangeState.FAILED,
        of=MOVES.keys(),
        verdict=Verdict.BROKEN,
        why="The bot made a mistake and stopped watching; what ECS does goes on without it. "
        f"It is recorded as {change.id}.",
    )


async def end_and_see(
    here: World,
    change: Change,
    to: ChangeState,
    *,
    of: Iterable[ChangeState],
    **facts: Unpack[Facts],
) -> Seen:
    """End a change that stands in one of `of`; where it stands now, whoever was faster."""
    async with here.database.write() as connection:
        ended = await conclude(
            connection, here.catalog, change.id, to, of=of, at=here.now(), **facts
        )
    here.wake()
    return seen(ended or await read(here, change.id))


def seen(
    change: Change, *, wait: timedelta = timedelta(), memory: dict[str, Any] | None = None
) -> Seen:
    """The change stands there; do the step of that state after `wait`."""
    wait_s = max(wait.total_seconds(), AT_LEAST_S) if wait else 0.0
    return Seen(
        state=change.state.value,
        wait_s=wait_s,
        memory=memory or {},
        is_steady=change.steady_at is not None,
    )


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
