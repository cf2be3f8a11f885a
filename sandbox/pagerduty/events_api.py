"""The Events API v2 in: alerts by routing key, and change events.

Sources: https://developer.pagerduty.com/docs/send-alert-event and
https://developer.pagerduty.com/docs/send-change-event
"""

import uuid
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox import seeds
from sandbox.clock import Clock
from sandbox.pagerduty.account import Account
from sandbox.pagerduty.problems import InvalidEvent
from sandbox.pagerduty.records import ChangeEvent, new_id

ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "error", "warning", "info")
DEDUP_KEY_LIMIT = 255
SUMMARY_LIMIT = 1024
CHANGE_FIELDS = {"routing_key", "payload", "links", "images"}
CHANGE_PAYLOAD_FIELDS = {"summary", "source", "timestamp", "custom_details"}


class EventsApi:
    """Both intakes; the vendor has them on a host of its own, here they share the listener."""

    def __init__(self, account: Account, clock: Clock) -> None:
        self._account = account
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v2/enqueue", self.enqueue, name="enqueue"),
            web.post("/v2/change/enqueue", self.enqueue_change, name="enqueue_change"),
        ]

    async def enqueue(self, request: web.Request) -> web.Response:
        event = await _event(request)
        action = event.get("event_action")
        if action not in ACTIONS:
            raise InvalidEvent(f"'event_action' must be one of {', '.join(ACTIONS)}")
        key = event.get("dedup_key")
        if key is not None and (not isinstance(key, str) or len(key) > DEDUP_KEY_LIMIT):
            raise InvalidEvent(f"'dedup_key' must be a string of at most {DEDUP_KEY_LIMIT}")
        if action == "trigger":
            key = key or uuid.uuid4().hex
            self._trigger(key, event)
        elif not key:
            raise InvalidEvent("'dedup_key' is missing or blank")
        elif incident := self._account.open_incident(key):
            if action == "acknowledge":
                self._account.acknowledge(incident, None)
            else:
                self._account.resolve(incident, None)
        return web.json_response(
            {"status": "success", "message": "Event processed", "dedup_key": key}, status=202
        )

    async def enqueue_change(self, request: web.Request) -> web.Response:
        event = await _event(request)
        payload = _payload(event)
        _check_change(event, payload)
        timestamp = payload.get("timestamp")
        self._account.changes.append(
            ChangeEvent(
                new_id(),
                self._clock.now() if timestamp is None else _moment(timestamp),
                payload["summary"],
                payload.get("source"),
                payload.get("custom_details") or {},
                tuple(event.get("links") or ()),
            )
        )
        return web.json_response(
            {"status": "success", "message": "Change event processed"}, status=202
        )

    def _trigger(self, key: str, event: dict[str, Any]) -> None:
        payload = _payload(event)
        if not isinstance(payload.get("source"), str) or not payload["source"]:
            raise InvalidEvent("'payload.source' is missing or blank")
        severity = payload.get("severity")
        if severity not in SEVERITIES:
            raise InvalidEvent(f"'payload.severity' must be one of {', '.join(SEVERITIES)}")
        self._account.trigger(key=key, summary=payload["summary"], severity=severity, body=payload)


async def _event(request: web.Request) -> dict[str, Any]:
    try:
        event = await request.json()
    except ValueError:
        raise InvalidEvent("The body is not valid JSON") from None
    if not isinstance(event, dict):
        raise InvalidEvent("The body must be a JSON object")
    key = event.get("routing_key")
    if not isinstance(key, str) or not key:
        raise InvalidEvent("'routing_key' is missing or blank")
    if key != seeds.PAGERDUTY_ROUTING_KEY:
        raise InvalidEvent("Invalid routing key")
    return event


def _check_change(event: dict[str, Any], payload: dict[str, Any]) -> None:
    """Refuse what PagerDuty has no place for: it would take it, and show it nowhere."""
    for fields, known in ((event, CHANGE_FIELDS), (payload, CHANGE_PAYLOAD_FIELDS)):
        if unknown := fields.keys() - known:
            raise InvalidEvent(f"Unknown fields: {', '.join(sorted(unknown))}")
    if not isinstance(payload.get("source", ""), str):
        raise InvalidEvent("'payload.source' must be a string")
    if not isinstance(payload.get("custom_details", {}), dict):
        raise InvalidEvent("'payload.custom_details' must be an object")
    links = event.get("links", [])
    if not isinstance(links, list) or not all(_is_link(link) for link in links):
        raise InvalidEvent("'links' must be a list of objects with 'href' and 'text'")


def _is_link(link: Any) -> bool:
    return (
        isinstance(link, dict)
        and link.keys() <= {"href", "text"}
        and str(link.get("href", "")).startswith(("http://", "https://"))
    )


def _moment(written: Any) -> float:
    try:
        at = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        raise InvalidEvent("'payload.timestamp' must be an ISO 8601 date") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _payload(event: dict[str, Any]) -> dict[str, Any]:
    payload = event.get("payload")
    if not isinstance(payload, dict):
        raise InvalidEvent("'payload' is missing or blank")
    summary = payload.get("summary")
    if not isinstance(summary, str) or not summary:
        raise InvalidEvent("'payload.summary' is missing or blank")
    if len(summary) > SUMMARY_LIMIT:
        raise InvalidEvent(f"Length of 'payload.summary' exceeds {SUMMARY_LIMIT}")
    return payload
