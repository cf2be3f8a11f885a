"""What fires now: our open alert groups, and beside them what Alertmanager says itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.answers.ask import Note
from bot.answers.health.addresses import Addresses
from bot.answers.sources import Source, asked_at_once
from bot.catalog import ANY, Verb
from bot.domain import firing
from bot.domain.alert import AlertGroup
from bot.domain.asked import Actor
from bot.domain.card import Kind
from bot.domain.firing import Firing, FiringGroup, Holding
from bot.domain.gate import decide
from bot.domain.question import Question
from bot.held import ALERTMANAGER, held_by
from bot.storage import alerts, incidents, overview
from bot.storage.database import Connection
from bot.world import World

WITHIN_S = 5.0
MOST_GROUPS = 60
"""Of which more than a name is read; a card shows fewer."""


@dataclass(frozen=True, slots=True)
class GatherFiring:
    """Gathers the answers to `alerts`.

    The question's words are `{"environment", "service", "groups"}`: where, None meaning
    everywhere, and the Slack groups of the asker, who is told only of where they may look.
    """

    world: World
    addresses: Addresses

    async def __call__(self, question: Question, note: Note) -> Mapping[str, Any]:
        """Show our rows, then ask Alertmanager beside them: two calls."""
        await note((await self._told(question, None)).as_json())
        found, silent = await asked_at_once(
            [Source(ALERTMANAGER, partial(held_by, self.world.alertmanager))], within_s=WITHIN_S
        )
        told = await self._told(question, found.get(ALERTMANAGER), silent=silent.get(ALERTMANAGER))
        return told.as_json()

    async def _told(
        self, question: Question, holding: Holding | None, *, silent: str | None = None
    ) -> Firing:
        """Our rows as they are now, beside what Alertmanager held a moment before."""
        now = self.world.now()
        async with self.world.database.read() as connection:
            everything = await alerts.every_open(connection)
            fingerprints = await alerts.firing_fingerprints(connection)
            there = [g for g in everything if _is_meant(question, g.environment, g.service)]
            seen = [g for g in there if self._may_see(question, g.environment, g.service)]
            lines = await self._lines(connection, seen[:MOST_GROUPS], fingerprints, holding)
        known = frozenset[str]().union(*fingerprints.values())
        labels = self.world.catalog.alerts
        beside = [
            one
            for one in (
                firing.untold(
                    holding,
                    known,
                    service_label=labels.service_label,
                    environment_label=labels.environment_label,
                )
                if holding is not None
                else ()
            )
            if _is_meant(question, one.environment, one.service)
        ]
        untold = [one for one in beside if self._may_see(question, one.environment, one.service)]
        is_young = holding is not None and holding.is_young(now, pace=self.world.pace)
        return Firing(
            groups=lines,
            untold=tuple(untold),
            silent=silent,
            young_since=holding.up_since if holding is not None and is_young else None,
            more=max(0, len(seen) - MOST_GROUPS),
            hidden=len(there) - len(seen) + len(beside) - len(untold),
        )

    async def _lines(
        self,
        connection: Connection,
        groups: list[AlertGroup],
        fingerprints: Mapping[str, frozenset[str]],
        holding: Holding | None,
    ) -> tuple[FiringGroup, ...]:
        subjects = [(Kind.ALERT_GROUP, group.id) for group in groups]
        places = await overview.places_of(connection, subjects)
        lines = []
        for group in groups:
            inside = fingerprints.get(group.id, frozenset())
            lines.append(
                firing.of_group(
                    group,
                    await incidents.of_group(connection, group.id),
                    alerts=len(inside),
                    held=firing.held(group, inside, holding),
                    url=self.addresses.card(places.get((Kind.ALERT_GROUP, group.id))),
                )
            )
        return tuple(lines)

    def _may_see(self, question: Question, environment: str | None, service: str | None) -> bool:
        by = Actor(question.asked_by, frozenset(question.words["groups"]))
        people = self.world.catalog.people
        return decide(people, by, Verb.ALERTS, environment or ANY, service or "alerts").allowed


def _is_meant(question: Question, environment: str | None, service: str | None) -> bool:
    """Whether it is asked for; what names no service is about every one."""
    wanted = question.words
    return wanted["environment"] in (None, environment) and (
        service is None or wanted["service"] in (None, service)
    )
