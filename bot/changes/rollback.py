"""The way back of a change that was aborted or went wrong: asked for once, and watched too."""

from typing import Any

from bot.changes.attempts import UPDATE, was_attempted
from bot.changes.look import Memory
from bot.changes.outcome import conclude
from bot.changes.running import account_of
from bot.changes.seen import Seen, change_step, place_of, read, seen
from bot.changes.service_deployments import find_service_deployment
from bot.changes.strategy import to_go_back
from bot.changes.undo_restart import undo_restart
from bot.changes.watch import (
    Ending,
    Looked,
    end,
    give_up,
    look,
    nothing_to_undo,
    pause_of,
    tell,
    wait_for_aws,
)
from bot.domain.change import Change, ChangeKind, ChangeState, Rollout
from bot.domain.place import Place
from bot.domain.plan import Plan, revision_name
from bot.domain.rollout import GRACE, Ended, ServiceDeploymentStatus, Verdict
from bot.domain.shift import Strategy
from bot.errors import BotError
from bot.storage import changes
from bot.world import World
from integrations.aws.models import Service, ServiceDeployment
from integrations.errors import IntegrationError, Rejected

S = ChangeState
BACK_AGAIN = frozenset({Verdict.SUCCEEDED, Verdict.NOTHING_RUNNING})
"""Verdicts on the way back that mean: it is as it was before."""
UNDER_WAY = frozenset({ServiceDeploymentStatus.RUNNING, ServiceDeploymentStatus.ROLLING_BACK})
OVERTAKEN = frozenset({Verdict.SUPERSEDED, Verdict.VANISHED})
"""Verdicts on the way back that ECS's list of deployments alone cannot prove."""


@change_step
async def go_back(here: World, change: Change, memory: dict[str, Any]) -> Seen:
    """Ask ECS for the revision that ran before, or look once at how far that is."""
    if change.state is not S.ROLLING_BACK:
        return seen(change)
    if change.back is not None:
        return await _watch(here, change, change.back, Memory.of(memory))
    if change.plan is None or not await was_attempted(here, change, UPDATE):
        return await nothing_to_undo(here, change)
    try:
        place = place_of(here, change)
    except BotError as exc:
        return await give_up(here, change, str(exc))
    try:
        if change.kind is ChangeKind.RESTART:
            return await undo_restart(here, place, change, change.plan)
        return await _ask(here, place, change, change.plan)
    except IntegrationError as exc:
        pause = here.paced(place.config.deploy.watch_every)
        return await wait_for_aws(here, change, exc, pause=pause, since=change.changed_at)


async def _watch(here: World, change: Change, back: Rollout, memory: Memory) -> Seen:
    looked = await look(here, change, back, memory)
    if not isinstance(looked, Looked):
        return looked
    pause = pause_of(here, looked.place, back)
    if isinstance(looked.result, Ended):
        if await _still_returns(here, looked, change, back):
            return seen(change, wait=pause, memory=looked.sight.memory.as_json())
        ending = Ending(looked.place, looked.sight, looked.result, looked.failure)
        settled = await _settle(here, change, ending)
        here.wake()
        return seen(settled or await read(here, change.id))
    told = await tell(here, change, looked)
    return seen(told, wait=pause, memory=looked.sight.memory.as_json())


async def _still_returns(here: World, looked: Looked, change: Change, back: Rollout) -> bool:
    """Whether it only looks overtaken: until ECS has rolled a shift back, it lists ours as primary.

    Asks up to four calls, and only then.
    """
    in_doubt = isinstance(looked.result, Ended) and looked.result.verdict in OVERTAKEN
    if not in_doubt or change.rollout is None or here.now() >= back.deadline:
        return False
    try:
        forwards = await _forwards(here, looked.place, change.rollout)
    except IntegrationError:
        return True  # it is asked again at the next look
    if forwards is None:
        return False
    return ServiceDeploymentStatus.of(forwards.status) in UNDER_WAY


async def _forwards(here: World, place: Place, rollout: Rollout) -> ServiceDeployment | None:
    """ECS's record of the rollout that is undone."""
    return await find_service_deployment(
        account_of(here, place).ecs,
        place,
        rollout.task_definition,
        since=rollout.began_at,
        named=(rollout.service_deployment,),
    )


async def _ask(here: World, place: Place, change: Change, plan: Plan) -> Seen:
    """Have ECS run what ran before: look first, then one UpdateService at most."""
    ecs, config = account_of(here, place).ecs, place.config
    before, wanted = str(plan.running.task_definition), plan.wanted.task_definition
    service = await ecs.describe_service(config.cluster, config.ecs_service)
    if _may_be_out_of_date(here, change, service):
        return seen(change, wait=here.paced(config.deploy.watch_every))
    runs = service.primary.task_definition if service.primary else None
    if runs not in {before, wanted}:
        return await _overtaken(here, change, str(runs))
    is_returning = await _stop_shift(here, place, change)
    if not is_returning and (runs != before or change.rollout is None):
        # Where an attempt to start ours got no answer it may yet take effect, so this is asked for
        # even if the old revision runs. Asking for what runs already starts nothing.
        service = await ecs.update_service(
            config.cluster, config.ecs_service, before, configuration=to_go_back(service)
        )
    primary = service.primary
    is_there = primary is not None and primary.task_definition == before
    now = here.now()
    back = Rollout(
        task_definition=before,
        deployment_id=primary.id if primary is not None and is_there else None,
        began_at=now,
        deadline=now + here.paced(config.deploy.rollout_timeout),
        service_deployment=service.current_service_deployment if is_there else None,
        strategy=change.rollout.strategy if change.rollout else Strategy.ROLLING,
    )
    async with here.database.write() as connection:
        await changes.note(
            connection, change.id, back=back, progress=None, silent_since=None, silent_why=None
        )
    here.wake()
    return seen(await read(here, change.id), wait=here.paced(config.deploy.watch_every))


async def _stop_shift(here: World, place: Place, change: Change) -> bool:
    """While traffic is shifted ECS still runs the old version: it only has to be told to return.

    False where that is over, or was no shift: then the old version is asked for anew.
    """
    rollout = change.rollout
    if rollout is None or not rollout.strategy.shifts:
        return False
    found = await _forwards(here, place, rollout)
    if found is None:
        return False
    status = ServiceDeploymentStatus.of(found.status)
    if status is not ServiceDeploymentStatus.RUNNING:
        return status in {ServiceDeploymentStatus.ROLLING_BACK, ServiceDeploymentStatus.ROLLED_BACK}
    try:
        await account_of(here, place).ecs.stop_service_deployment(found.arn)
    except Rejected:  # it ended between the two calls: whatever it became is seen at the next look
        return False
    return True


def _may_be_out_of_date(here: World, change: Change, service: Service) -> bool:
    """Whether ECS answers from before our own request, so that nothing can be told yet."""
    rollout = change.rollout
    if rollout is None or rollout.deployment_id is None:
        return False
    if any(one.id == rollout.deployment_id for one in service.deployments):
        return False
    return here.now() < rollout.began_at + here.paced(GRACE)


async def _overtaken(here: World, change: Change, by: str) -> Seen:
    async with here.database.write() as connection:
        ended = await conclude(
            connection,
            here.catalog,
            change.id,
            S.SUPERSEDED,
            of={S.ROLLING_BACK},
            at=here.now(),
            verdict=Verdict.SUPERSEDED,
            why=f"Somebody else deployed {revision_name(by)}, so nothing was rolled back.",
        )
    here.wake()
    return seen(ended or await read(here, change.id))


async def _settle(here: World, change: Change, ending: Ending) -> Change | None:
    verdict, why = ending.ended.verdict, ending.ended.why
    was = change.verdict or verdict
    if verdict in BACK_AGAIN:
        to, verdict, why = S.ROLLED_BACK, was, change.why or ""
    elif verdict is Verdict.SUPERSEDED:
        to = S.SUPERSEDED
    else:
        to, why = S.FAILED, f"Going back failed: {why}"
    async with here.database.write() as connection:
        return await end(here, connection, change, ending, to, verdict=verdict, why=why or None)
