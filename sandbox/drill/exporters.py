"""Every address that the shipped `prometheus.yml` scrapes, behind one HTTP proxy.

Prometheus asks for `http://redis-exporter:9121/scrape?target=…` as the file says, by way of this
proxy. What targets there are it is told by HTTP, with the labels of the file.
"""

from typing import Any

import aiohttp
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from sandbox.credlink_api.exposition import exposition
from sandbox.credlink_api.server import CredlinkApi
from sandbox.drill.ground import Ground
from sandbox.standin import StandIn

API_HOSTS = {
    "credlink-api.prod.credlink.internal": "prod",
    "credlink-api.staging.credlink.internal": "staging",
}
JOBS = {
    "redis-exporter": "redis",
    "postgres-exporter": "postgres",
    "node-exporter": "node",
    "cloudwatch-exporter": "cloudwatch",
}
BOT = "bot"
BOT_WITHIN_S = 2.0


class Exporters(StandIn):
    """`closed` names hosts that answer 503, `lost` targets that discovery does not tell of."""

    name = "exporters"

    def __init__(self, api: CredlinkApi, *, bot_metrics_url: str) -> None:
        super().__init__(clock=api.clock)
        self.ground = Ground(self.clock.now())
        self.closed: set[str] = set()
        self.lost: set[str] = set()
        self.targets: dict[str, list[dict[str, Any]]] = {}
        """Job → its groups of targets with their labels."""
        self._api = api
        self._bot_metrics_url = bot_metrics_url

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [web.get("/targets/{job}", self._targets), web.get("/{path:.*}", self._scrape)]
        )
        return app

    async def _targets(self, request: web.Request) -> web.StreamResponse:
        """The targets of a job, as HTTP discovery tells them."""
        found = [
            group
            for group in self.targets.get(request.match_info["job"], [])
            if not self.lost.intersection(group["targets"])
        ]
        return web.json_response(found)

    async def _scrape(self, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        if host in self.closed:
            return web.Response(status=503, text="This exporter is down.")
        try:
            page = await self._page(host)
        except aiohttp.ClientError as exc:
            return web.Response(status=502, text=str(exc))
        if page is None:
            return web.Response(status=502, text=f"Nobody knows {host}.")
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _page(self, host: str) -> bytes | None:
        if host == BOT:
            return await self._bot()
        if host in API_HOSTS:
            self._api.advance()
            return exposition(self._api.traffic[API_HOSTS[host]], with_ground=False)
        if host in JOBS:
            return self.ground.page(JOBS[host], self.clock.now())
        return None

    async def _bot(self) -> bytes:
        timeout = aiohttp.ClientTimeout(total=BOT_WITHIN_S)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(self._bot_metrics_url) as reply,
        ):
            return await reply.read()
