"""What locks and freezes have in common: what they are put on, who is refused, what is shown."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.cards.blocks import Message
from bot.cards.guard import freeze_card, lock_card, nudge_card
from bot.catalog import ANY, Catalog
from bot.changes.accept import channel_of
from bot.changes.audit.entries import denied_entry
from bot.domain.asked import Asked
from bot.domain.audit import Entry
from bot.domain.audited import DONE, source_of
from bot.domain.card import Kind, Urgency
from bot.domain.gate import Decision
from bot.domain.lock import NUDGE_AFTER, Lock
from bot.domain.place import find_place, places
from bot.errors import NotAllowed
from bot.storage import audit, cards, freezes, locks
from bot.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Target:
    """What a lock or a freeze is put on: one service in an environment, or all of it (`*`)."""

    environment: str
    service: str
    channels: tuple[str, ...]
    """Where its card stands: wherever changes of this are shown."""

    @property
    def is_all(self) -> bool:
        return self.service == ANY


def find_target(catalog: Catalog, environment: str, service: str | None) -> Target:
    """Find what is meant; without a service it is the whole environment.

    Raises:
        NotKnown: there is no such environment or service; the text names what there is.
    """
    if service is not None and service != ANY:
        place = find_place(catalog, environment, service)
        return Target(environment, service, (channel_of(catalog, place),))
    there = [place for place in places(catalog) if place.environment == environment]
    if not there:
        there = [find_place(catalog, environment, None)]
    channels = dict.fromkeys(channel_of(catalog, place) for place in there)
    return Target(environment, ANY, tuple(channels))


async def ask(
    database: Database,
    decision: Decision,
    *,
    asked: Asked,
    act: str,
    environment: str,
    service: str,
    subject: str | None = None,
    is_dry_run: bool = False,
) -> None:
    """Go on where the gate allows it; otherwise write down that somebody tried, and say why not.

    The audit's entry has a transaction of its own. A dry run writes nothing.

    Raises:
        NotAllowed: the gate says no.
    """
    if decision.allowed:
        return
    if not is_dry_run:
        entry = denied_entry(asked, act, environment, service, decision.text, subject=subject)
        async with database.write() as connection:
            await audit.add(connection, entry)
    raise NotAllowed(decision.text)


def done_entry(
    asked: Asked, act: str, *, environment: str, service: str, subject: str, **detail: str
) -> Entry:
    """The audit's entry for what somebody did here; the same command or press gives the same."""
    return Entry(
        key=f"{act}:{subject}:{asked.key}",
        at=asked.at,
        actor=asked.by.id,
        act=act,
        outcome=DONE,
        environment=environment,
        service=service,
        subject=subject,
        source=source_of(asked),
        detail=detail,
    )


def identity(kind: Kind, asked: Asked) -> str:
    """An id that the same command has again when Slack repeats it."""
    return f"{kind.value}-{hashlib.sha256(asked.key.encode()).hexdigest()[:20]}"


async def show_lock(connection: Connection, subject_id: str, now: datetime) -> Message:
    """Render a lock's card."""
    return lock_card(await locks.get(connection, subject_id), now=now)


async def show_freeze(connection: Connection, subject_id: str, now: datetime) -> Message:
    """Render a declared freeze's card."""
    return freeze_card(await freezes.get(connection, subject_id), now=now)


async def show_nudge(connection: Connection, subject_id: str, now: datetime) -> Message:
    """Render the question to a lock's owner."""
    lock = await locks.get(connection, lock_of(subject_id))
    return nudge_card(lock, subject_id, is_open=lock.question == subject_id, now=now)


def lock_of(question: str) -> str:
    """The lock a question is about."""
    return question.rpartition(":")[0]


@dataclass(slots=True)
class KeepGuards:
    """A chore: locks whose time is over are released, their owners asked whether old ones are
    still needed, and the cards of freezes that begin or end are brought up to date.

    Idempotent, and several replicas may do it at once: of two who ask an owner one does.
    """

    database: Database
    now: Callable[[], datetime]
    wake: Callable[[], None]
    pace: float = 1.0
    _looked_at: datetime | None = field(default=None, init=False)
    """Freezes that began or ended before are shown so already; at a start a day is looked at."""

    async def __call__(self) -> None:
        now = self.now()
        async with self.database.write() as connection:
            done = await locks.release_expired(connection, now)
        async with self.database.write() as connection:
            done += await self._mark_freezes(connection, now)
        async with self.database.read() as connection:
            old = await locks.older(connection, than=NUDGE_AFTER / self.pace, at=now)
        for lock in old:
            if lock.wants_nudge(now, pace=self.pace):
                done += await self._nudge(lock, now)
        self._looked_at = now
        if done:
            self.wake()

    async def _mark_freezes(self, connection: Connection, now: datetime) -> int:
        since = self._looked_at or now - timedelta(days=1)
        turned = await freezes.between(connection, after=since, until=now)
        for freeze in turned:
            await freezes.mark(connection, freeze.id, urgency=Urgency.PROGRESS)
        return len(turned)

    async def _nudge(self, lock: Lock, now: datetime) -> bool:
        """Ask in a message of its own, since an edit of the one before would call nobody."""
        subject = str(replace(lock, nudged_at=now).question)
        async with self.database.write() as connection:
            if not await locks.nudge(connection, lock, at=now):
                return False
            await cards.open_card(
                connection,
                kind=Kind.NUDGE,
                subject_id=subject,
                channel=lock.owner,
                urgency=Urgency.NEW,
            )
            shown = (Kind.NUDGE, subject)
            await cards.show(connection, card_of=shown, kind=Kind.LOCK, subject_id=lock.id)
        return True
