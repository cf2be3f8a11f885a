"""How PagerDuty is called: the maintainers' own library in threads, without patience of its own."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pagerduty

from integrations.answers import failure
from integrations.errors import IntegrationError, Unavailable, told
from integrations.threads import Threads

T = TypeVar("T")

SYSTEM = "pagerduty"
LONGEST_LIST = 500
"""No list is followed further; a page is 100."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Calls:
    """One account's REST API. A key may make 960 calls a minute."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 15.0,
        deadline_s: float = 30.0,
        threads: int = 4,
    ) -> None:
        self._token = token
        self._deadline_s = deadline_s
        self._threads = Threads(SYSTEM, threads)
        self.rest = Rest(token, base_url=base_url.rstrip("/"))
        # Connecting, reading, writing, and waiting for a connection of the pool.
        self.rest.timeout = (connect_timeout_s, read_timeout_s, read_timeout_s, connect_timeout_s)

    async def list_all(
        self, operation: str, path: str, params: dict[str, Any], read: Callable[[Any], T]
    ) -> tuple[T, ...]:
        return await self.run(
            operation,
            lambda: tuple(map(read, islice(self.rest.iter_all(path, params=params), LONGEST_LIST))),
        )

    async def run(self, operation: str, call: Callable[[], T]) -> T:
        return await self._threads.run(
            operation, lambda: self._translated(operation, call), deadline_s=self._deadline_s
        )

    def _translated(self, operation: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except _Refused as exc:
            raise exc.failure(operation, secrets=(self._token,)) from None
        except pagerduty.Error as exc:
            # The library's own words end with a piece of the token, so they are not repeated.
            cause = exc.__cause__
            detail = (
                f"{type(cause).__name__}: {cause}" if cause else "the answer is not PagerDuty's"
            )
            raise Unavailable(SYSTEM, operation, told(detail, secrets=(self._token,))) from None
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            detail = f"the answer is not PagerDuty's ({exc!r})"
            raise Unavailable(SYSTEM, operation, told(detail, secrets=(self._token,))) from None

    async def aclose(self) -> None:
        """Take no more calls and close every connection."""
        await self._threads.aclose()
        self.rest.close()


def one(answer: Any) -> dict[str, Any]:
    """The library unwraps lists and objects alike; here it must be an object."""
    if not isinstance(answer, dict):
        raise TypeError("not an object")
    return answer


class _Refused(Exception):
    """An answer that is no success, caught before the library decides to try again."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self._response = response

    def failure(self, operation: str, *, secrets: Iterable[str]) -> IntegrationError:
        return failure(
            SYSTEM,
            operation,
            self._response.status_code,
            headers=self._response.headers,
            body=self._response.content,
            secrets=secrets,
        )


class Rest(pagerduty.RestApiV2Client):
    """The library without patience of its own.

    As it comes it tries again for ever when told to ask less, sleeping in its thread, and three
    times when there is no connection. Only the workflow decides on that.
    """

    max_network_attempts = 0
    timeout: Any  # the library passes it on to httpx, which takes more than its int

    def postprocess(self, response: Any, suffix: str | None = None) -> None:
        super().postprocess(response, suffix)
        if not response.is_success:
            raise _Refused(response)

    @property
    def url(self) -> str:
        return str(self._url)

    @url.setter
    def url(self, base_url: str) -> None:
        # The library insists on https, but on this machine a stand-in has no certificate.
        parts = urlsplit(base_url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise pagerduty.UrlError("PagerDuty's address must begin with https://")
        self._url = base_url
