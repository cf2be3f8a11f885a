"""Everything that any App Home shows, read once for all of them; and what of it one person sees."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from bot.alerts import show as alert_groups
from bot.cards.alert import AlertView
from bot.cards.change import ChangeView, waits_for_approval
from bot.cards.home import HomeView
from bot.cards.status import PlaceStatus
from bot.catalog import ANY, Catalog, Verb
from bot.changes.show import ShowChange
from bot.domain import freeze
from bot.domain.asked import Actor
from bot.domain.card import Kind
from bot.domain.card import Place as Standing
from bot.domain.freeze import Declared, Frozen
from bot.domain.gate import decide, may_approve
from bot.domain.lock import Lock
from bot.domain.oncall import LastSaid
from bot.domain.place import places
from bot.storage import on_call, overview, revisions
from bot.storage.database import Connection

MOST_READ = 30
"""Of each kind of thing that takes several queries; a home has room for fewer."""

T = TypeVar("T")
Shown = tuple[T, Standing | None]
"""A thing with where its card stands; None until that is posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """What stands now, everywhere, in one snapshot."""

    now: datetime
    proposed: tuple[Shown[ChangeView], ...]
    under_way: tuple[Shown[ChangeView], ...]
    firing: tuple[Shown[AlertView], ...]
    not_looked_at: int
    """Alert groups that fire beside those, in a storm."""
    locks: tuple[Shown[Lock], ...]
    freezes: tuple[Shown[Declared], ...]
    windows: tuple[tuple[str, str, Frozen], ...]
    places: tuple[PlaceStatus, ...]
    on_call: tuple[LastSaid, ...]


@dataclass(frozen=True, slots=True)
class LookAtHomes:
    """Reads what homes show. `groups_of` gives the user groups somebody is in now."""

    catalog: Catalog
    show_change: ShowChange
    groups_of: Callable[[str], frozenset[str]]
    workspace_url: str
    now: Callable[[], datetime]

    async def __call__(self, connection: Connection) -> Everything:
        """Read all of it; from our own database alone, in some ten queries and a few for each
        thing that is going on.
        """
        now = self.now()
        proposed = await self._changes(connection, await overview.proposed(connection))
        under_way = await self._changes(connection, await overview.under_way(connection))
        group_ids = await overview.open_groups(connection)
        firing = [
            await alert_groups.look(connection, group_id, now) for group_id in group_ids[:MOST_READ]
        ]
        locks = await overview.standing_locks(connection, at=now)
        freezes = await overview.freezes_ahead(connection, at=now)
        standing = await overview.places_of(
            connection,
            [
                *((Kind.CHANGE, one.change.id) for one in (*proposed, *under_way)),
                *((Kind.ALERT_GROUP, one.group.id) for one in firing),
                *((Kind.LOCK, one.id) for one in locks),
                *((Kind.FREEZE, one.id) for one in freezes),
            ],
        )
        return Everything(
            now=now,
            proposed=tuple((v, standing.get((Kind.CHANGE, v.change.id))) for v in proposed),
            under_way=tuple((v, standing.get((Kind.CHANGE, v.change.id))) for v in under_way),
            firing=tuple((v, standing.get((Kind.ALERT_GROUP, v.group.id))) for v in firing),
            not_looked_at=max(0, len(group_ids) - MOST_READ),
            locks=tuple((one, standing.get((Kind.LOCK, one.id))) for one in locks),
            freezes=tuple((one, standing.get((Kind.FREEZE, one.id))) for one in freezes),
            windows=tuple(self._windows(now)),
            places=await self._places(connection, under_way),
            on_call=await on_call.seen(connection),
        )

    async def _changes(self, connection: Connection, ids: Iterable[str]) -> list[ChangeView]:
        now = self.now()
        return [
            await self.show_change.look(connection, change_id, now)
            for change_id in islice(ids, MOST_READ)
        ]

    async def _places(
        self, connection: Connection, under_way: Iterable[ChangeView]
    ) -> tuple[PlaceStatus, ...]:
        meant = [(place.environment, place.service) for place in places(self.catalog)]
        seen = await revisions.seen(connection, meant)
        moving = {(v.change.environment, v.change.service): v.change for v in under_way}
        return tuple(
            PlaceStatus(
                service=service,
                environment=environment,
                seen=seen.get((environment, service)),
                under_way=moving.get((environment, service)),
            )
            for environment, service in meant
        )

    def _windows(self, now: datetime) -> Iterator[tuple[str, str, Frozen]]:
        for place in places(self.catalog):
            for frozen in freeze.standing(place.config.deploy.freeze, now):
                yield place.environment, place.service, frozen

    def of(self, everything: Everything, person: str) -> HomeView:
        """What of it this person may see, and what waits for them."""
        actor = Actor(person, self.groups_of(person))
        sees = _Rights(self.catalog, actor)
        proposed = [one for one in everything.proposed if sees.change(one[0])]
        return HomeView(
            now=everything.now,
            workspace_url=self.workspace_url,
            command=self.catalog.slack.command,
            approvals=[one for one in proposed if _waits_for(actor, one[0])],
            own=[one for one in proposed if one[0].change.asked_by == person],
            under_way=[one for one in everything.under_way if sees.change(one[0])],
            firing=[one for one in everything.firing if sees.group(one[0])],
            not_looked_at=everything.not_looked_at,
            locks=[one for one in everything.locks if sees.guard(one[0])],
            freezes=[one for one in everything.freezes if sees.guard(one[0])],
            windows=[one for one in everything.windows if sees.place(Verb.STATUS, one[0], one[1])],
            places=[
                one
                for one in everything.places
                if sees.place(Verb.STATUS, one.environment, one.service)
            ],
            on_call=[
                one for one in everything.on_call if sees.anywhere(Verb.ONCALL, service=one.service)
            ],
        )


@dataclass(frozen=True, slots=True)
class _Rights:
    """What one person may see."""

    catalog: Catalog
    actor: Actor

    def place(self, verb: Verb, environment: str, service: str) -> bool:
        return decide(self.catalog.people, self.actor, verb, environment, service).allowed

    def anywhere(
        self, verb: Verb, *, environment: str | None = None, service: str | None = None
    ) -> bool:
        """Whether it is allowed in one of the places that are meant; None means all of them."""
        return any(
            self.place(verb, place.environment, place.service)
            for place in places(self.catalog)
            if environment in (None, place.environment) and service in (None, place.service)
        )

    def change(self, shown: ChangeView) -> bool:
        return self.place(Verb.STATUS, shown.change.environment, shown.change.service)

    def group(self, shown: AlertView) -> bool:
        """An alert that names no place of the catalogue is for whoever may see alerts somewhere."""
        group = shown.group
        known = {(place.environment, place.service) for place in places(self.catalog)}
        if group.environment and group.service and (group.environment, group.service) in known:
            return self.place(Verb.ALERTS, group.environment, group.service)
        return self.anywhere(Verb.ALERTS)

    def guard(self, held: Lock | Declared) -> bool:
        service = None if held.service == ANY else held.service
        return self.anywhere(Verb.STATUS, environment=held.environment, service=service)


def _waits_for(actor: Actor, shown: ChangeView) -> bool:
    """Whether the proposal lacks approvals and this person may give one."""
    situation = shown.situation
    return (
        situation is not None
        and waits_for_approval(shown)
        and may_approve(situation, actor).allowed
    )
