"""How ECS is told to replace one version by the next, and whether a service is built for it."""

import math
from datetime import timedelta
from typing import assert_never

from bot.catalog import DeployPolicy
from bot.domain.shift import Strategy
from integrations.aws.models import Balancer, Service
from integrations.aws.strategies import DeploymentConfiguration, LifecycleHook, PauseHook

ROLLING = "ROLLING"
PAUSE = "PAUSE"
BEFORE_EACH_STEP = ("PRE_PRODUCTION_TRAFFIC_SHIFT",)
"""ECS stops there before every step of canary and linear, the first and the last too."""


def what_is_missing(service: Service, strategy: Strategy) -> tuple[str, ...]:
    """What the service would need for this strategy and does not have; each is a phrase.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-implementation.html
    """
    if not strategy.shifts or service.has_service_connect:
        return ()
    if not service.balancers:
        return ("a load balancer's target group, or Service Connect",)
    found: list[str] = []
    for balancer in service.balancers:
        found += _missing_of(balancer)
    return tuple(dict.fromkeys(found))


def _missing_of(balancer: Balancer) -> list[str]:
    parts = {
        "an alternate target group": balancer.alternate_target_group,
        "a production listener rule": balancer.production_listener_rule,
        "an infrastructure role": balancer.role,
    }
    return [name for name, there in parts.items() if not there]


def to_deploy(
    policy: DeployPolicy, strategy: Strategy, service: Service
) -> DeploymentConfiguration | None:
    """What UpdateService says about how; None where the service does so by itself.

    ECS waits for us before each step, and rolls back when nobody answers in time: a bot that is
    gone fails safe. Hooks of others, which run functions, are kept.
    """
    others = _functions(service)
    pause = PauseHook(stages=BEFORE_EACH_STEP, timeout_minutes=_minutes(policy.hold_at_most))
    bake = _minutes(policy.bake, least=0)
    match strategy:
        case Strategy.ROLLING:
            return _rolling(service)
        case Strategy.CANARY:
            return DeploymentConfiguration(
                strategy="CANARY",
                bake_minutes=bake,
                canary_percent=round(policy.canary.percent, 1),
                canary_bake_minutes=_minutes(policy.canary.bake, least=0),
                hooks=(*others, pause),
            )
        case Strategy.LINEAR:
            return DeploymentConfiguration(
                strategy="LINEAR",
                bake_minutes=bake,
                step_percent=round(policy.linear.step, 1),
                step_bake_minutes=_minutes(policy.linear.bake, least=0),
                hooks=(*others, pause),
            )
        case Strategy.BLUE_GREEN:
            return DeploymentConfiguration(
                strategy="BLUE_GREEN", bake_minutes=bake, hooks=(*others, pause)
            )
        case _:
            assert_never(strategy)


def to_go_back(service: Service) -> DeploymentConfiguration | None:
    """The fastest way to an earlier revision; nobody is waited for.

    Where traffic is shifted between target groups all of it moves at once, as soon as the old
    version's tasks are ready. A pause that nobody answers would end in ECS undoing the way back.
    """
    if service.strategy == ROLLING:
        return None
    return DeploymentConfiguration(
        strategy="BLUE_GREEN", bake_minutes=0, hooks=tuple(_functions(service))
    )


def to_restart(service: Service) -> DeploymentConfiguration | None:
    """What UpdateService says about how; None where the service does so by itself.

    The same runs on both sides, so no share of the traffic has anything to prove: where traffic is
    shifted, all of it moves at once, as on the way back. Task by task would be no safer, and leave
    the service with another way to roll out than its owners gave it.
    """
    return _rolling(service) if service.strategy == ROLLING else to_go_back(service)


def time_for(policy: DeployPolicy, strategy: Strategy) -> timedelta:
    """How long ECS may take, with every pause before a step and every bake after one."""
    match strategy:
        case Strategy.CANARY:
            pauses, baking = 2, policy.canary.bake
        case Strategy.LINEAR:
            pauses = math.ceil(100 / policy.linear.step)
            baking = policy.linear.bake * (pauses - 1)
        case Strategy.BLUE_GREEN:
            pauses, baking = 1, timedelta()
        case _:
            return policy.rollout_timeout
    return policy.rollout_timeout + policy.hold_at_most * pauses + baking + policy.bake


def step_bake(policy: DeployPolicy, strategy: Strategy) -> timedelta:
    """How long a step that has some of the traffic is judged."""
    return policy.linear.bake if strategy is Strategy.LINEAR else policy.canary.bake


def _rolling(service: Service) -> DeploymentConfiguration | None:
    if service.strategy == ROLLING and not service.lifecycle_hooks:
        return None
    return DeploymentConfiguration(strategy="ROLLING", hooks=tuple(_functions(service)))


def _functions(service: Service) -> list[LifecycleHook]:
    return [hook for hook in service.lifecycle_hooks if hook.target_type != PAUSE]


def _minutes(length: timedelta, *, least: int = 1) -> int:
    """Whole minutes, which is what ECS counts in, never shorter than asked for."""
    return max(least, math.ceil(length / timedelta(minutes=1)))
