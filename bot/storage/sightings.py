"""Which open alert groups Alertmanager, or CloudWatch, was seen to hold, and since when not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.alerts import alert_groups
from bot.storage.schema.reconciled import sightings


@dataclass(frozen=True, slots=True)
class Sighting:
    """When Alertmanager last had an alert of a group, and the first look after that without one."""

    seen_at: datetime
    gone_at: datetime | None = None


async def saw(connection: Connection, group_ids: Iterable[str], *, at: datetime) -> None:
    """Alertmanager has alerts of these groups."""
    rows = [{"group_id": group_id, "seen_at": at, "gone_at": None} for group_id in group_ids]
    if not rows:
        return
    new = insert_into(connection, sightings)
    kept = {"seen_at": new.excluded.seen_at, "gone_at": None}
    await connection.execute(
        new.on_conflict_do_update(index_elements=[sightings.c.group_id], set_=kept), rows
    )


async def missed(connection: Connection, group_ids: Iterable[str], *, at: datetime) -> None:
    """Alertmanager has none of these groups any more; the first such look counts."""
    wanted = sorted(group_ids)
    if wanted:
        await connection.execute(
            update(sightings)
            .where(sightings.c.group_id.in_(wanted), sightings.c.gone_at.is_(None))
            .values(gone_at=at)
        )


async def of_open(connection: Connection) -> Mapping[str, Sighting]:
    """The sightings of the groups that have not ended, by their ids."""
    rows = await connection.execute(
        select(sightings)
        .join(alert_groups, alert_groups.c.id == sightings.c.group_id)
        .where(alert_groups.c.is_open)
    )
    return {row.group_id: Sighting(row.seen_at, row.gone_at) for row in rows}
