"""Rollouts that shift traffic: each step is judged before the next, and ECS is told to go on.

ECS waits at a hook before every step. Without a word of ours it rolls back when the hook expires,
so a bot that is gone fails safe, and a hold cannot outlast it.
"""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from bot.cards import change_thread
from bot.changes.evidence.judge import act_on_bad, hold, measure
from bot.changes.running import account_of
from bot.changes.seen import Seen, place_of, read, seen
from bot.changes.strategy import step_bake
from bot.changes.watch import Looked, wait_for_aws
from bot.domain.card import Kind
from bot.domain.change import Change, ChangeState, HoldKind, Origin
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
    if stage is None or change.origin is Origin.OUTSIDE:
        return waiting
    try:
        if change.is_promoted and stage.hook is not None:
            return await _go_on(here, change, stage.hook, "a person said so", memory.as_json())
        if is_shifted(stage):  # what ECS does now is not for us to judge
            return waiting
        if stage.weight <= 0:
            # Before any production traffic ECS itself has made sure that every task is ready.
            if stage.hook is None or change.state is S.HELD:
                return waiting
            return await _go_on(here, change, stage.hook, "its tasks are ready", memory.as_json())
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
        return await _go_on(here, change, stage.hook, "the step was good", memory.as_json())
    return waiting


async def _go_on(
    here: World, change: Change, hook: Hook, because: str, memory: dict[str, Any]
) -> Seen:
    """Tell ECS to take the next step, once; the thread says why."""
    await _answer(here, change, hook, "CONTINUE")
    weight = change.stage.weight if change.stage else 0.0
    async with here.database.write() as connection:
        stage = replace(change.stage, hook=None) if change.stage else None
        await changes.note(connection, change.id, is_promoted=False, stage=stage)
        await cards.add_entry(
            connection,
            Kind.CHANGE,
            change.id,
            key=f"step:{hook.id}",
            message=change_thread.went_on(weight, because, at=here.now()),
        )
    here.wake()
    return seen(await read(here, change.id), memory=memory)


async def _answer(
    here: World, change: Change, hook: Hook, action: Literal["CONTINUE", "ROLLBACK"]
) -> None:
    """Answer a hook; one that was answered already, or has expired, needs none.

    Raises:
        IntegrationError: AWS did not answer.
    """
    ecs = account_of(here, place_of(here, change)).ecs
    try:
        await ecs.continue_service_deployment(hook.service_deployment, hook.id, action=action)
    except Rejected as exc:
        log.info(
            "hook_answered_before",
            extra={"action": "hook_answered_before", "change_id": change.id, "why": exc.detail},
        )
