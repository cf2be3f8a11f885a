"""Second: the new revision is registered, and ECS is asked to run it. Each is done once.

Before that it is looked up once more what exactly would run, and whether the gate still lets it:
what was confirmed and approved is this image in this task definition, and anything else goes back
to be confirmed and approved anew.

Both write down that they are about to ask before they ask. A first attempt therefore asks at once;
any later one looks first at what came of the one before it.
"""

import logging
from datetime import datetime

from bot.cards import change_thread
from bot.changes.attempts import UPDATE, is_first, was_attempted
from bot.changes.outcome import lock_after
from bot.changes.plan import Impossible, find_running
from bot.changes.register import register
from bot.changes.replan import (
    Void,
    back_to_proposed,
    changed_by_others,
    in_the_way_now,
    plan_again,
    propose_again,
)
from bot.changes.restart import restart
from bot.changes.running import account_of
from bot.changes.seen import Seen, change_step, end_and_see, place_of, read, seen
from bot.changes.service_deployments import find_service_deployment
from bot.changes.strategy import time_for, to_deploy, to_go_back
from bot.changes.watch import give_up, wait_for_aws
from bot.domain.card import Kind
from bot.domain.change import Change, ChangeKind, ChangeState, Rollout
from bot.domain.mark import wanted_at_begin
from bot.domain.place import Place
from bot.domain.plan import Plan, revision_name
from bot.domain.shift import Strategy
from bot.errors import BotError
from bot.storage import audit, cards, changes, marks
from bot.world import World
from integrations.aws.models import Deployment, Service
from integrations.aws.strategies import DeploymentConfiguration
from integrations.errors import IntegrationError

S = ChangeState

log = logging.getLogger(__name__)


@change_step
async def start(here: World, change: Change) -> Seen:
    """Register the revision where there is none yet, or else have ECS run it."""
    plan = change.plan
    if change.state is not S.STARTING or plan is None:
        return seen(change)
    asked_before = await was_attempted(here, change, UPDATE)
    try:
        place = place_of(here, change)
        if not asked_before:
            decision = await in_the_way_now(here, place, change)
            if not decision.allowed:
                return await back_to_proposed(here, place, change, decision)
        if change.kind is ChangeKind.RESTART:
            return await _restart(here, place, change, plan)
        if plan.wanted.task_definition is not None:
            return await _update(here, place, change, plan.wanted.task_definition)
        if change.kind is ChangeKind.ROLLBACK:
            change, wanted = await register(here, place, change, plan)
            return await _update(here, place, change, wanted)
        running = await find_running(here, place)
        again = await plan_again(here, place, change, running)
        if differences := plan.binding.differs_from(again.binding):
            return await propose_again(here, place, change, differences)
        change, wanted = await register(here, place, change, plan)
        return await _update(here, place, change, wanted, seen_to_run=running.service)
    except IntegrationError as exc:
        return await _not_done(here, change, exc, asked_before=asked_before)
    except (Void, Impossible, BotError) as exc:
        if asked_before:
            return await give_up(here, change, str(exc))
        return await _refuse(here, change, str(exc))


async def _not_done(
    here: World, change: Change, trouble: IntegrationError, *, asked_before: bool
) -> Seen:
    """Refuse what AWS refuses; wait while it does not answer, as long as a rollout may take.

    A request to ECS whose answer was lost may have taken effect. Nobody may say then that nothing
    was changed, whatever AWS refuses now: it is looked for again, and in the end not known.
    """
    policy = place_of(here, change).config.deploy
    until = change.changed_at + here.paced(policy.rollout_timeout)
    if not trouble.retryable and not asked_before:
        return await _refuse(here, change, f"AWS refused: {trouble.detail}")
    if here.now() >= until and not await was_attempted(here, change, UPDATE):
        return await _refuse(here, change, f"AWS did not answer: {trouble.detail}")
    pause = here.paced(policy.watch_every)
    return await wait_for_aws(here, change, trouble, pause=pause, since=until)


async def _refuse(here: World, change: Change, why: str) -> Seen:
    return await end_and_see(here, change, S.REFUSED, of={S.STARTING}, why=why)


async def _restart(here: World, place: Place, change: Change, plan: Plan) -> Seen:
    """Have the tasks replaced, once; wait while an earlier request may still show."""
    rollout = await restart(here, place, change, plan)
    if rollout is None:
        return seen(change, wait=here.paced(place.config.deploy.watch_every))
    return await _rolling_out(here, change, rollout, rollout.began_at)


async def _update(
    here: World,
    place: Place,
    change: Change,
    wanted: str,
    *,
    seen_to_run: Service | None = None,
) -> Seen:
    """Have ECS run the revision, once. `seen_to_run` is the service as this step has just seen it:
    there was no attempt before then."""
    account, config = account_of(here, place), place.config
    service = seen_to_run or await account.ecs.describe_service(config.cluster, config.ecs_service)
    attempted = await was_attempted(here, change, UPDATE)
    if not attempted:
        _check_the_plan_still_fits(change, service)
    found = _deployment_of(service, wanted)
    service_deployment = service.current_service_deployment if found else None
    if found is None and attempted:
        became = await find_service_deployment(account.ecs, place, wanted, since=change.changed_at)
        service_deployment = became.arn if became else None
    if found is None and service_deployment is None:
        if attempted:  # ours never arrived, and somebody else's may have meanwhile
            _check_the_plan_still_fits(change, service)
        await is_first(here, change, UPDATE)
        service = await account.ecs.update_service(
            config.cluster,
            config.ecs_service,
            wanted,
            configuration=_configuration(place, change, service),
        )
        found = _deployment_of(service, wanted)
        service_deployment = service.current_service_deployment if found else None
    now = here.now()
    strategy = change.plan.strategy if change.plan else Strategy.ROLLING
    rollout = Rollout(
        task_definition=wanted,
        deployment_id=found.id if found else None,
        began_at=now,
        deadline=now + here.paced(time_for(config.deploy, strategy)),
        service_deployment=service_deployment,
        strategy=strategy,
    )
    return await _rolling_out(here, change, rollout, now)


def _configuration(
    place: Place, change: Change, service: Service
) -> DeploymentConfiguration | None:
    """How ECS is to do it: a way back takes the fastest one there is."""
    if change.kind is ChangeKind.ROLLBACK or change.plan is None:
        return to_go_back(service)
    return to_deploy(place.config.deploy, change.plan.strategy, service)


def _check_the_plan_still_fits(change: Change, service: Service) -> None:
    planned = change.plan.running.task_definition if change.plan else None
    primary = service.primary
    if primary is None or primary.task_definition != planned:
        raise Void(
            changed_by_others(revision_name(primary.task_definition) if primary else "nothing")
        )


def _deployment_of(service: Service, task_definition: str) -> Deployment | None:
    """The deployment that is to run this revision, while it is the one the service goes to."""
    primary = service.primary
    return primary if primary is not None and primary.task_definition == task_definition else None


async def _rolling_out(here: World, change: Change, rollout: Rollout, now: datetime) -> Seen:
    async with here.database.write() as connection:
        moved = await changes.move(
            connection,
            change.id,
            S.ROLLING_OUT,
            of={S.STARTING},
            at=now,
            rollout=rollout,
            started_at=now,
            silent_since=None,
            silent_why=None,
        )
        if moved is None:  # aborted while ECS was being asked: it must be known what to undo
            await changes.note(connection, change.id, rollout=rollout, started_at=now)
        began = moved or await changes.get(connection, change.id)
        locked = None
        if change.kind is ChangeKind.ROLLBACK:
            locked = await lock_after(connection, place_of(here, change), began, at=now)
        await marks.want(connection, change.id, wanted_at_begin(here.catalog, began), at=now)
        await cards.add_entry(
            connection,
            Kind.CHANGE,
            change.id,
            key="started",
            message=change_thread.started(rollout),
        )
        if locked is not None:
            await audit.add(connection, locked)
    log.info(
        "rollout_started",
        extra={
            "action": "rollout_started",
            "change_id": change.id,
            "task_definition": rollout.task_definition,
            "deployment": rollout.deployment_id,
        },
    )
    here.wake()
    # What ECS answered just now was the first look.
    pause = here.paced(place_of(here, change).config.deploy.watch_every)
    return seen(moved or await read(here, change.id), wait=pause)
