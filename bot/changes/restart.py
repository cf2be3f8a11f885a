"""New tasks of the same revision: ECS is asked for a deployment once, and that one is found again.

Asking ECS for the revision it runs starts nothing, except by force, and then every time. So it is
not asked again while an earlier request may still show, and the deployment that came of it is told
from the one before, which has the very same task definition, by what ECS calls the two.
"""

from dataclasses import replace
from datetime import datetime

from bot.changes.attempts import UPDATE, asked_at, is_ours_to_ask
from bot.changes.plan import find_running
from bot.changes.plan_restart import plan_restart
from bot.changes.replan import Void, changed_by_others
from bot.changes.running import Running, account_of
from bot.changes.service_deployments import CLOCKS_APART, find_service_deployment
from bot.changes.strategy import to_restart
from bot.domain.change import Change, Rollout
from bot.domain.place import Place
from bot.domain.plan import Deployed, Plan
from bot.domain.rollout import GRACE, ServiceDeploymentStatus
from bot.storage.known import known_of
from bot.world import World
from integrations.aws.models import Deployment, Service

UNDONE = frozenset({ServiceDeploymentStatus.ROLLING_BACK, ServiceDeploymentStatus.ROLLED_BACK})


async def restart(here: World, place: Place, change: Change, plan: Plan) -> Rollout | None:
    """Have ECS replace the tasks, or find what an earlier attempt began; None while that may show.

    Raises:
        Impossible, Void: it cannot be done any more, or somebody else changed what runs.
        IntegrationError: AWS did not answer; it may have begun.
    """
    running = await find_running(here, place)
    asked = await asked_at(here, change, UPDATE)
    if asked:
        found = await find_restart(here, place, plan, running.service, since=asked[0])
        if found is not None:
            return found
        if may_still_show(here, asked):
            return None
        if here.now() >= change.changed_at + here.paced(place.config.deploy.rollout_timeout):
            raise Void("ECS was asked to restart it, did not answer, and shows no new deployment.")
    await _check_it_is_the_same(here, place, change, plan, running)
    if not await is_ours_to_ask(here, change, UPDATE, asked=len(asked)):
        return None
    service = await account_of(here, place).ecs.update_service(
        place.config.cluster,
        place.config.ecs_service,
        str(plan.wanted.task_definition),
        configuration=to_restart(running.service),
        force_new_deployment=True,
    )
    began = _newer(service, plan, since=here.now())
    return _rollout(here, place, plan, began.id if began else None, _current(service, plan))


def may_still_show(here: World, asked: tuple[datetime, ...]) -> bool:
    """Whether ECS may have taken the last request and not show it yet."""
    return here.now() < asked[-1] + here.paced(GRACE)


async def find_restart(
    here: World, place: Place, plan: Plan, service: Service, *, since: datetime
) -> Rollout | None:
    """What a request made at `since` began, if ECS shows it: its answer was lost.

    Where ECS has undone it, the primary deployment is not it, although it looks like it.
    """
    before = _before(plan)
    record = await find_service_deployment(
        account_of(here, place).ecs,
        place,
        str(plan.wanted.task_definition),
        since=since,
        named=(service.current_service_deployment,),
        after=before.service_deployment,
    )
    if record is None:
        return None
    is_undone = ServiceDeploymentStatus.of(record.status) in UNDONE
    began = None if is_undone else _newer(service, plan, since=since)
    return _rollout(here, place, plan, began.id if began else None, record.arn)


def _newer(service: Service, plan: Plan, *, since: datetime) -> Deployment | None:
    """The primary deployment, if it is the same revision and yet not what the plan saw."""
    primary = service.primary
    if primary is None or primary.task_definition != plan.wanted.task_definition:
        return None
    if primary.id == _before(plan).deployment_id:
        return None
    at = primary.created_at
    return primary if at is None or at >= since - CLOCKS_APART else None


def _current(service: Service, plan: Plan) -> str | None:
    """The service deployment that ECS names, unless it still names the one before."""
    current = service.current_service_deployment
    return current if current != _before(plan).service_deployment else None


def _before(plan: Plan) -> Deployed:
    return plan.deployed or Deployed(None)


def _rollout(
    here: World, place: Place, plan: Plan, deployment_id: str | None, service_deployment: str | None
) -> Rollout:
    now = here.now()
    return Rollout(
        task_definition=str(plan.wanted.task_definition),
        deployment_id=deployment_id,
        began_at=now,
        deadline=now + here.paced(place.config.deploy.rollout_timeout),
        service_deployment=service_deployment,
        strategy=plan.strategy,
        replaces=_before(plan),
    )


async def _check_it_is_the_same(
    here: World, place: Place, change: Change, plan: Plan, running: Running
) -> None:
    """Everything the plan said still holds.

    Raises:
        Impossible, Void: it does not.
    """
    name = running.revision.name
    if running.primary.task_definition != plan.wanted.task_definition:
        raise Void(changed_by_others(name))
    if running.primary.id != _before(plan).deployment_id:
        raise Void(
            f"Since this was proposed somebody else has had {name} deployed once more: its tasks "
            "are new. Ask again if that was not enough."
        )
    async with here.database.read() as connection:
        known = await known_of(connection, change.environment, change.service)
    free = replace(known, under_way=None)
    await plan_restart(here, place, free, running=running, is_checked=False)
