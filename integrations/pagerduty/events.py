"""PagerDuty's Events API version 2: alerts and change events, by routing key."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from integrations.http import HttpApi

SYSTEM = "pagerduty"
# https://developer.pagerduty.com/docs/send-alert-event
LONGEST_SUMMARY = 1024
LONGEST_DEDUP_KEY = 255

Severity = Literal["critical", "error", "warning", "info"]


class EventsClient:
    """Events of one integration of one service. About 120 calls a minute are taken.

    `routing_key` is that integration's key; it is a secret. Acknowledging and resolving must use
    the key the trigger used.
    """

    def __init__(
        self,
        base_url: str,
        routing_key: str,
        *,
        connect_timeout_s: float = 5.0,
        deadline_s: float = 15.0,
    ) -> None:
        self._routing_key = routing_key
        self._http = HttpApi(
            SYSTEM,
            base_url,
            secrets=(routing_key,),
            connect_timeout_s=connect_timeout_s,
            deadline_s=deadline_s,
        )

    async def trigger(
        self,
        *,
        dedup_key: str,
        summary: str,
        source: str,
        severity: Severity,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Open an alert, or add to the one with this key that is still open.

        May be repeated: the same `dedup_key` never opens a second one while the first is open.
        A summary is cut at 1,024 characters.

        Costs one call.

        Raises:
            Rejected: PagerDuty does not accept the event, or the routing key is none.
            RateLimited, Unavailable: worth another try.

        Source: https://developer.pagerduty.com/docs/send-alert-event
        """
        payload: dict[str, Any] = {
            "summary": _cut(summary),
            "source": source,
            "severity": severity,
        }
        if details:
            payload["custom_details"] = dict(details)
        await self._enqueue("trigger", dedup_key, payload=payload)

    async def acknowledge(self, dedup_key: str) -> None:
        """Acknowledge the open alert with this key; nothing happens if there is none.

        PagerDuty shows the integration as who did it, never a person. May be repeated.
        Costs and errors as `trigger`.
        """
        await self._enqueue("acknowledge", dedup_key)

    async def resolve(self, dedup_key: str) -> None:
        """Resolve the open alert with this key; otherwise as `acknowledge`."""
        await self._enqueue("resolve", dedup_key)

    async def send_change(
        self,
        *,
        summary: str,
        at: datetime,
        source: str = "credlink",
        links: Mapping[str, str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Tell PagerDuty of a change; it pages nobody and is kept for 90 days.

        `links` are address → text. Not idempotent: change events are not deduplicated, so a
        repetition shows twice.

        Costs one call. Errors as `trigger`.

        Source: https://developer.pagerduty.com/docs/send-change-event
        """
        payload: dict[str, Any] = {
            "summary": _cut(summary),
            "source": source,
            "timestamp": at.astimezone(UTC).isoformat(),
        }
        if details:
            payload["custom_details"] = dict(details)
        body: dict[str, Any] = {"routing_key": self._routing_key, "payload": payload}
        if links:
            body["links"] = [{"href": href, "text": text} for href, text in links.items()]
        await self._http.send("send_change", "POST", "/v2/change/enqueue", body=body)

    async def _enqueue(self, action: str, dedup_key: str, **fields: Any) -> None:
        if len(dedup_key) > LONGEST_DEDUP_KEY:  # cut, it would be another alert's
            raise ValueError(f"a dedup key has at most {LONGEST_DEDUP_KEY} characters")
        body = {
            "routing_key": self._routing_key,
            "event_action": action,
            "dedup_key": dedup_key,
            **fields,
        }
        await self._http.send(action, "POST", "/v2/enqueue", body=body)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def _cut(summary: str) -> str:
    return summary if len(summary) <= LONGEST_SUMMARY else summary[: LONGEST_SUMMARY - 1] + "…"
