"""PagerDuty's webhooks: an incident joins its groups, and what else is told their threads say.

What it tells of our own acts is no news: a note that was written from here, somebody who was asked
to join from here. That is known from rows, so it holds over restarts and redeliveries.
"""

import logging
from datetime import datetime, timedelta

from bot import metrics
from bot.alerts import news as reading
from bot.alerts.join import JoinIncident
from bot.alerts.normalise import from_pagerduty_event, responder
from bot.cards.incident_news import news_entry
from bot.domain.card import Kind
from bot.domain.incident import PagerDutyIncident, ResponseKind, ResponseState
from bot.domain.incident_news import News, NewsKind
from bot.domain.note import is_same
from bot.storage import cards, incidents, notes, responses
from bot.storage.database import Connection
from integrations.pagerduty import webhook as pagerduty

ECHO_WITHIN = timedelta(minutes=10)
"""How long after somebody was asked to join PagerDuty may tell us so: it repeats what fails."""

log = logging.getLogger(__name__)


async def hear(connection: Connection, join: JoinIncident, body: bytes, *, at: datetime) -> str:
    """Take one event in; returns why it is put aside, empty where it is understood.

    An event of a type that nobody here knows is kept for a person to look at; where it brings an
    incident, that is taken in all the same.
    """
    event = pagerduty.parse(body)
    incident = from_pagerduty_event(event)
    if incident is not None:
        other = event.incident.merged_into if event.incident is not None else None
        merged_into = other.id if other is not None else None
        by = responder(event.agent)
        await join(connection, incident, at=at, by=by, merged_into=merged_into)
    news = reading.from_event(event)
    is_told = news is not None and await tell(connection, news, at=event.occurred_at)
    if event.type not in pagerduty.EVENT_TYPES:
        log.warning("unknown_event", extra={"action": "unknown_event", "event_type": event.type})
        metrics.pagerduty_events.labels("unknown").inc()
        return f"an event of a type nobody here knows: {event.type[:200]}"
    is_used = incident is not None or is_told
    metrics.pagerduty_events.labels("incident" if is_used else "beside").inc()
    return ""


async def tell(connection: Connection, news: News, *, at: datetime) -> bool:
    """Tell the threads of the incident's groups; False where there is none, or it is our own."""
    incident = await incidents.find(connection, news.incident_id)
    if incident is None or await _is_ours(connection, incident, news, at=at):
        return False
    message = news_entry(incident, news)
    groups = await incidents.groups_of(connection, incident.id)
    for group_id in groups:
        await cards.add_entry(
            connection, Kind.ALERT_GROUP, group_id, key=_key(news), message=message
        )
    return bool(groups)


def _key(news: News) -> str:
    """What is known as told: a note by its own id, for it may be told by more than one event."""
    is_note = news.kind is NewsKind.NOTE and news.subject_id
    return f"pagerduty note {news.subject_id}" if is_note else f"pagerduty event {news.id}"


async def _is_ours(
    connection: Connection, incident: PagerDutyIncident, news: News, *, at: datetime
) -> bool:
    match news.kind:
        case NewsKind.NOTE:
            return await _is_our_note(connection, incident.id, news)
        case NewsKind.ASKED:
            return await _is_our_request(connection, incident.id, news, since=at - ECHO_WITHIN)
    return False


async def _is_our_request(
    connection: Connection, incident_id: str, news: News, *, since: datetime
) -> bool:
    """Whether the same person asked the same responder to join from here."""
    kind = ResponseKind.RESPONDER
    for asked in await responses.of_incident(connection, incident_id, kind, since=since):
        is_named = asked.detail.get("id") in news.about_ids
        if is_named and await _is_by(connection, news, asked.by):
            return True
    return False


async def _is_our_note(connection: Connection, incident_id: str, news: News) -> bool:
    """Whether PagerDuty tells of a note that was written from here.

    Its webhook may be faster than its answer to us: then the note is known by its author and its
    words, and gets its id here. One that was given up is told: nobody knew that it had arrived.
    """
    ours = await notes.of_incident(connection, incident_id)
    if any(note.pagerduty_id == news.subject_id for note in ours):
        return True
    for note in ours:
        is_tried = note.state is ResponseState.PENDING and note.tried_at is not None
        is_waiting = is_tried and note.pagerduty_id is None
        if not is_waiting or not is_same(note, news.text, is_trimmed=news.is_trimmed):
            continue
        if await _is_by(connection, news, note.by):
            await notes.is_at(connection, note.id, news.subject_id)
            return True
    return False


async def _is_by(connection: Connection, news: News, slack_id: str) -> bool:
    """Whether this person may have done it, as far as it is known who did and who they are."""
    known = await incidents.person_in_pagerduty(connection, slack_id)
    return news.by is None or known is None or known.id == news.by.id
