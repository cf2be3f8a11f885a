"""One look at a rollout: what ECS and the load balancer say of it, in the words of the domain.

Costs one ecs:DescribeServices. While tasks are replaced the load balancer is asked only now and
then, so that a rollout costs at most one call in two seconds: ECS itself counts a task only when
its targets are healthy. When ECS says that it is done, each target group is asked, and tasks are
listed only where that leaves doubt whose targets are well. Service deployments are asked for only
when the list of deployments leaves doubt.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from bot.changes.running import account_of
from bot.changes.service_deployments import find_service_deployment
from bot.domain.change import Rollout
from bot.domain.events import spoken_event
from bot.domain.failure import Failure, StoppedContainer, StoppedTask, explain, is_planned
from bot.domain.place import Place
from bot.domain.plan import Plan
from bot.domain.rollout import (
    GRACE,
    HEALTHY,
    Deployment,
    Look,
    Ours,
    RolloutState,
    ServiceDeploymentStatus,
    is_in_doubt,
)
from bot.domain.wellness import Wellness
from bot.world import World
from integrations.aws import models

INSTANCE = "i-"
"""Targets named by instance cannot be told apart by task."""
TARGETS_EVERY = 20
"""While tasks are replaced a target group is asked once in so many looks."""
WORST_FIRST = ("unhealthy", "unhealthy.draining", "draining", "unavailable", "unused", "initial")
"""A task in several target groups counts as what the worst of them says."""
_TELLS_OF_TROUBLE = re.compile(r"unable|unhealthy|fail|cannot|error", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Memory:
    """What the last look leaves to the next, through the journal.

    `looks` counts them. `service_deployment` is the one known to be ours, as an ARN. `wellness` is
    how its tasks have been. `judged_at` is when the evidence was last measured, in epoch seconds.
    """

    looks: int = 0
    service_deployment: str | None = None
    wellness: Wellness = field(default_factory=Wellness)
    judged_at: float = 0.0

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Memory":
        """Read it back from a step's result; what an older version kept is forgotten."""
        names = {one.name for one in fields(cls)}
        known = {name: value for name, value in kept.items() if name in names}
        if "wellness" in known:
            known["wellness"] = Wellness(**known["wellness"])
        return cls(**known)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Sight:
    """A look, what it was read from, and what to remember."""

    look: Look
    service: models.Service
    memory: Memory
    service_deployment: models.ServiceDeployment | None = None
    """ECS's record of the rollout, where it was asked for."""


def ours_of(world: World, rollout: Rollout, *, is_timed: bool = True) -> Ours:
    """The deployment that a rollout is judged by; what was steady is not timed any more."""
    return Ours(
        task_definition=rollout.task_definition,
        deployment_id=rollout.deployment_id,
        began_at=rollout.began_at,
        deadline=rollout.deadline if is_timed else None,
        grace=world.paced(GRACE),
        replaces=rollout.replaces.deployment_id if rollout.replaces else None,
    )


async def look_at(
    world: World, place: Place, plan: Plan, rollout: Rollout, memory: Memory
) -> Sight:
    """Look at a rollout once.

    Raises:
        IntegrationError: AWS did not answer, or the service is gone (NotFound).
    """
    ecs = account_of(world, place).ecs
    service = await ecs.describe_service(place.config.cluster, place.config.ecs_service)
    deployments = tuple(_deployment(one) for one in service.deployments)
    ours = ours_of(world, rollout)
    found = ours.among(deployments)
    became = None
    if is_in_doubt(ours, deployments):
        became = await _service_deployment(world, place, rollout, memory, service)
    targets = everybodys = None
    if plan.target_groups and _is_done(found, became):
        targets = await _targets(world, place, plan, rollout, deployments, found)
    elif plan.target_groups and _is_turn(memory.looks, len(plan.target_groups)):
        states = await _states(world, place, plan)
        everybodys = dict(Counter(states.values())) if states else None
    look = Look(
        at=world.now(),
        desired=service.desired,
        deployments=deployments,
        service_deployment=ServiceDeploymentStatus.of(became.status) if became else None,
        service_deployment_reason=_reason(became),
        weight=became.target.production_weight if became and became.target else None,
        targets=targets,
        all_targets=everybodys,
        latest_event=_latest_event(service, found, rollout),
    )
    known = became.arn if became is not None else memory.service_deployment
    memory = replace(memory, looks=memory.looks + 1, service_deployment=known)
    return Sight(look, service, memory, became)


async def _service_deployment(
    world: World, place: Place, rollout: Rollout, memory: Memory, service: models.Service
) -> models.ServiceDeployment | None:
    """ECS's record of our rollout: one call where it is known which, otherwise two to four."""
    ecs = account_of(world, place).ecs
    if memory.service_deployment is not None:
        described = await ecs.describe_service_deployments([memory.service_deployment])
        if memory.service_deployment in described:
            return described[memory.service_deployment]
    return await find_service_deployment(
        ecs,
        place,
        rollout.task_definition,
        since=rollout.began_at,
        named=(rollout.service_deployment, service.current_service_deployment),
        after=rollout.replaces.service_deployment if rollout.replaces else None,
    )


def _deployment(one: models.Deployment) -> Deployment:
    known = {state.value: state for state in RolloutState}
    return Deployment(
        id=one.id,
        status=one.status,
        task_definition=one.task_definition,
        rollout_state=known.get(one.rollout_state or ""),
        rollout_reason=one.rollout_reason,
        desired=one.desired,
        pending=one.pending,
        running=one.running,
        failed=one.failed,
        created_at=one.created_at,
    )


def _reason(became: models.ServiceDeployment | None) -> str:
    return "" if became is None else became.rollback_reason or became.status_reason


async def _targets(
    world: World,
    place: Place,
    plan: Plan,
    rollout: Rollout,
    deployments: tuple[Deployment, ...],
    found: Deployment | None,
) -> dict[str, int] | None:
    """Our tasks' targets by state, asked when ECS is done; None where no load balancer can say."""
    states = await _states(world, place, plan)
    if states is None or found is None:
        return None
    alone = all(one is found or not one.running for one in deployments)
    if alone and Counter(states.values())[HEALTHY] == found.running:
        return {HEALTHY: found.running}
    ours = await _addresses(world, place, rollout)
    return dict(Counter(state for address, state in states.items() if address in ours))


def _is_turn(looks: int, groups: int) -> bool:
    """Whether it is time to ask the load balancer although nothing needs it."""
    every = TARGETS_EVERY * groups
    return looks % every == every - 1


def _is_done(found: Deployment | None, became: models.ServiceDeployment | None) -> bool:
    """Whether ECS says that our rollout is over, so that targets must confirm it."""
    if found is None:
        return False
    if found.rollout_state is not None:
        return found.rollout_state is RolloutState.COMPLETED
    return became is None or became.status == "SUCCESSFUL"


async def _states(world: World, place: Place, plan: Plan) -> dict[str, str] | None:
    """The state of each target by its address, the worst of its groups; None without addresses."""
    elbv2 = account_of(world, place).elbv2
    states: dict[str, str] = {}
    asked = by_address = False
    for group in plan.target_groups:
        for target in await elbv2.describe_target_health(group):
            asked = True
            if target.target.startswith(INSTANCE):
                continue
            by_address = True
            states[target.target] = _worse(states.get(target.target), target.state)
    return None if asked and not by_address else states


async def _addresses(world: World, place: Place, rollout: Rollout) -> frozenset[str]:
    """The addresses of the tasks that run our revision.

    Not by who started them: when ECS rolls back, the new deployment adopts the tasks of the old.
    Only where the very same revision ran before, that alone tells them apart.
    """
    config = place.config
    is_told_apart = rollout.replaces is not None and rollout.deployment_id is not None
    tasks = await account_of(world, place).ecs.running_tasks(config.cluster, config.ecs_service)
    return frozenset(
        task.private_ip
        for task in tasks
        if task.private_ip and task.task_definition == rollout.task_definition
        if not is_told_apart or task.started_by == rollout.deployment_id
    )


def _worse(one: str | None, other: str) -> str:
    if one is None:
        return other
    for state in WORST_FIRST:
        if state in {one, other}:
            return state
    return other


def _latest_event(
    service: models.Service, found: Deployment | None, rollout: Rollout
) -> str | None:
    """What ECS said last, if it was about this rollout."""
    since = found.created_at if found and found.created_at else rollout.began_at
    newest = service.events[0] if service.events else None
    return spoken_event(newest.message) if newest and newest.at >= since else None


def is_troubled(sight: Sight, rollout: Rollout) -> bool:
    """Whether something went wrong with a task of ours, or ECS says so in an event."""
    found = next((d for d in sight.look.deployments if d.id == rollout.deployment_id), None)
    if found is None or found.failed > 0:
        return True
    said = sight.look.latest_event
    return said is not None and bool(_TELLS_OF_TROUBLE.search(said))


async def first_failure(world: World, place: Place, plan: Plan, rollout: Rollout) -> Failure | None:
    """Explain the first of our tasks that died; None while ECS shows none.

    ECS forgets stopped tasks within about an hour, so this is asked for at the first sign.

    Costs one ecs:ListTasks, and one ecs:DescribeTasks where there are any.
    """
    config = place.config
    stopped = await account_of(world, place).ecs.stopped_tasks(
        config.cluster, config.ecs_service, started_by=rollout.deployment_id
    )
    told = [
        told_of(task, plan.memory_mib)
        for task in stopped
        if task.stopped_at is not None and task.task_definition == rollout.task_definition
    ]
    return _first_unplanned(told)


def _first_unplanned(tasks: Iterable[StoppedTask]) -> Failure | None:
    return next((explain(task) for task in tasks if not is_planned(task)), None)


def told_of(task: models.StoppedTask, memory_mib: int | None = None) -> StoppedTask:
    """What ECS tells of a task that stopped; with the memory it might use, where that is known."""
    return StoppedTask(
        id=task.arn.rsplit("/", 1)[-1],
        stop_code=task.stop_code or "",
        reason=task.stopped_reason,
        containers=tuple(
            StoppedContainer(name=c.name, exit_code=c.exit_code, reason=c.reason)
            for c in task.containers
        ),
        memory_mib=memory_mib,
        stopped_at=task.stopped_at,
    )
