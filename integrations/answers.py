"""An HTTP answer that is no success, as one of the family of errors. Pure."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from integrations.errors import (
    Forbidden,
    IntegrationError,
    NotFound,
    RateLimited,
    Rejected,
    Unavailable,
    told,
)

ADVICE = ("retry-after", "ratelimit-reset")
"""Headers that say after how many seconds to ask again; the first one present counts."""

LONGEST_ADVICE_S = 3600.0
"""Some say when instead of after how long, and nobody waits until then for half a century."""

EXPLANATIONS = ("error", "message", "detail", "errors")
"""Members of an error's JSON that hold words for people."""


def failure(
    system: str,
    operation: str,
    status: int,
    *,
    headers: Mapping[str, str],
    body: bytes,
    secrets: Iterable[str] = (),
) -> IntegrationError:
    """Say what an answer with this status means, in the system's own words where it has any.

    `headers` must find names in any case. 402 is a plan without the feature: a person must act.
    """
    detail = told(f"HTTP {status}: {words(body)}", secrets=secrets)
    match status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited(system, operation, retry_after_s=_advice(headers))
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.PAYMENT_REQUIRED | HTTPStatus.FORBIDDEN:
            return Forbidden(system, operation, detail)
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            return NotFound(system, operation, detail)
        case HTTPStatus.REQUEST_TIMEOUT:
            return Unavailable(system, operation, detail)
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unavailable(system, operation, detail)
        case _ if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            # Following it would carry our credentials to wherever it points.
            where = told(headers.get("location", "nowhere"), secrets=secrets)
            return Rejected(system, operation, f"its address redirects to {where}")
        case _:
            return Rejected(system, operation, detail)


def words(body: bytes) -> str:
    """What the system itself says in an error's body; a web page is not repeated."""
    text = body.decode(errors="replace").strip()
    try:
        return _spoken(json.loads(text)) or text
    except (ValueError, RecursionError):  # or it is nested beyond sense
        if text.startswith("<"):
            return "a web page, so probably a proxy's answer"
        return text or "no explanation"


def _spoken(answer: Any) -> str:
    """The sentence within an error of Prometheus, Alertmanager, PagerDuty, Grafana or Sentry."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list):
        return "; ".join(filter(None, map(_spoken, answer)))
    if not isinstance(answer, dict):
        return ""
    parts = [_spoken(answer[key]) for key in EXPLANATIONS if key in answer]
    return ": ".join(dict.fromkeys(filter(None, parts)))


def _advice(headers: Mapping[str, str]) -> float | None:
    """Seconds until asking again may help. Retry-After may also be a date, which nobody sends."""
    given = next((headers[name] for name in ADVICE if name in headers), "")
    try:
        return min(max(0.0, float(given)), LONGEST_ADVICE_S)
    except ValueError:
        return None
