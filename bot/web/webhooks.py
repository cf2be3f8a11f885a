"""Webhooks in: proved on the bytes as they came, kept, answered 202. Thinking comes later.

Senders are impatient and do not forgive: PagerDuty waits five seconds and stops sending for a day
after three deliveries it had to drop, Alertmanager never repeats what was answered with a 4xx. So
a 4xx is given only to what will never be right, and trouble of ours is a 5xx, which all repeat.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from bot import metrics
from bot.storage import inbox
from bot.storage.database import Database
from bot.web.body import TooLarge, body_of
from bot.web.keeping import Keeping, Letter
from integrations.errors import Forbidden, InvalidSignature, Rejected

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAside:
    """A webhook that has been proved and cannot be read: kept for a person to look at.

    For senders that take a refusal amiss.
    """

    body: bytes
    why: str
    known_for_s: float


@dataclass(frozen=True, slots=True)
class Done:
    """A webhook that asked for something that was done at once: nothing of it is kept."""

    outcome: str


class Sender(Protocol):
    """Who may send to one route, and how it is known from its headers and body.

    `system` is the source it is counted and kept under; a body of more than `most_bytes` is
    refused with `advice`, a sentence.
    """

    @property
    def system(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def most_bytes(self) -> int: ...
    @property
    def advice(self) -> str: ...

    def admit(self, headers: Mapping[str, str]) -> None:
        """Raise InvalidSignature where the headers alone show that its body need not be read."""

    async def read(self, headers: Mapping[str, str], body: bytes) -> Letter | PutAside | Done:
        """Prove who sent the body, and say how it is kept.

        Raises:
            InvalidSignature: it is not proved.
            Forbidden: it is, and this sender is not wanted.
            Rejected: it will never be right.
            Unavailable: it cannot be told now; the sender is asked to send it again.
        """


@dataclass(frozen=True, slots=True)
class _Refused:
    """What is answered, and the word it is counted under."""

    status: HTTPStatus
    outcome: str
    text: str


@dataclass(slots=True)
class Webhooks:
    """The routes of all senders. `wake` is called when something was kept."""

    database: Database
    wake: Callable[[], None]
    senders: Sequence[Sender]
    _keeping: Keeping = field(init=False)

    def __post_init__(self) -> None:
        self._keeping = Keeping(self.database)

    def routes(self) -> list[web.RouteDef]:
        return [web.post(sender.path, partial(self._answer, sender)) for sender in self.senders]

    async def _answer(self, sender: Sender, request: web.Request) -> web.Response:
        """Answer the sender, count what became of it, and log what was refused and why."""
        try:
            outcome = await self._take(sender, request)
        except InvalidSignature as exc:
            refused = _Refused(HTTPStatus.UNAUTHORIZED, "unproved", f"{exc.detail}.")
        except Forbidden as exc:
            refused = _Refused(HTTPStatus.FORBIDDEN, "unwanted", f"{exc.detail}.")
        except Rejected as exc:
            refused = _Refused(HTTPStatus.BAD_REQUEST, "malformed", f"{exc.detail}.")
        except TooLarge as exc:
            refused = _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", str(exc))
        except Exception:
            metrics.webhooks.labels(sender.system, "failed").inc()
            log.exception(
                "webhook_failed", extra={"action": "webhook_failed", "source": sender.system}
            )
            return web.json_response(
                {"error": "It could not be kept. Send it again."},
                status=HTTPStatus.SERVICE_UNAVAILABLE,
            )
        else:
            metrics.webhooks.labels(sender.system, outcome).inc()
            return web.json_response({"outcome": outcome}, status=HTTPStatus.ACCEPTED)
        metrics.webhooks.labels(sender.system, refused.outcome).inc()
        log.warning(
            "webhook_refused",
            extra={"action": "webhook_refused", "source": sender.system, "why": refused.text},
        )
        headers = {}
        if refused.status is HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        return web.json_response({"error": refused.text}, status=refused.status, headers=headers)

    async def _take(self, sender: Sender, request: web.Request) -> str:
        sender.admit(request.headers)
        body = await body_of(request, most_bytes=sender.most_bytes, advice=sender.advice)
        match await sender.read(request.headers, body):
            case Letter() as letter:
                return await self._keep(sender.system, letter)
            case PutAside() as unreadable:
                await self._put_aside(sender.system, unreadable)
                return "unreadable"
            case Done(outcome):
                return outcome

    async def _keep(self, source: str, letter: Letter) -> str:
        if not await self._keeping(source, letter):
            return "duplicate"
        self.wake()
        return "accepted"

    async def _put_aside(self, source: str, unreadable: PutAside) -> None:
        async with self.database.write() as connection:
            await inbox.put_aside(
                connection,
                source=source,
                delivery_key=hashlib.sha256(unreadable.body).hexdigest(),
                body=unreadable.body,
                error=unreadable.why,
                known_for_s=unreadable.known_for_s,
            )
        log.error("webhook_unreadable", extra={"action": "webhook_unreadable", "source": source})
