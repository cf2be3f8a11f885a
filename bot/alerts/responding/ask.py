"""What is asked of PagerDuty for each kind of wish, once, however often it is tried."""

from datetime import datetime, timedelta

from bot.domain.incident import Responder, Response, ResponseKind
from integrations.pagerduty.client import PagerDutyClient
from integrations.pagerduty.models import Incident, Reference

K = ResponseKind
EARLIER = timedelta(seconds=5)
"""How much earlier than asked PagerDuty may say it happened: it tells whole seconds, and clocks
differ."""
ESCALATED = "escalate_log_entry"


async def ask(
    pagerduty: PagerDutyClient, asked: Response, by: Responder, email: str, *, now: datetime
) -> Incident:
    """Ask it as this person; returns the incident after it.

    What pages somebody is looked up before it is asked a second time: the first call may have
    arrived though its answer was lost. The rest may be repeated.

    Raises:
        IntegrationError: as `PagerDutyClient`.
    """
    incident_id = asked.incident_id
    match asked.kind:
        case K.ACKNOWLEDGE:
            return await pagerduty.acknowledge_incident(incident_id, from_email=email)
        case K.RESOLVE:
            return await pagerduty.resolve_incident(incident_id, from_email=email)
        case K.PRIORITY:
            return await pagerduty.set_priority(incident_id, asked.detail["id"], from_email=email)
        case K.SNOOZE:
            # From now on, not from when it was asked: it ends at the moment that was meant.
            left = datetime.fromisoformat(asked.detail["until"]) - now
            return await pagerduty.snooze_incident(incident_id, left, from_email=email)
        case K.ESCALATE:
            if await _was_escalated(pagerduty, asked, by):
                return await pagerduty.get_incident(incident_id)
            level = int(asked.detail["level"])
            return await pagerduty.escalate_incident(incident_id, level, from_email=email)
        case K.RESPONDER:
            if not await _was_asked_to_join(pagerduty, asked, by):
                await pagerduty.request_responder(
                    incident_id,
                    Reference(asked.detail["id"], type=asked.detail["type"]),
                    message=asked.detail["message"],
                    requester_id=by.id,
                    from_email=email,
                )
            return await pagerduty.get_incident(incident_id)


def is_too_late(asked: Response, now: datetime) -> bool:
    """Whether the time it was to rest is over: a snooze now would page, and hold nothing back."""
    until = asked.detail.get("until") if asked.kind is K.SNOOZE else None
    return until is not None and datetime.fromisoformat(until) <= now


async def _was_escalated(pagerduty: PagerDutyClient, asked: Response, by: Responder) -> bool:
    if asked.tried_at is None:
        return False
    since = asked.asked_at - EARLIER
    return any(
        entry.type == ESCALATED and entry.agent is not None and entry.agent.id == by.id
        for entry in await pagerduty.list_log_entries(asked.incident_id, since=since)
    )


async def _was_asked_to_join(pagerduty: PagerDutyClient, asked: Response, by: Responder) -> bool:
    if asked.tried_at is None:
        return False
    incident = await pagerduty.get_incident(asked.incident_id)
    return any(
        request.requester_id == by.id
        and asked.detail["id"] in request.target_ids
        and (request.requested_at is None or request.requested_at >= asked.asked_at - EARLIER)
        for request in incident.responder_requests
    )
