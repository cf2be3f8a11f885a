"""Fourth: the new version runs, and evidence may still undo it until its bake is over."""

from datetime import timedelta
from typing import Any

from bot.changes.evidence.draw import draw_evidence
from bot.changes.evidence.judge import act_on_bad, hold, measure
from bot.changes.look import Memory
from bot.changes.rollout import is_known_good, settle
from bot.changes.seen import Seen, change_step, end_and_see, read, seen
from bot.changes.watch import Ending, Looked, end, look
from bot.domain.change import Change, ChangeKind, ChangeState, HoldKind, Origin
from bot.domain.judgement import Judged, Judgement
from bot.domain.rollout import Ended, Verdict
from bot.world import World

S = ChangeState
PAUSES_A_LOOK = 5
"""A bake is looked at so many times more rarely than a rollout: minutes matter, not seconds."""


HELD_LOOK = timedelta(minutes=1)
"""While it is held nothing follows from a look, and a press wakes the workflow."""
HELD_AT_MOST = timedelta(days=1)
"""A hold that everybody forgot must not keep the place for ever."""
MEASURED_AT_MOST = timedelta(days=3)
"""Prometheus answers with 11,000 points at most; this has 4,320."""


@change_step
async def bake(here: World, change: Change, memory: dict[str, Any]) -> Seen:
    """Look once at what runs and at what speaks against it; decide by the row."""
    if change.state not in {S.BAKING, S.HELD} or change.rollout is None:
        return seen(change)
    if change.steady_at is None or change.bake_until is None:
        return seen(change)
    looked = await look(here, change, change.rollout, Memory.of(memory), is_timed=False)
    if not isinstance(looked, Looked):
        return looked
    is_well = isinstance(looked.result, Ended) and looked.result.verdict is Verdict.SUCCEEDED
    if isinstance(looked.result, Ended) and not is_well:
        ending = Ending(looked.place, looked.sight, looked.result, looked.failure)
        settled = await settle(here, change, ending)
        here.wake()
        return seen(settled or await read(here, change.id))
    now = here.now()
    if change.hold is not None and now >= change.hold.at + here.paced(HELD_AT_MOST):
        return await _undecided(here, change, looked)
    measured = await measure(
        here,
        change,
        looked,
        since=max(change.steady_at, now - here.paced(MEASURED_AT_MOST)),
        length=change.bake_until - change.steady_at,
        is_over=now >= change.bake_until,
    )
    change = measured.change
    pause = _pause(here, looked, change)
    waiting = seen(change, wait=pause, memory=measured.memory.as_json())
    if measured.judgement is None or change.state is S.HELD:
        return waiting
    match measured.judgement.judged:
        case Judged.BAD:
            return await act_on_bad(here, looked.place, change, measured.judgement)
        case Judged.INCONCLUSIVE:
            return await _unsure(here, change, looked, measured.judgement)
        case Judged.GOOD if is_well:
            return await _good(here, change, looked, measured.judgement)
        case _:  # too early, or ECS still cleans up behind it
            return waiting


def _pause(here: World, looked: Looked, change: Change) -> timedelta:
    """Until the next look: never past the end of the bake."""
    policy = looked.place.config.deploy
    if change.bake_until is None or change.state is S.HELD:
        return here.paced(HELD_LOOK)
    pause = min(here.paced(policy.watch_every) * PAUSES_A_LOOK, here.paced(policy.judge_every))
    left = change.bake_until - here.now()
    return min(pause, max(left, here.paced(policy.watch_every)))


async def _good(here: World, change: Change, looked: Looked, judgement: Judgement) -> Seen:
    await draw_evidence(here, looked.place, change, judgement)
    is_proved = change.kind is not ChangeKind.RESTART or is_known_good(change)
    return await _succeed(here, change, looked, is_proved=is_proved)


async def _unsure(here: World, change: Change, looked: Looked, judgement: Judgement) -> Seen:
    """Hold and ask. What others deployed is nobody's to hold: it ends, unproved. So does a restart:
    whatever somebody said, the same would run."""
    if change.origin is Origin.OUTSIDE or change.kind is ChangeKind.RESTART:
        return await _succeed(here, change, looked, is_proved=False)
    return await hold(here, looked.place, change, HoldKind.INCONCLUSIVE, judgement.why)


async def _undecided(here: World, change: Change, looked: Looked) -> Seen:
    """Nobody said what is to become of it: it ends, without counting as good."""
    return await end_and_see(
        here,
        change,
        S.UNPROVEN,
        of={S.HELD},
        verdict=Verdict.UNDECIDED,
        why="It was held for a day, and nobody decided.",
        progress=looked.progress,
        hold=None,
    )


async def _succeed(here: World, change: Change, looked: Looked, *, is_proved: bool) -> Seen:
    if not isinstance(looked.result, Ended):
        return seen(change)
    ending = Ending(looked.place, looked.sight, looked.result, looked.failure)
    async with here.database.write() as connection:
        ended = await end(
            here,
            connection,
            change,
            ending,
            S.SUCCEEDED,
            verdict=Verdict.SUCCEEDED,
            why=None,
            is_proved=is_proved,
        )
    here.wake()
    return seen(ended or await read(here, change.id))
