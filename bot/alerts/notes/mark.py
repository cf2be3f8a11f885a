"""Messages of an alert's thread that people mark with an emoji become notes in PagerDuty.

A note is a record: taking the emoji away takes no note back, and editing the message changes none.
Marked again after an edit, it is another note; marked by a second person, it is the same one.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from bot.alerts.notes.write import WriteNote
from bot.cards.answer import Answer
from bot.cards.blocks import escaped
from bot.cards.links import permalink
from bot.domain.asked import Actor, Asked, Press
from bot.domain.card import Place
from bot.domain.incident import PagerDutyIncident
from bot.domain.note import Mark, Note, Said, of_message, plain
from bot.domain.responded import NOTE
from bot.errors import Conflict
from bot.storage import alerts, incidents, notes


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMarked:
    """Takes in a message that was marked. `name_of` knows people's names from memory."""

    write: WriteNote
    name_of: Callable[[str], str]
    groups_of: Callable[[str], frozenset[str]]
    workspace_url: str

    async def __call__(self, mark: Mark, said: Said | None) -> Answer | None:
        """Promise the note; the answer is for whoever marked it.

        What is not in the thread of an alert's card is none of ours, and nothing is said.

        Raises:
            NotAllowed: they may not, which the audit keeps, or are nobody in PagerDuty.
            Conflict: nothing can be made of it.
        """
        respond = self.write.respond
        thread = said.thread_ts if said is not None else None
        async with respond.database.read() as connection:
            group_id = thread and await notes.group_of_thread(connection, mark.channel_id, thread)
        if said is None or not group_id:
            return None
        async with respond.database.read() as connection:
            group = await alerts.get(connection, group_id)
            found = await incidents.of_group(connection, group_id)
        if said.by is None or said.ts == said.thread_ts:
            raise Conflict("Only what people write in this thread becomes a note in PagerDuty.")
        text = plain(said.text, self.name_of)
        if not text:
            raise Conflict("There are no words in this message, so it is no note.")
        if not found:
            raise Conflict("This alert has no incident in PagerDuty, so there is no place for it.")
        key = f"{mark.channel_id}:{mark.ts}:{mark.by}"
        asked = Asked(
            Actor(mark.by, self.groups_of(mark.by)), mark.channel_id, key, "", mark.marked_at
        )
        await respond.allow(Press(asked, NOTE, group_id, 0), group, NOTE)
        address = permalink(self.workspace_url, Place(mark.channel_id, mark.ts))
        note = Note(
            id=uuid4().hex,
            key=f"message:{mark.channel_id}:{mark.ts}:{_digest(text)}",
            incident_id=found[0].id,
            group_id=group_id,
            by=mark.by,
            email=await respond.who.email(mark.by),
            content=of_message(text, self.name_of(said.by), address),
            is_from_thread=True,
            asked_at=mark.marked_at,
        )
        return await self._promise(note, found[0], asked)

    async def _promise(self, note: Note, incident: PagerDutyIncident, asked: Asked) -> Answer:
        async with self.write.respond.database.write() as connection:
            is_new = await self.write.promise(connection, note, incident, asked)
        where = f"PagerDuty {escaped(incident.label)}"
        if not is_new:
            return Answer(f"This message is a note on {where} already.")
        await self.write.begin(note.id)
        return Answer(f"I write this on {where} as a note of yours.")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
