"""Buttons of a change's card: the gate is asked again, and one press moves the row or none does."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.cards import change_thread
from bot.cards.answer import Answer
from bot.cards.blocks import escaped
from bot.cards.change import headline
from bot.catalog import Catalog, Verb
from bot.changes.accept import DEDUPLICATED_S, VERBS, change_id, channel_of, write
from bot.changes.outcome import conclude
from bot.changes.promise import Promises
from bot.domain.asked import Actor, Press
from bot.domain.card import Kind
from bot.domain.change import (
    ACTS,
    FINAL,
    Act,
    ActKind,
    Change,
    ChangeKind,
    ChangeState,
)
from bot.domain.gate import Decision, decide, only_the_asker
from bot.domain.place import find_place
from bot.domain.rollout import Verdict
from bot.errors import Conflict, NotAllowed
from bot.storage import acts, cards, changes
from bot.storage.changes import Facts
from bot.storage.database import Connection, Database
from bot.storage.deduplication import first_time

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PressChange:
    """What the buttons of a change do. Each is called with the press and answers the presser."""

    database: Database
    catalog: Catalog
    promises: Promises
    now: Callable[[], datetime]
    wake: Callable[[], None]

    async def confirm(self, press: Press) -> Answer | None:
        """Begin what was proposed; only for the person who asked, if they still may."""
        return await self._act(press, ActKind.CONFIRM)

    async def cancel(self, press: Press) -> Answer | None:
        """Drop what was proposed; only for the person who asked."""
        return await self._act(press, ActKind.CANCEL)

    async def abort(self, press: Press) -> Answer | None:
        """Stop a rollout and go back; for everybody who may roll back there."""
        return await self._act(press, ActKind.ABORT)

    async def _act(self, press: Press, kind: ActKind) -> Answer | None:
        async with self.database.read() as connection:
            change = await changes.get(connection, press.subject_id)
        self._ask_the_gate(change, kind, press.asked.by)
        async with self.database.write() as connection:
            if not await first_time(connection, _key(press), keep_s=DEDUPLICATED_S):
                return None
            moved = await self._move(connection, press, kind)
            if moved is None:
                return Answer(await _stale(connection, press))
        log.info(
            "change_pressed",
            extra={"action": "change_pressed", "change_id": moved.id, "kind": kind.value},
        )
        self.wake()
        self.promises.tell(moved.id, press.revision)
        return None

    def _ask_the_gate(self, change: Change, kind: ActKind, by: Actor) -> None:
        decisions = []
        if kind in {ActKind.CONFIRM, ActKind.CANCEL}:
            decisions.append(only_the_asker(change.asked_by, by))
        if kind is ActKind.CONFIRM:
            decisions.append(self._may(by, VERBS[change.kind], change))
        if kind is ActKind.ABORT:
            decisions.append(self._may(by, Verb.ROLLBACK, change))
        for decision in decisions:
            if not decision.allowed:
                raise NotAllowed(decision.text)

    def _may(self, by: Actor, verb: Verb, change: Change) -> Decision:
        return decide(self.catalog.people, by, verb, change.environment, change.service)

    async def _move(self, connection: Connection, press: Press, kind: ActKind) -> Change | None:
        """Move the change, if it still is as the button showed it, and write down who did."""
        change = await changes.get(connection, press.subject_id)
        from_states, to = ACTS[kind]
        if change.state_revision != press.revision or change.state not in from_states:
            return None
        now, by = self.now(), press.asked.by.id
        if kind is ActKind.CONFIRM and change.expires_at is not None and now >= change.expires_at:
            raise Conflict("The time to confirm this is over. Ask for it again.")
        if kind is ActKind.CANCEL:
            moved = await conclude(connection, change.id, to, of=from_states, at=now, ended_by=by)
        else:
            facts: Facts = {"confirmed_by": by}
            if kind is ActKind.ABORT:
                facts = {"ended_by": by, "verdict": Verdict.ABORTED, "progress": None}
            moved = await changes.move(connection, change.id, to, of=from_states, at=now, **facts)
        if moved is None:
            return None
        act = Act(change_id=change.id, state_revision=press.revision, kind=kind, by=by, at=now)
        await acts.record(connection, act)
        if kind is not ActKind.CANCEL:  # of which the outcome's own entry tells
            entry = change_thread.done(act)
            key = f"act:{press.revision}"
            await cards.add_entry(connection, Kind.CHANGE, change.id, key=key, message=entry)
        return moved

    async def roll_back(self, press: Press) -> Answer | None:
        """Return to the last good revision at once: Slack's dialog was the confirmation.

        Two who press it on the same card ask for the same rollback.
        """
        async with self.database.read() as connection:
            before = await changes.get(connection, press.subject_id)
        decision = self._may(press.asked.by, Verb.ROLLBACK, before)
        if not decision.allowed:
            raise NotAllowed(decision.text)
        rollback = self._rollback_of(before, press)
        async with self.database.write() as connection:
            if not await first_time(connection, _key(press), keep_s=DEDUPLICATED_S):
                return None
            latest = await changes.latest_started(connection, before.environment, before.service)
            if (
                before.state_revision != press.revision
                or before.state not in FINAL
                or latest is None
                or latest.id != before.id
            ):
                return Answer(await _stale(connection, press))
            if not await write(connection, rollback):
                standing = await changes.get(connection, rollback.id)
                return Answer(f"<@{standing.asked_by}> asked for it already; it has its own card.")
        self.wake()
        self.promises.begin(rollback.id)
        return Answer(f"Rolling back {escaped(before.service)} in {escaped(before.environment)}.")

    def _rollback_of(self, before: Change, press: Press) -> Change:
        now = self.now()
        place = find_place(self.catalog, before.environment, before.service)
        return Change(
            id=change_id(f"rollback:{before.id}:{press.revision}"),
            kind=ChangeKind.ROLLBACK,
            service=before.service,
            environment=before.environment,
            channel=channel_of(self.catalog, place),
            asked_by=press.asked.by.id,
            asked_at=now,
            state=ChangeState.PROPOSING,
            state_revision=1,
            changed_at=now,
            asks_first=False,
            undoes=before.id,
            correlation_id=press.asked.correlation_id,
            expires_at=now + place.config.deploy.proposal_expires / self.catalog.pace,
        )


def _key(press: Press) -> str:
    return f"press:{press.asked.key}"


async def _stale(connection: Connection, press: Press) -> str:
    """Why the press did nothing: somebody was faster, or the change has moved on by itself."""
    act = await acts.done_to(connection, press.subject_id, press.revision)
    if act is not None and act.by == press.asked.by.id:
        return f"You did that already. {change_thread.done_text(act)}."
    if act is not None:
        return f"Somebody was faster. {change_thread.done_text(act)}."
    change = await changes.get(connection, press.subject_id)
    return f"This has changed since that button was drawn. {escaped(headline(change))}"
