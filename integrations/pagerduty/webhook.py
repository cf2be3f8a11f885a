"""PagerDuty's webhooks, version 3: proved, then read."""

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import UTC, datetime

from integrations.errors import InvalidSignature, Rejected, told
from integrations.pagerduty import reading
from integrations.pagerduty.models import Event

SYSTEM = "pagerduty"
SIGNATURE_HEADER = "X-PagerDuty-Signature"
DELIVERY_HEADER = "X-Webhook-Id"
"""The same for every attempt to deliver one event."""
_OF_INCIDENTS = (
    "triggered acknowledged unacknowledged escalated delegated reassigned reopened resolved "
    "annotated priority_updated responder.added responder.replied role.assigned service_updated "
    "status_update_published conference_bridge.updated custom_field_values.updated "
    "incident_type.changed task.created task.updated task.completed action_invocation.created "
    "action_invocation.updated action_invocation.terminated workflow.started workflow.completed"
)
EVENT_TYPES = frozenset(
    {f"incident.{kind}" for kind in _OF_INCIDENTS.split()}
    | {"service.created", "service.updated", "service.deleted"}
    | {"service.custom_field_values.updated", "pagey.ping"}
)
"""What PagerDuty documents. https://developer.pagerduty.com/docs/webhooks-overview"""


_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading rubbish raises, moments before the first day and endless nesting among it."""


def verify(body: bytes, signatures: str, secrets: Iterable[str]) -> None:
    """Prove that PagerDuty sent `body`, or raise InvalidSignature.

    The header carries one `v1=<hex>` for each secret PagerDuty holds, separated by commas, and we
    hold every secret still in force, so that either side can rotate without losing an event.
    HMAC-SHA256 over the bytes as they arrived: parsing and re-encoding the JSON would change them.
    Nothing in it says when, so a replay is not caught here but by the inbox, which knows every
    event id. Without any secret nothing can be proved, so nothing is let in.

    Source: https://developer.pagerduty.com/docs/verifying-webhook-signatures
    """
    # A header may hold bytes that are no text; they must not become an error of another kind.
    offered = [part.strip().encode(errors="replace") for part in signatures.split(",")]
    for secret in filter(None, secrets):
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        expected = f"v1={digest}".encode()
        if any(hmac.compare_digest(expected, given) for given in offered):
            return
    raise InvalidSignature(SYSTEM)


def parse(body: bytes) -> Event:
    """Read a verified body. An event type we do not know is kept as it is.

    Raises:
        Rejected: it is not an event of version 3.

    Source: https://developer.pagerduty.com/docs/webhooks-overview
    """
    try:
        event = json.loads(body)["event"]
        data = event.get("data") or {}
        return Event(
            id=event["id"],
            type=event["event_type"],
            resource_type=event.get("resource_type") or "",
            occurred_at=datetime.fromisoformat(event["occurred_at"]).astimezone(UTC),
            data=data,
            agent=reading.reference(event.get("agent")),
            client=(event.get("client") or {}).get("name"),
            incident=reading.incident(data) if data.get("type") == "incident" else None,
        )
    except _UNREADABLE as exc:
        reason = told(f"{type(exc).__name__}: {exc}")
        raise Rejected(SYSTEM, "webhook", f"not an event of version 3 ({reason})") from exc
