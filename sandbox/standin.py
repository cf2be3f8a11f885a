"""What HTTP stand-ins share: a loopback listener, a record of calls, a fault switchboard."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.clock import Clock, RealClock

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Call:
    """One request a stand-in received; `operation` is its name in the vendor's manual."""

    at: float
    operation: str
    arguments: Mapping[str, Any]
    status: int


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next `times` calls of `operation` ("*" means any).

    At most one of the outcomes is set: an HTTP `status` with `body`, a connection dropped before
    or after the effect, or only `delay_s` of latency (which goes with each of them).
    """

    operation: str
    times: int = 1
    status: int | None = None
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: str | None = None  # "before" or "after" the effect
    delay_s: float = 0.0


class StandIn:
    """A vendor's API on a loopback port of its own."""

    name = "stand-in"

    def __init__(self, *, clock: Clock | None = None) -> None:
        self.clock = clock or RealClock()
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Where it listens, without a trailing slash; valid after `start`."""
        return f"http://127.0.0.1:{self._port}"

    def application(self) -> web.Application:
        """Return the aiohttp application; subclasses add their routes."""
        raise NotImplementedError

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def record(self, operation: str, arguments: Mapping[str, Any], status: int) -> None:
        self.calls.append(Call(self.clock.now(), operation, arguments, status))

    def calls_of(self, operation: str) -> list[Call]:
        return [call for call in self.calls if call.operation == operation]

    def next_fault(self, operation: str) -> Fault | None:
        """Take the fault that applies to this call, if any, and count it down."""
        for fault in self.faults:
            if fault.operation in {operation, "*"} and fault.times > 0:
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                return fault
        return None

    async def with_faults(
        self, operation: str, request: web.Request, effect: Handler
    ) -> web.StreamResponse:
        """Answer `request` by `effect`, unless a fault says otherwise."""
        fault = self.next_fault(operation)
        if fault is None:
            return await effect(request)
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.drop == "before":
            return _dropped(request)
        if fault.drop == "after":
            await effect(request)
            return _dropped(request)
        if fault.status is not None:
            return web.Response(status=fault.status, text=fault.body, headers=dict(fault.headers))
        return await effect(request)


def _dropped(request: web.Request) -> web.Response:
    """Cut the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
