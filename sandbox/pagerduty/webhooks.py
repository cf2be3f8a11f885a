"""Signed v3 webhooks out, with PagerDuty's rules for deadlines, retries and disablement.

Source: https://developer.pagerduty.com/docs/webhooks-behavior
"""

import asyncio
import hashlib
import hmac
import json
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from sandbox.clock import Clock

TIMEOUT_S = 5.0
FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 1800.0
RETRIED_FOR_S = 48 * 3600.0
DROPS_TO_DISABLE = 3
DISABLED_FOR_S = 24 * 3600.0

# How often a waiting delivery looks at its clock, which a test may turn by hand.
_LOOK_S = 0.02

EVENT_TYPES = (
    "incident.acknowledged",
    "incident.annotated",
    "incident.conference_bridge.updated",
    "incident.custom_field_values.updated",
    "incident.delegated",
    "incident.escalated",
    "incident.incident_type.changed",
    "incident.priority_updated",
    "incident.reassigned",
    "incident.reopened",
    "incident.resolved",
    "incident.responder.added",
    "incident.responder.replied",
    "incident.role.assigned",
    "incident.service_updated",
    "incident.status_update_published",
    "incident.triggered",
    "incident.unacknowledged",
    "incident.workflow.completed",
    "incident.workflow.started",
    "pagey.ping",
)


def signature(body: bytes, secret: str) -> str:
    """The value of X-PagerDuty-Signature for these bytes."""
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def retry_delays_s() -> Iterator[float]:
    """How long to wait after each failure: twice as long each time, up to half an hour."""
    delay_s = FIRST_RETRY_S
    while True:
        yield delay_s
        delay_s = min(delay_s * 2, LONGEST_RETRY_S)


async def until(clock: Clock, at: float, *, unless: Callable[[], bool] = lambda: False) -> None:
    """Return once the clock shows `at`, or `unless` has become true."""
    # The clock may be one that a test turns by hand, which nobody is told of.
    while (left := at - clock.now()) > 0 and not unless():  # noqa: ASYNC110
        await asyncio.sleep(min(left, _LOOK_S))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: `status` is None when there was no answer, and then `error` says why."""

    at: float
    webhook_id: str
    event_type: str
    status: int | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Delivery:
    webhook_id: str
    event_type: str
    body: bytes
    since: float
    generation: int


@dataclass(slots=True, eq=False)
class Subscription:
    """One receiver: what it is sent, what became of it, and whether it is switched off.

    Deliveries of one incident go one after another, each waiting for the one before it; those of
    different incidents do not wait for each other. Every wait is divided by `pace`; the deadline of
    a call is not, since the receiver's machine is no faster in a fast world.
    """

    id: str
    url: str
    secret: str
    clock: Clock
    pace: float = 1.0
    timeout_s: float = TIMEOUT_S
    attempts: list[Attempt] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    disabled_until: float | None = None
    _drops_in_a_row: int = 0
    # Goes up when the subscription is disabled: what was waiting then is lost.
    _generation: int = 0
    _queues: dict[str, deque[_Delivery]] = field(default_factory=dict)
    _workers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _session: aiohttp.ClientSession | None = None

    @property
    def is_disabled(self) -> bool:
        return self.disabled_until is not None and self.clock.now() < self.disabled_until

    def send(self, event: dict[str, Any], *, order_key: str) -> None:
        """Deliver soon, after what was sent before with the same key; lost while disabled."""
        delivery = _Delivery(
            str(uuid.uuid4()),
            event["event"]["event_type"],
            json.dumps(event).encode(),
            self.clock.now(),
            self._generation,
        )
        if self.is_disabled:
            self.dropped.append(delivery.webhook_id)
            return
        self._queues.setdefault(order_key, deque()).append(delivery)
        if order_key not in self._workers:
            self._workers[order_key] = asyncio.create_task(self._work_off(order_key))

    def enable(self) -> None:
        """What `POST /webhook_subscriptions/{id}/enable` does; what was dropped stays dropped."""
        self.disabled_until = None
        self._drops_in_a_row = 0

    async def drained(self) -> None:
        """Return when nothing is waiting or under way."""
        while self._workers:
            await asyncio.wait(list(self._workers.values()))

    async def close(self) -> None:
        """Stop, forgetting what was not delivered."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _work_off(self, order_key: str) -> None:
        queue = self._queues[order_key]
        try:
            while queue:
                await self._deliver(queue.popleft())
        finally:
            del self._queues[order_key]
            del self._workers[order_key]

    async def _deliver(self, delivery: _Delivery) -> None:
        """Try until it is taken, refused, two days old, or lost to a disablement."""
        delays_s = retry_delays_s()
        while not self._is_lost(delivery):
            status = await self._attempt(delivery)
            if status is not None and 200 <= status < 300:
                self._drops_in_a_row = 0
                return
            again = status is None or status == 429 or status >= 500
            retry_at = self.clock.now() + next(delays_s) / self.pace
            if not again or retry_at - delivery.since > RETRIED_FOR_S / self.pace:
                self._drop(delivery)
                return
            await until(self.clock, retry_at, unless=lambda: self._is_lost(delivery))
        self.dropped.append(delivery.webhook_id)

    def _is_lost(self, delivery: _Delivery) -> bool:
        return delivery.generation != self._generation

    def _drop(self, delivery: _Delivery) -> None:
        self.dropped.append(delivery.webhook_id)
        self._drops_in_a_row += 1
        if self._drops_in_a_row == DROPS_TO_DISABLE:
            self._drops_in_a_row = 0
            self._generation += 1
            self.disabled_until = self.clock.now() + DISABLED_FOR_S / self.pace

    async def _attempt(self, delivery: _Delivery) -> int | None:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "PagerDuty-Webhook/V3.0",
            "X-PagerDuty-Signature": signature(delivery.body, self.secret),
            "X-Webhook-Id": delivery.webhook_id,
            "X-Webhook-Subscription": self.id,
        }
        status, error = None, ""
        try:
            async with self._session.post(
                self.url,
                data=delivery.body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self.timeout_s),
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as exc:
            error = type(exc).__name__
        self.attempts.append(
            Attempt(self.clock.now(), delivery.webhook_id, delivery.event_type, status, error)
        )
        return status
