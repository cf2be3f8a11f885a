"""First: what the change would do, shown to be confirmed or, when it was already, begun."""

import asyncio
from dataclasses import replace

from bot.changes.outcome import conclude
from bot.changes.pipelines import may_begin_unattended, waits_for_people
from bot.changes.plan import Impossible, plan_deploy, plan_rollback
from bot.changes.plan_restart import plan_restart
from bot.changes.seen import Seen, change_step, end_and_see, place_of, read, seen, silent
from bot.domain.change import Change, ChangeKind, ChangeState
from bot.domain.pipeline import read_pipeline
from bot.domain.place import Place
from bot.domain.plan import Plan
from bot.domain.verification import refusing
from bot.errors import BotError
from bot.storage import changes
from bot.storage.known import known_of
from bot.world import World
from integrations.errors import IntegrationError

S = ChangeState
ON_CALL_S = 3.0


@change_step
async def propose(here: World, change: Change) -> Seen:
    """Find out what the change would do. Only reads AWS, so it may be done again."""
    if change.state is not S.PROPOSING:
        return seen(change)
    try:
        plan = await _plan(here, place_of(here, change), change)
    except IntegrationError as exc:
        if not exc.retryable:
            return await _end(here, change, S.REFUSED, f"AWS refused: {exc.detail}")
        if change.expires_at is not None and here.now() >= change.expires_at:
            return await _end(here, change, S.EXPIRED, "AWS did not answer in time.")
        await silent(here, change, exc)
        return seen(change, wait=here.paced(place_of(here, change).config.deploy.watch_every))
    except (Impossible, BotError) as exc:
        return await _end(here, change, S.REFUSED, str(exc))
    return await _show(here, change, plan)


async def _plan(here: World, place: Place, change: Change) -> Plan:
    async with here.database.read() as connection:
        known = await known_of(connection, change.environment, change.service)
        undone = await changes.find(connection, change.undoes) if change.undoes else None
    if change.kind is ChangeKind.ROLLBACK:
        # By button it is urgent, and that version has run here.
        plan = await plan_rollback(here, place, change.version, known, is_checked=change.asks_first)
        _check_it_still_runs(undone, plan)
        return plan
    if change.kind is ChangeKind.RESTART:
        return await plan_restart(here, place, known)
    plan, called = await asyncio.gather(
        plan_deploy(here, place, str(change.version), known, strategy=change.strategy),
        on_call(here, place),
    )
    return replace(plan, on_call=called)


def _check_it_still_runs(undone: Change | None, plan: Plan) -> None:
    """The button offered the way back from its own change; from anything else it leads elsewhere.

    Raises:
        Impossible: somebody else has changed what runs.
    """
    if undone is None or undone.rollout is None:
        return
    if plan.running.task_definition != undone.rollout.task_definition:
        raise Impossible(
            f"Since that card was drawn somebody else changed what runs: it is {plan.running.name} "
            f"now, not {undone.wanted_name}. Nothing was rolled back."
        )


async def _show(here: World, change: Change, plan: Plan) -> Seen:
    if refusals := _refusals(change, plan):
        await note_plan(here, change, plan)
        return await _end(here, change, S.REFUSED, refusals)
    if change.is_dry_run:
        await note_plan(here, change, plan)
        return await _end(here, change, S.REHEARSED, None)
    to = S.PROPOSED if change.asks_first else S.STARTING
    if read_pipeline(change.asked_by) is not None:
        decision = await may_begin_unattended(here, change, plan)
        if not decision.allowed:
            if waits_for_people(decision):
                to = S.PROPOSED
            else:
                await note_plan(here, change, plan)
                return await _end(here, change, S.REFUSED, decision.text)
    async with here.database.write() as connection:
        try:
            moved = await changes.move(
                connection,
                change.id,
                to,
                of={S.PROPOSING},
                at=here.now(),
                plan=plan,
                version=plan.wanted.version,
                silent_since=None,
                silent_why=None,
            )
        except changes.Occupied as exc:
            moved = await conclude(
                connection,
                here.catalog,
                change.id,
                S.REFUSED,
                of={S.PROPOSING},
                at=here.now(),
                why=str(exc),
            )
    here.wake()
    return seen(moved or await read(here, change.id))


def _refusals(change: Change, plan: Plan) -> str:
    """What forbids it. A way back is never forbidden by a check: where that is right, nothing gets
    worse."""
    if change.kind is ChangeKind.ROLLBACK:
        return ""
    return refusing(plan.checks, is_forced=change.forced is not None)


async def note_plan(here: World, change: Change, plan: Plan) -> None:
    async with here.database.write() as connection:
        await changes.note(
            connection,
            change.id,
            plan=plan,
            version=plan.wanted.version,
            silent_since=None,
            silent_why=None,
        )


async def on_call(here: World, place: Place) -> tuple[str, ...]:
    """Who is on call, for whoever decides; a name is not worth waiting or failing for."""
    service = here.catalog.services[place.service].pagerduty
    if here.pagerduty is None or service is None:
        return ()
    policies = [service.escalation_policy] if service.escalation_policy else []
    try:
        async with asyncio.timeout(ON_CALL_S):
            found = await here.pagerduty.list_oncalls(escalation_policy_ids=policies)
    except (IntegrationError, TimeoutError):
        return ()
    return tuple(dict.fromkeys(one.user.name for one in found if one.level == 1))


async def _end(here: World, change: Change, to: ChangeState, why: str | None) -> Seen:
    return await end_and_see(here, change, to, of={S.PROPOSING}, why=why)


@change_step
async def wait_for_confirmation(here: World, change: Change) -> Seen:
    """Say how long the proposal may still wait, or that its time is over."""
    if change.state is not S.PROPOSED or change.expires_at is None:
        return seen(change)
    now = here.now()
    if now < change.expires_at:
        return seen(change, wait=change.expires_at - now)
    return await end_and_see(
        here, change, S.EXPIRED, of={S.PROPOSED}, why="Nobody confirmed it in time."
    )
