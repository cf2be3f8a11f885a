"""The workflow that tells other systems of a change: one rhythm each, and every one has an end.

Which mark is due, how often it was tried and what came of it stands in its row, so a step done
again repeats nothing that is written down.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TypedDict

from bot import reporting
from bot.changes.markers.telling import TELL, Told
from bot.changes.seen import AT_LEAST_S, ATTEMPTS, place_of
from bot.domain.change import Change
from bot.domain.mark import Mark, MarkState
from bot.engine import CONTROL, receive, step, surely, workflow, world
from bot.errors import BotError
from bot.logs import correlated
from bot.storage import changes, marks
from bot.storage.transient import is_transient
from bot.world import World
from integrations.errors import IntegrationError, RateLimited

WAITS = (
    timedelta(seconds=1),
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
)
"""Before the second and each further attempt; after the last one it has failed."""
LOOK_FIRST_AFTER, LOOK_AT_LEAST_EVERY = timedelta(seconds=2), timedelta(minutes=1)
COMPLETES_WITHIN = timedelta(minutes=30)
"""CloudFront usually needs a few minutes, and says nothing of when it would give up."""

log = logging.getLogger(__name__)


class Round(TypedDict):
    """A step's result, as JSON: how long to wait, None when all is told, and what to remember.

    `memory` holds for each kind when it is `due` and `since` when it is under way, as seconds
    since the epoch.
    """

    wait_s: float | None
    memory: dict[str, dict[str, float]]


@workflow
async def tell_others(change_id: str, phase: str) -> None:
    """Tell every system that was promised, each in its own rhythm, until all of it has ended."""
    memory: dict[str, dict[str, float]] = {}
    while True:
        told = await surely(tell_due, change_id, phase, memory)
        if told["wait_s"] is None:
            return
        memory = told["memory"]
        await receive(CONTROL, timeout_s=told["wait_s"])


@step(attempts=ATTEMPTS, retry_when=is_transient)
async def tell_due(change_id: str, phase: str, memory: dict[str, dict[str, float]]) -> Round:
    """Tell those whose time it is, all at once. May be repeated: see `telling`."""
    here = world(World)
    async with here.database.read() as connection:
        change = await changes.get(connection, change_id)
        found = await marks.marks_of(connection, change_id)
    opened = [mark for mark in found if mark.is_open and mark.kind.phase == phase]
    now = here.now().timestamp()
    due = [mark for mark in opened if memory.get(mark.kind, {}).get("due", now) <= now]
    later = {mark.kind.value: memory[mark.kind] for mark in opened if mark not in due}
    with correlated(change.correlation_id):
        outcomes = await asyncio.gather(
            *(_tell(here, change, mark, memory.get(mark.kind, {})) for mark in due),
            return_exceptions=True,
        )
    here.wake()
    for mark, outcome in zip(due, outcomes, strict=True):
        if isinstance(outcome, BaseException):
            raise outcome  # our own database is away: the step is done again
        if outcome is not None:
            later[mark.kind.value] = outcome
    if not later:
        return Round(wait_s=None, memory={})
    first = min(kept["due"] for kept in later.values())
    return Round(wait_s=max(first - here.now().timestamp(), AT_LEAST_S), memory=later)


async def _tell(
    here: World, change: Change, mark: Mark, memory: Mapping[str, float]
) -> dict[str, float] | None:
    """One attempt with one system, written down; what to remember of it, None once it has ended."""
    try:
        told = await TELL[mark.kind](here, place_of(here, change), change, mark)
    except IntegrationError as exc:
        return await _failed(here, mark, memory, exc)
    except BotError as exc:  # the catalogue does not have the place any more
        await _ended(here, mark, Told(state=MarkState.FAILED, detail=str(exc)))
        return None
    except Exception as exc:
        if is_transient(exc):
            raise
        log.exception("mark_broken", extra={"action": "mark_broken", "change_id": change.id})
        reporting.report(exc)
        why = f"the bot made a mistake; it is recorded as {change.id}"
        await _ended(here, mark, Told(state=MarkState.FAILED, detail=why))
        return None
    if told.state is not MarkState.WANTED:
        await _ended(here, mark, told)
        return None
    return await _under_way(here, mark, memory, told)


async def _failed(
    here: World, mark: Mark, memory: Mapping[str, float], trouble: IntegrationError
) -> dict[str, float] | None:
    """Try again later while that could help; what is under way already is looked at again."""
    is_under_way = mark.reference is not None
    tried = mark.attempts + 1
    if not trouble.retryable or (tried > len(WAITS) and not is_under_way):
        failed = Told(state=MarkState.FAILED, detail=trouble.detail, reference=mark.reference)
        await _ended(here, mark, failed)
        return None
    if is_under_way:
        return await _under_way(
            here, mark, memory, Told(state=mark.state, reference=mark.reference)
        )
    log.warning("mark_again", extra={**_named(mark, "mark_again"), "trouble": str(trouble)})
    async with here.database.write() as connection:
        await marks.note(
            connection, mark.change_id, mark.kind, detail=trouble.detail, attempts=tried
        )
    wait = WAITS[tried - 1]
    if isinstance(trouble, RateLimited) and trouble.retry_after_s is not None:
        wait = max(wait, timedelta(seconds=trouble.retry_after_s))
    return {"due": (here.now() + here.paced(wait)).timestamp()}


async def _under_way(
    here: World, mark: Mark, memory: Mapping[str, float], told: Told
) -> dict[str, float] | None:
    """Look again after a pause that grows, until the other system has had its time."""
    now = here.now()
    since = datetime.fromtimestamp(memory.get("since", now.timestamp()), UTC)
    if now - since >= here.paced(COMPLETES_WITHIN):
        limit = f"not completed within {COMPLETES_WITHIN // timedelta(minutes=1)} min"
        late = Told(state=MarkState.FAILED, detail=limit, reference=told.reference)
        await _ended(here, mark, late)
        return None
    if told.reference != mark.reference:
        async with here.database.write() as connection:
            await marks.note(
                connection, mark.change_id, mark.kind, reference=told.reference, detail=""
            )
    grown = max((now - since) / 2, here.paced(LOOK_FIRST_AFTER))
    pause = told.wait or min(grown, here.paced(LOOK_AT_LEAST_EVERY))
    return {"due": (now + pause).timestamp(), "since": since.timestamp()}


async def _ended(here: World, mark: Mark, told: Told) -> None:
    """Write down that nothing more is to be done; there is nothing to remember of it."""
    level = logging.INFO if told.state in {MarkState.DONE, MarkState.SKIPPED} else logging.WARNING
    named = _named(mark, "mark_ended")
    log.log(level, "mark_ended", extra={**named, "state": told.state.value, "why": told.detail})
    async with here.database.write() as connection:
        await marks.note(
            connection,
            mark.change_id,
            mark.kind,
            state=told.state,
            done_at=here.now(),
            reference=told.reference,
            detail=told.detail,
            attempts=mark.attempts + 1,
        )


def _named(mark: Mark, action: str) -> dict[str, str]:
    return {"action": action, "change_id": mark.change_id, "mark": mark.kind.value}
