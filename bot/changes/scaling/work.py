"""The durable workflow of a scaling: which step is next is what its row says.

One begins whenever there is something to be done, and ends as soon as a person or the clock is what
moves the row on. So nothing has to be told to a workflow, and none waits for days.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping

from bot import reporting
from bot.changes.scaling.apply import apply, take_turn
from bot.changes.scaling.propose import look_up
from bot.changes.scaling.revert import hand_over_or_take_turn, set_back
from bot.changes.scaling.seen import Seen, conclude, read, seen
from bot.changes.scaling.watch import watch
from bot.domain.scaling.scaling import Scaling, ScalingState
from bot.engine import CONTROL, receive, step, workflow, world
from bot.errors import BotError
from bot.logs import correlated
from bot.storage.transient import is_transient
from bot.world import World

S = ScalingState
ATTEMPTS = 8
"""A step is done again for about two minutes while our own database is busy or away."""
AGAIN_S = 30.0
"""How long until a step is begun again that could not reach our own database."""

log = logging.getLogger(__name__)

STEPS: Mapping[ScalingState, Callable[[World, Scaling], Awaitable[Seen]]] = {
    S.LOOKING: look_up,
    S.CONFIRMED: take_turn,
    S.APPLYING: apply,
    S.SCALING: watch,
    S.DUE: hand_over_or_take_turn,
    S.REVERTING: set_back,
}


@workflow
async def work(scaling_id: str, run: int) -> bool:
    """Do what there is to be done to a scaling now; returns that it is done."""
    while True:
        try:
            done = await _next(scaling_id, run)
        except Exception:  # noqa: BLE001  its type differs on replay; bugs are met inside the step
            # Giving up would leave the place taken for ever, and a promise unkept.
            log.warning("step_again", extra={"action": "step_again", "scaling_id": scaling_id})
            await receive(CONTROL, timeout_s=AGAIN_S)
            continue
        if done["is_done"]:
            return True
        if done["wait_s"] > 0:
            await receive(CONTROL, timeout_s=done["wait_s"])


@step(attempts=ATTEMPTS, retry_when=is_transient)
async def _next(scaling_id: str, run: int) -> Seen:
    """Do the step of the state the row is in now.

    A mistake of ours in it ends the scaling, openly: its place must not stay taken, and its card
    must not lie.
    """
    here = world(World)
    scaling = await read(here, scaling_id)
    if scaling.run != run or scaling.is_at_rest:
        return seen(scaling, run=run)
    with correlated(scaling.correlation_id):
        try:
            return await STEPS[scaling.state](here, scaling)
        except BotError as exc:  # the catalogue has lost the place
            return seen(await _give_up(here, scaling_id, str(exc)), run=run)
        except Exception as exc:
            if is_transient(exc):
                raise
            log.exception(
                "scaling_broken", extra={"action": "scaling_broken", "scaling_id": scaling_id}
            )
            reporting.report(exc)
            why = f"The bot made a mistake. It is recorded as {scaling_id}."
            return seen(await _give_up(here, scaling_id, why), run=run)


async def _give_up(here: World, scaling_id: str, why: str) -> Scaling:
    scaling = await read(here, scaling_id)
    if scaling.is_at_rest:
        return scaling
    is_unset = scaling.state in {S.LOOKING, S.CONFIRMED}
    return await conclude(here, scaling, S.REFUSED if is_unset else S.FAILED, why)
