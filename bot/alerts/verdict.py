"""*This was it* and *Not this*: what people say of a suspect feeds the record.

The word counts at once on this card, and for the same version on the cards of other alerts later.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.alerts.rights import may_acknowledge
from bot.alerts.suspects import suspects_of
from bot.catalog import Catalog
from bot.domain.alert import AlertGroup
from bot.domain.asked import Press
from bot.domain.audit import Entry
from bot.domain.audited import DONE, source_of
from bot.domain.card import Urgency
from bot.domain.suspects import Deed, Verdict
from bot.errors import Conflict, NotAllowed
from bot.storage import alerts, audit, deduplication, suspects
from bot.storage.database import Connection, Database

KEPT_S = 3600.0
"""Slack repeats a press within minutes."""
CHANGED = "This has changed since the card was drawn: look at it again."
CAUSE, INNOCENT = "suspect.cause", "suspect.innocent"
"""What the audit calls the two words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SayOfSuspect:
    """What the buttons about a suspect do."""

    database: Database
    catalog: Catalog
    now: Callable[[], datetime]
    tell: Callable[[], None]

    async def this_was_it(self, press: Press) -> None:
        """Write down that the suspect was the cause. The card says the rest."""
        await self._say(press, is_cause=True)

    async def not_this(self, press: Press) -> None:
        """Write down that the suspect was not the cause; the next one takes its place."""
        await self._say(press, is_cause=False)

    async def _say(self, press: Press, *, is_cause: bool) -> None:
        """Keep the word, if the card still was as it is and they may say it.

        Raises:
            NotKnown: there is no such alert group.
            NotAllowed: they may not acknowledge its alerts.
            Conflict: the card is an old one.
        """
        group_id, _, suspect = press.subject_id.partition("/")
        key = f"press:{press.action_id}:{press.asked.key}"
        async with self.database.write() as connection:
            group = await alerts.locked(connection, group_id)
            self._allow(press, group)
            if not await deduplication.first_time(connection, key, keep_s=KEPT_S):
                return
            deed = await _deed(connection, group, suspect)
            if press.revision != group.state_revision or deed is None:
                raise Conflict(CHANGED)
            said = Verdict(is_cause=is_cause, by=press.asked.by.id, at=self.now())
            await alerts.save(connection, group, group.acted_on(), urgency=Urgency.NEW)
            await suspects.say(connection, group, deed, said)
            await audit.add(connection, _entry(press, group, deed, said))
        self.tell()

    def _allow(self, press: Press, group: AlertGroup) -> None:
        decision = may_acknowledge(self.catalog.people, press.asked.by, group)
        if not decision.allowed:
            raise NotAllowed(decision.text)


async def _deed(connection: Connection, group: AlertGroup, suspect: str) -> Deed | None:
    """What the button is about, if the card still knows of it."""
    ranking = await suspects_of(connection, group)
    if ranking is None:
        return None
    ranked = (one.deed for one in (*ranking.suspects, *ranking.others))
    return next((deed for deed in ranked if f"{deed.kind.row}/{deed.id}" == suspect), None)


def _entry(press: Press, group: AlertGroup, deed: Deed, said: Verdict) -> Entry:
    asked = press.asked
    return Entry(
        key=f"press:{asked.key}",
        at=said.at,
        actor=said.by,
        act=CAUSE if said.is_cause else INNOCENT,
        outcome=DONE,
        environment=group.environment,
        service=group.service,
        subject=group.id,
        source=source_of(asked),
        detail={"alert": group.name, "suspect": deed.name, "of": deed.service, "id": deed.id},
    )
