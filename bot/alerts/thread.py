"""What an alert group's thread is told: its history, one quiet line an entry."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards import alert_thread as words
from bot.cards import incident_news as incident_words
from bot.domain.alert import Alert, AlertGroup
from bot.domain.card import Kind
from bot.domain.incident import PagerDutyIncident, Responder, moved
from bot.domain.notify import PostReason
from bot.storage import cards
from bot.storage.database import Connection


async def opened(connection: Connection, group: AlertGroup, firing: Sequence[Alert]) -> None:
    """The card itself says what began; what it had to leave out stands in the thread."""
    if len(firing) > words.ALERTS_ON_CARD:
        await cards.add_entry(
            connection,
            Kind.ALERT_GROUP,
            group.id,
            key="first alerts",
            message=words.alerts_entry(group, firing),
        )


async def told(
    connection: Connection,
    before: AlertGroup,
    group: AlertGroup,
    reason: PostReason,
    new: Sequence[Alert],
) -> None:
    """One entry for each reason to speak. The key holds what it tells of: twice is once."""
    match reason:
        case PostReason.MORE_ALERTS:
            message = words.joined_entry(group, new)
        case PostReason.WORSE:
            message = words.worse_entry(before.told_severity or before.severity, group)
        case PostReason.ALL_RESOLVED:
            message = words.resolved_entry(group)
        case PostReason.FIRST_ALERT:
            message = words.alerts_entry(group, new)
    key = f"{reason.value}: {len(before.told_firing)}/{len(group.told_firing)}/{group.severity}"
    await cards.add_entry(connection, Kind.ALERT_GROUP, group.id, key=key, message=message)


async def incident_moved(
    connection: Connection,
    group: AlertGroup,
    before: PagerDutyIncident | None,
    incident: PagerDutyIncident,
    *,
    by: Responder | None = None,
) -> None:
    """PagerDuty's incident stands otherwise than before, or others are called for it.

    Told from how it stood to how it stands, so that it does not matter who says so first: the
    answer to what was asked from here, a webhook, or a look that found what no webhook told.
    """
    moves = moved(before, incident)
    if not moves:
        return
    what = f"{incident.status} {'+'.join(moves)}"
    key = f"incident {incident.id} {what} {incident.told_at.isoformat()}"
    message = incident_words.moved_entry(incident, moves, by)
    await cards.add_entry(connection, Kind.ALERT_GROUP, group.id, key=key, message=message)


async def sight(connection: Connection, group: AlertGroup, *, at: datetime) -> None:
    """Its source has no data any more, or has some again."""
    await cards.add_entry(
        connection,
        Kind.ALERT_GROUP,
        group.id,
        key=f"{'blind' if group.is_blind else 'seeing'} {at:%Y-%m-%dT%H:%M:%S}",
        message=words.sight_entry(group),
    )


async def end_was_lost(
    connection: Connection, group: AlertGroup, seen_at: datetime, gone_at: datetime
) -> None:
    """Its sender never told the end of it."""
    await cards.add_entry(
        connection,
        Kind.ALERT_GROUP,
        group.id,
        key="end was lost",
        message=words.lost_end_entry(group, seen_at, gone_at),
    )
