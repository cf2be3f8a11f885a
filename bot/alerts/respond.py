"""*Acknowledge* and *Resolve*: out to PagerDuty, as the person who pressed.

The press writes a row and the workflow carries it out: a press is a promise, and two are one act.
Who somebody is in PagerDuty is asked once, by their e-mail, and kept.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

from bot import reporting
from bot.alerts import thread
from bot.alerts.normalise import from_pagerduty
from bot.alerts.rights import may_acknowledge
from bot.alerts.standing import with_incidents
from bot.cards.answer import Later
from bot.catalog import Catalog
from bot.domain.alert import AlertGroup
from bot.domain.asked import Press
from bot.domain.card import Urgency
from bot.domain.incident import (
    IncidentStatus,
    PagerDutyIncident,
    Responder,
    Response,
    ResponseKind,
    ResponseState,
)
from bot.engine import CONTROL, Engine, receive, step, surely, workflow, world
from bot.errors import Conflict, NotAllowed
from bot.storage import alerts, deduplication, incidents, responses
from bot.storage.database import Connection, Database
from bot.storage.transient import is_transient
from bot.world import World
from integrations.errors import Forbidden, IntegrationError, NotFound, Unavailable
from integrations.pagerduty.client import PagerDutyClient
from integrations.pagerduty.models import Incident

WHO_WITHIN_S = 5.0
"""Somebody waits for it, and it is asked once a person; the workflow asks again."""
KEPT_S = 3600.0
"""Slack repeats a press within minutes."""
WAITS_S = (1.0, 4.0)
"""Before the second and third attempt; after that the card says so and offers it again."""

CHANGED = "This has changed since the card was drawn: look at it again."
DONE = {ResponseKind.ACKNOWLEDGE: "acknowledging", ResponseKind.RESOLVE: "resolving"}

log = logging.getLogger(__name__)


class Emails(Protocol):
    """Knows people's addresses."""

    async def __call__(self, user_id: str) -> str | None: ...


class NoSeat(NotAllowed):
    """The person who pressed is nobody in PagerDuty."""

    def __init__(self, email: str | None) -> None:
        known = (
            f"nobody there has the e-mail {email}" if email else "Slack gives no e-mail of yours"
        )
        super().__init__(
            f"You have no PagerDuty user: {known}. Nothing was done. "
            "Ask whoever manages PagerDuty for a seat, or ask somebody who has one."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Respond:
    """What the buttons of an alert group's card do."""

    database: Database
    catalog: Catalog
    engine: Engine
    pagerduty: PagerDutyClient | None
    email_of: Emails
    now: Callable[[], datetime]
    tell: Callable[[], None]
    pace: float = 1.0

    async def acknowledge(self, press: Press) -> Later | None:
        """Acknowledge the group's incident. The card says the rest."""
        return await self._respond(press, ResponseKind.ACKNOWLEDGE)

    async def resolve(self, press: Press) -> Later | None:
        """Resolve the group's incident. The card says the rest."""
        return await self._respond(press, ResponseKind.RESOLVE)

    async def _respond(self, press: Press, kind: ResponseKind) -> Later | None:
        """Write the promise down, at once for somebody whose PagerDuty user is known.

        Who somebody is must be asked of Slack and PagerDuty once, and Slack does not wait for it.
        """
        async with self.database.read() as connection:
            group = await alerts.get(connection, press.subject_id)
            known = await incidents.email_in_pagerduty(connection, press.asked.by.id)
        self._allow(press, group)
        if known is None:
            return Later(partial(self._ask_who_first, press, kind))
        await self._respond_as(known, press, kind)
        return None

    async def _ask_who_first(self, press: Press, kind: ResponseKind) -> None:
        await self._respond_as(await self._email_in_pagerduty(press.asked.by.id), press, kind)

    async def _respond_as(self, email: str, press: Press, kind: ResponseKind) -> None:
        try:
            async with self.database.write() as connection:
                response = await self._promise(connection, press, kind, email)
        except Repeated:
            return
        self.tell()
        try:
            await self.engine.begin(respond, response.id, response.id, list(self._waits()))
        except Exception:  # the row promises it: the sweeper starts it
            log.warning("response_late", extra={"action": "response_late"}, exc_info=True)

    def _allow(self, press: Press, group: AlertGroup) -> None:
        decision = may_acknowledge(self.catalog.people, press.asked.by, group)
        if not decision.allowed:
            raise NotAllowed(decision.text)

    async def _email_in_pagerduty(self, user_id: str) -> str:
        """The e-mail of the person's PagerDuty user, or of their Slack user while nobody can say.

        Raises:
            NoSeat: PagerDuty knows nobody with their e-mail.
        """
        email = await self.email_of(user_id)
        if email is None:
            raise NoSeat(None)
        if self.pagerduty is None:
            raise Conflict("PagerDuty is not connected.")
        try:
            async with asyncio.timeout(WHO_WITHIN_S):
                await verify(self.database, self.pagerduty, user_id, email, at=self.now())
        except (TimeoutError, Unavailable):
            return email  # the workflow asks again, and the card says what came of it
        except NotFound:
            raise NoSeat(email) from None
        except IntegrationError as exc:
            raise Conflict(f"PagerDuty does not let the bot look you up: {exc.detail}.") from None
        async with self.database.read() as connection:
            return await incidents.email_in_pagerduty(connection, user_id) or email

    async def _promise(
        self, connection: Connection, press: Press, kind: ResponseKind, email: str
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
        found = await incidents.of_group(connection, group.id)
        incident = next((one for one in found if one.is_open), None)
        if press.revision != group.state_revision or incident is None:
            raise Conflict(_changed(group, incident))
        response = Response(
            id=uuid4().hex,
            group_id=group.id,
            incident_id=incident.id,
            kind=kind,
            by=press.asked.by.id,
            email=email,
            asked_at=press.asked.at,
        )
        await alerts.save(connection, group, group.acted_on(), urgency=Urgency.NEW)
        await responses.ask(connection, response)
        return response

    def _waits(self) -> tuple[float, ...]:
        return tuple(wait_s / self.pace for wait_s in WAITS_S)


class Repeated(Exception):
    """Slack delivered one press twice."""


def _already(last: Response, by: str) -> str:
    who = "You are" if last.by == by else "Somebody is"
    return f"{who} {DONE[last.kind]} it already."


def _changed(group: AlertGroup, incident: PagerDutyIncident | None) -> str:
    if group.is_final:
        return "This has changed: the alert is resolved."
    if incident is None:
        return "This has changed: the incident is resolved in PagerDuty."
    if incident.status is IncidentStatus.ACKNOWLEDGED and incident.acknowledged_by is not None:
        return f"This has changed: {incident.acknowledged_by.name} has acknowledged it."
    return CHANGED


async def verify(
    database: Database, pagerduty: PagerDutyClient, user_id: str, email: str, *, at: datetime
) -> None:
    """Ask PagerDuty who this person is, and keep the answer.

    Raises:
        NotFound: nobody in PagerDuty has this e-mail.
        IntegrationError: PagerDuty did not say.
    """
    user = await pagerduty.find_user_by_email(email)
    person = Responder(user.id, user.name, slack_id=user_id)
    async with database.write() as connection:
        await incidents.remember_person(connection, person, email=user.email, at=at)


@workflow
async def respond(response_id: str, waits_s: list[float]) -> None:
    """Carry out what somebody asked, trying again while that could help."""
    outcome = await surely(perform, response_id)
    for wait_s in waits_s:
        if not outcome["again"]:
            break
        await receive(CONTROL, timeout_s=wait_s)
        outcome = await surely(perform, response_id)
    if not outcome["ok"]:
        await surely(give_up, response_id, outcome["why"])


@step(attempts=5, retry_when=is_transient)
async def perform(response_id: str) -> dict[str, Any]:
    """Ask PagerDuty, and write down what it says.

    May be repeated: to acknowledge or resolve a second time changes nothing in PagerDuty.
    """
    here = world(World)
    async with here.database.read() as connection:
        response = await responses.get(connection, response_id)
        known = await incidents.email_in_pagerduty(connection, response.by)
    if response.state is not ResponseState.PENDING:
        return {"ok": True, "again": False, "why": ""}
    if here.pagerduty is None:
        return _failed("PagerDuty is not connected.")
    try:
        if known is None:
            await verify(here.database, here.pagerduty, response.by, response.email, at=here.now())
        incident = await _asked(here.pagerduty, response)
        await _settle(here, response, incident)
    except NotFound as exc:
        no_seat = exc.operation == "find_user_by_email"
        return _failed(
            "they have no PagerDuty user." if no_seat else "the incident is not there any more."
        )
    except Forbidden as exc:
        return _failed(f"PagerDuty did not allow it ({exc.detail}).")
    except IntegrationError as exc:
        verb = "did not answer" if exc.retryable else "refused"
        return _failed(f"PagerDuty {verb} ({exc.detail}).", again=exc.retryable)
    except Exception as exc:
        if is_transient(exc):
            raise
        # Whatever it is, the card must not say for ever that somebody is at it.
        log.exception("response_broken", extra={"action": "response_broken"})
        reporting.report(exc)
        return _failed(f"the bot made a mistake; it is recorded as {response.id}.")
    here.wake()
    return {"ok": True, "again": False, "why": ""}


def _failed(why: str, *, again: bool = False) -> dict[str, Any]:
    return {"ok": False, "again": again, "why": why}


async def _asked(pagerduty: PagerDutyClient, response: Response) -> Incident:
    if response.kind is ResponseKind.ACKNOWLEDGE:
        return await pagerduty.acknowledge_incident(response.incident_id, from_email=response.email)
    return await pagerduty.resolve_incident(response.incident_id, from_email=response.email)


async def _settle(here: World, response: Response, incident: Incident) -> None:
    """Write down that it is done, and how the incident stands now."""
    told = from_pagerduty(incident, told_at=incident.last_status_change_at or here.now())
    async with here.database.write() as connection:
        before, known = await incidents.tell(connection, told)
        await responses.end(connection, response, ResponseState.DONE)
        for group_id in await incidents.groups_of(connection, known.id):
            group = await with_incidents(connection, group_id)
            await thread.incident_moved(connection, group, before, known)


@step(attempts=5, retry_when=is_transient)
async def give_up(response_id: str, why: str) -> None:
    """Say on the card that it did not happen, and offer it again."""
    here = world(World)
    async with here.database.write() as connection:
        response = await responses.get(connection, response_id)
        group = await alerts.locked(connection, response.group_id)
        if await responses.end(connection, response, ResponseState.FAILED, why=why):
            # The buttons come back, for whoever sees this card and not the one before.
            await alerts.save(connection, group, group.acted_on(), urgency=Urgency.NEW)
    here.wake()
