"""Somebody freezes a place for a time, or lifts that before it is over."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards.answer import Answer
from bot.cards.guard import frozen, lifted
from bot.cards.live import live
from bot.catalog import ANY, Catalog, Verb
from bot.changes.guards.keep import Target, ask, done_entry, find_target, identity
from bot.domain.asked import Asked, Press
from bot.domain.audit import Entry
from bot.domain.card import Kind, Urgency
from bot.domain.freeze import LONGEST, Declared, standing
from bot.domain.gate import decide
from bot.domain.place import places
from bot.domain.words import in_place, named, told
from bot.errors import Conflict, UsageError
from bot.storage import audit, cards, freezes
from bot.storage.database import Database

BEGINS_WITHIN = timedelta(days=366)
"""What begins later was mistyped, or belongs into the catalogue."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeRequest:
    """What somebody wants frozen and when, in their own words."""

    environment: str
    reason: str
    service: str | None = None
    """None: all of the environment."""
    begins_at: datetime | None = None
    """None: now."""
    ends_at: datetime | None = None
    length: timedelta | None = None
    """Instead of an end."""
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Freezing:
    """Declares freezes and lifts them, by command and by button."""

    database: Database
    catalog: Catalog
    now: Callable[[], datetime]
    wake: Callable[[], None]

    async def freeze(self, request: FreezeRequest, *, asked: Asked) -> Answer:
        """Freeze a place for a time. The same command again changes nothing.

        Raises:
            NotKnown, UsageError: there is no such place, or no such time.
            NotAllowed: the gate says no.
        """
        target = find_target(self.catalog, request.environment, request.service)
        declared = _declared(request, target, asked, self.now())
        await self._ask_the_gate("freeze", declared, asked, is_dry_run=request.is_dry_run)
        if request.is_dry_run:
            return frozen(declared, is_dry_run=True)
        async with self.database.write() as connection:
            await freezes.add(connection, declared)
            for channel in target.channels:
                await cards.open_card(
                    connection,
                    kind=Kind.FREEZE,
                    subject_id=declared.id,
                    channel=channel,
                    urgency=Urgency.NEW,
                )
            await audit.add(connection, _entry(asked, "freeze", declared))
        _log("freeze_declared", declared, asked)
        self.wake()
        return frozen(declared)

    async def lift(
        self, environment: str, service: str | None, *, asked: Asked, is_dry_run: bool = False
    ) -> Answer:
        """Lift every freeze declared for exactly this that stands or is to come.

        Raises:
            NotKnown: there is no such place.
            NotAllowed: the gate says no.
            Conflict: nobody declared one; the text says what the catalogue freezes.
        """
        now = self.now()
        target = find_target(self.catalog, environment, service)
        async with self.database.read() as connection:
            ahead = await freezes.ahead(connection, environment, target.service, at=now)
        meant = [freeze for freeze in ahead if freeze.service == target.service]
        if not meant:
            raise Conflict(self._nothing_to_lift(target, ahead, now))
        return await self._lift(meant, asked, is_dry_run=is_dry_run)

    async def press_lift(self, press: Press) -> Answer | None:
        """Lift the freeze of the card the button is on."""
        async with self.database.read() as connection:
            declared = await freezes.get(connection, press.subject_id)
        if declared.is_over(self.now()):
            return _gone(declared)
        return await self._lift([declared], press.asked)

    async def _lift(
        self, meant: Sequence[Declared], asked: Asked, *, is_dry_run: bool = False
    ) -> Answer:
        await self._ask_the_gate("lift", meant[0], asked, is_dry_run=is_dry_run)
        if is_dry_run:
            return lifted(meant, is_dry_run=True)
        now = self.now()
        async with self.database.write() as connection:
            found = [
                await freezes.lift(connection, freeze.id, by=asked.by.id, at=now)
                for freeze in meant
            ]
            done = [freeze for freeze in found if freeze is not None]
            if not done:
                return _gone(await freezes.get(connection, meant[0].id))
            for freeze in done:
                await audit.add(connection, _entry(asked, "lift", freeze))
        for freeze in done:
            _log("freeze_lifted", freeze, asked)
        self.wake()
        return lifted(done)

    async def _ask_the_gate(
        self, act: str, declared: Declared, asked: Asked, *, is_dry_run: bool
    ) -> None:
        where = (declared.environment, declared.service)
        await ask(
            self.database,
            decide(self.catalog.people, asked.by, Verb.FREEZE, *where),
            asked=asked,
            act=act,
            environment=declared.environment,
            service=declared.service,
            subject=declared.id if act == "lift" else None,
            is_dry_run=is_dry_run,
        )

    def _nothing_to_lift(self, target: Target, ahead: Sequence[Declared], now: datetime) -> str:
        """Why nothing can be lifted: what freezes it is the whole environment's or recurs."""
        where = in_place(target.service, target.environment)
        if ahead:
            return (
                f"Nobody froze {where} alone. All of {target.environment} is: "
                f"lift that with `freeze {target.environment} lift`."
            )
        for place in places(self.catalog):
            if place.environment == target.environment and target.service in {place.service, ANY}:
                for window in standing(place.config.deploy.freeze, now):
                    return (
                        f"Nobody declared a freeze of {where}. The catalogue freezes it until "
                        f'{told(window.ends_at)} ("{window.reason}"): that is changed there.'
                    )
        return f"There is no freeze of {where} to lift."


def _declared(request: FreezeRequest, target: Target, asked: Asked, now: datetime) -> Declared:
    """The freeze that was meant.

    Raises:
        UsageError: it has no end, ends before it begins, or is too long or too far away.
    """
    begins = request.begins_at or now
    ends = begins + request.length if request.length is not None else request.ends_at
    if ends is None:
        raise UsageError("Say until when: `for 4h`, or `until 2026-11-30T08:00`.")
    if ends <= begins:
        raise UsageError(f"It would end ({told(ends)}) before it begins ({told(begins)}).")
    if ends <= now:
        raise UsageError(f"That is over already: it ended {told(ends)}.")
    if ends - begins > LONGEST:
        raise UsageError(
            f"A freeze lasts {LONGEST.days} days at most. What is to last longer belongs into the "
            "catalogue, under `freeze`."
        )
    if begins - now > BEGINS_WITHIN:
        raise UsageError(f"It would begin only {told(begins)}: check the year.")
    return Declared(
        id=identity(Kind.FREEZE, asked),
        environment=target.environment,
        service=target.service,
        begins_at=begins,
        ends_at=ends,
        reason=request.reason,
        by=asked.by.id,
        at=now,
    )


def _gone(declared: Declared) -> Answer:
    if declared.lifted_by is None:
        return Answer("That freeze is over already.")
    return Answer(live(f"{named(declared.lifted_by)} has lifted it already."))


def _entry(asked: Asked, act: str, declared: Declared) -> Entry:
    return done_entry(
        asked,
        act,
        environment=declared.environment,
        service=declared.service,
        subject=declared.id,
        reason=declared.reason,
        begins=told(declared.begins_at),
        ends=told(declared.ends_at),
        declared_by=declared.by,
    )


def _log(action: str, declared: Declared, asked: Asked) -> None:
    log.info(
        action,
        extra={
            "action": action,
            "freeze_id": declared.id,
            "environment": declared.environment,
            "service": declared.service,
            "by": asked.by.id,
        },
    )
