"""Rollouts that shift traffic: each step is judged before the next, and ECS is told to go on.

ECS waits at a hook before every step. Without a word of ours it rolls back when the hook expires,
so a bot that is gone fails safe, and a hold cannot outlast it.
"""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.cards import change_thread
from bot.changes.evidence.judge import act_on_bad, hold, measure
from bot.changes.running import account_of
from bot.changes.seen import Seen, place_of, read, seen
from bot.changes.strategy import step_bake
from bot.changes.watch import Looked, wait_for_aws
from bot.domain.card import Kind
from bot.domain.change import Change, ChangeKind, ChangeState, HoldKind, Origin
from bot.domain.judgement import Judged
from bot.domain.shift import Hook, Stage
from bot.storage import cards, changes
from bot.world import World
from integrations.errors import IntegrationError, Rejected

S = ChangeState
ALL_TRAFFIC = 100.0
AFTER_THE_SHIFT = frozenset({"POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"})

log = logging.getLogger(__name__)


def stage_of(here: World, change: Change, looked: Looked) -> Stage | None:
    """How far the traffic is shifted; None for a rolling update.

    `since` is when the bot first saw this weight: evidence counts from then.
    """
    became = looked.sight.service_deployment
    if became is None or became.target is None or became.lifecycle_stage is None:
        return change.stage
    weight = became.target.production_weight or 0.0
    before = change.stage
    is_same = before is not None and before.weight == weight
    waits = became.awaited
    return Stage(
        lifecycle=became.lifecycle_stage,
        weight=weight,
        since=before.since if before is not None and is_same else here.now(),
        hook=None
        if waits is None
        else Hook(
            id=waits.id,
            service_deployment=became.arn,
            expires_at=waits.expires_at,
            timeout_action=waits.timeout_action,
        ),
    )


def is_shifted(stage: Stage | None) -> bool:
    """Whether the new version has all the traffic, and only ECS's own bake is left."""
    return stage is not None and stage.weight >= ALL_TRAFFIC and stage.lifecycle in AFTER_THE_SHIFT


async def take_step(here: World, change: Change, looked: Looked, *, pause: timedelta) -> Seen:
    """Judge the step a rollout stands at, and answer ECS where it waits."""
    memory, stage = looked.sight.memory, change.stage
    waiting = seen(change, wait=pause, memory=memory.as_json())
    if stage is None:
        return waiting
    try:
        if change.is_promoted and stage.hook is not None:
            because = "a person said so"
            return await _go_on(here, change, stage.hook, because, memory.as_json(), pause=pause)
        is_ours_to_judge = change.origin is Origin.BOT and change.kind is not ChangeKind.RESTART
        if not is_ours_to_judge or is_shifted(stage):
            # Others' steps are theirs to judge, and what ECS does afterwards is its own. With the
            # same on both sides a share of the traffic has nothing to prove.
            return waiting
        if stage.weight <= 0:
            # Before any production traffic ECS itself has made sure that every task is ready.
            if stage.hook is None or change.state is S.HELD:
                return waiting
            because = "its tasks are ready"
            return await _go_on(here, change, stage.hook, because, memory.as_json(), pause=pause)
        return await _judge(here, change, looked, stage, pause=pause)
    except IntegrationError as exc:
        assert change.rollout is not None  # noqa: S101  it is what was looked at
        return await wait_for_aws(here, change, exc, pause=pause, since=change.rollout.deadline)


async def _judge(
    here: World, change: Change, looked: Looked, stage: Stage, *, pause: timedelta
) -> Seen:
    """The step has some of the traffic, and the old version the rest: both are measured."""
    assert change.rollout is not None  # noqa: S101
    policy, strategy = looked.place.config.deploy, change.rollout.strategy
    length = here.paced(step_bake(policy, strategy))
    is_over = here.now() >= stage.since + length
    measured = await measure(
        here, change, looked, since=stage.since, length=length, is_over=is_over, stage=stage
    )
    change, memory = measured.change, measured.memory
    waiting = seen(change, wait=pause, memory=memory.as_json())
    if measured.judgement is None or change.state is S.HELD or change.is_promoted:
        return waiting
    verdict = measured.judgement.judged
    if verdict is Judged.BAD:
        return await act_on_bad(here, looked.place, change, measured.judgement)
    if stage.hook is None:
        return waiting
    if verdict is Judged.INCONCLUSIVE:
        why = measured.judgement.why
        return await hold(here, looked.place, change, HoldKind.INCONCLUSIVE, why)
    if verdict is Judged.GOOD:
        because = "the step was good"
        return await _go_on(here, change, stage.hook, because, memory.as_json(), pause=pause)
    return waiting


async def _go_on(
    here: World,
    change: Change,
    hook: Hook,
    because: str,
    memory: dict[str, Any],
    *,
    pause: timedelta,
) -> Seen:
    """Tell ECS to take the next step, once; the thread says why.

    The change is in another state revision then: a button drawn for this step is not for the next.

    Raises:
        IntegrationError: AWS did not answer, or would not go on although it still waits.
    """
    was_ours = await _answer(here, change, hook)
    weight = change.stage.weight if change.stage else 0.0
    now = here.now()
    async with here.database.write() as connection:
        stage = replace(change.stage, hook=None) if change.stage else None
        moved = await changes.move(
            connection,
            change.id,
            S.ROLLING_OUT,
            of={S.ROLLING_OUT},
            at=now,
            is_promoted=False,
            stage=stage,
        )
        if moved is not None and was_ours:
            message = change_thread.went_on(weight, because, at=now)
            key = f"step:{hook.id}"
            await cards.add_entry(connection, Kind.CHANGE, change.id, key=key, message=message)
    here.wake()
    return seen(await read(here, change.id), wait=pause, memory=memory)


async def _answer(here: World, change: Change, hook: Hook) -> bool:
    """Let ECS go on from a hook; False where it was answered before, or has expired.

    Raises:
        IntegrationError: AWS did not answer, or would not go on although it still waits.
    """
    ecs = account_of(here, place_of(here, change)).ecs
    arn = hook.service_deployment
    try:
        await ecs.continue_service_deployment(arn, hook.id, action="CONTINUE")
    except Rejected as exc:
        became = (await ecs.describe_service_deployments([arn])).get(arn)
        awaited = became.awaited if became is not None else None
        if awaited is not None and awaited.id == hook.id:
            raise
        log.info(
            "hook_answered_before",
            extra={"action": "hook_answered_before", "change_id": change.id, "why": exc.detail},
        )
        return False
    return True
