"""Somebody who is sent Alertmanager's webhooks."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web


class Receiver:
    """Keeps every payload and the authorization it came with."""

    def __init__(self) -> None:
        self.payloads: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.payloads.append(await request.json())
        self.authorizations.append(request.headers.get("Authorization"))
        return web.Response(status=202)

    def of(self, alert: str, status: str) -> list[dict[str, Any]]:
        return [
            payload
            for payload in self.payloads
            if payload["groupLabels"]["alertname"] == alert and payload["status"] == status
        ]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/webhooks/alertmanager", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/alertmanager"
    yield receiver
    await runner.cleanup()
