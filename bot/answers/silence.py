"""Somebody wants alerts silenced: what that would hide is shown first, and confirmed there.

The preview is a card and no second step of the form: a phone drops a form when its owner looks at
something else, a card stays, others see what is about to be hidden, and a command has one too.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.answers.ask import AskQuestion, Note
from bot.answers.sources import Source, asked_at_once
from bot.cards.answer import Answer
from bot.catalog import ANY, Verb
from bot.domain.asked import Asked
from bot.domain.audited import DENIED
from bot.domain.place import places
from bot.domain.question import Question, QuestionKind
from bot.domain.silence.audited import SILENCE, entry
from bot.domain.silence.preview import (
    BACK,
    Preview,
    Seen,
    counted_by_name,
    hidden_in_the_past,
)
from bot.domain.silence.request import SilenceRequest, places_meant, refusal
from bot.errors import Conflict, NotAllowed
from bot.storage import audit, silences
from bot.world import World
from integrations.alertmanager import models
from integrations.alertmanager.client import AlertmanagerClient

ALERTMANAGER = "Alertmanager"
WITHIN_S = 5.0
NOT_CONNECTED = "The bot has no address of Alertmanager: set ALERTMANAGER_URL."


@dataclass(frozen=True, slots=True)
class ProposeSilence:
    """Opens the card of a proposed silence."""

    world: World
    asking: AskQuestion

    async def __call__(self, request: SilenceRequest, *, asked: Asked) -> Answer | None:
        """Show what it would hide; nothing is silenced before somebody confirms it there.

        Raises:
            NotAllowed: the gate says no, which the audit keeps.
            Conflict: no Alertmanager is connected.
        """
        catalog = self.world.catalog
        if self.world.alertmanager is None:
            raise Conflict(NOT_CONNECTED)
        if why := refusal(request.matchers, catalog, asked.by):
            if not request.is_dry_run:
                denied = entry(SILENCE, DENIED, request.matchers, catalog, asked, why=why)
                async with self.world.database.write() as connection:
                    await audit.add(connection, denied)
            raise NotAllowed(why)
        environment, service = self._place(request)
        return await self.asking(
            QuestionKind.SILENCE,
            request.as_json(),
            asked=asked,
            verb=Verb.SILENCE,
            environment=environment,
            service=service,
        )

    def _place(self, request: SilenceRequest) -> tuple[str | None, str | None]:
        """The one place that is meant, as far as the catalogue knows it."""
        meant = places_meant(request.matchers, self.world.catalog)
        known = {(place.environment, place.service) for place in places(self.world.catalog)}
        if len(meant) == 1 and meant[0] in known:
            return meant[0]
        environments = {environment for environment, _ in known}
        [(environment, _), *others] = meant
        is_one = not others and environment != ANY and environment in environments
        return (environment if is_one else None), None


@dataclass(frozen=True, slots=True)
class GatherSilence:
    """Asks what a silence would hide: Alertmanager for now, our own rows for the last days."""

    world: World

    async def __call__(self, question: Question, note: Note) -> Mapping[str, Any]:
        """Ask for both; costs two calls. Returns a preview as JSON."""
        request = SilenceRequest.of_json(question.words)
        async with self.world.database.read() as connection:
            seen = await silences.seen_since(connection, self.world.now() - BACK)
        # In a thread: thousands of alerts against a person's regular expression take a while.
        past = await asyncio.to_thread(hidden_in_the_past, request.matchers, seen)
        alertmanager = self.world.alertmanager
        if alertmanager is None:
            return Preview(past=past, silent=NOT_CONNECTED).as_json()
        source = Source(ALERTMANAGER, partial(_now, alertmanager, request))
        found, silent = await asked_at_once([source], within_s=WITHIN_S)
        if ALERTMANAGER in silent:
            return Preview(past=past, silent=silent[ALERTMANAGER]).as_json()
        hidden, firing = found[ALERTMANAGER]
        return Preview(
            now=counted_by_name(hidden),
            firing=firing,
            already=sum(one.is_silenced for one in hidden),
            past=past,
        ).as_json()


async def _now(alertmanager: AlertmanagerClient, request: SilenceRequest) -> tuple[list[Seen], int]:
    """The alerts it would hide, by Alertmanager's own judgement, and how many fire in all."""
    matchers = [
        models.Matcher(m.name, m.value, m.operator.is_regex, m.operator.is_positive)
        for m in request.matchers
    ]
    hidden = await alertmanager.get_alerts(matchers=matchers)
    every = await alertmanager.get_alerts()
    seen = [Seen(alert.labels, alert.starts_at, bool(alert.silenced_by)) for alert in hidden]
    return seen, len(every)
