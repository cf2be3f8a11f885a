"""Watching, forwards or back: one look, told on the card; and what to do while AWS is silent."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Unpack

from bot.cards import change_thread
from bot.changes.look import Memory, Sight, first_failure, is_troubled, look_at, ours_of
from bot.changes.outcome import conclude
from bot.changes.seen import Seen, end_and_see, place_of, seen, silent
from bot.domain.card import Kind
from bot.domain.change import Change, ChangeState, Rollout
from bot.domain.failure import Failure
from bot.domain.place import Place
from bot.domain.plan import Observed, Plan
from bot.domain.rollout import Ended, Progress, Verdict, judge
from bot.errors import BotError
from bot.storage import cards, changes, revisions
from bot.storage.changes import Facts
from bot.storage.database import Connection
from bot.world import World
from integrations.errors import IntegrationError, NotFound

S = ChangeState
FORWARDS = frozenset({S.ROLLING_OUT, S.BAKING, S.HELD})
"""States in which it is our own tasks whose death needs a reason."""
DIED = frozenset({Verdict.FAILED, Verdict.TOO_SLOW, Verdict.ROLLED_BACK_BY_ECS})
ASKED_LATER = 5
"""How many looks on the way back still ask why a task died."""
LOOKING = "describe_services"
"""What finds nothing when the service is gone; anything else that is missing proves less."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One look at a rollout and what it means: progress, or an end."""

    place: Place
    sight: Sight
    result: Progress | Ended
    failure: Failure | None

    @property
    def progress(self) -> Progress:
        return self.result.progress if isinstance(self.result, Ended) else self.result


@dataclass(frozen=True, slots=True)
class Ending:
    """A verdict, and what it was read from."""

    place: Place
    sight: Sight
    ended: Ended
    failure: Failure | None


async def look(
    here: World, change: Change, rollout: Rollout, memory: Memory, *, is_timed: bool = True
) -> Looked | Seen:
    """Look once at `rollout`. Where that shows nothing, the step's result: wait, or give up.

    What is not timed may go on for ever without an end of its own.
    """
    try:
        place = place_of(here, change)
    except BotError as exc:
        return await give_up(here, change, f"{exc} The rollout can no longer be watched.")
    if change.plan is None:
        return await give_up(here, change, "What was planned is not known any more.")
    try:
        sight = await look_at(here, place, change.plan, rollout, memory)
        failure = await _failure(here, place, change, change.plan, rollout, sight)
    except IntegrationError as exc:
        if isinstance(exc, NotFound) and exc.operation == LOOKING:
            return await _vanished(here, change, exc.detail)
        is_timed = change.state not in {S.BAKING, S.HELD}
        since = rollout.deadline if is_timed else change.silent_since or here.now()
        pause = pause_of(here, place, rollout)
        return await wait_for_aws(here, change, exc, pause=pause, since=since)
    ours = ours_of(here, rollout, is_timed=is_timed)
    return Looked(place, sight, judge(sight.look, ours), failure)


async def tell(here: World, change: Change, looked: Looked, **facts: Unpack[Facts]) -> Change:
    """Show on the card how far it is, with whatever else is news; returns the change as it is."""
    progress = looked.progress
    if progress.all_targets is None and change.progress is not None:
        progress = replace(progress, all_targets=change.progress.all_targets)
    facts["failure"] = looked.failure
    facts["progress"] = progress
    facts["silent_since"] = facts["silent_why"] = None
    async with here.database.write() as connection:
        await tell_failure(connection, change, looked.failure)
        news = await changes.note(connection, change.id, **facts)
        now_known = await changes.get(connection, change.id)
    if news:
        here.wake()
    return now_known


async def _failure(
    here: World, place: Place, change: Change, plan: Plan, rollout: Rollout, sight: Sight
) -> Failure | None:
    """Why the first of our tasks died: what was read before, or is to be read now.

    A task has its exit code only once it is down, which may be after the rollout was given up.
    """
    if change.failure is not None:
        return change.failure
    if change.state in FORWARDS:
        is_asked, ours = is_troubled(sight, rollout), rollout
    else:
        is_asked = change.verdict in DIED and sight.memory.looks <= ASKED_LATER
        ours = change.rollout or rollout
    return await first_failure(here, place, plan, ours) if is_asked else None


async def tell_failure(connection: Connection, change: Change, failure: Failure | None) -> None:
    if failure is None or change.failure is not None:
        return
    raw = change_thread.stopped(failure)
    await cards.add_entry(connection, Kind.CHANGE, change.id, key="stopped", message=raw)


async def end(
    here: World,
    connection: Connection,
    change: Change,
    ending: Ending,
    to: ChangeState,
    *,
    verdict: Verdict,
    why: str | None,
    is_proved: bool = False,
) -> Change | None:
    """End the change with all that the last look showed.

    Raises:
        ImpossibleMove: the state table has no such move.
    """
    await tell_failure(connection, change, ending.failure)
    await _observe(connection, change, ending)
    return await conclude(
        connection,
        here.catalog,
        change.id,
        to,
        of={change.state},
        at=ending.sight.look.at,
        is_proved=is_proved,
        verdict=verdict,
        why=why,
        progress=ending.ended.progress,
        failure=ending.failure,
        silent_since=None,
        silent_why=None,
    )


async def _observe(connection: Connection, change: Change, ending: Ending) -> None:
    """Let the status say at once what the last look showed to run."""
    primary = ending.sight.look.primary
    if primary is None or change.plan is None:
        return
    known = {one.task_definition: one for one in (change.plan.wanted, change.plan.running)}
    running = known.get(primary.task_definition)
    if running is None:
        return
    await revisions.see(
        connection,
        Observed(
            service=change.service,
            environment=change.environment,
            running=running,
            since=primary.created_at,
            desired=ending.sight.look.desired,
            healthy=primary.running,
            rollout=primary.rollout_state.value if primary.rollout_state else None,
            seen_at=ending.sight.look.at,
        ),
    )


def pause_of(here: World, place: Place, rollout: Rollout) -> timedelta:
    """How long until the next look: where traffic is shifted a look costs twice as many calls."""
    every = here.paced(place.config.deploy.watch_every)
    return every * 2 if rollout.strategy.shifts else every


async def wait_for_aws(
    here: World, change: Change, trouble: IntegrationError, *, pause: timedelta, since: datetime
) -> Seen:
    """Go on trying while AWS does not answer, until as long after `since` as a rollout may take."""
    patience = here.paced(place_of(here, change).config.deploy.rollout_timeout)
    if here.now() >= since + patience:
        return await give_up(here, change, f"AWS did not answer: {trouble.detail}")
    await silent(here, change, trouble)
    return seen(change, wait=pause)


async def nothing_to_undo(here: World, change: Change) -> Seen:
    """End what was aborted before ECS was asked for anything."""
    return await end_and_see(here, change, S.CANCELLED, of={S.ROLLING_BACK})


async def give_up(here: World, change: Change, why: str) -> Seen:
    """Say that nobody knows what became of it."""
    return await end_and_see(
        here, change, S.UNPROVEN, of={change.state}, verdict=Verdict.UNSEEN, why=why
    )


async def _vanished(here: World, change: Change, why: str) -> Seen:
    return await end_and_see(
        here,
        change,
        S.FAILED,
        of={change.state},
        verdict=Verdict.VANISHED,
        why=f"The service is gone: {why}",
    )
