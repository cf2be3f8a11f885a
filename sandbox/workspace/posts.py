"""HTTP delivery: everything signed, to one request URL.

Sources: https://docs.slack.dev/authentication/verifying-requests-from-slack,
https://docs.slack.dev/apis/events-api (url_verification, retry headers).
"""

import asyncio
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import aiohttp

from sandbox import seeds
from sandbox.workspace.faults import Mischief
from sandbox.workspace.parcel import (
    ACK_WITHIN_S,
    COMMAND,
    EVENT,
    NotAcknowledged,
    Parcel,
    Retry,
)
from sandbox.workspace.timing import Timing

DEAD_URL = "http://127.0.0.1:9/"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v0=` and the HMAC-SHA256 of `v0:timestamp:body`."""
    signed = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class Posts:
    """Deliveries to the app's request URL."""

    def __init__(self, timing: Timing, url: str, mischief: Mischief) -> None:
        self._timing = timing
        self._url = url
        self._mischief = mischief
        self._session: aiohttp.ClientSession | None = None
        self._verified = False

    async def send(self, parcel: Parcel, retry: Retry | None = None) -> dict[str, Any]:
        """Post the parcel; a first success needs the URL verified as Slack does it."""
        await self._verify()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if parcel.kind == EVENT:
            headers["Content-Type"] = "application/json"
            body = json.dumps(parcel.payload).encode()
            if retry is not None:
                headers["X-Slack-Retry-Num"] = str(retry.number)
                headers["X-Slack-Retry-Reason"] = retry.reason
        elif parcel.kind == COMMAND:
            body = urlencode(parcel.payload).encode()
        else:
            body = urlencode({"payload": json.dumps(parcel.payload)}).encode()
        return await self._post(body, headers)

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _verify(self) -> None:
        if self._verified:
            return
        challenge = hashlib.sha256(self._url.encode()).hexdigest()
        body = json.dumps({"type": "url_verification", "token": "", "challenge": challenge})
        answer = await self._post(body.encode(), {"Content-Type": "application/json"})
        if challenge not in (answer.get("challenge"), answer.get("text")):
            raise NotAcknowledged("url_not_verified")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        await self._post(urlencode({"ssl_check": "1", "token": ""}).encode(), form)
        self._verified = True

    async def _post(self, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        request = asyncio.ensure_future(self._exchange(body, headers))
        try:
            answered: dict[str, Any] = await self._timing.answer(request, within_s=ACK_WITHIN_S)
        except TimeoutError:
            raise NotAcknowledged("http_timeout") from None
        except aiohttp.ClientError:
            raise NotAcknowledged("connection_failed") from None
        return answered

    async def _exchange(self, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        timestamp = str(int(self._timing.now() + self._mischief.skew_s()))
        signed = {
            **headers,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(seeds.SIGNING_SECRET, timestamp, body),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        url = DEAD_URL if self._mischief.take("dead_url") else self._url
        async with self._session.post(url, data=body, headers=signed) as reply:
            text = await reply.text()
            if not 200 <= reply.status < 300:
                refused = reply.headers.get("X-Slack-No-Retry") == "1"
                raise NotAcknowledged("http_error", retry=not refused)
            if reply.content_type == "application/json":
                return _object(text)
            return {"text": text} if text else {}


def _object(text: str) -> dict[str, Any]:
    try:
        decoded = json.loads(text) if text else {}
    except ValueError:
        raise NotAcknowledged("http_error", retry=False) from None
    return decoded if isinstance(decoded, dict) else {}
