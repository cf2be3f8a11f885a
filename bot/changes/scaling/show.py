"""The card of a scaling, from its rows as they are now."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.cards.blocks import Message
from bot.cards.scaling import ScalingView, card
from bot.catalog import Catalog
from bot.changes.guards.situation import situation
from bot.domain.asked import Actor
from bot.domain.gate import Decision, Obstacle, may_scale
from bot.domain.place import find_place
from bot.domain.scaling.scaling import STACKED, Scaling, ScalingState
from bot.domain.scaling.wish import beyond
from bot.errors import BotError
from bot.storage import scalings
from bot.storage.database import Connection

S = ScalingState


@dataclass(frozen=True, slots=True)
class ShowScaling:
    """Renders a scaling's card; `groups_of` gives the user groups somebody is in now."""

    catalog: Catalog
    groups_of: Callable[[str], frozenset[str]]

    async def __call__(self, connection: Connection, subject_id: str, now: datetime) -> Message:
        """Render the card; `connection` is one snapshot of everything it shows."""
        scaling = await scalings.get(connection, subject_id)
        view = ScalingView(scaling=scaling, now=now)
        if scaling.state in STACKED | {S.PROPOSED, S.REHEARSED}:
            standing = await scalings.promises(connection, *scaling.place)
            others = tuple(one for one in standing if one.id != scaling.id)
            view = replace(view, standing=others)
        if scaling.state in {S.PROPOSED, S.REHEARSED}:
            view = replace(view, in_the_way=await self._in_the_way(connection, scaling, now))
        if scaling.ended_for is not None:
            view = replace(view, other=await scalings.find(connection, scaling.ended_for))
        return card(view)

    async def _in_the_way(
        self, connection: Connection, scaling: Scaling, now: datetime
    ) -> Decision | None:
        """What is in its way now, as the gate would tell the person who asked."""
        try:
            place = find_place(self.catalog, *scaling.place)
        except BotError:
            return None  # the catalogue does not have the place any more
        facts = await situation(connection, self.catalog, place, now=now, change=None, digest=None)
        decision = may_scale(
            facts,
            Actor(scaling.asked_by, self.groups_of(scaling.asked_by)),
            beyond=beyond(scaling.wish, place.config.scale),
            forced=scaling.forced is not None,
        )
        shown = tuple(one for one in decision.reasons if one.obstacle is not Obstacle.RIGHTS)
        return replace(decision, reasons=shown)
