"""*Acknowledge all*: the groups that the card showed as it was pressed, and no other.

The press writes one row, which is the promise; the groups follow in small transactions, each with
its outcome, by whoever pressed and by a sweep. What pages is asked of PagerDuty as by the group's
own button; what pages nobody is noted here, so that the storm gives it no card when it is over.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid4

from bot.alerts.respond import KEPT_S, WAITS_S, respond
from bot.alerts.responding.who import WhoInPagerDuty
from bot.alerts.rights import may_acknowledge
from bot.cards.answer import Answer, Later
from bot.catalog import Catalog
from bot.domain.alert import AlertGroup, GroupState
from bot.domain.asked import Actor, Asked, Press
from bot.domain.audit import Entry
from bot.domain.audited import ACCEPTED, DENIED
from bot.domain.card import Urgency
from bot.domain.incident import IncidentStatus, PagerDutyIncident, Response, ResponseKind
from bot.domain.responded import entry
from bot.domain.storm_act import Act, Outcome
from bot.engine import Engine
from bot.errors import Conflict, NotAllowed
from bot.storage import (
    alerts,
    audit,
    deduplication,
    incidents,
    responses,
    storm_acts,
    stormed,
    storms,
)
from bot.storage.database import Connection, Database
from bot.storage.transient import is_transient

TOGETHER = 20
"""Groups in one transaction: others wait for it."""
AT_IT = "They are being acknowledged already: the card says what comes of it."
NO_USER = "you have no PagerDuty user"
K = ResponseKind.ACKNOWLEDGE

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeAll:
    """What the button of a storm's card does."""

    database: Database
    catalog: Catalog
    engine: Engine
    who: WhoInPagerDuty
    now: Callable[[], datetime]
    tell: Callable[[], None]
    pace: float = 1.0

    async def press(self, press: Press) -> Later | Answer | None:
        """Promise it, and begin. The card says the rest.

        Raises:
            NotKnown: there is no such storm any more.
            NotAllowed: the gate lets them acknowledge none of its groups.
            Conflict: somebody is at it.
        """
        async with self.database.read() as connection:
            storm = await storms.get(connection, press.subject_id)
            found = await stormed.shown_firing(connection, storm.id, press.revision)
            pages = await stormed.has_triggered_incident(connection, storm.id)
        if not found:
            return Answer("Nothing of what this card showed fires any more.")
        await self._allow(press, found)
        email = await self.who.known(press.asked.by.id) if pages else None
        if pages and email is None:
            return Later(partial(self._ask_who_first, press))
        act = await self._promise(press, email)
        return Later(partial(self._carry_out, act)) if act is not None else None

    async def sweep(self) -> int:
        """Go on with what was promised; returns how many acts were carried out."""
        async with self.database.read() as connection:
            open_ones = await storm_acts.open_ones(connection)
        for act_id in open_ones:
            await self._carry_out(act_id)
        return len(open_ones)

    async def _allow(self, press: Press, found: Sequence[AlertGroup]) -> None:
        """Ask the gate; where it says no to all of them, the audit keeps it.

        Raises:
            NotAllowed: they may acknowledge none.
        """
        refused = []
        for group in found:
            decision = may_acknowledge(self.catalog.people, press.asked.by, group)
            if decision.allowed:
                return
            refused.append((group, decision.text))
        first, why = refused[0]
        async with self.database.write() as connection:
            await audit.add(connection, entry(K.value, DENIED, first, press.asked, why=why))
        raise NotAllowed("\n".join(dict.fromkeys(text for _, text in refused)))

    async def _ask_who_first(self, press: Press) -> None:
        """Somebody without a seat may still take on what pages nobody; the rest is named."""
        email = None
        try:
            email = await self.who.email(press.asked.by.id)
        except (NotAllowed, Conflict) as exc:
            log.info("no_seat", extra={"action": "no_seat", "why": str(exc)})
        act = await self._promise(press, email)
        if act is not None:
            await self._carry_out(act)

    async def _promise(self, press: Press, email: str | None) -> str | None:
        """Write down what was asked; the act's id, or None where Slack repeated the press.

        Raises:
            Conflict: somebody is at it.
        """
        act = Act(
            id=uuid4().hex,
            storm_id=press.subject_id,
            revision=press.revision,
            by=press.asked.by.id,
            groups=press.asked.by.groups,
            email=email,
            asked_at=press.asked.at,
        )
        async with self.database.write() as connection:
            key = f"press:{press.action_id}:{press.asked.key}"
            if not await deduplication.first_time(connection, key, keep_s=KEPT_S):
                return None
            if await storm_acts.has_open(connection, act.storm_id):
                raise Conflict(AT_IT)
            await storm_acts.ask(connection, act)
        self.tell()
        return act.id

    async def _carry_out(self, act_id: str) -> None:
        """Every group of the act in turn; may be repeated and done by several at once.

        Whoever takes webhooks in holds several groups too, in an order of their own: on PostgreSQL
        the two may wait for each other, and the one that is chosen to fail goes on one by one.
        """
        at_most, is_done = TOGETHER, False
        while not is_done:
            try:
                is_done, asked = await self._carry_out_some(act_id, at_most=at_most)
            except Exception as exc:
                if at_most == 1 or not is_transient(exc):
                    raise
                log.info("one_by_one", extra={"action": "one_by_one", "act": act_id})
                at_most = 1
                continue
            self.tell()
            await self._begin(asked)
        log.info("storm_acknowledged", extra={"action": "storm_acknowledged", "act": act_id})

    async def _carry_out_some(self, act_id: str, *, at_most: int) -> tuple[bool, Sequence[str]]:
        """The next groups, in one transaction; whether none was left, and what is to be asked."""
        async with self.database.write() as connection:
            act = await storm_acts.locked(connection, act_id)
            if act.done_at is not None:
                return True, ()
            group_ids = await storm_acts.next_groups(connection, act, at_most=at_most)
            if not group_ids:
                await storm_acts.done(connection, act, at=self.now())
            entries: list[Entry] = []
            outcomes = [
                (group_id, *await self._take_on(connection, act, group_id, entries))
                for group_id in group_ids
            ]
            await storm_acts.outcomes(connection, act, outcomes)
            for one in entries:  # last: every act of everybody waits for the end of the chain
                await audit.add(connection, one)
        asked = [group_id for group_id, outcome, _ in outcomes if outcome is Outcome.ASKED]
        return not group_ids, [storm_acts.response_id(act, group_id) for group_id in asked]

    async def _begin(self, asked: Sequence[str]) -> None:
        """Start the requests; what the engine does not take now, the sweeper repeats."""
        waits_s = [wait_s / self.pace for wait_s in WAITS_S]
        try:
            for identity in asked:
                await self.engine.begin(respond, identity, identity, waits_s)
        except Exception:  # the rows promise it
            log.warning("response_late", extra={"action": "response_late"}, exc_info=True)

    async def _take_on(
        self, connection: Connection, act: Act, group_id: str, entries: list[Entry]
    ) -> tuple[Outcome, str]:
        """What becomes of one group, and why it is refused; `entries` gets what the audit keeps."""
        group = await alerts.locked(connection, group_id)
        noted = await stormed.noted(connection, [group_id])
        if group.state is not GroupState.FIRING or noted:
            return Outcome.NOTHING, ""
        asked = Asked(Actor(act.by, act.groups), "", f"{act.id}:{group_id}", "", act.asked_at)
        decision = may_acknowledge(self.catalog.people, asked.by, group)
        if not decision.allowed:
            entries.append(entry(K.value, DENIED, group, asked, why=decision.text))
            return Outcome.REFUSED, decision.text
        found = await incidents.of_group(connection, group_id)
        incident = next((one for one in found if one.is_open), None)
        if incident is None:
            await storm_acts.note(connection, group_id, act.by, at=act.asked_at)
            entries.append(entry(K.value, ACCEPTED, group, asked))
            return Outcome.NOTED, ""
        if incident.status is not IncidentStatus.TRIGGERED:
            return Outcome.NOTHING, ""
        if act.email is None:
            return Outcome.REFUSED, NO_USER
        outcome = await self._ask_pagerduty(connection, act, group, incident)
        if outcome is Outcome.ASKED:
            entries.append(entry(K.value, ACCEPTED, group, asked, incident=incident))
        return outcome, ""

    async def _ask_pagerduty(
        self, connection: Connection, act: Act, group: AlertGroup, incident: PagerDutyIncident
    ) -> Outcome:
        response = Response(
            id=storm_acts.response_id(act, group.id),
            group_id=group.id,
            incident_id=incident.id,
            kind=K,
            by=act.by,
            email=act.email or "",
            asked_at=self.now(),
        )
        if not await responses.ask(connection, response):
            return Outcome.NOTHING  # somebody asks something of it already
        await alerts.save(connection, group, group.acted_on(), urgency=Urgency.NEW)
        return Outcome.ASKED
