"""The monitored service's metrics, one address for each environment."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from sandbox.clock import Clock
from sandbox.credlink_api.behaviour import RunningTask
from sandbox.credlink_api.exposition import exposition
from sandbox.credlink_api.lines import OnLines
from sandbox.credlink_api.traffic import OnErrors, Traffic
from sandbox.standin import StandIn

USUAL_REQUESTS_PER_S: Mapping[str, float] = MappingProxyType(
    {"prod": 150.0, "eu": 100.0, "staging": 40.0}
)
# Time also goes on between scrapes, for those who are told of errors.
TICK_S = 0.25


class CredlinkApi(StandIn):
    """`/metrics/prod` and the like: numbers that follow what `running` says runs there.

    `pace` makes its world live faster than the clock. `on_errors` is told of every failed request,
    and `on_lines` of what is logged: all that failed, and some of the rest.
    Scrapes meet faults (operation `metrics`) but are not recorded: they come every second for ever.
    """

    name = "credlink-api"

    def __init__(
        self,
        *,
        running: Callable[[str], Sequence[RunningTask]],
        clock: Clock | None = None,
        pace: float = 1.0,
        on_errors: OnErrors | None = None,
        on_lines: OnLines | None = None,
        seed: int = 1,
    ) -> None:
        super().__init__(clock=clock)
        self._pace = pace
        self._born_at = self.clock.now()
        self._ticking: asyncio.Task[None] | None = None
        self.traffic = {
            environment: Traffic(
                environment,
                requests_per_s=requests_per_s,
                running=running,
                on_errors=on_errors,
                on_lines=on_lines,
                now=self._born_at,
                seed=seed,
            )
            for environment, requests_per_s in USUAL_REQUESTS_PER_S.items()
        }

    def set_demand(self, environment: str, factor: float) -> None:
        """Multiply the environment's traffic: 0 is silence, 1 as usual."""
        self.advance()
        self.traffic[environment].demand = factor

    def advance(self) -> None:
        """Bring every counter up to the clock."""
        lived_s = (self.clock.now() - self._born_at) * self._pace
        for traffic in self.traffic.values():
            traffic.advance(self._born_at + lived_s)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/metrics/{environment}", self._metrics)
        return app

    async def start(self, port: int = 0) -> None:
        await super().start(port)
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
            self._ticking = None
        await super().stop()

    async def _tick(self) -> None:
        while True:
            self.advance()
            await asyncio.sleep(TICK_S)

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        return await self.with_faults("metrics", request, self._answer)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        traffic = self.traffic.get(request.match_info["environment"])
        if traffic is None:
            raise web.HTTPNotFound(text=f"There are metrics for: {', '.join(self.traffic)}.")
        self.advance()
        return web.Response(body=exposition(traffic), headers={"Content-Type": CONTENT_TYPE_LATEST})
