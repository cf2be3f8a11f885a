"""What a restart would do: new tasks of the very revision that runs, and nothing else.

Costs one ecs:DescribeServices, and what will be needed is looked for as before a deploy. Where the
image is named by a tag it is asked what that means now: ECS looks it up anew.
"""

import math
from dataclasses import replace

from bot.changes.plan import (
    IN_PROGRESS,
    Impossible,
    digest_of_tasks,
    find_image,
    find_running,
    scan_policy,
    target_groups,
)
from bot.changes.running import Running
from bot.changes.strategy import ROLLING
from bot.changes.verify import ROLLBACK_NAMES, verify
from bot.domain.change import Change
from bot.domain.definition import definition_hash, memory_mib
from bot.domain.image import read_image
from bot.domain.place import Place
from bot.domain.plan import Deployed, Plan, Revision
from bot.domain.shift import Strategy
from bot.domain.way_back import Known
from bot.world import World
from integrations.aws.models import Deployment, Service

FAILED = "FAILED"
ACTIVE = "ACTIVE"
LEAST_PERCENT, MOST_PERCENT = 100, 200
"""ECS's own defaults for what has to serve, and what may run, during a rolling update."""


async def plan_restart(
    world: World,
    place: Place,
    known: Known,
    *,
    running: Running | None = None,
    is_checked: bool = True,
) -> Plan:
    """Plan to have every task of this place replaced by a new one of the same revision.

    Without `is_checked` what a task will need is not looked for once more. `running` is what was
    just seen to run there, where somebody has looked.

    Raises:
        Impossible: nothing runs, a rollout is under way, or new tasks would not be the same.
        IntegrationError: AWS did not answer.
    """
    running = running or await find_running(world, place)
    service, primary = running.service, running.primary
    _refuse_what_cannot_be_restarted(place, running, known.under_way)
    runs, warnings = await _same_image(world, place, running)
    definition = running.definition.registrable
    checks = (
        await verify(
            world,
            place,
            service=service,
            definition=definition,
            container=running.container,
            image=None,
            digest=runs.digest,
            policy=scan_policy(place),
            shifts=service.strategy != ROLLING,
            only=ROLLBACK_NAMES,
        )
        if is_checked
        else ()
    )
    is_good = any(one.task_definition == primary.task_definition for one in known.good)
    return Plan(
        running=runs,
        wanted=runs,
        container=running.container,
        desired=service.desired,
        running_since=primary.created_at,
        running_is_good=is_good,
        wanted_is_good=is_good,
        warnings=(*_short_of_tasks(service), *warnings),
        memory_mib=memory_mib(running.definition.raw, running.container),
        target_groups=target_groups(place, service),
        checks=checks,
        definition_hash=definition_hash(definition),
        strategy=Strategy.ROLLING if service.strategy == ROLLING else Strategy.BLUE_GREEN,
        deployed=Deployed(primary.id, service.current_service_deployment),
    )


def _refuse_what_cannot_be_restarted(
    place: Place, running: Running, under_way: Change | None
) -> None:
    where = f"{place.service} in {place.environment}"
    service, primary, name = running.service, running.primary, running.revision.name
    if under_way is not None:
        raise Impossible(
            f"{under_way.wanted_name} is under way for {where} now. Wait for it, or end it on its "
            "card."
        )
    if service.desired == 0:
        raise Impossible(f"{where} wants no task: there is nothing to restart.")
    if primary.rollout_state == FAILED:
        raise Impossible(
            f"ECS gave up rolling out {name}, so a restart would begin that again. Roll back, or "
            "deploy a version."
        )
    if _is_rolling_out(service, primary):
        raise Impossible(
            f"ECS is in the middle of rolling out {name} for {where}: that brings new tasks by "
            "itself. Wait for its end."
        )
    least, most = _bounds(service)
    if service.strategy == ROLLING and least >= service.desired >= most:
        raise Impossible(
            f"ECS can neither stop a task of {where} first nor start one: at least {least} have to "
            f"serve and at most {most} may run. Raise the service's maximum percent."
        )


def _is_rolling_out(service: Service, primary: Deployment) -> bool:
    """Whoever began it. Where traffic is shifted only the older deployment beside it tells."""
    if primary.rollout_state == IN_PROGRESS:
        return True
    return any(one.status == ACTIVE for one in service.deployments)


async def _same_image(
    world: World, place: Place, running: Running
) -> tuple[Revision, tuple[str, ...]]:
    """What runs, with its digest where anybody knows, and what is to be said of it.

    Raises:
        Impossible: the tag that names the image means another one by now: that would be a deploy.
    """
    revision = running.revision
    reference = read_image(revision.image)
    if reference.digest is not None:
        return revision, ()
    digest = await digest_of_tasks(world, place, running)
    if reference.tag is None or reference.ecr_account is None:
        told = f"Whether {revision.image} still is the image that runs cannot be looked up."
        return replace(revision, digest=digest), (told,)
    image = await find_image(world, place, reference, reference.tag, ())
    if digest is None:
        told = f"Whether {reference.tag} still is the image that runs is not known."
        return replace(revision, digest=image.digest), (told,)
    if image.digest != digest:
        raise Impossible(
            f"{reference.tag} is another image by now than the one that runs: a restart would "
            "deploy that one. Deploy a version instead."
        )
    return replace(revision, digest=digest), ()


def _bounds(service: Service) -> tuple[int, int]:
    """How many tasks at least have to serve during a rolling update, and how many may run."""
    least = service.minimum_healthy_percent
    most = service.maximum_percent
    return (
        math.ceil(service.desired * (LEAST_PERCENT if least is None else least) / 100),
        math.floor(service.desired * (MOST_PERCENT if most is None else most) / 100),
    )


def _short_of_tasks(service: Service) -> tuple[str, ...]:
    """What fewer tasks meanwhile would mean; where traffic is shifted the old ones all stay."""
    least, _ = _bounds(service)
    if service.strategy != ROLLING or least >= service.desired:
        return ()
    if least == 0 and service.desired == 1:
        return ("Its only task may be stopped before the new one serves: nothing would answer.",)
    if least == 0:
        return ("All its tasks may be stopped before a new one serves: nothing would answer.",)
    return (f"While it restarts as few as {least} of its {service.desired} tasks may serve.",)
