"""HTTP APIs of systems without a kept library, through aiohttp."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp
from yarl import URL

from integrations.answers import failure
from integrations.errors import IntegrationError, Unavailable, told

Params = Sequence[tuple[str, str]]

LARGEST_ANSWER_BYTES = 10 * 1024 * 1024
"""Far above any answer we ask for; what is larger is not read to its end."""
NOT_ITS_SHAPE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading ends in where JSON has another shape: a number may be infinite, or a list nested
beyond sense."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: 2xx."""

    content_type: str
    body: bytes


class HttpApi:
    """One system's API: a session, a deadline for each call, refusals as the family of errors.

    Redirects are refused, as they would carry the credentials elsewhere; proxies of the
    environment are not used. An address may hold a user and password.
    """

    def __init__(
        self,
        system: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
        connect_timeout_s: float,
        deadline_s: float,
    ) -> None:
        self.system = system
        self.deadline_s = deadline_s
        self._base_url = base_url.rstrip("/")
        self._headers = dict(headers or {})
        self._secrets = (*secrets, unquote(urlsplit(base_url).password or ""))
        self._connect_timeout_s = connect_timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Params = (),
        body: Any = None,
        deadline_s: float | None = None,
    ) -> Answer:
        """Make one request and return a 2xx; `path` is quoted already, `body` is sent as JSON.

        Raises:
            NotFound, Forbidden, Rejected, RateLimited, Unavailable: see `answers.failure`.
                Unavailable is also a time-out, no connection, and an answer larger than 10 MB.
        """
        limit_s = self.deadline_s if deadline_s is None else deadline_s
        try:
            status, headers, content = await self._exchange(method, path, params, body, limit_s)
        except TimeoutError:
            raise Unavailable(self.system, operation, f"no answer within {limit_s:g} s") from None
        except aiohttp.ClientError as exc:
            raise self._unavailable(operation, f"{type(exc).__name__}: {exc}") from None
        if 200 <= status < 300:
            if len(content) > LARGEST_ANSWER_BYTES:
                raise self._unavailable(operation, "the answer is too large")
            return Answer(headers.get("Content-Type", "").partition(";")[0].strip(), content)
        raise failure(
            self.system, operation, status, headers=headers, body=content, secrets=self._secrets
        )

    async def send_for_json(
        self, operation: str, method: str, path: str, *, params: Params = (), body: Any = None
    ) -> Any:
        """Make one request and return the JSON answered; otherwise as `send`."""
        answer = await self.send(operation, method, path, params=params, body=body)
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise self._unavailable(operation, "the answer is not JSON") from None

    async def send_for_list(
        self, operation: str, method: str, path: str, *, params: Params = ()
    ) -> list[Any]:
        """Make one request and return the JSON list answered; otherwise as `send`."""
        answer = await self.send_for_json(operation, method, path, params=params)
        if not isinstance(answer, list):
            raise self.misread(operation, TypeError("not a list"))
        return answer

    def misread(self, operation: str, exc: Exception) -> IntegrationError:
        """Say that JSON came whose shape is not this system's: probably another one answers."""
        return self._unavailable(operation, f"the answer is not {self.system}'s ({exc!r})")

    def _unavailable(self, operation: str, detail: str) -> Unavailable:
        return Unavailable(self.system, operation, told(detail, secrets=self._secrets))

    async def _exchange(
        self, method: str, path: str, params: Params, body: Any, limit_s: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(sock_connect=self._connect_timeout_s),
            )
        async with (
            asyncio.timeout(limit_s),
            self._session.request(
                method,
                URL(self._base_url + path, encoded=True).extend_query(params),
                json=body,
                allow_redirects=False,
            ) as response,
        ):
            content = bytearray()
            async for chunk in response.content.iter_any():
                content += chunk
                if len(content) > LARGEST_ANSWER_BYTES:
                    response.close()
                    break
            return response.status, response.headers, bytes(content)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
