"""*Acknowledge*, *Resolve* and the rest: out to PagerDuty, as the person who asked.

Asking writes a row and the workflow carries it out: a press is a promise, and two are one act.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from bot.alerts.responding.ask import ask, is_too_late
from bot.alerts.responding.attempt import UNCHANGED, WAITS_S, attempt, done, patiently
from bot.alerts.responding.settle import note_down, settle
from bot.alerts.responding.who import NoSeat, WhoInPagerDuty
from bot.alerts.rights import may_acknowledge
from bot.cards.answer import Later
from bot.cards.responding import doing_it
from bot.catalog import Catalog
from bot.domain.alert import AlertGroup
from bot.domain.asked import Press
from bot.domain.audited import ACCEPTED, DENIED, FAILED
from bot.domain.card import Urgency
from bot.domain.incident import (
    IncidentStatus,
    PagerDutyIncident,
    Responder,
    Response,
    ResponseKind,
    ResponseState,
)
from bot.domain.responded import entry
from bot.engine import Engine, step, workflow, world
from bot.errors import Conflict, NotAllowed
from bot.storage import alerts, audit, deduplication, incidents, responses
from bot.storage.database import Connection, Database
from bot.storage.transient import is_transient
from bot.world import World
from integrations.errors import Rejected
from integrations.pagerduty.acting import ALREADY_RESOLVED
from integrations.pagerduty.client import PagerDutyClient

__all__ = ["CHANGED", "KEPT_S", "WAITS_S", "NoSeat", "Respond", "Wish", "respond"]

KEPT_S = 3600.0
"""Slack repeats a press within minutes."""
CHANGED = "This has changed since the card was drawn: look at it again."
RESOLVED_THERE = "it is resolved there already."
TOO_LATE = "the time it was to rest had passed before PagerDuty could be asked."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of PagerDuty. A form knows the incident it was opened for."""

    kind: ResponseKind
    detail: Mapping[str, str] = field(default_factory=dict)
    incident_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Respond:
    """What the buttons and forms of an alert group's card ask of PagerDuty."""

    database: Database
    catalog: Catalog
    engine: Engine
    who: WhoInPagerDuty
    now: Callable[[], datetime]
    tell: Callable[[], None]
    pace: float = 1.0

    async def acknowledge(self, press: Press) -> Later | None:
        """Acknowledge the group's incident. The card says the rest."""
        return await self.ask(press, Wish(ResponseKind.ACKNOWLEDGE))

    async def resolve(self, press: Press) -> Later | None:
        """Resolve the group's incident. The card says the rest."""
        return await self.ask(press, Wish(ResponseKind.RESOLVE))

    async def ask(self, press: Press, wish: Wish) -> Later | None:
        """Write the promise down, at once for somebody whose PagerDuty user is known.

        Who somebody is must be asked of Slack and PagerDuty once, and Slack does not wait for it.

        Raises:
            NotKnown: there is no such group any more.
            NotAllowed: the gate says no, which the audit keeps.
            Conflict: somebody was faster, or what it was asked for is over.
        """
        async with self.database.read() as connection:
            group = await alerts.get(connection, press.subject_id)
        await self.allow(press, group, wish.kind.value)
        known = await self.who.known(press.asked.by.id)
        if known is None:
            return Later(partial(self._ask_who_first, press, wish))
        await self._ask_as(known, press, wish)
        return None

    async def allow(self, press: Press, group: AlertGroup, act: str) -> None:
        """Ask the gate; a refusal is kept in the audit.

        Raises:
            NotAllowed: the gate says no.
        """
        decision = may_acknowledge(self.catalog.people, press.asked.by, group)
        if decision.allowed:
            return
        async with self.database.write() as connection:
            denied = entry(act, DENIED, group, press.asked, why=decision.text)
            await audit.add(connection, denied)
        raise NotAllowed(decision.text)

    async def _ask_who_first(self, press: Press, wish: Wish) -> None:
        await self._ask_as(await self.who.email(press.asked.by.id), press, wish)

    async def _ask_as(self, email: str, press: Press, wish: Wish) -> None:
        try:
            async with self.database.write() as connection:
                response = await self._promise(connection, press, wish, email)
        except Repeated:
            return
        self.tell()
        waits_s = [wait_s / self.pace for wait_s in WAITS_S]
        try:
            await self.engine.begin(respond, response.id, response.id, waits_s)
        except Exception:  # the row promises it: the sweeper starts it
            log.warning("response_late", extra={"action": "response_late"}, exc_info=True)

    async def _promise(
        self, connection: Connection, press: Press, wish: Wish, email: str
    ) -> Response:
        """Write down what was asked, if the card still was as it is.

        Raises:
            Repeated: this press was written down before.
            Conflict: somebody was faster, or the card is an old one.
        """
        group = await alerts.locked(connection, press.subject_id)
        key = f"press:{press.action_id}:{press.asked.key}"
        if not await deduplication.first_time(connection, key, keep_s=KEPT_S):
            raise Repeated
        last = await responses.latest(connection, group.id)
        if last is not None and last.state is ResponseState.PENDING:
            raise Conflict(_already(last, press.asked.by.id))
        incident = _meant(await incidents.of_group(connection, group.id), wish)
        # Whoever filled in a form meant an incident; who pressed a button meant what the card said.
        is_old = wish.incident_id is None and press.revision != group.state_revision
        if is_old or incident is None or group.is_final:
            raise Conflict(_changed(group, incident))
        response = Response(
            id=uuid4().hex,
            group_id=group.id,
            incident_id=incident.id,
            kind=wish.kind,
            by=press.asked.by.id,
            email=email,
            asked_at=press.asked.at,
            detail=wish.detail,
        )
        await alerts.save(connection, group, group.acted_on(), urgency=Urgency.NEW)
        await responses.ask(connection, response)
        accepted = entry(
            wish.kind.value, ACCEPTED, group, press.asked, incident=incident, detail=wish.detail
        )
        await audit.add(connection, accepted)
        return response


class Repeated(Exception):
    """Slack delivered one press twice."""


def _meant(found: tuple[PagerDutyIncident, ...], wish: Wish) -> PagerDutyIncident | None:
    return next((one for one in found if one.is_open and wish.incident_id in {None, one.id}), None)


def _already(last: Response, by: str) -> str:
    who = "You are" if last.by == by else "Somebody is"
    return f"{who} {doing_it(last.kind)} already."


def _changed(group: AlertGroup, incident: PagerDutyIncident | None) -> str:
    if group.is_final:
        return "This has changed: the alert is resolved."
    if incident is None:
        return "This has changed: the incident is resolved in PagerDuty."
    if incident.status is IncidentStatus.ACKNOWLEDGED and incident.acknowledged_by is not None:
        return f"This has changed: {incident.acknowledged_by.name} has acknowledged it."
    return CHANGED


@workflow
async def respond(response_id: str, waits_s: list[float]) -> None:
    """Carry out what somebody asked, trying again while that could help."""
    await patiently(perform, give_up, response_id, waits_s)


@step(attempts=5, retry_when=is_transient)
async def perform(response_id: str) -> dict[str, Any]:
    """Ask PagerDuty, and write down what it says. May be repeated."""
    here = world(World)
    async with here.database.write() as connection:
        asked = await responses.trying(connection, response_id, here.now())
    if asked.state is not ResponseState.PENDING:
        return done()

    async def act(pagerduty: PagerDutyClient, by: Responder, email: str) -> str:
        if is_too_late(asked, here.now()):
            return TOO_LATE
        try:
            incident = await ask(pagerduty, asked, by, email, now=here.now())
        except Rejected as exc:
            if ALREADY_RESOLVED not in exc.detail:
                raise
            await settle(here, await pagerduty.get_incident(asked.incident_id), None)
            return f"{RESOLVED_THERE} {UNCHANGED}"
        await settle(here, incident, asked, by)
        return ""

    return await attempt(here, response_id, asked.by, asked.email, act)


@step(attempts=5, retry_when=is_transient)
async def give_up(response_id: str, why: str) -> None:
    """Say on the card that it did not happen, and offer it again."""
    here = world(World)
    async with here.database.write() as connection:
        asked = await responses.get(connection, response_id)
        group = await alerts.locked(connection, asked.group_id)
        if await responses.end(connection, asked, ResponseState.FAILED, why=why):
            # The buttons come back, for whoever sees this card and not the one before.
            await alerts.save(connection, group, group.acted_on(), urgency=Urgency.NEW)
            incident = await incidents.find(connection, asked.incident_id)
            await note_down(connection, asked, incident, FAILED, why)
    here.wake()
