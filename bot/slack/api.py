"""Calls to Slack's Web API: one session, one time-out, nothing repeated behind our backs.

slack_sdk's defaults do not suit a bot that must not say a thing twice: it repeats a request whose
connection dropped, opens a connection per call, and drops its time-out when given a session.
"""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import metrics
from bot.slack.errors import NotReached, OutcomeUnknown, RateLimited, Refused, SlackError

TIMEOUT_S = 10.0
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
RATE_LIMITED = {"ratelimited", "rate_limited"}
NOT_SAID = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
"""Codes after which part of the work may be done: "fatal_error … It's possible some aspect of the
operation succeeded". https://docs.slack.dev/reference/methods/chat.postMessage#errors"""
WAIT_WHEN_NOT_TOLD_S = 1.0
MAX_PAGES = 500
PAGE = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the token says we are; `url` is the workspace's address, ending in a slash."""

    url: str
    team_id: str
    user_id: str
    bot_id: str


class SlackApi:
    """The Web API under one token. Valid between `start` and `stop`."""

    def __init__(self, token: str, base_url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._token = token
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._client: AsyncWebClient | None = None

    @property
    def client(self) -> AsyncWebClient:
        """slack_sdk's client, for Bolt and Socket Mode."""
        if self._client is None:
            raise RuntimeError("SlackApi was used before start()")
        return self._client

    async def start(self) -> None:
        session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._timeout_s))
        self._client = web_client(self._token, self._base_url, session)

    async def stop(self) -> None:
        if self._client is not None and self._client.session is not None:
            await self._client.session.close()
        self._client = None

    async def call(self, method: str, /, **arguments: Any) -> dict[str, Any]:
        """Call a method once; arguments that are None are left out.

        Everything is sent as a form with JSON in it, which every method takes.

        Raises:
            Refused, RateLimited, NotReached: it did not happen.
            OutcomeUnknown: it may have happened.
        """
        form = {name: _formed(value) for name, value in arguments.items() if value is not None}
        try:
            response = await self.client.api_call(method, data=form)
        except SlackError:
            raise
        except Exception as exc:  # each is given its meaning; a bug is raised again
            failure = _meaning(method, exc)
            metrics.slack_calls.labels(method, _outcome(failure)).inc()
            raise failure from exc
        metrics.slack_calls.labels(method, "ok").inc()
        return dict(response.data) if isinstance(response.data, dict) else {}

    async def patiently(
        self, method: str, /, *, attempts: int = 5, **arguments: Any
    ) -> dict[str, Any]:
        """Call a method that only looks, again while that could help: at start and in chores.

        Raises:
            SlackError: Slack refused, or did not answer `attempts` times.
        """
        for attempt in range(1, attempts + 1):
            try:
                return await self.call(method, **arguments)
            except Refused:
                raise
            except SlackError as exc:
                if attempt == attempts:
                    raise
                wait_s = exc.retry_after_s if isinstance(exc, RateLimited) else 2.0 ** (attempt - 2)
                log.warning(
                    "slack_call_again",
                    extra={"action": "slack_call_again", "error": str(exc), "wait_s": wait_s},
                )
                await asyncio.sleep(wait_s)
        raise AssertionError("unreachable")

    async def pages(
        self, method: str, key: str, /, *, patient: bool = True, **arguments: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """Every item under `key`, over all pages."""
        call = self.patiently if patient else self.call
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = await call(method, cursor=cursor, limit=PAGE, **arguments)
            for item in page.get(key) or []:
                yield item
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return
        raise OutcomeUnknown(method, f"more than {MAX_PAGES} pages")

    async def send_bytes(self, url: str, content: bytes) -> None:
        """Put a file's bytes where files.getUploadURLExternal said; nobody sees them yet.

        Raises:
            OutcomeUnknown: anything but a 200; harmless, since nothing shows before completion.
        """
        client = self.client
        if client.session is None:
            raise RuntimeError("SlackApi was used before start()")
        try:
            body = io.BytesIO(content)  # bytes of over 1 MiB would hold the loop up
            async with client.session.post(url, data=body, proxy=client.proxy) as response:
                await response.read()
                if response.status != 200:
                    raise OutcomeUnknown("upload", f"HTTP {response.status}")
        except (TimeoutError, aiohttp.ClientError) as exc:
            raise OutcomeUnknown("upload", type(exc).__name__) from exc

    async def who(self, *, attempts: int = 5) -> Identity:
        """Ask once who we are, with patience: Bolt would ask in the middle of somebody's click.

        Raises:
            SlackError: the token is refused, or Slack does not answer.
        """
        said = await self.patiently("auth.test", attempts=attempts)
        return Identity(said["url"], said["team_id"], said["user_id"], said.get("bot_id", ""))


def web_client(
    token: str | None, base_url: str, session: aiohttp.ClientSession | None
) -> AsyncWebClient:
    """slack_sdk's client as we use it.

    It reads proxies from the environment even for this machine and knows no NO_PROXY, so a
    loopback address gets none.
    """
    client = AsyncWebClient(token, base_url=base_url, session=session, retry_handlers=[])
    if urlsplit(base_url).hostname in LOOPBACK:
        client.proxy = None
    return client


def _formed(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _outcome(failure: SlackError) -> str:
    if isinstance(failure, RateLimited):
        return "ratelimited"
    return "refused" if isinstance(failure, Refused) else "unknown"


def _meaning(method: str, exc: Exception) -> SlackError:
    """What an exception of slack_sdk or aiohttp says about the call; a bug is raised again."""
    if isinstance(exc, SlackApiError):
        return _answered(method, exc.response)
    if isinstance(exc, aiohttp.ClientConnectorError):
        return NotReached(method, type(exc).__name__)
    if isinstance(exc, TimeoutError | aiohttp.ClientError | OSError):
        return OutcomeUnknown(method, type(exc).__name__)
    if isinstance(exc, AttributeError):
        # slack_sdk takes a 200 that is not JSON, a proxy's page say, for a dictionary.
        return OutcomeUnknown(method, "no JSON in the answer")
    raise exc


def _answered(method: str, response: Any) -> SlackError:
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    headers: Mapping[str, str] = getattr(response, "headers", {})
    data = getattr(response, "data", None)
    data = data if isinstance(data, dict) else {}
    code = str(data.get("error") or f"HTTP {status}")
    if status == 429 or code in RATE_LIMITED:
        return RateLimited(method, _retry_after_s(headers))
    if status >= 500 or "error" not in data or code in NOT_SAID:
        return OutcomeUnknown(method, code)
    messages = (data.get("response_metadata") or {}).get("messages") or []
    return Refused(method, code, tuple(map(str, data.get("errors") or messages)))


def _retry_after_s(headers: Mapping[str, str]) -> float:
    try:
        return max(0.0, float(headers.get("Retry-After", WAIT_WHEN_NOT_TOLD_S)))
    except ValueError:
        return WAIT_WHEN_NOT_TOLD_S
