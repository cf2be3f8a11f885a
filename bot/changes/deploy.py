"""The durable workflow of a change: which step is next is what its row says.

Every step reads the row, does one thing and says where the change stands then. A message to the
workflow therefore carries nothing: whoever presses a button moves the row, in one transaction, and
the message only wakes the workflow to look. Lost messages are sent again by the sweeper.
"""

import logging

from bot.changes.outcome import conclude
from bot.changes.propose import propose, wait_for_confirmation
from bot.changes.rollback import go_back
from bot.changes.rollout import roll_out
from bot.changes.seen import Seen, read, seen
from bot.changes.start import start
from bot.domain.change import MOVES, ChangeState
from bot.domain.rollout import Verdict
from bot.engine import receive, step, workflow, world
from bot.storage.transient import is_transient
from bot.world import World

S = ChangeState
CONTROL = "control"
"""The topic on which a change's workflow is woken."""

log = logging.getLogger(__name__)


@workflow
async def carry_out(change_id: str) -> str:
    """Carry out one change from its proposal to its outcome; returns the state it ended in."""
    done = Seen(state=S.PROPOSING.value, wait_s=0, memory={})
    try:
        while S(done["state"]) in MOVES:
            done = await _next(change_id, done)
            if done["wait_s"] > 0:
                await receive(CONTROL, timeout_s=done["wait_s"])
    except Exception:
        # A bug of ours. The place must not stay taken, and the card must not lie.
        await admit(change_id)
        raise
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
        case _:
            return await go_back(change_id, done["memory"])


@step(attempts=5, retry_when=is_transient)
async def admit(change_id: str) -> Seen:
    """Say on the card that the bot itself failed."""
    here = world(World)
    change = await read(here, change_id)
    if change.is_final:
        return seen(change)
    log.error("change_broken", extra={"action": "change_broken", "change_id": change_id})
    async with here.database.write() as connection:
        ended = await conclude(
            connection,
            change_id,
            S.FAILED,
            of=MOVES.keys(),
            at=here.now(),
            verdict=Verdict.BROKEN,
            why="The bot made a mistake and stopped watching; what ECS does goes on without it. "
            f"It is recorded as {change_id}.",
        )
    here.wake()
    return seen(ended or change)
