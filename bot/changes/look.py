"""One look at a rollout: what ECS and the load balancer say of it, in the words of the domain.

Costs one ecs:DescribeServices, and with a load balancer one elbv2:DescribeTargetHealth for each
target group. Tasks are listed again only when the number of running ones has moved or the last
list leaves doubt, service deployments asked for only when the list of deployments does.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.changes.running import account_of
from bot.changes.service_deployments import find_service_deployment
from bot.domain.change import Plan, Rollout
from bot.domain.events import spoken_event
from bot.domain.failure import Failure, StoppedContainer, StoppedTask, explain, is_planned
from bot.domain.place import Place
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
from bot.world import World
from integrations.aws import models

INSTANCE = "i-"
"""Targets named by instance cannot be told apart by task."""
WORST_FIRST = ("unhealthy", "unhealthy.draining", "draining", "unavailable", "unused", "initial")
"""A task in several target groups counts as what the worst of them says."""
_TELLS_OF_TROUBLE = re.compile(r"unable|unhealthy|fail|cannot|error", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Memory:
    """What the last look leaves to the next: our tasks' addresses, and when they were listed.

    `running` is how many tasks of ours ran then; -1 before the first look.
    """

    running: int = -1
    addresses: tuple[str, ...] = ()

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Memory":
        """Read it back from a step's result."""
        if not kept:
            return cls()
        return cls(running=kept["running"], addresses=tuple(kept["addresses"]))

    def as_json(self) -> dict[str, Any]:
        return {"running": self.running, "addresses": list(self.addresses)}


@dataclass(frozen=True, slots=True)
class Sight:
    """A look, the service it was read from, and what to remember."""

    look: Look
    service: models.Service
    memory: Memory


def ours_of(world: World, rollout: Rollout) -> Ours:
    """The deployment that a rollout is judged by."""
    return Ours(
        task_definition=rollout.task_definition,
        deployment_id=rollout.deployment_id,
        began_at=rollout.began_at,
        deadline=rollout.deadline,
        grace=world.paced(GRACE),
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
    running = found.running if found is not None else 0
    # ECS lists tasks from before what it counts: a list that is short would hide a healthy task.
    is_old = running != memory.running or running != len(memory.addresses)
    if plan.target_groups and is_old:
        memory = Memory(running, await _addresses(world, place, rollout) if running else ())
    targets = await _targets(world, place, plan, memory.addresses, running=running)
    if _contradicts(found, targets):
        memory = Memory()
    became = None
    if is_in_doubt(ours, deployments):
        became = await find_service_deployment(
            ecs,
            place,
            rollout.task_definition,
            since=rollout.began_at,
            named=(rollout.service_deployment, service.current_service_deployment),
        )
    look = Look(
        at=world.now(),
        desired=service.desired,
        deployments=deployments,
        service_deployment=ServiceDeploymentStatus.of(became.status) if became else None,
        service_deployment_reason=_reason(became),
        targets=targets,
        latest_event=_latest_event(service, found, rollout),
    )
    return Sight(look, service, memory)


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


async def _addresses(world: World, place: Place, rollout: Rollout) -> tuple[str, ...]:
    """The addresses of the tasks that run our revision.

    Not by who started them: when ECS rolls back, the new deployment adopts the tasks of the old.
    """
    config = place.config
    tasks = await account_of(world, place).ecs.running_tasks(config.cluster, config.ecs_service)
    return tuple(
        sorted(
            task.private_ip
            for task in tasks
            if task.private_ip and task.task_definition == rollout.task_definition
        )
    )


def _contradicts(found: Deployment | None, targets: dict[str, int] | None) -> bool:
    """Whether ECS is done while targets are not well: a task was replaced between two looks."""
    if found is None or targets is None or found.rollout_state is not RolloutState.COMPLETED:
        return False
    return targets.get(HEALTHY, 0) < found.running


async def _targets(
    world: World, place: Place, plan: Plan, addresses: tuple[str, ...], *, running: int
) -> dict[str, int] | None:
    """Our tasks' targets by state; None where no load balancer can say."""
    if not plan.target_groups:
        return None
    if not running:
        return {}
    elbv2 = account_of(world, place).elbv2
    states: dict[str, str] = {}
    by_address = False
    for group in plan.target_groups:
        for target in await elbv2.describe_target_health(group):
            if target.target.startswith(INSTANCE):
                continue
            by_address = True
            if target.target in addresses:
                states[target.target] = _worse(states.get(target.target), target.state)
    return dict(Counter(states.values())) if by_address else None


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
        _stopped(task, plan)
        for task in stopped
        if task.stopped_at is not None and task.task_definition == rollout.task_definition
    ]
    return _first_unplanned(told)


def _first_unplanned(tasks: Iterable[StoppedTask]) -> Failure | None:
    return next((explain(task) for task in tasks if not is_planned(task)), None)


def _stopped(task: models.StoppedTask, plan: Plan) -> StoppedTask:
    return StoppedTask(
        id=task.arn.rsplit("/", 1)[-1],
        stop_code=task.stop_code or "",
        reason=task.stopped_reason,
        containers=tuple(
            StoppedContainer(name=c.name, exit_code=c.exit_code, reason=c.reason)
            for c in task.containers
        ),
        memory_mib=plan.memory_mib,
        stopped_at=task.stopped_at,
    )
