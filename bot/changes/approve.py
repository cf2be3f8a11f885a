"""Other people's word for a change: given, refused, and what the last one needed begins."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.cards.answer import Answer
from bot.cards.blocks import escaped
from bot.cards.change import headline
from bot.cards.gate import approved, approved_entry
from bot.cards.live import live
from bot.catalog import Catalog
from bot.changes.accept import DEDUPLICATED_S
from bot.changes.guards.keep import ask, done_entry
from bot.changes.outcome import conclude
from bot.changes.promise import Promises
from bot.changes.proposals import (
    is_as_drawn,
    is_over,
    needs_approval,
    situation_of,
    the_one_waiting,
)
from bot.domain.asked import Actor, Asked, Press
from bot.domain.audit import Entry
from bot.domain.card import Kind
from bot.domain.change import ACTS, Act, ActKind, Approval, Change
from bot.domain.gate import VERBS, Decision, may_approve, may_begin, may_refuse
from bot.domain.situation import Situation
from bot.errors import Conflict
from bot.storage import acts, approvals, audit, cards, changes
from bot.storage.changes import Occupied
from bot.storage.database import Connection, Database
from bot.storage.deduplication import first_time

DRY_RUN = "Dry run, nothing was changed:"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Given:
    """What became of an approval: how many there are now, and whether the change began."""

    situation: Situation
    in_the_way: Decision
    began: bool


@dataclass(frozen=True, slots=True)
class ApproveChange:
    """Takes approvals, by button and by command; the last one needed begins the change.

    `groups` gives the Slack user groups a person is in now: the change begins as whoever asked for
    it, if they still may.
    """

    database: Database
    catalog: Catalog
    promises: Promises
    now: Callable[[], datetime]
    wake: Callable[[], None]
    groups: Callable[[str], frozenset[str]]

    async def approve(self, press: Press) -> Answer | None:
        """Give one's word for exactly what the card shows; nobody gives it for their own.

        Two who press the same card both count: an approval moves nothing unless it is the last.

        Raises:
            NotKnown: there is no such change, or its place is not in the catalogue any more.
            NotAllowed: the gate says no.
            Conflict: it needs no approval, or its time is over.
        """
        change, now = await self._read(press.subject_id)
        if is_as_drawn(change, press.revision):
            await self._ask_whether_to_approve(change, now, press.asked)
        return await self._approve(change.id, press.revision, press.asked)

    async def refuse(self, press: Press) -> Answer | None:
        """Say no for good: the proposal ends. For whoever may approve there.

        Raises: as `approve`.
        """
        asked = press.asked
        change, now = await self._read(press.subject_id)
        if is_as_drawn(change, press.revision):
            await self._ask_the_gate("refuse", may_refuse(now, asked.by), change, asked)
        from_states, to = ACTS[ActKind.REFUSE]
        async with self.database.write() as connection:
            if not await first_time(connection, _key(asked), keep_s=DEDUPLICATED_S):
                return None
            await approvals.lock_change(connection, change.id)
            change = await changes.get(connection, change.id)
            if not is_as_drawn(change, press.revision):
                return _stale(change)
            at, by = self.now(), asked.by.id
            await acts.record(connection, _act(change, ActKind.REFUSE, by, at))
            await conclude(
                connection, self.catalog, change.id, to, of=from_states, at=at, ended_by=by
            )
            await audit.add(connection, _entry(asked, "refuse", change))
        self._done(change, "change_refused")
        self.promises.tell(change.id, change.state_revision)
        return None

    async def by_command(
        self, environment: str, service: str | None, *, asked: Asked, is_dry_run: bool = False
    ) -> Answer:
        """Approve the one proposal that waits for approval there.

        Raises:
            NotKnown: there is no such place.
            NotAllowed: the gate says no.
            Conflict: none waits, or several do; the text says which.
        """
        async with self.database.read() as connection:
            change, now = await the_one_waiting(
                connection, self.catalog, environment, service, at=self.now()
            )
        await self._ask_whether_to_approve(change, now, asked, is_dry_run=is_dry_run)
        if is_dry_run:
            return self._rehearse(change, now, asked)
        answer = await self._approve(change.id, change.state_revision, asked)
        return answer or Answer("You have done that already.")

    def _rehearse(self, change: Change, now: Situation, asked: Asked) -> Answer:
        decision = may_approve(now, asked.by)
        if not decision.allowed:
            return Answer(f"{DRY_RUN} {live(decision.text)}")
        approval = _approval(change, asked.by.id, now.now)
        after = replace(now, approvals=(*now.approvals, approval))
        would = self._may_begin(change, after)
        return Answer(f"{DRY_RUN} {approved(change, after, would, began=would.allowed).text}")

    async def _approve(self, change_id: str, revision: int, asked: Asked) -> Answer | None:
        async with self.database.write() as connection:
            if not await first_time(connection, _key(asked), keep_s=DEDUPLICATED_S):
                return None
            await approvals.lock_change(connection, change_id)
            change = await changes.get(connection, change_id)
            if not is_as_drawn(change, revision):
                return _stale(change)
            given = await self._give(connection, change, asked)
            if isinstance(given, Answer):
                return given
        self._done(change, "change_approved")
        if given.began:
            self.promises.tell(change.id, change.state_revision)
        return approved(change, given.situation, given.in_the_way, began=given.began)

    async def _give(self, connection: Connection, change: Change, asked: Asked) -> _Given | Answer:
        """Write the approval, and begin the change where it was the last thing missing.

        The change is locked: nobody else's approval comes between.
        """
        at = self.now()
        before = await situation_of(connection, self.catalog, change, at=at)
        if is_over(change, at):
            raise Conflict("The time to approve this is over. Whoever asked may ask for it again.")
        if not needs_approval(change, before):
            raise Conflict("This needs no approval: whoever asked for it confirms it.")
        decision = may_approve(before, asked.by)
        if not decision.allowed:  # a second press of theirs was faster
            return Answer(live(decision.text))
        approval = _approval(change, asked.by.id, at)
        await approvals.void_other(connection, change.id, approval.binding, at=at)
        await approvals.add(connection, approval)
        after = replace(before, approvals=(*before.approvals, approval))
        in_the_way = self._may_begin(change, after)
        began = in_the_way.allowed and await self._begin(connection, change, approval)
        entry = approved_entry(approval, len(after.counted), after.required)
        key = f"approval:{approval.by}:{at.timestamp()}"
        await cards.add_entry(connection, Kind.CHANGE, change.id, key=key, message=entry)
        await audit.add(connection, _entry(asked, "approve", change))
        return _Given(after, in_the_way, began)

    async def _begin(self, connection: Connection, change: Change, approval: Approval) -> bool:
        from_states, to = ACTS[ActKind.CONFIRM]
        try:
            moved = await changes.move(
                connection,
                change.id,
                to,
                of=from_states,
                at=approval.at,
                confirmed_by=approval.by,
                why=None,
            )
        except Occupied:  # something began in this moment: the approval stands all the same
            return False
        if moved is None:
            return False
        await acts.record(connection, _act(change, ActKind.CONFIRM, approval.by, approval.at))
        return True

    def _may_begin(self, change: Change, now: Situation) -> Decision:
        """Decide as for whoever asked. What is passed by force they confirm themselves."""
        asker = Actor(change.asked_by, self.groups(change.asked_by))
        return may_begin(now, asker, VERBS[change.kind])

    async def _read(self, change_id: str) -> tuple[Change, Situation]:
        async with self.database.read() as connection:
            change = await changes.get(connection, change_id)
            now = await situation_of(connection, self.catalog, change, at=self.now())
            return change, now

    async def _ask_whether_to_approve(
        self, change: Change, now: Situation, asked: Asked, *, is_dry_run: bool = False
    ) -> None:
        """Ask the gate; a second approval is no offence, and may be the first one's repetition."""
        if any(approval.by == asked.by.id for approval in now.counted):
            return
        decision = may_approve(now, asked.by)
        await self._ask_the_gate("approve", decision, change, asked, is_dry_run=is_dry_run)

    async def _ask_the_gate(
        self,
        act: str,
        decision: Decision,
        change: Change,
        asked: Asked,
        *,
        is_dry_run: bool = False,
    ) -> None:
        await ask(
            self.database,
            decision,
            asked=asked,
            act=act,
            environment=change.environment,
            service=change.service,
            subject=change.id,
            is_dry_run=is_dry_run,
        )

    def _done(self, change: Change, action: str) -> None:
        log.info(action, extra={"action": action, "change_id": change.id})
        self.wake()


def _key(asked: Asked) -> str:
    return f"press:{asked.key}"


def _stale(change: Change) -> Answer:
    return Answer(f"This has changed since that button was drawn. {escaped(headline(change))}")


def _approval(change: Change, by: str, at: datetime) -> Approval:
    if change.plan is None:
        raise Conflict(
            "What it would change is still being looked up. Approve it once it is shown."
        )
    return Approval(change_id=change.id, by=by, at=at, binding=change.plan.binding)


def _act(change: Change, kind: ActKind, by: str, at: datetime) -> Act:
    return Act(change_id=change.id, state_revision=change.state_revision, kind=kind, by=by, at=at)


def _entry(asked: Asked, act: str, change: Change) -> Entry:
    binding = change.plan.binding if change.plan is not None else None
    return done_entry(
        asked,
        act,
        environment=change.environment,
        service=change.service,
        subject=change.id,
        version=change.wanted_name,
        asked_by=change.asked_by,
        digest=binding.digest or "" if binding is not None else "",
        definition=binding.definition if binding is not None else "",
    )
