"""The card of a storm, from its rows as they are now."""

from collections.abc import Sequence
from datetime import datetime

from bot.alerts.show import change_of, way_back
from bot.alerts.suspects import suspects_of
from bot.cards.blocks import Message
from bot.cards.storm import Cause, StormView, storm
from bot.domain.storm import tally
from bot.storage import alerts, storm_acts, stormed, storms
from bot.storage.database import Connection

PLACES = 3
"""Services whose suspects are looked for: about ten small queries each."""
CAUSES = 2


async def render(connection: Connection, storm_id: str, now: datetime) -> Message:
    """Render a storm's card in one snapshot.

    Raises:
        NotKnown: there is no such storm.
    """
    return storm(await look(connection, storm_id, now))


async def look(connection: Connection, storm_id: str, now: datetime) -> StormView:
    """Everything a storm's card shows, in one snapshot.

    Raises:
        NotKnown: there is no such storm.
    """
    found = await storms.get(connection, storm_id)
    causes = await _causes(connection, storm_id)
    suspect = await change_of(connection, causes[0].ranking) if causes else None
    return StormView(
        storm=found,
        tally=tally(await stormed.members(connection, storm_id)),
        causes=causes,
        change=suspect,
        way_back=await way_back(connection, suspect),
        mentions=await stormed.mentions(connection, storm_id),
        report=await storm_acts.report(connection, storm_id),
        silencing=await storm_acts.silencing(connection, storm_id),
        now=now,
    )


async def _causes(connection: Connection, storm_id: str) -> Sequence[Cause]:
    """The suspects of the places that most groups are in: each deed once, where it has most.

    Where no place has any, the first one says what was done there and explains nothing.
    """
    causes: list[Cause] = []
    named: set[str] = set()
    places = await stormed.first_of_each_place(connection, storm_id, at_most=PLACES)
    nothing: Cause | None = None
    for group_id, many in places:
        group = await alerts.get(connection, group_id)
        ranking = await suspects_of(connection, group)
        if ranking is None:
            continue
        cause = Cause(group, many, ranking)
        if ranking.first is None:
            nothing = nothing or cause
        elif ranking.first.deed.id not in named:
            named.add(ranking.first.deed.id)
            causes.append(cause)
    if not causes and nothing is not None:
        return (nothing,)
    return causes[:CAUSES]
