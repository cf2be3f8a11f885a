"""The last time this alert fired, and what ended it then: from our own rows."""

from bot.alerts.mended import mended
from bot.alerts.suspects import suspects_of
from bot.cards.links import permalink
from bot.domain.alert import AlertGroup
from bot.domain.card import Kind
from bot.domain.evidence.history import SOURCE, LastTime
from bot.domain.finding import Finding, Phase
from bot.storage import alerts, cards, findings
from bot.storage.database import Connection
from bot.world import World


async def look_back(world: World, group_id: str, phase: Phase) -> None:
    """Keep with the group when the same alert of the same place ended last, and by what.

    Asks nobody outside. May be repeated: what was done before it is judged anew.
    """
    if phase is not Phase.ONSET:
        return
    async with world.database.read() as connection:
        group = await alerts.get(connection, group_id)
        earlier = await alerts.ended_before(connection, group)
        if earlier is None:
            return
        said = await _told(connection, earlier, world.workspace_url)
    async with world.database.write() as connection:
        finding = Finding(source=SOURCE, phase=phase, said=said, found_at=world.now())
        await findings.write(connection, group_id, finding)


async def _told(connection: Connection, earlier: AlertGroup, workspace_url: str) -> LastTime:
    ended_at = earlier.resolved_at or earlier.started_at
    ranking = await suspects_of(connection, earlier)
    suspect = ranking.first if ranking is not None else None
    ended_by = await mended(connection, earlier, suspect, ended_at)
    place = await cards.card_channel_and_ts(connection, Kind.ALERT_GROUP, earlier.id)
    return LastTime(
        started_at=earlier.started_at,
        ended_at=ended_at,
        mended_by=ended_by.by if ended_by is not None else "",
        mended_before=ended_at - ended_by.at if ended_by is not None else None,
        cause=suspect.deed.name if suspect is not None else "",
        is_said=suspect is not None and suspect.is_blamed,
        was_acknowledged=earlier.acknowledged_at is not None,
        address=permalink(workspace_url, place) if place is not None and workspace_url else "",
    )
