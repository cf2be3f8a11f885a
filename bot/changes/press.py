"""Buttons of a change's card: the gate is asked again, and one press moves the row or none does."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.cards import change_thread
from bot.cards.answer import Answer
from bot.cards.blocks import escaped
from bot.cards.change import headline
from bot.catalog import Catalog, Verb
from bot.changes.accept import DEDUPLICATED_S, change_id, channel_of, write
from bot.changes.audit.announce import announce_forced
from bot.changes.audit.entries import asked_entry, denied_entry, forced_entry, pressed_entry
from bot.changes.guards.situation import is_fast_lane, situation
from bot.changes.outcome import conclude, lock_after
from bot.changes.promise import Promises
from bot.domain.asked import Actor, Asked, Press
from bot.domain.card import Kind
from bot.domain.change import (
    ACTS,
    FINAL,
    Act,
    ActKind,
    Change,
    ChangeKind,
    ChangeState,
    Hold,
    HoldKind,
)
from bot.domain.gate import VERBS, Decision, decide, may_begin, only_the_asker
from bot.domain.pipeline import read_pipeline
from bot.domain.place import Place, find_place
from bot.domain.rollout import Verdict
from bot.errors import Conflict, NotAllowed
from bot.storage import acts, audit, cards, changes
from bot.storage.changes import Facts
from bot.storage.database import Connection, Database
from bot.storage.deduplication import first_time

S = ChangeState
RIGHTS = {
    ActKind.CONFIRM: Verb.DEPLOY,
    ActKind.CANCEL: Verb.DEPLOY,
    ActKind.HOLD: Verb.ROLLBACK,
    ActKind.PROMOTE: Verb.DEPLOY,
    ActKind.KEEP: Verb.DEPLOY,
    ActKind.WAIT: Verb.DEPLOY,
    ActKind.ABORT: Verb.ROLLBACK,
}
"""Which right an act needs; for a restart, always its own. To confirm and to cancel belongs to the
asker alone, unless that is a pipeline, which presses nothing."""
OF_THE_ASKER = frozenset({ActKind.CONFIRM, ActKind.CANCEL})
STEADY = {ActKind.PROMOTE: False, ActKind.KEEP: True, ActKind.WAIT: True}
"""Acts of a rollout under way, and of one that has all its traffic and only proves itself."""
ENDING: Mapping[ActKind, Callable[[str], Facts]] = {
    ActKind.CANCEL: lambda by: {"ended_by": by},
    ActKind.KEEP: lambda by: {"kept_by": by, "verdict": Verdict.SUCCEEDED, "why": None},
}
"""Acts that end the change, and what is known then."""

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
        """Begin what was proposed; only for the person who asked, if the gate lets it begin."""
        return await self._act(press, ActKind.CONFIRM)

    async def cancel(self, press: Press) -> Answer | None:
        """Drop what was proposed; only for the person who asked."""
        return await self._act(press, ActKind.CANCEL)

    async def hold(self, press: Press) -> Answer | None:
        """Go no further until somebody says so; for everybody who may roll back there."""
        return await self._act(press, ActKind.HOLD)

    async def promote(self, press: Press) -> Answer | None:
        """Take the next step whatever the evidence; for everybody who may deploy there."""
        return await self._act(press, ActKind.PROMOTE)

    async def keep(self, press: Press) -> Answer | None:
        """Take it for good whatever the evidence; for everybody who may deploy there."""
        return await self._act(press, ActKind.KEEP)

    async def wait(self, press: Press) -> Answer | None:
        """Measure for another bake; for everybody who may deploy there."""
        return await self._act(press, ActKind.WAIT)

    async def abort(self, press: Press) -> Answer | None:
        """Go back from what rolls out or bakes; for everybody who may roll back there."""
        return await self._act(press, ActKind.ABORT)

    async def _act(self, press: Press, kind: ActKind) -> Answer | None:
        async with self.database.read() as connection:
            change = await changes.get(connection, press.subject_id)
        await self._ask_the_gate(change, kind, press)
        try:
            async with self.database.write() as connection:
                if not await first_time(connection, _key(press), keep_s=DEDUPLICATED_S):
                    return None
                moved = await self._move(connection, press, kind)
                if moved is None:
                    return Answer(await _stale(connection, press))
                await self._write_down(connection, press, kind, moved)
        except NotAllowed as exc:
            await self._deny(press, kind.value, change, str(exc))
            raise
        log.info(
            "change_pressed",
            extra={"action": "change_pressed", "change_id": moved.id, "kind": kind.value},
        )
        self.wake()
        self.promises.tell(moved.id, press.revision)
        return None

    async def _ask_the_gate(self, change: Change, kind: ActKind, press: Press) -> None:
        """Who may press it at all; whether the change may begin is decided where it moves."""
        if kind in OF_THE_ASKER and read_pipeline(change.asked_by) is None:
            decision = only_the_asker(change.asked_by, press.asked.by)
        else:
            is_restart = change.kind is ChangeKind.RESTART
            verb = Verb.RESTART if is_restart else RIGHTS[kind]
            decision = self._may(press.asked.by, verb, change)
        if not decision.allowed:
            await self._deny(press, kind.value, change, decision.text)
            raise NotAllowed(decision.text)

    async def _deny(self, press: Press, act: str, change: Change, why: str) -> None:
        """Write down that somebody tried, in a transaction of its own."""
        entry = denied_entry(
            press.asked, act, change.environment, change.service, why, subject=change.id
        )
        async with self.database.write() as connection:
            await audit.add(connection, entry)

    def _may(self, by: Actor, verb: Verb, change: Change) -> Decision:
        return decide(self.catalog.people, by, verb, change.environment, change.service)

    async def _move(self, connection: Connection, press: Press, kind: ActKind) -> Change | None:
        """Move the change, if it still is as the button showed it, and write down who did.

        Raises:
            NotAllowed: the gate does not let it begin.
        """
        change = await changes.get(connection, press.subject_id)
        from_states, to = ACTS[kind]
        if change.state_revision != press.revision or change.state not in from_states:
            return None
        if kind in STEADY and (change.steady_at is not None) is not STEADY[kind]:
            return None
        if kind is ActKind.ABORT and not change.leads_back:
            return None
        now, by = self.now(), press.asked.by.id
        if kind is ActKind.CONFIRM:
            if change.expires_at is not None and now >= change.expires_at:
                raise Conflict("The time to confirm this is over. Ask for it again.")
            moved = await self._begin(connection, change, press.asked, now)
        elif kind in ENDING:
            facts = ENDING[kind](by)
            moved = await conclude(
                connection,
                self.catalog,
                change.id,
                to,
                of=from_states,
                at=now,
                is_proved=kind is ActKind.KEEP and change.kind is not ChangeKind.RESTART,
                **facts,
            )
        else:
            moved = await changes.move(
                connection,
                change.id,
                to,
                of=from_states,
                at=now,
                **self._facts(change, kind, by, now),
            )
        if moved is None:
            return None
        act = Act(change_id=change.id, state_revision=press.revision, kind=kind, by=by, at=now)
        await acts.record(connection, act)
        if kind not in ENDING:  # of which the outcome's own entry tells
            entry = change_thread.done(act)
            key = f"act:{press.revision}"
            await cards.add_entry(connection, Kind.CHANGE, change.id, key=key, message=entry)
        return moved

    async def _write_down(
        self, connection: Connection, press: Press, kind: ActKind, moved: Change
    ) -> None:
        """What the audit says of it, last of all: the act, what was forced, the lock it set."""
        locked = None
        if kind is ActKind.ABORT and _served(moved):
            locked = await lock_after(connection, self._place(moved), moved, at=self.now())
        await audit.add(connection, pressed_entry(moved, press, kind))
        if kind is ActKind.CONFIRM and moved.overridden:
            await audit.add(connection, forced_entry(moved, press.asked))
        if locked is not None:
            await audit.add(connection, locked)

    def _place(self, change: Change) -> Place:
        return find_place(self.catalog, change.environment, change.service)

    def _facts(self, change: Change, kind: ActKind, by: str, now: datetime) -> Facts:
        """What is known with the move."""
        match kind:
            case ActKind.HOLD:
                hold = Hold(kind=HoldKind.PERSON, why="", at=now, by=by)
                return {"hold": hold, "is_promoted": False}
            case ActKind.PROMOTE:
                return {"hold": None, "is_promoted": True}
            case ActKind.WAIT:
                longer = self._place(change).config.deploy.bake / self.catalog.pace
                return {"hold": None, "judgement": None, "bake_until": now + longer}
            case _:
                return {
                    "ended_by": by,
                    "verdict": Verdict.ABORTED,
                    "progress": None,
                    "hold": None,
                }

    async def _begin(
        self, connection: Connection, change: Change, asked: Asked, now: datetime
    ) -> Change | None:
        """Start it if the gate allows that now, in the transaction that starts it.

        Raises:
            NotAllowed: the gate says no.
        """
        place = self._place(change)
        digest = change.plan.wanted.digest if change.plan else None
        facts = await situation(
            connection, self.catalog, place, now=now, change=change, digest=digest
        )
        decision = may_begin(
            facts,
            asked.by,
            VERBS[change.kind],
            fast_lane=is_fast_lane(change),
            forced=change.forced is not None,
        )
        if not decision.allowed:
            raise NotAllowed(decision.text)
        overridden = tuple(reason.text for reason in decision.overridden)
        from_states, to = ACTS[ActKind.CONFIRM]
        moved = await changes.move(
            connection,
            change.id,
            to,
            of=from_states,
            at=now,
            confirmed_by=asked.by.id,
            overridden=overridden,
            why=None,
        )
        if moved is None:
            return None
        if overridden:
            await announce_forced(connection, self.catalog, moved, at=now)
        return moved

    async def roll_back(self, press: Press) -> Answer | None:
        """Return to the last good revision at once: Slack's dialog was the confirmation.

        Two who press it on the same card ask for the same rollback.
        """
        async with self.database.read() as connection:
            before = await changes.get(connection, press.subject_id)
        decision = self._may(press.asked.by, Verb.ROLLBACK, before)
        if not decision.allowed:
            await self._deny(press, Verb.ROLLBACK.value, before, decision.text)
            raise NotAllowed(decision.text)
        rollback = self._rollback_of(before, press)
        async with self.database.write() as connection:
            if not await first_time(connection, _key(press), keep_s=DEDUPLICATED_S):
                return None
            latest = await changes.latest_deployed(connection, before.environment, before.service)
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
            await audit.add(connection, asked_entry(rollback, press.asked))
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


def _served(change: Change) -> bool:
    """Whether the version it goes back from took traffic."""
    has_some = change.stage is not None and change.stage.weight > 0
    return has_some or change.steady_at is not None


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
