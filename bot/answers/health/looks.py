"""One place, looked at: what is asked for it, and what has come back so far."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot.answers.health import addresses as pages
from bot.answers.health import alertmanager, aws, pagerduty, prometheus, sentry
from bot.answers.health.addresses import Addresses
from bot.answers.sources import Source, asked_at_once
from bot.domain.health import Health, Part
from bot.domain.health.facts import Known
from bot.domain.place import Place
from bot.world import World
from integrations.errors import Unavailable

Ask = Callable[[], Awaitable[Mapping[str, Any]]]
"""Gives fields of `Health`; `links` are added to those there are."""


@dataclass(slots=True)
class Look:
    """A look at one place; `health` is all that is known of it so far."""

    health: Health
    asks: Mapping[Part, Ask]

    @classmethod
    def begun(
        cls, world: World, place: Place, known: Known, addresses: Addresses, *, is_short: bool
    ) -> "Look":
        """Before anybody outside was asked; `is_short` asks for no more than a line shows."""
        asks = dict(_short(world, place, known, addresses, is_short=is_short))
        if not is_short:
            asks |= dict(_full(world, place, known, addresses))
        labels = alertmanager.labels(world.catalog, place)
        health = Health(
            service=place.service,
            environment=place.environment,
            asked_at=world.now(),
            known=known,
            asked=tuple(part for part in Part if part in asks),
            links=pages.links(addresses, place, labels=labels),
        )
        return cls(health, asks)

    async def ask(self, *, within_s: float) -> None:
        """Ask every source at once; never raises for one that does not answer."""
        sources = [
            Source(part.value, partial(self._ask, part, ask), system=part.system)
            for part, ask in self.asks.items()
        ]
        _, silent = await asked_at_once(sources, within_s=within_s)
        self.health = replace(self.health, silent={Part(name): why for name, why in silent.items()})

    async def _ask(self, part: Part, ask: Ask) -> None:
        facts = dict(await ask())
        links = {**self.health.links, **facts.pop("links", {})}
        answered = (*self.health.answered, part)
        self.health = replace(self.health, **facts, links=links, answered=answered)


def _short(
    world: World, place: Place, known: Known, addresses: Addresses, *, is_short: bool
) -> Iterator[tuple[Part, Ask]]:
    """What decides, and what a place's one line shows."""
    yield Part.TASKS, partial(aws.tasks, world, place, known.version)
    if place.config.slo:
        yield (
            Part.SLOS,
            _missing(Part.SLOS)
            if world.prometheus is None
            else partial(
                prometheus.slos, world.prometheus, place, world.now(), addresses, short=is_short
            ),
        )
    if world.alertmanager is not None:
        yield (
            Part.ALERTS,
            partial(alertmanager.alerts, world.alertmanager, world.catalog, place, known),
        )
        if world.prometheus is not None and not place.config.slo:
            yield Part.RULES, partial(prometheus.is_there, world.prometheus, world.now())
    yield Part.TARGETS, partial(aws.targets, world, place)
    if place.config.alarms is not None:
        yield Part.ALARMS, partial(aws.alarms, world, place, place.config.alarms)


def _full(
    world: World, place: Place, known: Known, addresses: Addresses
) -> Iterator[tuple[Part, Ask]]:
    """What a place's own card has beside that."""
    yield Part.ZONES, partial(aws.zones, world, place)
    yield Part.SCALING, partial(aws.scaling, world, place)
    if world.prometheus is not None and any(slo.objective for slo in place.config.slo.values()):
        yield Part.BUDGETS, partial(prometheus.budgets, world.prometheus, place, world.now())
    service = world.catalog.services[place.service]
    if world.pagerduty is not None and service.pagerduty is not None:
        asked = (world.pagerduty, world.database)
        yield (
            Part.INCIDENTS,
            partial(pagerduty.open_incidents, *asked, place, service.pagerduty),
        )
        yield Part.ON_CALL, partial(pagerduty.on_duty, *asked, service.pagerduty)
    if world.sentry is not None and service.sentry is not None:
        asked_of = (world.sentry, place, service.sentry)
        yield Part.ISSUES, partial(sentry.new_issues, *asked_of, known.version, addresses)


def _missing(part: Part) -> Ask:
    """For what the catalogue wants to know, and nobody here can be asked."""

    async def ask() -> Mapping[str, Any]:
        raise Unavailable(part.system.lower(), part.value, "the bot has no address of it")

    return ask
