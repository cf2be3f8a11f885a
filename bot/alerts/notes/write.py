"""A note somebody wrote in Slack is written on PagerDuty's incident, once, as that person."""

import logging
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

from bot.alerts.respond import Respond
from bot.alerts.responding.attempt import WAITS_S, attempt, done, patiently
from bot.cards import incident_news as words
from bot.cards.answer import Later
from bot.cards.blocks import Message
from bot.domain.asked import Asked, Press
from bot.domain.audited import ACCEPTED, DONE, FAILED
from bot.domain.card import Kind
from bot.domain.incident import PagerDutyIncident, Responder, ResponseState
from bot.domain.note import Note, is_same, written
from bot.domain.responded import NOTE, entry, on_behalf
from bot.engine import step, workflow, world
from bot.errors import Conflict
from bot.storage import alerts, audit, cards, incidents, notes
from bot.storage.database import Connection
from bot.storage.transient import is_transient
from bot.world import World
from integrations.pagerduty.client import PagerDutyClient

CLOSED = "This has changed: the incident is resolved in PagerDuty."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WriteNote:
    """Promises notes, and has them carried out."""

    respond: Respond

    async def from_form(self, press: Press, incident_id: str, text: str) -> Later | None:
        """Write what somebody typed on the incident the form was opened for.

        Raises:
            NotKnown: there is no such group any more.
            NotAllowed: the gate says no, which the audit keeps.
            Conflict: the incident was resolved meanwhile.
        """
        async with self.respond.database.read() as connection:
            group = await alerts.get(connection, press.subject_id)
        await self.respond.allow(press, group, NOTE)
        write = partial(self._from_form, press, incident_id, text)
        known = await self.respond.who.known(press.asked.by.id)
        if known is None:
            return Later(write)
        await write()
        return None

    async def _from_form(self, press: Press, incident_id: str, text: str) -> None:
        email = await self.respond.who.email(press.asked.by.id)
        async with self.respond.database.write() as connection:
            incident = await incidents.find(connection, incident_id)
            if incident is None or not incident.is_open:
                raise Conflict(CLOSED)
            note = Note(
                id=uuid4().hex,
                key=f"press:{press.asked.key}",
                incident_id=incident_id,
                group_id=press.subject_id,
                by=press.asked.by.id,
                email=email,
                content=written(text),
                is_from_thread=False,
                asked_at=press.asked.at,
            )
            if not await self.promise(connection, note, incident, press.asked):
                return
        await self.begin(note.id)

    async def promise(
        self, connection: Connection, note: Note, incident: PagerDutyIncident, asked: Asked
    ) -> bool:
        """Write the promise and its entry of the audit down, which is the last thing before the
        commit; False when there is one of the same key already."""
        if not await notes.ask(connection, note):
            return False
        group = await alerts.get(connection, note.group_id)
        await audit.add(connection, entry(NOTE, ACCEPTED, group, asked, incident=incident))
        return True

    async def begin(self, note_id: str) -> None:
        """Start to carry it out; what the engine does not take now, the sweep repeats."""
        waits_s = [wait_s / self.respond.pace for wait_s in WAITS_S]
        try:
            await self.respond.engine.begin(write_note, note_id, note_id, waits_s)
        except Exception:  # the row promises it
            log.warning("note_late", extra={"action": "note_late"}, exc_info=True)


@workflow
async def write_note(note_id: str, waits_s: list[float]) -> None:
    """Write the note, trying again while that could help."""
    await patiently(perform, give_up, note_id, waits_s)


@step(attempts=5, retry_when=is_transient)
async def perform(note_id: str) -> dict[str, Any]:
    """Give PagerDuty the note, unless it has it: every call would be one more."""
    here = world(World)
    async with here.database.write() as connection:
        note = await notes.trying(connection, note_id, here.now())
    if note.state is not ResponseState.PENDING:
        return done()

    async def act(pagerduty: PagerDutyClient, by: Responder, email: str) -> str:
        known_as = note.pagerduty_id or await _found(here, pagerduty, note, by)
        if known_as is None:
            made = await pagerduty.create_note(note.incident_id, note.content, from_email=email)
            known_as = made.id
        await _settle(here, note, known_as, by)
        return ""

    return await attempt(here, note_id, note.by, note.email, act)


async def _found(here: World, pagerduty: PagerDutyClient, note: Note, by: Responder) -> str | None:
    """PagerDuty's id of it, where an earlier try may have arrived."""
    if note.tried_at is None:
        return None
    async with here.database.read() as connection:
        ours = await notes.of_incident(connection, note.incident_id)
    others = {one.pagerduty_id for one in ours if one.id != note.id}
    for there in await pagerduty.list_notes(note.incident_id):
        is_theirs = there.user is not None and there.user.id != by.id
        if there.id not in others and not is_theirs and is_same(note, there.content):
            return there.id
    return None


async def _settle(here: World, note: Note, known_as: str, by: Responder) -> None:
    async with here.database.write() as connection:
        await notes.is_at(connection, note.id, known_as)
        if not await notes.end(connection, note, ResponseState.DONE):
            return
        incident = await incidents.get(connection, note.incident_id)
        said = words.note_entry(incident, by.name, note.content)
        # A message that was marked stands in its own thread already.
        await _tell(connection, note, said, but=note.group_id if note.is_from_thread else None)
        await _audit(connection, note, incident, DONE)


@step(attempts=5, retry_when=is_transient)
async def give_up(note_id: str, why: str) -> None:
    """Say in the thread that the note is not in PagerDuty, and what it said."""
    here = world(World)
    async with here.database.write() as connection:
        note = await notes.get(connection, note_id)
        if not await notes.end(connection, note, ResponseState.FAILED, why=why):
            return
        incident = await incidents.get(connection, note.incident_id)
        person = await incidents.person_in_pagerduty(connection, note.by)
        by = person.name if person is not None else note.email
        said = words.not_noted_entry(incident, by, note.content, why)
        await cards.add_entry(
            connection, Kind.ALERT_GROUP, note.group_id, key=f"note {note.id}", message=said
        )
        await _audit(connection, note, incident, FAILED, why)
    here.wake()


async def _tell(connection: Connection, note: Note, said: Message, *, but: str | None) -> None:
    for group_id in await incidents.groups_of(connection, note.incident_id):
        if group_id != but:
            key = f"note {note.id}"
            await cards.add_entry(connection, Kind.ALERT_GROUP, group_id, key=key, message=said)


async def _audit(
    connection: Connection, note: Note, incident: PagerDutyIncident, outcome: str, why: str = ""
) -> None:
    group = await alerts.get(connection, note.group_id)
    written_down = entry(NOTE, outcome, group, on_behalf(note), incident=incident, why=why)
    await audit.add(connection, written_down)
