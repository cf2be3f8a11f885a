"""Who is on call, asked of PagerDuty with the bot's own token: nobody needs a seat there to see."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from bot.answers.ask import Note
from bot.answers.sources import Source, asked_at_once
from bot.catalog import Catalog, PagerDutyService, Verb
from bot.domain.asked import Actor
from bot.domain.gate import decide
from bot.domain.oncall import OnCall, Roster, Shift, levels
from bot.domain.place import did_you_mean, places, there_is
from bot.domain.question import Question
from bot.errors import NotKnown
from bot.world import World
from integrations.errors import IntegrationError, Unavailable
from integrations.pagerduty import models
from integrations.pagerduty.client import SYSTEM, PagerDutyClient

PAGERDUTY = "PagerDuty"
WITHIN_S = 5.0
"""For everything that PagerDuty is asked about one service: two requests after another."""
AHEAD = timedelta(days=14)
"""How far ahead shifts are asked for: a weekly rotation has its next one within that."""
NOT_CONNECTED = "the bot has no address or token of it"


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
        (Source(name, partial(_ask, here, paged[name]), system=PAGERDUTY) for name in paged),
        within_s=WITHIN_S,
    )
    return Roster(
        services={name: on_call for name, (on_call, _) in found.items()},
        silent=silent,
        unplanned={name: why for name, (_, why) in found.items() if why is not None},
        without=tuple(name for name in services if name not in paged),
    )


async def _ask(here: World, config: PagerDutyService) -> tuple[OnCall, str | None]:
    """Who is on call for one service, and why it is not known who follows, where it is not.

    Raises:
        IntegrationError: PagerDuty did not say who is on call now.
    """
    if here.pagerduty is None:
        raise Unavailable(SYSTEM, "list_oncalls", NOT_CONNECTED)
    policy_id = config.escalation_policy or await _policy_of(here.pagerduty, config.service)
    now = here.now()
    current, ahead = await asyncio.gather(
        here.pagerduty.list_oncalls(escalation_policy_ids=[policy_id]),
        here.pagerduty.list_oncalls(
            escalation_policy_ids=[policy_id], since=now, until=now + AHEAD
        ),
        return_exceptions=True,
    )
    if isinstance(current, BaseException):
        raise current
    why = None
    shifts = [*current]
    if isinstance(ahead, IntegrationError):
        why = ahead.detail
    elif isinstance(ahead, BaseException):
        raise ahead
    else:
        shifts += ahead
    policy = next((one.escalation_policy for one in shifts), models.Reference(policy_id))
    until = now + AHEAD if why is None else now
    return (
        OnCall(
            policy=policy.summary,
            policy_url=policy.html_url,
            levels=levels(map(_shift, dict.fromkeys(shifts)), now=now, until=until),
        ),
        why,
    )


async def _policy_of(pagerduty: PagerDutyClient, service_id: str) -> str:
    policy = (await pagerduty.get_service(service_id)).escalation_policy
    if policy is None:
        raise Unavailable(SYSTEM, "get_service", f"{service_id} has no escalation policy")
    return policy.id


def _shift(one: models.OnCall) -> Shift:
    schedule = one.schedule
    return Shift(
        level=one.level,
        person=one.user.name,
        begins_at=one.start_at,
        ends_at=one.end_at,
        schedule=schedule.summary if schedule else None,
        schedule_url=schedule.html_url if schedule else None,
    )
