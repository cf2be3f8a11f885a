"""`ack` typed: the same act as *Acknowledge* on the card, once it is clear what is meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bot.alerts.respond import Respond
from bot.alerts.rights import may_acknowledge
from bot.cards import acknowledging as words
from bot.cards.alert import ACKNOWLEDGE
from bot.cards.answer import Answer, Later
from bot.catalog import Catalog
from bot.domain.answerable import Answerable, is_incident, meant
from bot.domain.asked import Asked, Press
from bot.domain.incident import IncidentStatus
from bot.errors import NotAllowed
from bot.storage import alerts, incidents
from bot.storage.database import Connection, Database


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeByWord:
    """Finds the incident somebody means, and acknowledges it as they would by the button."""

    database: Database
    catalog: Catalog
    respond: Respond

    async def __call__(
        self,
        wanted: str | None,
        environment: str | None,
        *,
        asked: Asked,
        is_dry_run: bool = False,
    ) -> Answer | Later:
        """Acknowledge the one incident that is meant, or say which there are and what to type.

        Raises:
            NotAllowed: the gate lets them acknowledge none of what is meant.
            Conflict: somebody is at it already.
        """
        async with self.database.read() as connection:
            there = await _open(connection)
        found = meant(there, wanted, environment)
        if not found:
            return words.nothing(bool(there), wanted, environment)
        allowed = [one for one in found if not self._refusal(asked, one)]
        if not allowed:
            raise NotAllowed("\n".join(dict.fromkeys(self._refusal(asked, one) for one in found)))
        waiting = [one for one in allowed if _waits(one)]
        ids = {one.incident.id for one in waiting if one.incident is not None}
        if not waiting:
            return words.nobody_called(allowed)
        [first, *_] = waiting
        is_exact = wanted is not None and is_incident(first, wanted)
        if len(ids) > 1 or (first.shared_with and not is_exact):
            return words.which(waiting, command=self.catalog.slack.command)
        if is_dry_run:
            return words.would(first)
        return await self._act(first, asked)

    def _refusal(self, asked: Asked, one: Answerable) -> str:
        return may_acknowledge(self.catalog.people, asked.by, one.group).text

    async def _act(self, one: Answerable, asked: Asked) -> Answer | Later:
        press = Press(asked, ACKNOWLEDGE, one.group.id, one.group.state_revision)
        later = await self.respond.acknowledge(press)
        if later is None:
            return words.doing(one, by=asked.by.id)
        return Later(partial(_after, later, words.doing(one, by=asked.by.id)))


async def _after(later: Later, answer: Answer) -> Answer:
    return await later.ask() or answer


async def _open(connection: Connection) -> Sequence[Answerable]:
    """Every open group with its incident, the worst first."""
    groups = await alerts.every_open(connection)
    found = [(group, await incidents.of_group(connection, group.id)) for group in groups]
    named: dict[str, list[str]] = {}
    for group, inside in found:
        if inside and inside[0].is_open:
            named.setdefault(inside[0].id, []).append(group.id)
    names = {group.id: group.name for group in groups}
    return [
        Answerable(
            group,
            inside[0] if inside and inside[0].is_open else None,
            tuple(
                names[other]
                for other in (named.get(inside[0].id, ()) if inside else ())
                if other != group.id
            ),
        )
        for group, inside in found
    ]


def _waits(one: Answerable) -> bool:
    return one.incident is not None and one.incident.status is IncidentStatus.TRIGGERED
