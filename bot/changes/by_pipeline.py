"""Deploys that pipelines ask for: the same gate and the same card as a person's."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.changes.accept import AcceptChange, change_id
from bot.domain.asked import Actor, Asked
from bot.domain.card import Kind, Place
from bot.domain.change import Change, ChangeRequest
from bot.domain.pipeline import Pipeline, is_of, read_pipeline
from bot.domain.place import Place as Where
from bot.domain.place import find_place
from bot.errors import Conflict, NotAllowed, NotKnown
from bot.storage import cards, changes
from bot.storage.database import Database

CARD_WITHIN_S = 3.0
LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class DeployByPipeline:
    """Accepts what a pipeline asks for, and tells it how that stands."""

    database: Database
    accept: AcceptChange
    now: Callable[[], datetime]

    def admit(self, pipeline: Pipeline) -> None:
        """Refuse strangers before anything is read for them or written of them.

        Whoever has a repository anywhere is given a token that proves who they are, for any
        audience: they are not to learn what environments there are, nor to fill the audit.

        Raises:
            NotAllowed: the catalogue does not name this repository.
        """
        named = (people.pipeline for people in self.accept.catalog.people.values())
        if not any(one is not None and is_of(one, pipeline) for one in named):
            raise NotAllowed(
                f"No pipeline of {pipeline.repository} is let in. The catalogue names those that "
                "are: people, pipeline."
            )

    async def __call__(
        self, pipeline: Pipeline, request: ChangeRequest, *, key: str, correlation_id: str
    ) -> Change:
        """Accept a deploy; the same `key` of the same repository is the same deploy.

        What was accepted is told again whatever has happened since: an alert that the deploy itself
        has raised is no refusal of it.

        Raises:
            NotKnown, UsageError: no such environment or service.
            NotAllowed: the gate says no.
            Conflict: the key was used for something else.
        """
        place = find_place(self.accept.catalog, request.environment, request.service)
        asked = Asked(
            by=Actor(pipeline.id),
            channel_id="",
            key=f"{pipeline.repository}:{key}",
            correlation_id=correlation_id,
            at=self.now(),
        )
        change = await self._standing(change_id(asked.key))
        if change is None:
            new = await self.accept(request, asked=asked)
            async with self.database.read() as connection:
                change = await changes.get(connection, new.id)
        if not _is_same_wish(change, request, place):
            raise Conflict(
                "This Idempotency-Key was used for another request "
                f"({change.service} {change.version} in {change.environment}). Use a new one."
            )
        return change

    async def find(self, pipeline: Pipeline, identity: str) -> Change:
        """The change with this id, if this repository asked for it.

        Raises:
            NotKnown: there is none.
        """
        change = await self._standing(identity)
        by = read_pipeline(change.asked_by) if change is not None else None
        if change is None or by is None or by.repository != pipeline.repository:
            raise NotKnown(f"There is no change {identity} of {pipeline.repository}.")
        return change

    async def _standing(self, identity: str) -> Change | None:
        async with self.database.read() as connection:
            return await changes.find(connection, identity)

    async def card_of(self, change: Change) -> Place | None:
        """Where its card stands; None while Slack does not show it, after a few seconds."""
        try:
            async with asyncio.timeout(CARD_WITHIN_S):
                while True:
                    async with self.database.read() as connection:
                        place = await cards.card_channel_and_ts(connection, Kind.CHANGE, change.id)
                    if place is not None:
                        return place
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            return None


def _is_same_wish(change: Change, request: ChangeRequest, place: Where) -> bool:
    """Whether a change that stands is what is asked for now; its version may be known better."""
    known = {change.version}
    if change.plan is not None:
        known |= {change.plan.wanted.version, change.plan.wanted.digest}
    wanted = (place.environment, place.service, request.strategy, request.is_dry_run)
    stands = (change.environment, change.service, change.strategy, change.is_dry_run)
    return request.version in known and stands == wanted
