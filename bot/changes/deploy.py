"""The durable workflow of a change: which step is next is what its row says.

Every step reads the row, does one thing and says where the change stands then. A message to the
workflow therefore carries nothing: whoever presses a button moves the row, in one transaction, and
the message only wakes the workflow to look. Lost messages are sent again by the sweeper.
"""

import logging

from bot.changes.bake import bake
from bot.changes.propose import propose, wait_for_confirmation
from bot.changes.rollback import go_back
from bot.changes.rollout import roll_out
from bot.changes.seen import Seen
from bot.changes.start import start
from bot.domain.change import FINAL, ChangeState
from bot.engine import CONTROL, receive, workflow

S = ChangeState
AGAIN_S = 30.0
"""How long until a step is begun again that could not reach our own database."""

BREATH_S = 1.0

log = logging.getLogger(__name__)


@workflow
async def carry_out(change_id: str) -> str:
    """Carry out one change from its proposal to its outcome; returns the state it ended in."""
    done = Seen(state=S.PROPOSING.value, wait_s=0, memory={}, is_steady=False)
    while done["state"] not in FINAL:
        before = done
        try:
            done = await _next(change_id, done)
        except Exception:  # noqa: BLE001  its type differs on replay; bugs are met inside the steps
            # Our own database was away for longer than a step tries, or a newer replica has put the
            # change into a state this one does not know. Giving up would leave the place taken for
            # ever.
            log.warning("step_again", extra={"action": "step_again", "change_id": change_id})
            await receive(CONTROL, timeout_s=AGAIN_S)
            continue
        if done["wait_s"] > 0:
            await receive(CONTROL, timeout_s=done["wait_s"])
        elif done == before:  # a step that finds nothing to do must not be done without a pause
            await receive(CONTROL, timeout_s=BREATH_S)
    return done["state"]


async def _next(change_id: str, done: Seen) -> Seen:
    match S(done["state"]):
        case S.PROPOSING:
            return await propose(change_id)
        case S.PROPOSED:
            return await wait_for_confirmation(change_id)
        case S.STARTING:
            return await start(change_id)
        case S.ROLLING_OUT:
            return await roll_out(change_id, done["memory"])
        case S.BAKING:
            return await bake(change_id, done["memory"])
        case S.HELD if done.get("is_steady"):
            return await bake(change_id, done["memory"])
        case S.HELD:
            return await roll_out(change_id, done["memory"])
        case _:
            return await go_back(change_id, done["memory"])
