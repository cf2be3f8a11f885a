"""What an alert group's thread is told: its history, one quiet line an entry."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards import alert_thread as words
from bot.cards import incident_news as incident_words
from bot.cards.blocks import Message
from bot.domain.alert import Alert, AlertGroup
from bot.domain.card import Kind
from bot.domain.incident import PagerDutyIncident, Responder, moved
from bot.domain.notify import PostReason
from bot.storage import cards
from bot.storage.database import Connection


async def opened(connection: Connection, group: AlertGroup, firing: Sequence[Alert]) -> None:
    """The card itself says what began; what it had to leave out stands in the thread."""
    if len(firing) > words.ALERTS_ON_CARD:
        await _add(connection, group, "first alerts", words.alerts_entries(group, firing))


async def told(
    connection: Connection,
    before: AlertGroup,
    group: AlertGroup,
    reason: PostReason,
    firing: Sequence[Alert],
) -> None:
    """Each reason to speak, once. The key holds what it tells of: twice is once."""
    new = [alert for alert in firing if alert.fingerprint not in before.told_firing]
    # Those of before are listed too where so far the card had room for all of them.
    is_too_long = len(before.told_firing) <= words.ALERTS_ON_CARD < len(group.told_firing)
    listed = firing if is_too_long else new
    match reason:
        case PostReason.MORE_ALERTS:
            entries = words.joined_entries(group, len(new), listed)
        case PostReason.WORSE:
            severity = before.told_severity or before.severity
            entries = words.worse_entries(severity, group, len(new), listed)
        case PostReason.ALL_RESOLVED:
            entries = [words.resolved_entry(group)]
        case PostReason.FIRST_ALERT:
            entries = words.alerts_entries(group, firing)
    key = f"{reason.value}: {len(before.told_firing)}/{len(group.told_firing)}/{group.severity}"
    await _add(connection, group, key, entries)


async def _add(
    connection: Connection, group: AlertGroup, key: str, entries: Sequence[Message]
) -> None:
    for number, message in enumerate(entries, start=1):
        of = key if number == 1 else f"{key}, part {number}"
        await cards.add_entry(connection, Kind.ALERT_GROUP, group.id, key=of, message=message)


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
    """Its source has no data any more, or has some again; each of them once an hour.

    A source that comes and goes must not fill the thread. The card always says how it is now.
    """
    await cards.add_entry(
        connection,
        Kind.ALERT_GROUP,
        group.id,
        key=f"{'blind' if group.is_blind else 'seeing'} {at:%Y-%m-%dT%H}",
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
