"""Webhooks out, as Sentry's integration platform sends them: signed, one second, never again.

Source: https://docs.sentry.io/integrations/integration-platform/webhooks/
"""

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from sandbox import seeds
from sandbox.clock import Clock

TIMEOUT_S = 1.0
MOST_TIMEOUTS = 1000
"""In a day; after that Sentry unsubscribes the integration."""
INSTALLATION = {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"}


def signature(body: bytes, secret: str = seeds.SENTRY_CLIENT_SECRET) -> str:
    """The value of Sentry-Hook-Signature for these bytes."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One webhook: `status` is None when there was no answer in time."""

    at: float
    request_id: str
    resource: str
    action: str
    status: int | None
    took_s: float


@dataclass(slots=True)
class Hooks:
    """Sends to one address; without one nobody is told."""

    url: str | None
    clock: Clock
    attempts: list[Attempt] = field(default_factory=list)
    _timeouts: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _last: asyncio.Task[None] | None = None
    _session: aiohttp.ClientSession | None = None

    @property
    def is_subscribed(self) -> bool:
        return self.url is not None and self._timeouts < MOST_TIMEOUTS

    def send(
        self, resource: str, action: str, data: Mapping[str, Any], actor: Mapping[str, Any]
    ) -> None:
        """Send soon, after what was sent before."""
        if not self.is_subscribed:
            return
        body = json.dumps(
            {"action": action, "actor": actor, "data": data, "installation": INSTALLATION}
        ).encode()
        task = asyncio.get_running_loop().create_task(
            self._after(self._last, resource, action, body)
        )
        self._last = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drained(self) -> None:
        """Return when nothing is under way."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _after(
        self, before: asyncio.Task[None] | None, resource: str, action: str, body: bytes
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        await self._post(resource, action, body)

    async def _post(self, resource: str, action: str, body: bytes) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        request_id = uuid.uuid4().hex
        headers = {
            "Content-Type": "application/json",
            "Request-ID": request_id,
            "Sentry-Hook-Resource": resource,
            "Sentry-Hook-Timestamp": str(int(self.clock.now())),
            "Sentry-Hook-Signature": signature(body),
        }
        status, began = None, asyncio.get_running_loop().time()
        try:
            async with self._session.post(
                self.url or "",
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            ) as response:
                status = response.status
        except TimeoutError:
            self._timeouts += 1
        except aiohttp.ClientError:
            pass  # nobody listens: Sentry does not repeat it either
        took_s = asyncio.get_running_loop().time() - began
        self.attempts.append(
            Attempt(self.clock.now(), request_id, resource, action, status, took_s)
        )
