"""PagerDuty's error answers, and reading requests as strictly as it does.

Sources: https://developer.pagerduty.com/docs/errors and, for the Events API,
https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

# https://developer.pagerduty.com/docs/pagination
PAGE_SIZE = 25
MAX_PAGE_SIZE = 100
MAX_RECORDS = 10_000

INVALID_INPUT = 2001
_PAGING = {"limit", "offset", "total"}


class Problem(Exception):
    """A refusal of the REST API; becomes `{"error": {"message", "code", "errors"}}`."""

    def __init__(self, status: int, code: int, message: str, *errors: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "code": code}
        if errors:
            self.body["errors"] = list(errors)

    def response(self) -> web.Response:
        return web.json_response({"error": self.body}, status=self.status)


class InvalidEvent(Exception):
    """A refusal of the Events API, whose shape differs from the REST API's."""

    def __init__(self, *errors: str) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors

    def response(self) -> web.Response:
        return web.json_response(
            {
                "status": "invalid event",
                "message": "Event object is invalid",
                "errors": list(self.errors),
            },
            status=400,
        )


def invalid(*errors: str) -> Problem:
    return Problem(400, INVALID_INPUT, "Invalid Input Provided", *errors)


def not_found() -> Problem:
    return Problem(404, 2100, "Not Found")


async def json_object(request: web.Request) -> dict[str, Any]:
    """Return the body, which must be a JSON object."""
    try:
        body = await request.json()
    except ValueError:
        raise invalid("The body is not valid JSON") from None
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object")
    return body


async def wrapped(request: web.Request, name: str) -> dict[str, Any]:
    """Return the object that the body wraps as `name`, as in `{"incident": {…}}`."""
    inner = (await json_object(request)).get(name)
    if not isinstance(inner, dict):
        raise invalid(f"{name.capitalize()} must be an object under the key '{name}'")
    return inner


def only(request: web.Request, *allowed: str, paged: bool = True) -> None:
    """Refuse unknown query parameters.

    PagerDuty ignores them, and a filter that is written wrong then returns everything: here that
    shows.
    """
    unknown = request.query.keys() - set(allowed) - (_PAGING if paged else set())
    if unknown:
        raise invalid(*(f"Unknown parameter '{name}'" for name in sorted(unknown)))


def page(request: web.Request, name: str, records: list[dict[str, Any]]) -> web.Response:
    """Answer with the part of `records` that limit and offset ask for."""
    limit = _whole(request.query, "limit", PAGE_SIZE, least=1)
    offset = _whole(request.query, "offset", 0, least=0)
    limit = min(limit, MAX_PAGE_SIZE)
    if limit + offset > MAX_RECORDS:
        raise invalid("Offset + limit must not exceed 10000")
    return web.json_response(
        {
            name: records[offset : offset + limit],
            "limit": limit,
            "offset": offset,
            "more": offset + limit < len(records),
            "total": len(records) if request.query.get("total") == "true" else None,
        }
    )


def _whole(query: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    try:
        value = int(query.get(name, default))
    except ValueError:
        raise invalid(f"{name.capitalize()} must be a number") from None
    if value < least:
        raise invalid(f"{name.capitalize()} must be at least {least}")
    return value
