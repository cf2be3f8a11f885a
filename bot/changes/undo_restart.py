"""A restart that is stopped: ECS keeps the tasks from before, and is asked for nothing else.

What it goes back to is the same revision, so UpdateService could not say it: the service deployment
is stopped where it still runs, and what ECS makes of that is watched by its own id.
"""

from datetime import timedelta
from typing import Unpack

from bot.changes.attempts import UPDATE, asked_at
from bot.changes.restart import UNDONE, find_restart, may_still_show
from bot.changes.running import account_of
from bot.changes.seen import Seen, end_and_see, read, seen
from bot.changes.service_deployments import find_service_deployment
from bot.changes.watch import give_up, nothing_to_undo
from bot.domain.change import Change, ChangeState, Rollout
from bot.domain.place import Place
from bot.domain.plan import Deployed, Plan
from bot.domain.rollout import ServiceDeploymentStatus, Verdict
from bot.storage import changes
from bot.storage.changes import Facts
from bot.world import World
from integrations.aws.models import Service, ServiceDeployment
from integrations.errors import Rejected

S = ChangeState
TOO_LATE = "ECS was done before it could be stopped: every task is new."
OVERTAKEN = "Somebody else deployed meanwhile, so nothing was stopped."
NOT_STOPPED = "ECS did not go back to the tasks from before."


async def undo_restart(here: World, place: Place, change: Change, plan: Plan) -> Seen:
    """Stop what was begun, or take one look at whether ECS has; ends once its way back is known.

    Costs one ecs:DescribeServices and two to four calls for the service deployment.

    Raises:
        IntegrationError: AWS did not answer.
    """
    config, ecs = place.config, account_of(here, place).ecs
    pause = here.paced(config.deploy.watch_every)
    service = await ecs.describe_service(config.cluster, config.ecs_service)
    rollout = change.rollout or await _begun(here, place, change, plan, service)
    if rollout is None:
        asked = await asked_at(here, change, UPDATE)
        if asked and may_still_show(here, asked):
            return seen(change, wait=pause)
        return await nothing_to_undo(here, change)
    record = await find_service_deployment(
        ecs,
        place,
        rollout.task_definition,
        since=rollout.began_at,
        named=(rollout.service_deployment,),
        after=rollout.replaces.service_deployment if rollout.replaces else None,
    )
    status = ServiceDeploymentStatus.of(record.status) if record is not None else None
    if status is ServiceDeploymentStatus.SUCCESSFUL:
        return await _end(here, change, S.UNPROVEN, why=TOO_LATE)
    if status is ServiceDeploymentStatus.STOPPED:
        verdict = Verdict.SUPERSEDED
        return await _end(here, change, S.SUPERSEDED, why=OVERTAKEN, verdict=verdict)
    back = _way_back(here, place, rollout, record, service) if record is not None else None
    if back is not None:
        return await _note(here, change, pause, back=back, progress=None)
    if here.now() >= change.changed_at + here.paced(config.deploy.rollout_timeout):
        return await give_up(here, change, NOT_STOPPED)
    if record is not None and status is ServiceDeploymentStatus.RUNNING:
        await _stop(here, place, record)
    return await _note(here, change, pause)


async def _begun(
    here: World, place: Place, change: Change, plan: Plan, service: Service
) -> Rollout | None:
    """What came of the request, when it was aborted before its answer was known."""
    asked = await asked_at(here, change, UPDATE)
    if not asked:
        return None
    found = await find_restart(here, place, plan, service, since=asked[0])
    if found is not None:
        async with here.database.write() as connection:
            await changes.note(
                connection, change.id, rollout=found, started_at=change.started_at or asked[0]
            )
    return found


async def _stop(here: World, place: Place, record: ServiceDeployment) -> None:
    try:
        await account_of(here, place).ecs.stop_service_deployment(record.arn)
    except Rejected:  # it ended between the two calls: whatever it became is seen at the next look
        return


def _way_back(
    here: World, place: Place, rollout: Rollout, record: ServiceDeployment, service: Service
) -> Rollout | None:
    """The deployment by which ECS has the tasks from before again, once it is there.

    It has the same task definition as well, and no service deployment of its own.
    """
    primary, status = service.primary, ServiceDeploymentStatus.of(record.status)
    if primary is None or status not in UNDONE or primary.id == rollout.deployment_id:
        return None
    if rollout.deployment_id is None and status is not ServiceDeploymentStatus.ROLLED_BACK:
        return None  # it may as well be what is undone
    now = here.now()
    return Rollout(
        task_definition=rollout.task_definition,
        deployment_id=primary.id,
        began_at=now,
        deadline=now + here.paced(place.config.deploy.rollout_timeout),
        strategy=rollout.strategy,
        replaces=Deployed(rollout.deployment_id, record.arn),
    )


async def _note(here: World, change: Change, pause: timedelta, **facts: Unpack[Facts]) -> Seen:
    facts["silent_since"] = facts["silent_why"] = None
    async with here.database.write() as connection:
        await changes.note(connection, change.id, **facts)
    here.wake()
    return seen(await read(here, change.id), wait=pause)


async def _end(
    here: World, change: Change, to: ChangeState, *, why: str, verdict: Verdict | None = None
) -> Seen:
    """End it without a way back; without a verdict, with the one it was to go back for."""
    return await end_and_see(
        here, change, to, of={S.ROLLING_BACK}, verdict=verdict or change.verdict, why=why
    )
