"""Buttons of a scaling's card: the gate is asked again, and one press moves the row or none."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.cards.answer import Answer
from bot.cards.blocks import escaped
from bot.cards.scaling_words import headline, pressed_line
from bot.catalog import Catalog, Verb
from bot.changes.accept import DEDUPLICATED_S
from bot.changes.audit.announce import announce_force
from bot.changes.audit.entries import denied_entry
from bot.changes.guards.situation import situation
from bot.changes.scaling.end import end, end_beneath, write_down
from bot.changes.scaling.entries import (
    CANCEL,
    CONFIRM,
    KEEP,
    REVERT,
    forced_entry,
    pressed_entry,
)
from bot.changes.scaling.promise import ScalingPromises
from bot.domain.asked import Asked, Press
from bot.domain.card import Kind
from bot.domain.gate import decide, may_scale, only_the_asker
from bot.domain.place import find_place
from bot.domain.scaling.scaling import Scaling, ScalingState
from bot.domain.scaling.wish import beyond
from bot.errors import Conflict, NotAllowed
from bot.storage import audit, cards, scalings
from bot.storage.database import Connection, Database
from bot.storage.deduplication import first_time

S = ScalingState
_DONE = {CONFIRM: "Confirmed", CANCEL: "Cancelled", KEEP: "Kept", REVERT: "To be set back now"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PressScaling:
    """What the buttons of a scaling do. Each is called with the press and answers the presser."""

    database: Database
    catalog: Catalog
    promises: ScalingPromises
    now: Callable[[], datetime]
    wake: Callable[[], None]

    async def confirm(self, press: Press) -> Answer | None:
        """Have it set; only for the person who asked, if the gate lets it."""
        return await self._act(press, CONFIRM)

    async def cancel(self, press: Press) -> Answer | None:
        """Drop what was proposed; only for the person who asked."""
        return await self._act(press, CANCEL)

    async def keep(self, press: Press) -> Answer | None:
        """Let it stand for good; for everybody who may scale there."""
        return await self._act(press, KEEP)

    async def revert(self, press: Press) -> Answer | None:
        """End its time now; for everybody who may scale there."""
        return await self._act(press, REVERT)

    async def _act(self, press: Press, act: str) -> Answer | None:
        async with self.database.read() as connection:
            scaling = await scalings.get(connection, press.subject_id)
        await self._ask_the_gate(scaling, act, press)
        ended: list[Scaling] = []
        try:
            async with self.database.write() as connection:
                if not await first_time(
                    connection, f"press:{press.asked.key}", keep_s=DEDUPLICATED_S
                ):
                    return None
                await scalings.lock_place(connection, *scaling.place)
                moved = await self._move(connection, press, act, ended)
                if moved is None:
                    return Answer(await _stale(connection, press))
                await self._write_down(connection, press, act, moved, ended)
        except NotAllowed as exc:
            await self._deny(press, act, scaling, str(exc))
            raise
        log.info(
            "scaling_pressed",
            extra={"action": "scaling_pressed", "scaling_id": moved.id, "kind": act},
        )
        self.wake()
        if not moved.is_at_rest:
            self.promises.begin(moved)
        return None

    async def _ask_the_gate(self, scaling: Scaling, act: str, press: Press) -> None:
        """Who may press it at all; whether it may be set is decided where it moves."""
        if act in {CONFIRM, CANCEL}:
            decision = only_the_asker(scaling.asked_by, press.asked.by)
        else:
            people = self.catalog.people
            decision = decide(people, press.asked.by, Verb.SCALE, *scaling.place)
        if not decision.allowed:
            await self._deny(press, act, scaling, decision.text)
            raise NotAllowed(decision.text)

    async def _deny(self, press: Press, act: str, scaling: Scaling, why: str) -> None:
        """Write down that somebody tried, in a transaction of its own."""
        entry = denied_entry(press.asked, act, *scaling.place, why, subject=scaling.id)
        async with self.database.write() as connection:
            await audit.add(connection, entry)

    async def _move(
        self, connection: Connection, press: Press, act: str, ended: list[Scaling]
    ) -> Scaling | None:
        """Move it, if it still is as the button showed it; whatever ends is added to `ended`.

        Raises:
            NotAllowed: the gate does not let it be set.
        """
        scaling = await scalings.get(connection, press.subject_id)
        if scaling.state_revision != press.revision:
            return None
        now, by = self.now(), press.asked.by.id
        match act:
            case "confirm":
                return await self._confirm(connection, scaling, press.asked, now)
            case "cancel":
                moved = await end(
                    connection,
                    scaling.id,
                    S.CANCELLED,
                    of={S.PROPOSED, S.CONFIRMED},
                    at=now,
                    ended_by=by,
                )
            case "keep":
                moved = await self._keep(connection, scaling, by, now, ended)
            case _:
                return await self._revert(connection, scaling, by, now)
        ended += [moved] if moved is not None else []
        return moved

    async def _confirm(
        self, connection: Connection, scaling: Scaling, asked: Asked, now: datetime
    ) -> Scaling | None:
        if scaling.state is not S.PROPOSED:
            return None
        if scaling.expires_at is not None and now >= scaling.expires_at:
            raise Conflict("The time to confirm this is over. Ask for it again.")
        place = find_place(self.catalog, *scaling.place)
        facts = await situation(connection, self.catalog, place, now=now, change=None, digest=None)
        decision = may_scale(
            facts,
            asked.by,
            beyond=beyond(scaling.wish, place.config.scale),
            forced=scaling.forced is not None,
        )
        if not decision.allowed:
            raise NotAllowed(decision.text)
        overridden = tuple(reason.text for reason in decision.overridden)
        moved = await scalings.move(
            connection,
            scaling.id,
            S.CONFIRMED,
            of={S.PROPOSED},
            at=now,
            confirmed_by=asked.by.id,
            overridden=overridden,
            why=None,
        )
        if moved is not None and overridden:
            await announce_force(
                connection,
                self.catalog,
                subject=moved.id,
                what=f"{moved.service} scaled {moved.led} in {moved.environment}",
                by=moved.asked_by,
                why=moved.forced or "",
                overridden=overridden,
                at=now,
            )
        return moved

    async def _keep(
        self, connection: Connection, scaling: Scaling, by: str, now: datetime, ended: list[Scaling]
    ) -> Scaling | None:
        """It is for good then, so what stands beneath it must not be gone back to either."""
        if not scaling.is_promise:
            return None
        kept = await end(
            connection, scaling.id, S.KEPT, of={S.SCALING, S.STANDING}, at=now, ended_by=by
        )
        if kept is not None:
            ended += await end_beneath(connection, kept, by=by, at=now)
        return kept

    async def _revert(
        self, connection: Connection, scaling: Scaling, by: str, now: datetime
    ) -> Scaling | None:
        if not scaling.is_promise:
            return None
        return await scalings.move(
            connection,
            scaling.id,
            S.DUE,
            of={S.SCALING, S.STANDING},
            at=now,
            until=now,
            hurried_by=by,
        )

    async def _write_down(
        self,
        connection: Connection,
        press: Press,
        act: str,
        moved: Scaling,
        ended: list[Scaling],
    ) -> None:
        """The thread's line, and last of all what the audit says: the act, force, what ended."""
        if act in {CONFIRM, REVERT}:  # of what it ends the outcome's own entry tells
            key = f"act:{press.revision}"
            line = pressed_line(_DONE[act], at=self.now())
            await cards.add_entry(connection, Kind.SCALING, moved.id, key=key, message=line)
        await audit.add(connection, pressed_entry(moved, press, act))
        if act == CONFIRM and moved.overridden:
            await audit.add(connection, forced_entry(moved, press.asked))
        await write_down(connection, *ended, at=self.now())


async def _stale(connection: Connection, press: Press) -> str:
    """Why the press did nothing: somebody was faster, or it has moved on by itself."""
    scaling = await scalings.get(connection, press.subject_id)
    return f"This has changed since that button was drawn. {escaped(headline(scaling))}"
