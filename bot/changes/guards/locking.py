"""Somebody locks a place, unlocks it, or says that an old lock is still needed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards.answer import Answer
from bot.cards.guard import locked, unlocked
from bot.cards.live import live
from bot.catalog import Catalog, Verb
from bot.changes.guards.keep import Target, ask, done_entry, find_target, identity, lock_of
from bot.domain.asked import Asked, Press
from bot.domain.audit import Entry
from bot.domain.card import Kind, Urgency
from bot.domain.gate import decide
from bot.domain.lock import LONGEST, Lock
from bot.domain.place import listed
from bot.domain.words import in_place, named, told
from bot.errors import Conflict, UsageError
from bot.storage import audit, cards, locks
from bot.storage.database import Connection, Database

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """What somebody wants locked, in their own words: nothing here is known to exist."""

    environment: str
    reason: str
    service: str | None = None
    """None: all of the environment."""
    length: timedelta | None = None
    """None: until somebody clears it."""
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Locking:
    """Sets locks and releases them, by command and by button."""

    database: Database
    catalog: Catalog
    now: Callable[[], datetime]
    wake: Callable[[], None]

    async def lock(self, request: LockRequest, *, asked: Asked) -> Answer:
        """Lock a place for whoever asks. The same command again changes nothing.

        Raises:
            NotKnown, UsageError: there is no such place, or the lock would stand for too long.
            NotAllowed: the gate says no.
        """
        if request.length is not None and not timedelta() < request.length <= LONGEST:
            raise UsageError(
                f"A lock may stand for {LONGEST.days} days at most, and not for no time: write "
                "for example `for 2h`, or leave it out to lock until you clear it."
            )
        target = find_target(self.catalog, request.environment, request.service)
        await self._ask_the_gate("lock", target, asked, is_dry_run=request.is_dry_run)
        lock = self._new(request, target, asked)
        if request.is_dry_run:
            return await self._rehearse(lock)
        async with self.database.write() as connection:
            stands = await locks.add(connection, lock)
            if stands.id != lock.id:
                return _taken(stands)
            await _show(connection, lock, target)
            await audit.add(connection, _entry(asked, "lock", lock))
        _log("lock_set", lock, asked)
        self.wake()
        return locked(lock)

    async def unlock(
        self, environment: str, service: str | None, *, asked: Asked, is_dry_run: bool = False
    ) -> Answer:
        """Release the lock of a place; without a service the only one there may be meant.

        Raises:
            NotKnown: there is no such place.
            NotAllowed: the gate says no.
            Conflict: it is not locked, or several locks stand and none is named.
        """
        target = find_target(self.catalog, environment, service)
        async with self.database.read() as connection:
            there = await locks.in_environment(connection, environment, at=self.now())
        lock = _meant(target, there)
        return await self._release(lock, asked, is_dry_run=is_dry_run)

    async def press_unlock(self, press: Press) -> Answer | None:
        """Release the lock of the card the button is on."""
        async with self.database.read() as connection:
            lock = await locks.get(connection, press.subject_id)
        if not lock.stands(self.now()):
            return _gone(lock)
        return await self._release(lock, press.asked)

    async def keep(self, press: Press) -> Answer | None:
        """Say that one's lock is still needed; it is asked about again a day later."""
        now, asked = self.now(), press.asked
        async with self.database.read() as connection:
            lock = await locks.get(connection, lock_of(press.subject_id))
        if asked.by.id != lock.owner:
            return Answer("Only whoever set the lock is asked about it.")
        if not lock.stands(now):
            return _gone(lock)
        if lock.question != press.subject_id:
            return Answer("You have answered that.")
        async with self.database.write() as connection:
            if not await locks.nudge(connection, lock, at=now):
                return Answer("You have answered that.")
            await audit.add(connection, _entry(asked, "keep", lock))
        self.wake()
        return None

    async def _release(self, lock: Lock, asked: Asked, *, is_dry_run: bool = False) -> Answer:
        target = Target(lock.environment, lock.service, ())
        await self._ask_the_gate("unlock", target, asked, subject=lock.id, is_dry_run=is_dry_run)
        if is_dry_run:
            return unlocked(lock, is_dry_run=True)
        async with self.database.write() as connection:
            released = await locks.release(connection, lock.id, by=asked.by.id, at=self.now())
            if released is None:
                return _gone(await locks.get(connection, lock.id))
            await audit.add(connection, _entry(asked, "unlock", released))
        _log("lock_released", lock, asked)
        self.wake()
        return unlocked(released)

    async def _ask_the_gate(
        self,
        act: str,
        target: Target,
        asked: Asked,
        *,
        subject: str | None = None,
        is_dry_run: bool = False,
    ) -> None:
        where = (target.environment, target.service)
        await ask(
            self.database,
            decide(self.catalog.people, asked.by, Verb.LOCK, *where),
            asked=asked,
            act=act,
            environment=target.environment,
            service=target.service,
            subject=subject,
            is_dry_run=is_dry_run,
        )

    def _new(self, request: LockRequest, target: Target, asked: Asked) -> Lock:
        now = self.now()
        return Lock(
            id=identity(Kind.LOCK, asked),
            environment=target.environment,
            service=target.service,
            owner=asked.by.id,
            reason=request.reason,
            at=now,
            expires_at=now + request.length if request.length is not None else None,
        )

    async def _rehearse(self, lock: Lock) -> Answer:
        async with self.database.read() as connection:
            holder = await locks.of_place(connection, lock.environment, lock.service)
        if holder is not None and holder.stands(lock.at):
            return _taken(holder)
        return locked(lock, is_dry_run=True)


async def _show(connection: Connection, lock: Lock, target: Target) -> None:
    for channel in target.channels:
        await cards.open_card(
            connection,
            kind=Kind.LOCK,
            subject_id=lock.id,
            channel=channel,
            urgency=Urgency.NEW,
        )


def _meant(target: Target, there: tuple[Lock, ...]) -> Lock:
    exact = [lock for lock in there if lock.service == target.service]
    if exact:
        return exact[0]
    where = in_place(target.service, target.environment)
    if target.is_all and len(there) == 1:
        return there[0]
    if not there:
        raise Conflict(f"Nothing is locked: {where} is free.")
    others = listed(in_place(lock.service, lock.environment) for lock in there)
    raise Conflict(f"There is no lock on {where} itself; locked: {others}. Name what you mean.")


def _taken(stands: Lock) -> Answer:
    """Who was faster."""
    where = in_place(stands.service, stands.environment)
    until = f", until {told(stands.expires_at)}" if stands.expires_at is not None else ""
    return Answer(
        live(
            f"{named(stands.owner)} was faster: {where} is locked since {told(stands.at)}{until}, "
            f'"{stands.reason}". Ask them, or clear that lock first.'
        )
    )


def _gone(lock: Lock) -> Answer:
    if lock.released_by is None:
        return Answer("Its time was over: it is unlocked already.")
    at = f" at {told(lock.released_at)}" if lock.released_at is not None else ""
    return Answer(live(f"It is unlocked already, by {named(lock.released_by)}{at}."))


def _entry(asked: Asked, act: str, lock: Lock) -> Entry:
    until = told(lock.expires_at) if lock.expires_at is not None else "until cleared"
    return done_entry(
        asked,
        act,
        environment=lock.environment,
        service=lock.service,
        subject=lock.id,
        owner=lock.owner,
        reason=lock.reason,
        until=until,
    )


def _log(action: str, lock: Lock, asked: Asked) -> None:
    log.info(
        action,
        extra={
            "action": action,
            "lock_id": lock.id,
            "environment": lock.environment,
            "service": lock.service,
            "by": asked.by.id,
        },
    )
