"""What was changed around the time an alert group fired."""

from datetime import datetime, timedelta

from bot.domain.alert import AlertGroup
from bot.domain.change import Change
from bot.storage import changes
from bot.storage.database import Connection

LAST_CHANGE_WITHIN = timedelta(hours=2)
"""A change that began longer before the onset is not shown beside the alert."""


MOST_MARKED = 4
"""On one chart, the newest: more of them hide the line."""


async def changes_since(
    connection: Connection, group: AlertGroup, since: datetime, until: datetime
) -> tuple[Change, ...]:
    """What was begun in the group's place in this time, under way or not, the earliest first."""
    if group.service is None or group.environment is None:
        return ()
    recent = await changes.recent(
        connection, service=group.service, environment=group.environment, since=since
    )
    begun = [c for c in recent if c.started_at is not None and c.started_at <= until]
    return tuple(reversed(begun[:MOST_MARKED]))


async def changes_around(
    connection: Connection, group: AlertGroup, now: datetime
) -> tuple[Change | None, Change | None]:
    """The last change before the group began to fire, and the last that ended while it fired."""
    if group.service is None or group.environment is None:
        return None, None
    recent = await changes.recent(
        connection,
        service=group.service,
        environment=group.environment,
        since=group.started_at - LAST_CHANGE_WITHIN,
    )
    until = group.resolved_at or now
    before = (c for c in recent if c.started_at is not None and c.started_at <= group.started_at)
    during = (
        c
        for c in recent
        if c.started_at is not None
        and c.started_at > group.started_at
        and c.finished_at is not None
        and c.finished_at <= until
    )
    return next(before, None), next(during, None)
