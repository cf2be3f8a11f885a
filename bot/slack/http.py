"""Slack over HTTP: proved to be Slack's before anything reads it, and taken once.

What Bolt would let through or trip over is stopped here: an exact replay within its five minutes,
and a timestamp that is not a number or a body that is no request, which it answers with a stack
trace.
"""

import json
import logging
import re
import time
from collections.abc import Callable
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import Clock, SignatureVerifier

from bot import metrics
from bot.storage import deduplication
from bot.storage.database import Database

PATH = "/slack/events"
EVENT = b"{"
"""What events begin with, and no form does. The content type is not signed: it proves nothing."""
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MAX_BODY_BYTES = 4 * 1024 * 1024
"""A press on a large message carries the message and its state; aiohttp's default is 1 MiB."""
REPLAY_KEPT_S = 600.0
MAX_AGE_S = 300
"""https://docs.slack.dev/authentication/verifying-requests-from-slack"""
TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
NO_RETRY = {"X-Slack-No-Retry": "1"}

log = logging.getLogger(__name__)


class HttpMode:
    """The route Slack posts to. `skew_s` is how far the last request's clock was from ours."""

    def __init__(
        self,
        app: AsyncApp,
        signing_secret: str,
        database: Database,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not signing_secret:
            raise ValueError("HTTP mode without a signing secret would believe everybody")
        self._app = app
        self._verifier = SignatureVerifier(signing_secret, clock=_Clock(clock))
        self._clock = clock
        self._database = database
        self.skew_s = 0.0

    def add_routes(self, application: web.Application) -> None:
        """Take `POST /slack/events`: events, commands and interactivity alike."""
        application.router.add_post(PATH, self._receive)

    async def _receive(self, request: web.Request) -> web.Response:
        try:
            body = await request.clone(client_max_size=MAX_BODY_BYTES).read()
        except web.HTTPRequestEntityTooLarge:
            return self._refused("too_large", status=413)
        if request.content_type == FORM and _is_ssl_check(body):
            return web.Response()  # Slack looks at our certificate, without a signature
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not TIMESTAMP.fullmatch(timestamp):
            return self._refused("timestamp")
        self.skew_s = self._clock() - int(timestamp)
        if not _is_utf8(body) or not self._verifier.is_valid(body, timestamp, signature):
            late = abs(self.skew_s) > MAX_AGE_S
            return self._refused("stale" if late else "signature")
        metrics.slack_connected.set(1)
        if not body.startswith(EVENT) and not await self._is_new(signature):
            return self._refused("replay")
        if not _is_request(body, request.content_type):
            return self._refused("malformed", status=400)
        return await self._dispatch(request, body)

    async def _is_new(self, signature: str) -> bool:
        """Whether this very request is seen for the first time.

        Events need no such look: they have an id, and Slack repeats them within the second.
        """
        async with self._database.write() as connection:
            key = f"signature:{signature}"
            return await deduplication.first_time(connection, key, keep_s=REPLAY_KEPT_S)

    async def _dispatch(self, request: web.Request, body: bytes) -> web.Response:
        said = await self._app.async_dispatch(
            AsyncBoltRequest(
                body=body.decode(),
                query=request.query_string,
                headers={name: [value] for name, value in request.headers.items()},
            )
        )
        return await to_aiohttp_response(said)

    def _refused(self, why: str, *, status: int = 401) -> web.Response:
        """Count it and say nothing: anybody can send us this."""
        metrics.slack_requests.labels("http", why).inc()
        log.info("request_refused", extra={"action": "request_refused", "reason": why})
        return web.Response(status=status, headers=NO_RETRY)


class _Clock(Clock):
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock()


def _is_ssl_check(body: bytes) -> bool:
    return len(body) < 256 and b"ssl_check=1" in body.split(b"&")


def _is_request(body: bytes, content_type: str) -> bool:
    """Whether Bolt can read it: an event (JSON), a command, or an interaction (a form's `payload`).

    It takes either sign of JSON, the content type or the first byte.
    """
    text = body.decode()
    if content_type != JSON and not body.startswith(EVENT):
        form = dict(parse_qsl(text))
        if "payload" not in form:
            return "command" in form
        text = form["payload"]
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
