"""The card of a change, from its rows as they are now."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.cards.blocks import Message
from bot.cards.change import ChangeView, card
from bot.catalog import Catalog
from bot.changes.evidence.draw import PICTURE
from bot.changes.guards.situation import is_fast_lane, situation
from bot.changes.outcome import lock_id
from bot.domain.asked import Actor
from bot.domain.card import Kind
from bot.domain.change import CAN_BE_UNDONE, Change, ChangeKind, ChangeState
from bot.domain.gate import VERBS, Obstacle, may_begin
from bot.domain.lock import Lock
from bot.domain.place import find_place
from bot.domain.way_back import undone_to
from bot.errors import BotError
from bot.storage import alerts, cards, changes, locks, marks
from bot.storage.database import Connection
from bot.storage.known import known_of

S = ChangeState


@dataclass(frozen=True, slots=True)
class ShowChange:
    """Renders a change's card; `groups_of` gives the user groups somebody is in now."""

    catalog: Catalog
    groups_of: Callable[[str], frozenset[str]]

    async def __call__(self, connection: Connection, subject_id: str, now: datetime) -> Message:
        """Render the card; `connection` is one snapshot of everything it shows."""
        return card(await self.look(connection, subject_id, now))

    async def look(self, connection: Connection, subject_id: str, now: datetime) -> ChangeView:
        """Everything the card shows, in one snapshot."""
        change = await changes.get(connection, subject_id)
        where = (change.environment, change.service)
        view = ChangeView(
            change=change,
            now=now,
            usual=await changes.usual_rollout(connection, *where),
            way_back=await _way_back(connection, change),
            marks=await marks.marks_of(connection, change.id),
            lock=await _lock(connection, change, now) if change.is_final else None,
            picture=await cards.latest_picture(connection, Kind.CHANGE, change.id, PICTURE),
        )
        if change.state in {S.PROPOSED, S.REHEARSED}:
            view = await self._with_situation(connection, view)
        return view

    async def _with_situation(self, connection: Connection, view: ChangeView) -> ChangeView:
        """What is in its way now, as the gate would tell the person who asked."""
        change = view.change
        try:
            place = find_place(self.catalog, change.environment, change.service)
        except BotError:
            return view  # the catalogue does not have the place any more
        digest = change.plan.wanted.digest if change.plan else None
        facts = await situation(
            connection, self.catalog, place, now=view.now, change=change, digest=digest
        )
        decision = may_begin(
            facts,
            Actor(change.asked_by, self.groups_of(change.asked_by)),
            VERBS[change.kind],
            fast_lane=is_fast_lane(change),
            forced=change.forced is not None,
        )
        shown = tuple(one for one in decision.reasons if one.obstacle is not Obstacle.RIGHTS)
        firing = await alerts.firing_in(connection, change.environment, change.service)
        in_the_way = replace(decision, reasons=shown)
        return replace(view, situation=facts, in_the_way=in_the_way, firing=firing)


async def _lock(connection: Connection, change: Change, now: datetime) -> Lock | None:
    """The lock that this change set, while it stands."""
    lock = await locks.find(connection, lock_id(change.id))
    return lock if lock is not None and lock.stands(now) else None


async def _way_back(connection: Connection, change: Change) -> str | None:
    """What a rollback would return to; None where this card has no place for the button."""
    if change.kind is not ChangeKind.DEPLOY or change.state not in CAN_BE_UNDONE:
        return None  # known without a look at the place
    target = undone_to(await known_of(connection, change.environment, change.service), change)
    return target.name if target is not None else None
