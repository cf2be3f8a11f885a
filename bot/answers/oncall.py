"""Who is on call, asked of PagerDuty with the bot's own token: nobody needs a seat there to see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.answers.ask import Note
from bot.answers.sources import Source, asked_at_once
from bot.catalog import Catalog, Verb
from bot.domain.asked import Actor
from bot.domain.gate import decide
from bot.domain.oncall import Roster
from bot.domain.place import did_you_mean, places, there_is
from bot.domain.question import Question
from bot.errors import NotKnown
from bot.on_call import who_is_on_call
from bot.world import World

PAGERDUTY = "PagerDuty"
WITHIN_S = 5.0
"""For everything that PagerDuty is asked about one service: two requests after another."""


def services_for(catalog: Catalog, by: Actor, service: str | None) -> list[str]:
    """The services somebody asks about: the one named, or all that they may see anywhere.

    Raises:
        NotKnown: there is no such service.
    """
    if service is not None:
        if service not in catalog.services:
            known = sorted(catalog.services)
            raise NotKnown(
                f"There is no service {service}{did_you_mean(service, known)}. {there_is(known)}"
            )
        return [service]
    visible = (
        place.service
        for place in places(catalog)
        if decide(catalog.people, by, Verb.ONCALL, place.environment, place.service).allowed
    )
    return list(dict.fromkeys(visible))


@dataclass(frozen=True, slots=True)
class GatherOnCall:
    """Asks who is on call for the services of a question: `{"services": [name, …]}`."""

    world: World

    async def __call__(self, question: Question, note: Note) -> Mapping[str, Any]:
        """Ask for all of them at once; returns a roster as JSON."""
        return (await look_up(self.world, question.words["services"])).as_json()


async def look_up(here: World, services: Sequence[str]) -> Roster:
    """Ask PagerDuty who is on call for each of these services of the catalogue, and who is next.

    Costs two requests for each service, three where the catalogue names no escalation policy.
    Takes `WITHIN_S` at most, and never raises for a PagerDuty that does not answer.
    """
    paged = {
        name: config
        for name in services
        if (config := here.catalog.services[name].pagerduty) is not None
    }
    found, silent = await asked_at_once(
        (
            Source(name, partial(who_is_on_call, here, paged[name]), system=PAGERDUTY)
            for name in paged
        ),
        within_s=WITHIN_S,
    )
    return Roster(
        services={name: on_call for name, (on_call, _) in found.items()},
        silent=silent,
        unplanned={name: why for name, (_, why) in found.items() if why is not None},
        without=tuple(name for name in services if name not in paged),
    )
