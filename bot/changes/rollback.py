"""The way back of a change that was aborted or went wrong: asked for once, and watched too."""

from typing import Any

from bot.changes.look import Memory
from bot.changes.outcome import conclude
from bot.changes.running import account_of
from bot.changes.seen import Seen, change_step, place_of, read, seen
from bot.changes.start import UPDATE, was_attempted
from bot.changes.watch import Ending, end, give_up, next_pause, wait_for_aws, watch
from bot.domain.change import Change, ChangeState, Plan, Rollout, revision_name
from bot.domain.place import Place
from bot.domain.rollout import GRACE, Verdict
from bot.errors import BotError
from bot.storage import changes
from bot.world import World
from integrations.aws.models import Service
from integrations.errors import IntegrationError

S = ChangeState
BACK_AGAIN = frozenset({Verdict.SUCCEEDED, Verdict.NOTHING_RUNNING})
"""Verdicts on the way back that mean: it is as it was before."""


@change_step
async def go_back(here: World, change: Change, memory: dict[str, Any]) -> Seen:
    """Ask ECS for the revision that ran before, or look once at how far that is."""
    if change.state is not S.ROLLING_BACK:
        return seen(change)
    if change.back is not None:
        return await watch(here, change, change.back, Memory.of(memory), _settle)
    if change.plan is None or not await was_attempted(here, change, UPDATE):
        return await _nothing_to_undo(here, change)
    try:
        place = place_of(here, change)
    except BotError as exc:
        return await give_up(here, change, str(exc))
    try:
        return await _ask(here, place, change, change.plan)
    except IntegrationError as exc:
        pause = next_pause(here, place, change.changed_at)
        return await wait_for_aws(here, change, exc, pause=pause, since=change.changed_at)


async def _nothing_to_undo(here: World, change: Change) -> Seen:
    async with here.database.write() as connection:
        ended = await conclude(
            connection, change.id, S.CANCELLED, of={S.ROLLING_BACK}, at=here.now()
        )
    here.wake()
    return seen(ended or await read(here, change.id))


async def _ask(here: World, place: Place, change: Change, plan: Plan) -> Seen:
    """Have ECS run what ran before: look first, then one UpdateService at most."""
    ecs, config = account_of(here, place).ecs, place.config
    before, wanted = str(plan.running.task_definition), plan.wanted.task_definition
    service = await ecs.describe_service(config.cluster, config.ecs_service)
    if _may_be_out_of_date(here, change, service):
        return seen(change, wait=next_pause(here, place, change.changed_at))
    runs = service.primary.task_definition if service.primary else None
    if runs not in {before, wanted}:
        return await _overtaken(here, change, str(runs))
    if runs != before or change.rollout is None:
        # Where an attempt to start ours got no answer it may yet take effect, so this is asked for
        # even if the old revision runs. Asking for what runs already starts nothing.
        service = await ecs.update_service(config.cluster, config.ecs_service, before)
    primary = service.primary
    is_there = primary is not None and primary.task_definition == before
    now = here.now()
    back = Rollout(
        task_definition=before,
        deployment_id=primary.id if primary is not None and is_there else None,
        began_at=now,
        deadline=now + here.paced(config.deploy.rollout_timeout),
    )
    async with here.database.write() as connection:
        await changes.note(
            connection, change.id, back=back, progress=None, silent_since=None, silent_why=None
        )
    here.wake()
    return seen(await read(here, change.id))


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
        return await end(
            connection, change, ending, to, of=S.ROLLING_BACK, verdict=verdict, why=why or None
        )
