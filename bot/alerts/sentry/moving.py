"""What Sentry says of an issue is taken in, by whichever way it came: the cards follow."""

from dataclasses import replace
from datetime import datetime

from bot.alerts.group import GroupAlerts
from bot.alerts.normalise import GroupUpdate
from bot.alerts.sentry.telling import RECEIVER, key_of_issue
from bot.cards.sentry import moved_entry
from bot.catalog import Catalog
from bot.domain.alert import AlertGroup
from bot.domain.card import Kind
from bot.domain.sentry import SentryIssue
from bot.storage import alerts, cards, sentry
from bot.storage.database import Connection


async def take_in(
    connection: Connection, catalog: Catalog, told: SentryIssue, *, at: datetime
) -> tuple[str, ...]:
    """Write what Sentry says; threads are told what moved, and a card of the issue's own ends
    with it. The same word again changes nothing.

    Returns the ids of the looks for more that it asks for: their rows promise them.
    """
    before, issue = await sentry.tell(connection, told)
    if before is None:
        return ()
    await say_moved(connection, before, issue)
    return () if issue.is_open else await _ended(connection, catalog, issue, at=at)


async def say_moved(connection: Connection, before: SentryIssue, issue: SentryIssue) -> None:
    """Tell the thread of each group that shows the issue, once for each move."""
    if issue.status is before.status and issue.assignee == before.assignee:
        return
    by = issue.moved_by if issue.status is not before.status else ""
    entry = moved_entry(before, issue, by=by)
    key = f"issue {issue.id} {issue.status} {issue.assignee} {issue.state_revision}"
    for group_id in await sentry.groups_of(connection, issue.id):
        await cards.add_entry(connection, Kind.ALERT_GROUP, group_id, key=key, message=entry)


async def _ended(
    connection: Connection, catalog: Catalog, issue: SentryIssue, *, at: datetime
) -> tuple[str, ...]:
    """End the card that one of Sentry's alert rules opened for this issue alone."""
    group = await alerts.find_open(connection, RECEIVER, key_of_issue(issue.id))
    return () if group is None else await end(connection, catalog, group, at=at)


async def end(
    connection: Connection, catalog: Catalog, group: AlertGroup, *, at: datetime, note: str = ""
) -> tuple[str, ...]:
    """End an open group of Sentry's own, in Sentry's place; `note` says why, a sentence."""
    inside = await alerts.alerts_of(connection, group.id)
    update = GroupUpdate(
        source=group.source,
        receiver=group.receiver,
        group_key=group.group_key,
        dedup_key=group.dedup_key,
        truncated=0,
        alerts=tuple(
            replace(a, ends_at=max(at, a.starts_at), note=note) for a in inside if a.is_firing
        ),
    )
    return await GroupAlerts(catalog)(connection, update, at=at)
