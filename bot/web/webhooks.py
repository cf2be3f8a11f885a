"""Webhooks in: proved on the bytes as they came, kept, answered 202. Thinking comes later.

Senders are impatient and do not forgive: PagerDuty waits five seconds and stops sending for a day
after three deliveries it had to drop, Alertmanager never repeats what was answered with a 4xx. So
a 4xx is given only to what will never be right, and trouble of ours is a 5xx, which both repeat.
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from bot import metrics
from bot.alerts.normalise import dedup_key_of
from bot.storage import inbox
from bot.storage.database import Database
from integrations.alertmanager import webhook as alertmanager
from integrations.errors import InvalidSignature, Rejected
from integrations.pagerduty import webhook as pagerduty

ALERTMANAGER_PATH = "/webhooks/alertmanager"
PAGERDUTY_PATH = "/webhooks/pagerduty"

# A group of a thousand alerts with long annotations has about 2 MiB; max_alerts makes it smaller.
ALERTMANAGER_BYTES = 8 * 1024 * 1024
# https://developer.pagerduty.com/docs/webhooks-behavior: larger ones are not sent.
PAGERDUTY_BYTES = 512 * 1024

ALERTMANAGER_KNOWN_S = 120.0
"""The second node of a pair and a repeated delivery come within this. Later the same body may be
news: a group that fires again as it did before."""
PAGERDUTY_KNOWN_S = 49 * 3600.0
"""PagerDuty repeats for 48 hours, under the same id; a replay after that is older than what is
known of its incident."""

log = logging.getLogger(__name__)


class _Refused(Exception):
    """What is answered, and the word it is counted under."""

    def __init__(self, status: HTTPStatus, outcome: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.outcome = outcome
        self.text = text


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The routes of both senders. `wake` is called when something was kept.

    Without a token or secret a route lets nothing in: nothing could be proved.
    """

    database: Database
    wake: Callable[[], None]
    alertmanager_tokens: Sequence[str] = ()
    pagerduty_secrets: Sequence[str] = ()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(ALERTMANAGER_PATH, self._alertmanager),
            web.post(PAGERDUTY_PATH, self._pagerduty),
        ]

    async def _alertmanager(self, request: web.Request) -> web.Response:
        async def take() -> str:
            # The header proves it, so an unknown sender's body is not even read.
            alertmanager.verify(request.headers.get("Authorization", ""), self.alertmanager_tokens)
            body = await _body(request, ALERTMANAGER_BYTES)
            told = alertmanager.parse(body)
            return await self._keep(
                alertmanager.SYSTEM,
                delivery_key=hashlib.sha256(body).hexdigest(),
                partition_key=dedup_key_of(told.group_key),
                body=body,
                known_for_s=ALERTMANAGER_KNOWN_S,
            )

        return await _answered(alertmanager.SYSTEM, take)

    async def _pagerduty(self, request: web.Request) -> web.Response:
        async def take() -> str:
            body = await _body(request, PAGERDUTY_BYTES)
            signatures = request.headers.get(pagerduty.SIGNATURE_HEADER, "")
            pagerduty.verify(body, signatures, self.pagerduty_secrets)
            try:
                event = pagerduty.parse(body)
            except Rejected as exc:
                # PagerDuty did send it. A 4xx would be a drop, and three of them a day's silence.
                await self._put_aside(pagerduty.SYSTEM, body, exc)
                return "unreadable"
            key = event.incident.incident_key if event.incident else None
            return await self._keep(
                pagerduty.SYSTEM,
                # Signed, unlike the header with the delivery's id, and the same for every attempt.
                delivery_key=event.id,
                # The key of Alertmanager's webhook about that group: neither overtakes the other.
                partition_key=key or f"pagerduty:{event.incident_id or event.id}",
                body=body,
                known_for_s=PAGERDUTY_KNOWN_S,
            )

        return await _answered(pagerduty.SYSTEM, take)

    async def _keep(
        self,
        source: str,
        *,
        delivery_key: str,
        partition_key: str,
        body: bytes,
        known_for_s: float,
    ) -> str:
        async with self.database.write() as connection:
            is_new = await inbox.keep(
                connection,
                source=source,
                delivery_key=delivery_key,
                partition_key=partition_key,
                body=body,
                known_for_s=known_for_s,
            )
        if not is_new:
            return "duplicate"
        self.wake()
        return "accepted"

    async def _put_aside(self, source: str, body: bytes, exc: Rejected) -> None:
        async with self.database.write() as connection:
            await inbox.put_aside(
                connection,
                source=source,
                delivery_key=hashlib.sha256(body).hexdigest(),
                body=body,
                error=str(exc),
                known_for_s=PAGERDUTY_KNOWN_S,
            )
        log.error("webhook_unreadable", extra={"action": "webhook_unreadable", "why": exc.detail})


async def _body(request: web.Request, most_bytes: int) -> bytes:
    """The body as it came, or a refusal as soon as it is too large."""
    if (request.content_length or 0) > most_bytes:
        raise _too_large(most_bytes)
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > most_bytes:
            raise _too_large(most_bytes)
    return bytes(body)


def _too_large(most_bytes: int) -> _Refused:
    return _Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_large",
        f"More than {most_bytes} bytes. Set `max_alerts` for this receiver in Alertmanager.",
    )


async def _answered(source: str, take: Callable[[], Awaitable[str]]) -> web.Response:
    """Answer the sender, count what became of it, and log what was refused and why."""
    try:
        outcome = await take()
    except InvalidSignature as exc:
        refused = _Refused(HTTPStatus.UNAUTHORIZED, "unproved", f"{exc.detail}.")
    except Rejected as exc:
        refused = _Refused(HTTPStatus.BAD_REQUEST, "malformed", f"{exc.detail}.")
    except _Refused as exc:
        refused = exc
    except Exception:
        metrics.webhooks.labels(source, "failed").inc()
        log.exception("webhook_failed", extra={"action": "webhook_failed", "source": source})
        return web.json_response(
            {"error": "It could not be kept. Send it again."},
            status=HTTPStatus.SERVICE_UNAVAILABLE,
        )
    else:
        metrics.webhooks.labels(source, outcome).inc()
        return web.json_response({"outcome": outcome}, status=HTTPStatus.ACCEPTED)
    metrics.webhooks.labels(source, refused.outcome).inc()
    log.warning(
        "webhook_refused",
        extra={"action": "webhook_refused", "source": source, "why": refused.text},
    )
    headers = {}
    if refused.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return web.json_response({"error": refused.text}, status=refused.status, headers=headers)
