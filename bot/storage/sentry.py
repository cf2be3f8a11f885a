"""Sentry's issues, the alert groups they stand beside, and which groups are looked at again.

Whatever changes an issue marks the card of every group that shows it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, delete, func, or_, select, update

from bot.domain.card import Kind, Urgency
from bot.domain.sentry import (
    IssueStatus,
    SentryIssue,
    ShownIssue,
    Sighting,
    SuspectCommit,
    Why,
    in_order,
)
from bot.errors import NotKnown
from bot.storage import cards, issue_acts
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.alerts import alert_groups
from bot.storage.schema.sentry import alert_group_issues, sentry_issues, sentry_watches

GROWN = 1.5
"""So many times as often is news."""
NO_ISSUE = "The bot knows of no such issue any more."
_COMMIT = TypeAdapter(SuspectCommit)
_PLAIN = [f.name for f in fields(SentryIssue) if f.name not in {"status", "commit"}]
_SIGHTING = [f.name for f in fields(Sighting) if f.name != "why"]


async def tell(connection: Connection, told: SentryIssue) -> tuple[SentryIssue | None, SentryIssue]:
    """Write what Sentry says of an issue, unless something newer is known.

    Returns what was known before (None: nothing) and what is known now.
    """
    new = insert_into(connection, sentry_issues).values(**_columns(told))
    inserted = await connection.execute(new.on_conflict_do_nothing().returning(sentry_issues.c.id))
    if inserted.first() is not None:
        return None, told
    known = await locked(connection, told.id)
    now_known = known.after(told)
    await save(connection, known, now_known)
    return known, now_known


async def save(
    connection: Connection,
    before: SentryIssue,
    after: SentryIssue,
    *,
    urgency: Urgency = Urgency.PROGRESS,
) -> None:
    """Write what is new about a locked issue. That it was told of again is no news for a card."""
    if after == before:
        return
    await connection.execute(
        update(sentry_issues).where(sentry_issues.c.id == after.id).values(**_columns(after))
    )
    if _shown(after) != _shown(before):
        await mark(connection, after.id, urgency=urgency)


def _shown(issue: SentryIssue) -> dict[str, Any]:
    unseen = {"told_at", "last_seen_at", "is_commit_asked"}
    return {f.name: getattr(issue, f.name) for f in fields(SentryIssue) if f.name not in unseen}


async def mark(
    connection: Connection, issue_id: str, *, urgency: Urgency = Urgency.PROGRESS
) -> None:
    """Want a new revision of every card that shows this issue."""
    for group_id in await groups_of(connection, issue_id):
        await cards.mark(connection, Kind.ALERT_GROUP, group_id, urgency=urgency)


async def find(connection: Connection, issue_id: str) -> SentryIssue | None:
    """Return an issue, if Sentry ever told of it."""
    row = (
        await connection.execute(select(sentry_issues).where(sentry_issues.c.id == issue_id))
    ).first()
    return None if row is None else _issue(row)


async def locked(connection: Connection, issue_id: str) -> SentryIssue:
    """Return the issue and keep others from changing it until the transaction ends.

    Raises:
        NotKnown: it is not there.
    """
    wanted = select(sentry_issues).where(sentry_issues.c.id == issue_id).with_for_update()
    row = (await connection.execute(wanted)).first()
    if row is None:
        raise NotKnown(NO_ISSUE)
    return _issue(row)


async def sight(connection: Connection, group_id: str, sighting: Sighting) -> bool:
    """Say that an issue stands beside a group, or how often it has been seen by now.

    Returns whether that is new. Why it was first shown stays, unless Sentry was not asked then. A
    count that has not grown by half since it was kept is no news: each would be an edit of a card.
    """
    known = (
        await connection.execute(
            select(alert_group_issues).where(
                alert_group_issues.c.group_id == group_id,
                alert_group_issues.c.issue_id == sighting.issue_id,
            )
        )
    ).first()
    kept = _merged(None if known is None else _sighting(known), sighting)
    if known is not None and not _is_news(_sighting(known), kept):
        return False
    values = {name: getattr(kept, name) for name in _SIGHTING} | {"why": kept.why.value}
    new = insert_into(connection, alert_group_issues).values(group_id=group_id, **values)
    keys = [alert_group_issues.c.group_id, alert_group_issues.c.issue_id]
    await connection.execute(new.on_conflict_do_update(index_elements=keys, set_=values))
    await cards.mark(connection, Kind.ALERT_GROUP, group_id, urgency=Urgency.PROGRESS)
    return known is None


def _is_news(before: Sighting, after: Sighting) -> bool:
    if before.events is None or after.events is None:
        return before != after
    same = replace(
        after,
        events=before.events,
        users=before.users,
        counted_at=before.counted_at,
        events_before=before.events_before,
    )
    return same != before or after.events >= GROWN * before.events


def _merged(known: Sighting | None, told: Sighting) -> Sighting:
    """The newer counts, with the rule that told of it and the first reason kept."""
    if known is None:
        return told
    is_asked = told.events is not None
    return Sighting(
        issue_id=told.issue_id,
        why=known.why if known.events is not None or not is_asked else told.why,
        events=told.events if is_asked else known.events,
        users=told.users if is_asked else known.users,
        counted_at=told.counted_at if is_asked else known.counted_at,
        events_before=told.events_before if is_asked else known.events_before,
        release=known.release or told.release,
        rule=told.rule or known.rule,
    )


async def of_group(connection: Connection, group_id: str) -> tuple[ShownIssue, ...]:
    """The issues of a group's card, those still open first."""
    rows = await connection.execute(
        select(alert_group_issues).where(alert_group_issues.c.group_id == group_id)
    )
    sightings = {row.issue_id: _sighting(row) for row in rows}
    if not sightings:
        return ()
    known = await connection.execute(select(sentry_issues).where(sentry_issues.c.id.in_(sightings)))
    acts = await issue_acts.latest_of(connection, sightings)
    return in_order(
        [
            ShownIssue(issue=issue, sighting=sightings[issue.id], act=acts.get(issue.id))
            for issue in map(_issue, known)
        ]
    )


async def groups_of(connection: Connection, issue_id: str) -> tuple[str, ...]:
    """The ids of the groups an issue stands beside, in the order they are locked in."""
    rows = await connection.execute(
        select(alert_group_issues.c.group_id)
        .where(alert_group_issues.c.issue_id == issue_id)
        .order_by(alert_group_issues.c.group_id)
    )
    return tuple(rows.scalars())


async def began_with(connection: Connection, group_id: str) -> Mapping[str, int]:
    """How many issues beside a group were first seen in each version."""
    rows = await connection.execute(
        select(alert_group_issues.c.release, func.count())
        .where(alert_group_issues.c.group_id == group_id, alert_group_issues.c.release.is_not(None))
        .group_by(alert_group_issues.c.release)
    )
    return {release: int(count) for release, count in rows}


async def watch(connection: Connection, group_id: str, *, due_at: datetime) -> None:
    """Have Sentry asked again about this group then."""
    new = insert_into(connection, sentry_watches).values(group_id=group_id, due_at=due_at)
    await connection.execute(
        new.on_conflict_do_update(
            index_elements=[sentry_watches.c.group_id], set_={"due_at": due_at}
        )
    )


async def hurry(
    connection: Connection, group_ids: Iterable[str], *, at: datetime, at_most_by: timedelta
) -> None:
    """Have Sentry asked about those of these groups that are watched: now, or so much sooner."""
    rows = await connection.execute(
        select(sentry_watches).where(sentry_watches.c.group_id.in_(list(group_ids)))
    )
    for row in rows.all():
        sooner = max(at, row.due_at - at_most_by)
        if sooner < row.due_at:
            await watch(connection, row.group_id, due_at=sooner)


async def due(
    connection: Connection, *, at: datetime, next_at: datetime, began_after: datetime, most: int
) -> tuple[str, ...]:
    """The groups to ask about now; the next replica that looks sees them as due at `next_at`.

    What has ended, or began earlier, is no longer watched.
    """
    past = select(alert_groups.c.id).where(
        or_(~alert_groups.c.is_open, alert_groups.c.started_at <= began_after)
    )
    await connection.execute(delete(sentry_watches).where(sentry_watches.c.group_id.in_(past)))
    found = (
        await connection.execute(
            select(sentry_watches.c.group_id)
            .where(sentry_watches.c.due_at <= at)
            .order_by(sentry_watches.c.due_at, sentry_watches.c.group_id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
    ).scalars()
    group_ids = tuple(found)
    await connection.execute(
        update(sentry_watches)
        .where(sentry_watches.c.group_id.in_(group_ids))
        .values(due_at=next_at)
    )
    return group_ids


async def has_due(connection: Connection, *, at: datetime) -> bool:
    """Whether a group waits for Sentry to be asked."""
    wanted = select(sentry_watches.c.group_id).where(sentry_watches.c.due_at <= at).limit(1)
    return (await connection.execute(wanted)).first() is not None


def _columns(issue: SentryIssue) -> dict[str, Any]:
    return {
        **{name: getattr(issue, name) for name in _PLAIN},
        "status": issue.status.value,
        "commit": None if issue.commit is None else _COMMIT.dump_python(issue.commit, mode="json"),
    }


def _issue(row: Row[Any]) -> SentryIssue:
    return SentryIssue(
        **{name: getattr(row, name) for name in _PLAIN},
        status=IssueStatus(row.status),
        commit=None if row.commit is None else _COMMIT.validate_python(row.commit),
    )


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(**{name: getattr(row, name) for name in _SIGHTING}, why=Why(row.why))
