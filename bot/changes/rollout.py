"""Third: the rollout is watched until it has a verdict, and the verdict is acted on."""

from datetime import datetime
from typing import Any

from bot.changes.look import Memory
from bot.changes.seen import Seen, change_step, seen
from bot.changes.watch import Ending, end, watch
from bot.domain.change import Change, ChangeKind, ChangeState, GoodRevision, Rollout
from bot.domain.rollout import Verdict
from bot.storage import changes, revisions
from bot.storage.database import Connection
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
UNDONE_BY_POLICY = frozenset({Verdict.FAILED, Verdict.TOO_SLOW})
"""What `on_bad: roll-back` rolls back without asking."""


@change_step
async def roll_out(here: World, change: Change, memory: dict[str, Any]) -> Seen:
    """Look once at the rollout. What it decides, it decides by the row: it may be done again."""
    if change.state is not S.ROLLING_OUT or change.rollout is None:
        return seen(change)
    return await watch(here, change, change.rollout, Memory.of(memory), _settle)


async def _settle(here: World, change: Change, ending: Ending) -> Change | None:
    verdict = ending.ended.verdict
    if verdict is Verdict.ROLLED_BACK_BY_ECS:
        return await _follow_ecs_back(here, change, ending)
    policy = ending.place.config.deploy.on_bad
    is_deploy = change.kind is ChangeKind.DEPLOY
    if verdict in UNDONE_BY_POLICY and policy == "roll-back" and is_deploy:
        return await _turn_back(here, change, ending, back=None)
    to = ENDS[verdict]
    why = None if to is S.SUCCEEDED else ending.ended.why
    async with here.database.write() as connection:
        ended = await end(
            connection, change, ending, to, of=S.ROLLING_OUT, verdict=verdict, why=why
        )
        if ended is not None and to is S.SUCCEEDED:
            await _record_good(connection, ended, at=ending.sight.look.at)
    return ended


async def _follow_ecs_back(here: World, change: Change, ending: Ending) -> Change | None:
    """ECS has begun the way back itself: watch that one."""
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
        return await changes.move(
            connection,
            change.id,
            S.ROLLING_BACK,
            of={S.ROLLING_OUT},
            at=ending.sight.look.at,
            verdict=ending.ended.verdict,
            why=ending.ended.why,
            progress=None,
            failure=ending.failure,
            back=back,
            silent_since=None,
            silent_why=None,
        )


async def _record_good(connection: Connection, change: Change, *, at: datetime) -> None:
    """What runs now proved itself; what a person rolled back from did not, after all."""
    if change.plan is None or change.rollout is None:
        return
    wanted = change.plan.wanted
    proved = GoodRevision(
        task_definition=change.rollout.task_definition,
        image=wanted.image,
        version=wanted.version,
        digest=wanted.digest,
        change_id=change.id,
        good_at=at,
    )
    where = (change.environment, change.service)
    if change.kind is ChangeKind.ROLLBACK:
        left = str(change.plan.running.task_definition)
        await revisions.withdraw_good(connection, *where, task_definition=left)
    await revisions.add_good(connection, *where, proved)
