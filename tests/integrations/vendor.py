"""A system on a loopback port that answers what a test says."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """One answer. `cut` drops the connection instead, `never` keeps it open without a word."""

    status: int = 200
    json: Any = None
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    never: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes


BAD_GATEWAY = Says(
    status=502,
    body=b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
    content_type="text/html",
)


class Vendor:
    """Gives its answers in order; the last one again and again."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._answers: list[Says] = [Says(status=500)]
        self._runner: web.AppRunner | None = None
        self._over = asyncio.Event()
        self.url = ""
        self.asked = asyncio.Event()

    def says(self, *answers: Says) -> None:
        self._answers = list(answers)

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/{rest:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.received.append(
            Received(
                request.method,
                request.rel_url.raw_path,
                list(request.query.items()),
                request.headers,
                body,
            )
        )
        self.asked.set()
        says = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if says.never:
            await self._over.wait()
        if says.cut or says.never:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if says.json is not None:
            return web.json_response(says.json, status=says.status, headers=says.headers)
        return web.Response(
            status=says.status,
            body=says.body,
            content_type=says.content_type,
            headers=says.headers,
        )
