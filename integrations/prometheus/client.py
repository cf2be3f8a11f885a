"""Prometheus' query API, through prometheus-api-client in threads."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import requests
from prometheus_api_client import PrometheusConnect
from urllib3.util.retry import Retry

from integrations.answers import failure
from integrations.errors import Rejected, Unavailable, told
from integrations.http import NOT_ITS_SHAPE
from integrations.prometheus.models import Point, Series
from integrations.threads import Threads

R = TypeVar("R")

SYSTEM = "prometheus"
# https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
MOST_STEPS = 11_000
LARGEST_ANSWER_BYTES = 16 * 1024 * 1024
"""Some fifty series of ten thousand points, or ten thousand of one: what is more was a mistake."""
_PIECE_BYTES = 64 * 1024


class PrometheusClient:
    """One Prometheus. Everything here only reads, so it may be repeated.

    `headers` may carry credentials, and so may the address (`https://user:password@…`).
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        connect_timeout_s: float = 3.0,
        read_timeout_s: float = 10.0,
        deadline_s: float = 15.0,
        largest_answer_bytes: int = LARGEST_ANSWER_BYTES,
        threads: int = 4,
    ) -> None:
        self._secrets = _secrets(base_url, headers or {})
        self._read_timeout_s = read_timeout_s
        self._deadline_s = deadline_s
        self._largest_answer_bytes = largest_answer_bytes
        self._timeouts_s = (connect_timeout_s, read_timeout_s)
        self._rules_url = f"{base_url.rstrip('/')}/api/v1/rules"
        self._headers = dict(headers or {})
        self._threads = Threads(SYSTEM, threads)
        session = self._session = requests.Session()
        # The library turns a refusal into a text with the bytes of the body; we want the answer.
        session.hooks["response"] += [self._bounded, _raise_if_refused]
        self._prometheus = PrometheusConnect(
            url=base_url.rstrip("/"),
            headers=dict(headers or {}),
            # Without one of ours it tries three times more, sleeping in its thread.
            retry=Retry(0, read=False),
            session=session,
            # Without one it waits for ever.
            timeout=(connect_timeout_s, read_timeout_s),
        )

    async def query(self, expression: str, *, at: datetime | None = None) -> tuple[Series, ...]:
        """Evaluate `expression` at one moment, now if none is given: one point a series.

        Costs one call; Prometheus itself gives up after the read time-out.

        Raises:
            Rejected: the expression is wrong or too heavy; the detail is Prometheus' own words. Or
                the answer is larger than anybody asked for.
            Forbidden: a proxy before Prometheus does not let us in.
            RateLimited, Unavailable: worth another try.

        Source: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
        """
        params = {"timeout": f"{self._read_timeout_s:g}s"}
        if at is not None:
            params["time"] = f"{at.timestamp():.3f}"
        return await self._run(
            "query", lambda: self._prometheus.custom_query(expression, params=params), read_result
        )

    async def query_range(
        self, expression: str, *, start: datetime, end: datetime, step: timedelta
    ) -> tuple[Series, ...]:
        """Evaluate `expression` from `start` to `end`, both rounded to whole seconds, each `step`.

        Costs one call. Errors as `query`, and Rejected for more than 11,000 steps.

        Source: https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
        """
        if step <= timedelta(0) or (end - start) / step > MOST_STEPS:
            raise Rejected(SYSTEM, "query_range", f"more than {MOST_STEPS} steps of {step}")
        return await self._run(
            "query_range",
            lambda: self._prometheus.custom_query_range(
                expression,
                start_time=start,
                end_time=end,
                step=f"{step.total_seconds():g}",
                params={"timeout": f"{self._read_timeout_s:g}s"},
            ),
            read_result,
        )

    async def list_recording_rules(self) -> dict[str, str]:
        """Return the expression of each recording rule by the name it records under.

        Where several rules record one name for different labels, the first of them. Costs one call.

        Raises:
            Forbidden: a proxy before Prometheus does not let us in.
            Rejected: the answer is larger than anybody asked for.
            RateLimited, Unavailable: worth another try.

        Source: https://prometheus.io/docs/prometheus/latest/querying/api/#rules
        """
        return await self._run("list_rules", self._recording_rules, _expressions)

    def _recording_rules(self) -> Any:
        """The library knows nothing of rules, and shares its session with us."""
        answer = self._session.get(
            self._rules_url,
            params={"type": "record"},
            headers=self._headers,
            timeout=self._timeouts_s,
        )
        return answer.json()["data"]["groups"]

    async def _run(self, operation: str, call: Callable[[], Any], read: Callable[[Any], R]) -> R:
        return await self._threads.run(
            operation, lambda: self._translated(operation, call, read), deadline_s=self._deadline_s
        )

    def _translated(self, operation: str, call: Callable[[], Any], read: Callable[[Any], R]) -> R:
        try:
            return read(call())
        except _IsText:
            raise Rejected(SYSTEM, operation, "the expression is a text, not numbers") from None
        except _TooLarge:
            raise Rejected(
                SYSTEM,
                operation,
                f"its answer is larger than {self._largest_answer_bytes / 1024**2:g} MiB",
            ) from None
        except _Refused as exc:
            raise failure(
                SYSTEM,
                operation,
                exc.answer.status_code,
                headers=exc.answer.headers,
                body=exc.answer.content,
                secrets=self._secrets,
            ) from None
        except requests.JSONDecodeError:
            raise Unavailable(SYSTEM, operation, "the answer is not JSON") from None
        except requests.RequestException as exc:
            raise Unavailable(SYSTEM, operation, _why(exc)) from None
        except NOT_ITS_SHAPE as exc:
            detail = told(f"the answer is not Prometheus' ({exc!r})", secrets=self._secrets)
            raise Unavailable(SYSTEM, operation, detail) from None

    def _bounded(self, answer: requests.Response, *_: Any, **__: Any) -> None:
        """Read the body here, where the library has not yet: never more of it than is allowed, and
        not for longer than anybody waits, however slowly it trickles."""
        until = time.monotonic() + self._deadline_s
        pieces, size = [], 0
        for piece in answer.iter_content(_PIECE_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > self._largest_answer_bytes or time.monotonic() > until:
                answer.close()
                if size > self._largest_answer_bytes:
                    raise _TooLarge
                raise requests.Timeout
        answer._content = b"".join(pieces)  # noqa: SLF001  as its own `content` keeps it

    async def aclose(self) -> None:
        """Take no more calls and close every connection."""
        await self._threads.aclose()
        self._prometheus.close()


def read_result(result: Any) -> tuple[Series, ...]:
    """Read `data.result` of a vector, a matrix or a scalar.

    Native histograms have no single value, so they give series without points.

    Raises:
        _IsText: it is of a string literal.
    """
    if _is_text(result):
        raise _IsText
    if result and not isinstance(result[0], Mapping):
        return (Series({}, (_point(result),)),)  # [time, "value"]
    return tuple(
        Series(
            labels=dict(raw["metric"]),
            points=tuple(map(_point, raw.get("values") or filter(None, [raw.get("value")]))),
        )
        for raw in result
    )


def _expressions(groups: Any) -> dict[str, str]:
    """Names and expressions of the recording rules in these groups."""
    found: dict[str, str] = {}
    for group in groups:
        for rule in group["rules"]:
            if rule.get("type") == "recording":
                found.setdefault(rule["name"], rule["query"])
    return found


class _IsText(Exception):
    """The expression was a string literal, and nothing in it can be drawn."""


def _is_text(result: Any) -> bool:
    """Whether the expression was a string literal, whose answer looks like a scalar's."""
    if not result or isinstance(result[0], Mapping):
        return False
    try:
        float(result[1])
    except ValueError:
        return True
    return False


def _point(raw: Any) -> Point:
    seconds, value = raw
    return Point(datetime.fromtimestamp(float(seconds), tz=UTC), float(value))


def _why(exc: requests.RequestException) -> str:
    """What went wrong on the way; the library's own words are a page long and hold the query."""
    match exc:
        case requests.ConnectTimeout():
            return "no connection in time"
        case requests.Timeout():
            return "no answer in time"
        case requests.ConnectionError():
            return "no connection, or it was cut"
        case _:
            return type(exc).__name__


class _Refused(Exception):
    def __init__(self, answer: requests.Response) -> None:
        super().__init__()
        self.answer = answer


class _TooLarge(Exception):
    pass


def _raise_if_refused(answer: requests.Response, *_: Any, **__: Any) -> None:
    if answer.status_code != requests.codes.ok:
        raise _Refused(answer)


def _secrets(base_url: str, headers: Mapping[str, str]) -> tuple[str, ...]:
    """What must not be repeated: the address's password, and what follows `Bearer` in a header."""
    password = unquote(urlsplit(base_url).password or "")
    return (password, *(value.rpartition(" ")[2] for value in headers.values()))
