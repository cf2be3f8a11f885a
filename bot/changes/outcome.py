"""How a change ends: the move, the thread's last line, the log and the count, in one place."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Unpack

from bot import metrics
from bot.cards import change_thread
from bot.cards.change import headline
from bot.catalog import Catalog
from bot.changes.audit.entries import locked_entry, outcome_entry
from bot.domain.audit import Entry
from bot.domain.card import Kind
from bot.domain.change import Change, ChangeKind, ChangeState
from bot.domain.lock import BOT, Lock
from bot.domain.mark import wanted_at_end
from bot.domain.place import Place
from bot.domain.plan import GoodRevision
from bot.storage import approvals, audit, cards, changes, locks, marks, revisions
from bot.storage.changes import Facts
from bot.storage.database import Connection

log = logging.getLogger(__name__)


async def conclude(
    connection: Connection,
    catalog: Catalog,
    change_id: str,
    to: ChangeState,
    *,
    of: Iterable[ChangeState],
    at: datetime,
    is_proved: bool = False,
    **facts: Unpack[Facts],
) -> Change | None:
    """End a change that stands in one of `of`; None if it does not.

    With `is_proved` what it runs counts as good from then on. The audit comes last: nothing else
    may be locked after its head, or two transactions could wait for each other for ever.
    """
    facts.setdefault("finished_at", at)
    ended = await changes.move(connection, change_id, to, of=of, at=at, **facts)
    if ended is None:
        return None
    if ended.kind is ChangeKind.ROLLBACK and to is ChangeState.SUCCEEDED:
        await _disprove(connection, ended)
    if is_proved:
        await _prove(connection, ended, at=at)
        await _tell_those_after(connection, catalog, ended)
    last = change_thread.ended(headline(ended), ended.why)
    await cards.add_entry(connection, Kind.CHANGE, change_id, key="outcome", message=last)
    await marks.want(connection, change_id, wanted_at_end(catalog, ended), at=at)
    await audit.add(connection, outcome_entry(ended, at=at))
    verdict = ended.verdict or ended.state
    metrics.changes.labels(ended.kind.value, verdict.value).inc()
    log.info(
        "change_ended",
        extra={
            "action": "change_ended",
            "change_id": change_id,
            "state": ended.state.value,
            "verdict": verdict.value,
        },
    )
    return ended


async def _disprove(connection: Connection, change: Change) -> None:
    """What a person rolled back from did not prove itself, after all."""
    if change.plan is None or change.plan.running.task_definition is None:
        return
    await revisions.withdraw_good(
        connection,
        change.environment,
        change.service,
        task_definition=change.plan.running.task_definition,
    )


async def _prove(connection: Connection, change: Change, *, at: datetime) -> None:
    """What runs now proved itself."""
    if change.plan is None or change.rollout is None:
        return
    wanted = change.plan.wanted
    proved = GoodRevision(
        task_definition=change.rollout.task_definition,
        image=wanted.image,
        version=wanted.version,
        digest=wanted.digest,
        change_id=change.id,
        good_at=at,
    )
    where = (change.environment, change.service)
    await revisions.add_good(connection, *where, proved)


async def _tell_those_after(connection: Connection, catalog: Catalog, change: Change) -> None:
    """Proposals that waited for this to be good here show that it is."""
    service = catalog.services.get(change.service)
    for environment, config in service.environments.items() if service is not None else ():
        if config.deploy.after == change.environment:
            await approvals.mark_waiting(connection, environment, change.service)


def lock_id(change_id: str) -> str:
    """The id of the lock that a change sets when it goes back."""
    return f"lock-{change_id}"


async def lock_after(
    connection: Connection, place: Place, change: Change, *, at: datetime
) -> Entry | None:
    """Lock the place of a change that goes back, so that nobody deploys the bad version by habit.

    A restart leaves no version behind. Whoever holds it already goes on holding it. The change's
    card shows the lock. Returns what the audit is to say of it, for the caller to add as the
    transaction's last.
    """
    if not place.config.deploy.lock_after_rollback or change.kind is ChangeKind.RESTART:
        return None
    left = change.wanted_name
    if change.kind is ChangeKind.ROLLBACK and change.plan is not None:
        left = change.plan.running.name
    wanted = Lock(
        id=lock_id(change.id),
        environment=change.environment,
        service=change.service,
        owner=change.asked_by if change.kind is ChangeKind.ROLLBACK else BOT,
        reason=f"{left} was rolled back",
        at=at,
        change_id=change.id,
    )
    lock = await locks.add(connection, wanted)
    card = (Kind.CHANGE, change.id)
    await cards.show(connection, card_of=card, kind=Kind.LOCK, subject_id=lock.id)
    return locked_entry(change, lock) if lock.id == wanted.id else None
