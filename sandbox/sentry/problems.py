"""Sentry's error answers."""

from typing import Any

from aiohttp import web


class Problem(Exception):
    """A refusal: `{"detail": …}`, or for a wrong body `{field: [what is wrong with it]}`."""

    def __init__(self, status: int, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.body: dict[str, Any] = {"detail": detail} if field is None else {field: [detail]}

    def response(self) -> web.Response:
        return web.json_response(self.body, status=self.status)


def not_found() -> Problem:
    return Problem(404, "The requested resource does not exist")


async def json_object(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise Problem(400, "JSON parse error") from None
    if not isinstance(body, dict):
        raise Problem(400, "JSON parse error")
    return body
