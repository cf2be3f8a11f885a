"""Deployments that move traffic: blue/green, canary and linear, with their PAUSE hooks.

A plan is a list of steps through AWS's lifecycle stages. The reconciler takes at most one step a
look; a step with a PAUSE hook waits until somebody continues it or its time-out acts.

Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
"""

import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.aws import deployments, events
from sandbox.aws.ecs import Ecs
from sandbox.aws.model import Deployment, Hook, Json, Service, ServiceDeployment, Strategy

DEFAULT_CANARY_PERCENT = 5.0
DEFAULT_CANARY_BAKE_MINUTES = 10
DEFAULT_STEP_PERCENT = 10.0
DEFAULT_STEP_BAKE_MINUTES = 6
DEFAULT_HOOK_TIMEOUT_MINUTES = 1440
LONGEST_STAGE_MINUTES = 1440
SCALE_UP_REASON = "Service deployment rolled back because the SCALE_UP stage timed out."


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do in a lifecycle stage, after the hooks that stand before it."""

    stage: str
    hooked_at: str | None = None
    minutes: float = 0.0
    production_percent: float | None = None
    test_percent: float | None = None


def plan(configuration: Json) -> list[Step]:
    """The steps of a deployment under this deploymentConfiguration."""
    shifts = list(_shifts(configuration))
    return [
        Step("RECONCILE_SERVICE", "RECONCILE_SERVICE"),
        Step("PRE_SCALE_UP", "PRE_SCALE_UP"),
        Step("SCALE_UP"),
        Step("POST_SCALE_UP", "POST_SCALE_UP"),
        Step("TEST_TRAFFIC_SHIFT", "TEST_TRAFFIC_SHIFT", test_percent=100.0),
        Step("POST_TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT"),
        *(
            Step(
                "PRODUCTION_TRAFFIC_SHIFT",
                "PRE_PRODUCTION_TRAFFIC_SHIFT",  # stands before every step of linear and canary
                minutes=minutes,
                production_percent=percent,
            )
            for percent, minutes in shifts
        ),
        Step("PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"),
        Step("POST_PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT"),
        Step("BAKE_TIME", minutes=configuration.get("bakeTimeInMinutes", 0)),
        Step("CLEAN_UP"),
    ]


def _shifts(configuration: Json) -> Iterator[tuple[float, float]]:
    """Percent of production traffic and minutes of bake, step by step; none bakes at 100 %."""
    match Strategy(configuration["strategy"]):
        case Strategy.CANARY:
            canary = configuration.get("canaryConfiguration", {})
            yield (
                canary.get("canaryPercent", DEFAULT_CANARY_PERCENT),
                canary.get("canaryBakeTimeInMinutes", DEFAULT_CANARY_BAKE_MINUTES),
            )
        case Strategy.LINEAR:
            linear = configuration.get("linearConfiguration", {})
            percent = linear.get("stepPercent", DEFAULT_STEP_PERCENT)
            for step in range(1, math.ceil(100 / percent)):
                yield step * percent, linear.get("stepBakeTimeInMinutes", DEFAULT_STEP_BAKE_MINUTES)
        case _:
            pass
    yield 100.0, 0


def may_scale_up(record: ServiceDeployment) -> bool:
    """Whether tasks of the new revision may start: a hook may stand before SCALE_UP."""
    if record.shift is None or record.is_rolling_back:
        return True
    steps = [step.stage for step in plan(record.configuration)]
    return record.shift.position >= steps.index("SCALE_UP")


def advance(ecs: Ecs, service: Service) -> None:
    """Take the next step of the primary's plan if nothing holds it back."""
    deployment = service.primary
    record, shift = deployment.record, deployment.record.shift
    if shift is None or ecs.now < shift.until or _is_paused(record):
        return
    steps = plan(record.configuration)
    step = steps[shift.position]
    if shift.begun:
        if step.stage == "SCALE_UP" and not _all_in_service(service):
            # No circuit breaker ends this one: only somebody who stops it, or the stage's limit.
            if ecs.now >= shift.stage_began_at + ecs.schedule.minutes(LONGEST_STAGE_MINUTES):
                deployments.fail_and_roll_back(ecs, service, record, SCALE_UP_REASON)
            return
        if step.stage == "CLEAN_UP":
            _, older = service.newer_and_older()
            deployments.scale_in(ecs, service, older, by=deployment)
            return
        shift.position, shift.begun, shift.hook_passed = shift.position + 1, False, False
        step = steps[shift.position]
    record.stage, record.updated_at = step.stage, ecs.now
    if not shift.hook_passed and _pause(ecs, service, deployment, step):
        return
    if step.production_percent is not None:
        shift.production_percent = step.production_percent
    if step.test_percent is not None:
        shift.test_percent = step.test_percent
    shift.begun, shift.stage_began_at = True, ecs.now
    shift.until = ecs.now + ecs.schedule.minutes(step.minutes)


def _all_in_service(service: Service) -> bool:
    mine, _ = service.newer_and_older()
    return sum(task.in_service for task in mine) >= service.desired


def _is_paused(record: ServiceDeployment) -> bool:
    return any(hook.status == "AWAITING_ACTION" for hook in record.hooks)


def _pause(ecs: Ecs, service: Service, deployment: Deployment, step: Step) -> bool:
    """Wait at the step's PAUSE hook, if one is configured; True if it now waits."""
    record = deployment.record
    configured = next(
        (
            hook
            for hook in record.configuration.get("lifecycleHooks", [])
            if hook.get("targetType") == "PAUSE" and step.hooked_at in hook["lifecycleStages"]
        ),
        None,
    )
    if configured is None or step.hooked_at is None:
        return False
    timeout = configured.get("timeoutConfiguration", {})
    minutes = timeout.get("timeoutInMinutes", DEFAULT_HOOK_TIMEOUT_MINUTES)
    hook = Hook(
        id=str(uuid.uuid4()),
        stage=step.hooked_at,
        expires_at=ecs.now + ecs.schedule.minutes(minutes),
        timeout_action=timeout.get("action", "ROLLBACK"),
    )
    record.hooks.append(hook)
    ecs.schedule.at(hook.expires_at, _time_out, ecs, service, record, hook)
    events.hook_waits(ecs, service, deployment, hook)
    return True


def answer(ecs: Ecs, service: Service, record: ServiceDeployment, hook: Hook, action: str) -> None:
    """Continue or roll back a deployment that waits at `hook`."""
    hook.status = "SUCCEEDED" if action == "CONTINUE" else "FAILED"
    go_on(ecs, service, record, hook, action)


def _time_out(ecs: Ecs, service: Service, record: ServiceDeployment, hook: Hook) -> None:
    if hook.status == "AWAITING_ACTION":
        hook.status = "TIMED_OUT"
        go_on(ecs, service, record, hook, hook.timeout_action)


def go_on(ecs: Ecs, service: Service, record: ServiceDeployment, hook: Hook, action: str) -> None:
    if action == "CONTINUE" and record.shift is not None:
        record.shift.hook_passed = True
        return
    reason = f"Service deployment rolled back because {hook.stage} lifecycle hook(s) failed."
    deployments.fail_and_roll_back(ecs, service, record, reason)
