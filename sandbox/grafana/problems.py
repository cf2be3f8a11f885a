"""Grafana's error answers, and reading requests."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web


class Problem(Exception):
    """A refusal: `{"message": …}`, with whatever else that answer carries."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "traceID": "", **more}

    def response(self) -> web.Response:
        return web.json_response(self.body, status=self.status)


def not_found(message: str) -> Problem:
    return Problem(404, message)


async def json_object(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise Problem(400, "bad request data") from None
    if not isinstance(body, dict):
        raise Problem(400, "bad request data")
    return body


def whole(query: Mapping[str, str], name: str, default: int | None) -> int | None:
    """Return a number of the query, or the default if it is not there."""
    text = query.get(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        raise Problem(400, f"bad request data: {name} must be a number") from None
