"""What others did: pipelines, Terraform, the console. Found, told as changes, and watched.

ECS keeps every deployment of a service for 90 days, whoever asked for it. Those that are neither
ours nor known yet become changes with the origin OUTSIDE: one that has ended is written as it
ended, without a card; one under way is adopted, with a card and the watch every change has.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.cards import change_thread
from bot.changes.attempts import UPDATE
from bot.changes.outside import ours
from bot.changes.outside.found import Found, change_of, outside_id, revisions_of
from bot.changes.outside.ours import Revisions, began
from bot.changes.promise import Promises
from bot.changes.running import account_of
from bot.changes.service_deployments import CLOCKS_APART
from bot.domain.card import Kind
from bot.domain.change import Change
from bot.domain.place import Place, places
from bot.storage import acts, cards, history, revisions
from bot.storage.database import Connection
from bot.world import World
from integrations.aws.models import ServiceDeployment
from integrations.errors import IntegrationError, NotFound

EVERY_S = 30.0
"""How often to sweep; one ecs:ListServiceDeployments for each place and time."""
FIRST_LOOK = timedelta(days=1)
"""How far back a process looks that has never looked before."""
OVERLAP = timedelta(hours=1)
"""How far every later look goes back behind the one before it."""
LISTED = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SweepOthers:
    """Finds what others deployed in every place; a chore, and to be asked for one place too.

    A place where a change is under way is left alone: its watcher sees whatever happens there, and
    what was done meanwhile is found when it has ended. Replicas sweep without agreeing: the same
    service deployment is the same change.
    """

    world: World
    promises: Promises
    _looked: dict[tuple[str, str], datetime] = field(default_factory=dict, init=False)
    """Up to when everything that began in a place is known."""
    _settled: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict, init=False)
    """Service deployments of a place that are ours, or written down: they are no news."""
    _silent: set[tuple[str, str]] = field(default_factory=set, init=False)

    async def __call__(self) -> int:
        """Sweep every place; returns how many changes of others were news."""
        async with self.world.database.read() as connection:
            taken = await history.places_under_way(connection)
        free = [place for place in places(self.world.catalog) if _key(place) not in taken]
        return sum(await asyncio.gather(*(self._sweep(place) for place in free)))

    async def _sweep(self, place: Place) -> int:
        try:
            found = await self.look(place)
        except IntegrationError as exc:
            if _key(place) not in self._silent:
                trouble = {"trouble": str(exc), **_extra("others_not_seen", place)}
                log.warning("others_not_seen", extra=trouble)
            self._silent.add(_key(place))
            return 0
        if _key(place) in self._silent:
            log.info("others_seen_again", extra=_extra("others_seen_again", place))
            self._silent.discard(_key(place))
        return found

    async def look(self, place: Place) -> int:
        """Write down what others did in this place since the last look; returns how much was news.

        Costs one ecs:ListServiceDeployments; for news also one ecs:DescribeServiceDeployments and
        one ecs:DescribeServiceRevisions for twenty, and what bot.changes.outside.found says.

        Raises:
            IntegrationError: AWS did not answer.
        """
        now, looked = self.world.now(), self._looked.get(_key(place))
        since = looked - OVERLAP if looked else now - FIRST_LOOK
        listed = await self._listed(place, since)
        news, settled = await self._news(place, listed)
        written = 0
        for found in news:
            is_new, stands = await self._write(found)
            written += is_new
            settled |= {found.deployment.arn} if stands else set()
        self._settled[_key(place)] = settled & {one.arn for one in listed}
        self._looked[_key(place)] = min(
            [now, *(began(one) for one in listed if one.arn not in settled)]
        )
        return written

    async def _listed(self, place: Place, since: datetime) -> Sequence[ServiceDeployment]:
        config = place.config
        try:
            return await account_of(self.world, place).ecs.list_service_deployments(
                config.cluster, config.ecs_service, created_after=since, newest=LISTED
            )
        except NotFound:
            return ()  # there is no such service: the status says so

    async def _news(
        self, place: Place, listed: Sequence[ServiceDeployment]
    ) -> tuple[list[Found], frozenset[str]]:
        """What of the list is neither ours nor written down, oldest first; and what is, by ARN."""
        settled = self._settled.get(_key(place), frozenset())
        unknown = [one for one in listed if one.arn not in settled]
        if not unknown:
            return [], settled
        ids = {outside_id(one.arn): one.arn for one in unknown}
        since = min(began(one) for one in unknown) - CLOCKS_APART
        async with self.world.database.read() as connection:
            written = await history.recorded(connection, ids)
            attempts = await history.attempts(connection, *_key(place), moved_since=since)
        claims = ours.claims_of(attempts)
        settled |= ours.named(listed, claims) | {ids[identity] for identity in written}
        unknown = [one for one in unknown if one.arn not in settled]
        if not unknown:
            return [], settled
        ecs = account_of(self.world, place).ecs
        described = await ecs.describe_service_deployments([one.arn for one in unknown])
        made_of = await ecs.describe_service_revisions(revisions_of(described.values()))
        found = list(described.values())
        settled |= ours.claimed(found, made_of, ours.unnamed(listed, claims))
        news = [
            _found(place, one, made_of, is_replaced=one.arn != listed[0].arn)
            for one in found
            if one.arn not in settled and one.target_revision_arn in made_of
        ]
        # ECS does not say of everything it lists what it is made of, and may say so a moment later.
        told = {one.deployment.arn for one in news}
        long_ago = self.world.now() - CLOCKS_APART
        settled |= {one.arn for one in unknown if one.arn not in told and began(one) < long_ago}
        return sorted(news, key=lambda one: began(one.deployment)), settled

    async def _write(self, found: Found) -> tuple[bool, bool]:
        """Write it down. Returns whether it was news, and whether it is written now.

        Another replica may have been first. Or a change of ours began meanwhile: then what is under
        way beside it is written when it has ended.
        """
        async with self.world.database.read() as connection:
            good = await revisions.good(connection, *_key(found.place))
        change = await change_of(self.world, found, good)
        async with self.world.database.write() as connection:
            is_new = await history.add_found(connection, change)
            if is_new and change.is_under_way:
                await _adopt(connection, change, can_go_back=found.source is not None)
            stands = is_new or bool(await history.recorded(connection, [change.id]))
        if is_new:
            self._told(change, found.place)
        return is_new, stands

    def _told(self, change: Change, place: Place) -> None:
        told = {"change_id": change.id, "state": change.state.value}
        log.info("change_found", extra={**_extra("change_found", place), **told})
        if change.is_under_way:
            self.promises.begin(change.id)
        self.world.wake()


async def _adopt(connection: Connection, change: Change, *, can_go_back: bool) -> None:
    """Leave behind what a change of ours would have by now, so that a person can abort it."""
    if change.rollout is None:
        return
    started = change_thread.started(change.rollout)
    await cards.add_entry(connection, Kind.CHANGE, change.id, key="started", message=started)
    if can_go_back:
        await acts.is_first_attempt(connection, change.id, UPDATE, at=change.rollout.began_at)


def _found(place: Place, one: ServiceDeployment, made_of: Revisions, *, is_replaced: bool) -> Found:
    sources = [made_of[source.arn] for source in one.sources if source.arn in made_of]
    return Found(
        place=place,
        deployment=one,
        target=made_of[one.target_revision_arn or ""],
        source=sources[0] if sources else None,
        is_replaced=is_replaced,
    )


def _key(place: Place) -> tuple[str, str]:
    return place.environment, place.service


def _extra(action: str, place: Place) -> dict[str, str]:
    return {"action": action, "environment": place.environment, "service": place.service}
