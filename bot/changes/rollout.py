"""Third: the rollout is watched until it has a verdict, and the verdict is acted on."""

from datetime import datetime, timedelta
from typing import Any

from bot.changes.evidence.judge import may_go_back
from bot.changes.look import Memory
from bot.changes.seen import Seen, change_step, read, seen
from bot.changes.shifting import is_shifted, stage_of, take_step
from bot.changes.watch import Ending, Looked, end, look, pause_of, tell, tell_failure
from bot.domain.change import Change, ChangeKind, ChangeState, Origin, Rollout
from bot.domain.place import Place
from bot.domain.rollout import Ended, Verdict, too_slow
from bot.domain.shift import Stage
from bot.storage import changes
from bot.storage.changes import Facts
from bot.world import World

S = ChangeState
ENDS = {
    Verdict.SUCCEEDED: S.SUCCEEDED,
    Verdict.FAILED: S.FAILED,
    Verdict.TOO_SLOW: S.FAILED,
    Verdict.VANISHED: S.FAILED,
    Verdict.SUPERSEDED: S.SUPERSEDED,
    Verdict.NOTHING_RUNNING: S.UNPROVEN,
}
"""Where a verdict ends a rollout, unless there is a way back to take."""
SCALING_UP = frozenset({"RECONCILE_SERVICE", "PRE_SCALE_UP", "SCALE_UP"})
UNDONE_BY_POLICY = frozenset({Verdict.FAILED, Verdict.TOO_SLOW})
"""What `on_bad: roll-back` rolls back without asking."""


@change_step
async def roll_out(here: World, change: Change, memory: dict[str, Any]) -> Seen:
    """Look once at the rollout. What it decides, it decides by the row: it may be done again."""
    if change.state not in {S.ROLLING_OUT, S.HELD} or change.rollout is None:
        return seen(change)
    if change.steady_at is not None:
        return seen(change)
    looked = await look(here, change, change.rollout, Memory.of(memory))
    if not isinstance(looked, Looked):
        return looked
    stage = stage_of(here, change, looked)
    ended = _ended(here, change, looked, stage)
    if ended is not None:
        settled = await settle(
            here, change, Ending(looked.place, looked.sight, ended, looked.failure)
        )
        here.wake()
        return seen(settled or await read(here, change.id))
    if is_shifted(stage) and _bakes(change, looked.place):
        return seen(await begin_bake(here, change, looked, at=looked.sight.look.at))
    told = await tell(here, change, looked, stage=stage)
    pause = pause_of(here, looked.place, change.rollout)
    return await take_step(here, told, looked, pause=pause)


def _ended(here: World, change: Change, looked: Looked, stage: Stage | None) -> Ended | None:
    """The verdict, if there is one."""
    if isinstance(looked.result, Ended):
        return None if _waits_for_others(change, looked.result, stage) else looked.result
    if change.rollout is None or not change.rollout.strategy.shifts:
        return None
    # Pauses and bakes are part of the time a shift may take, but not until its tasks are there.
    is_scaling_up = stage is None or (stage.lifecycle in SCALING_UP and stage.hook is None)
    limit = change.rollout.began_at + here.paced(looked.place.config.deploy.rollout_timeout)
    if not is_scaling_up or looked.sight.look.at < limit:
        return None
    why = too_slow(looked.progress)
    return Ended(verdict=Verdict.TOO_SLOW, why=why, progress=looked.progress)


def _waits_for_others(change: Change, ended: Ended, stage: Stage | None) -> bool:
    """Whether it is only slow because whoever began it has to answer ECS's hook."""
    is_theirs = change.origin is Origin.OUTSIDE and ended.verdict is Verdict.TOO_SLOW
    return is_theirs and stage is not None and stage.hook is not None


async def settle(here: World, change: Change, ending: Ending) -> Change | None:
    """Act on a verdict: bake, end, or go back."""
    verdict = ending.ended.verdict
    if verdict is Verdict.ROLLED_BACK_BY_ECS:
        return await _follow_ecs_back(here, change, ending)
    if verdict is Verdict.SUCCEEDED:
        return await _steady(here, change, ending)
    if verdict in UNDONE_BY_POLICY and (
        may_go_back(ending.place, change) or _costs_nothing_to_undo(change)
    ):
        return await _turn_back(here, change, ending, back=None)
    to = ENDS[verdict]
    async with here.database.write() as connection:
        return await end(
            here, connection, change, ending, to, verdict=verdict, why=ending.ended.why
        )


def _costs_nothing_to_undo(change: Change) -> bool:
    """Whether no traffic was shifted yet: ECS would go on trying for a day, to nobody's good."""
    shifts = change.rollout is not None and change.rollout.strategy.shifts
    has_none = change.stage is None or change.stage.weight <= 0
    return change.origin is Origin.BOT and shifts and has_none


async def _steady(here: World, change: Change, ending: Ending) -> Change | None:
    """ECS is done and every target well. What a person holds is not called good over their head."""
    if _bakes(change, ending.place) or change.state is S.HELD:
        looked = Looked(ending.place, ending.sight, ending.ended, ending.failure)
        return await begin_bake(here, change, looked, at=ending.sight.look.at)
    async with here.database.write() as connection:
        return await end(
            here,
            connection,
            change,
            ending,
            S.SUCCEEDED,
            verdict=Verdict.SUCCEEDED,
            why=None,
            is_proved=change.kind is ChangeKind.DEPLOY or is_known_good(change),
        )


def is_known_good(change: Change) -> bool:
    """Whether what it runs again had proved itself; to run once more alone proves nothing."""
    return change.plan is not None and change.plan.wanted_is_good


def _bakes(change: Change, place: Place) -> bool:
    """Whether it has to prove itself yet: a known good revision need not when it is gone back to.

    After a restart it must: what is wrong may be around it.
    """
    is_watched = change.kind in {ChangeKind.DEPLOY, ChangeKind.RESTART}
    return is_watched and place.config.deploy.bake > timedelta()


async def begin_bake(here: World, change: Change, looked: Looked, *, at: datetime) -> Change:
    """From now on the evidence counts. What a person holds stays held, in the bake.

    Either way the change is in another state revision: a button that was drawn for the rollout does
    nothing any more.
    """
    facts: Facts = {
        "steady_at": at,
        "bake_until": at + here.paced(looked.place.config.deploy.bake),
        "progress": looked.progress,
        "failure": looked.failure,
        "stage": stage_of(here, change, looked),
        "is_promoted": False,
        "judgement": None,
        "silent_since": None,
        "silent_why": None,
    }
    async with here.database.write() as connection:
        await tell_failure(connection, change, looked.failure)
        moved = await changes.move(
            connection, change.id, S.BAKING, of={S.ROLLING_OUT}, at=at, **facts
        ) or await changes.move(connection, change.id, S.HELD, of={S.HELD}, at=at, **facts)
    here.wake()
    return moved or await read(here, change.id)


async def _follow_ecs_back(here: World, change: Change, ending: Ending) -> Change | None:
    """ECS has begun the way back itself: watch that one."""
    if change.kind is ChangeKind.RESTART:  # only by its record is it told from what it undoes
        return await _turn_back(here, change, ending, back=None)
    replaced_by = ending.ended.replaced_by
    now = ending.sight.look.at
    before = change.plan.running.task_definition if change.plan else None
    back = Rollout(
        task_definition=replaced_by.task_definition if replaced_by else str(before),
        deployment_id=replaced_by.id if replaced_by else None,
        began_at=now,
        deadline=now + here.paced(ending.place.config.deploy.rollout_timeout),
    )
    return await _turn_back(here, change, ending, back=back)


async def _turn_back(
    here: World, change: Change, ending: Ending, *, back: Rollout | None
) -> Change | None:
    async with here.database.write() as connection:
        await tell_failure(connection, change, ending.failure)
        return await changes.move(
            connection,
            change.id,
            S.ROLLING_BACK,
            of={change.state},
            at=ending.sight.look.at,
            verdict=ending.ended.verdict,
            why=ending.ended.why,
            progress=None,
            failure=ending.failure,
            back=back,
            silent_since=None,
            silent_why=None,
        )
