"""`health`, gathered: our own rows at once, everybody else within two seconds, one card for all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.answers.ask import AskQuestion, Note
from bot.answers.health import rows
from bot.answers.health.addresses import Addresses
from bot.answers.health.buttons import buttons
from bot.answers.health.looks import Look
from bot.cards.answer import Answer
from bot.catalog import Verb
from bot.domain.asked import Actor, Asked
from bot.domain.gate import decide
from bot.domain.health import written
from bot.domain.health.overall import Grade, overall
from bot.domain.place import Place, find_place, places
from bot.domain.question import Question, QuestionKind
from bot.errors import NotAllowed
from bot.world import World

WITHIN_S = 2.0
"""What every source has. In real seconds: it is a person's patience, and no wait of ours."""
SO_FAR_AFTER = 0.4
"""After this part of the time what is there is shown, if something is still awaited."""
PLACES = "places"


@dataclass(frozen=True, slots=True)
class AskHealth:
    """Takes the question, and shows at once what our own rows know."""

    world: World
    ask: AskQuestion
    addresses: Addresses

    async def __call__(
        self, environment: str | None, service: str | None, *, asked: Asked
    ) -> Answer | None:
        """Ask about one place, the services of one environment, or every place there is.

        Raises:
            NotKnown: there is no such environment or service.
            NotAllowed: the gate says no to every place asked about.
        """
        wanted = self._visible(self._wanted(environment, service), asked.by)
        looks = await begun(self.world, wanted, self.addresses)
        return await self.ask(
            QuestionKind.HEALTH,
            {PLACES: [[place.environment, place.service] for place in wanted]},
            asked=asked,
            verb=Verb.HEALTH,
            environment=environment,
            service=service,
            found=_found(looks),
        )

    def _wanted(self, environment: str | None, service: str | None) -> list[Place]:
        catalog = self.world.catalog
        if environment is None:
            return list(places(catalog))
        if service is None:
            there = [place for place in places(catalog) if place.environment == environment]
            if there:
                return there
        return [find_place(catalog, environment, service)]

    def _visible(self, wanted: Sequence[Place], by: Actor) -> list[Place]:
        people = self.world.catalog.people
        decisions = [
            decide(people, by, Verb.HEALTH, place.environment, place.service) for place in wanted
        ]
        visible = [p for p, decision in zip(wanted, decisions, strict=True) if decision.allowed]
        if not visible:
            raise NotAllowed("\n".join(dict.fromkeys(decision.text for decision in decisions)))
        return visible


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherHealth:
    """Asks everybody about the places of a question; all of `within_s` only if one is silent."""

    world: World
    addresses: Addresses
    within_s: float = WITHIN_S

    async def __call__(self, question: Question, note: Note) -> Mapping[str, Any]:
        """Ask; shows what is there when something takes its time."""
        known = {(place.environment, place.service): place for place in places(self.world.catalog)}
        asked = [tuple(pair) for pair in question.words[PLACES]]
        wanted = [known[pair] for pair in asked if pair in known]
        looks = await begun(self.world, wanted, self.addresses)
        asking = asyncio.gather(*(look.ask(within_s=self.within_s) for look in looks))
        try:
            done, _ = await asyncio.wait({asking}, timeout=self.within_s * SO_FAR_AFTER)
            if not done:
                await note(_found(looks))
            await asking
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        if len(looks) == 1 and overall(looks[0].health).grade >= Grade.WARNING:
            await self._with_buttons(looks[0], wanted[0])
        return _found(looks)

    async def _with_buttons(self, look: Look, place: Place) -> None:
        async with self.world.database.read() as connection:
            drawn = await buttons(connection, place)
        look.health = replace(look.health, buttons=drawn)


async def begun(world: World, wanted: Sequence[Place], addresses: Addresses) -> list[Look]:
    """Looks at these places that know what our own rows know."""
    is_short = len(wanted) > 1
    async with world.database.read() as connection:
        known = [await rows.known(connection, place, addresses, world.now()) for place in wanted]
    return [
        Look.begun(world, place, each, addresses, is_short=is_short)
        for place, each in zip(wanted, known, strict=True)
    ]


def _found(looks: Sequence[Look]) -> Mapping[str, Any]:
    return written(tuple(look.health for look in looks))
