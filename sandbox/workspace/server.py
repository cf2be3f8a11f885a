"""The workspace as one listener: Web API, files, sockets, response URLs, control API, page."""

import dataclasses
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.standin import Handler, StandIn
from sandbox.workspace import answers, control, uploads
from sandbox.workspace.api import ApiCall, Exchange, exchange
from sandbox.workspace.delivery import Deliveries
from sandbox.workspace.events import Events
from sandbox.workspace.faults import Mischief
from sandbox.workspace.limits import Limits
from sandbox.workspace.manifest import Installation, load
from sandbox.workspace.parcel import Transport
from sandbox.workspace.platform import Platform
from sandbox.workspace.posts import Posts
from sandbox.workspace.responses import ResponseUrls
from sandbox.workspace.sockets import Sockets
from sandbox.workspace.store import Store
from sandbox.workspace.stream import Stream
from sandbox.workspace.switchboard import BadFault, apply_faults
from sandbox.workspace.timing import Timing
from sandbox.workspace.triggers import Triggers
from sandbox.workspace.views import Views
from sandbox.workspace.wire import Arguments

PAGE = Path(__file__).parent / "page"
MAX_BODY_BYTES = 64 * 1024 * 1024
CALLS_KEPT = 20_000
"""A sandbox may run for days; older calls are forgotten."""
RESPONSE_URL = "response_url"
"""The operation under which answers to a response_url are recorded."""


class Workspace(StandIn):
    """A Slack workspace with the bot's app installed from its manifest.

    With `request_url` everything is posted there, signed; without it the app connects by Socket
    Mode. `pace` shortens the waits Slack imposes, see `Timing`.
    """

    name = "slack"

    def __init__(
        self,
        *,
        manifest: Path,
        clock: Clock | None = None,
        request_url: str | None = None,
        pace: float = 1.0,
        rate_limits: bool = True,
    ) -> None:
        super().__init__(clock=clock)
        timing = Timing(self.clock, pace)
        self.store = Store(self.clock)
        self.app = Installation(load(manifest))
        self.mischief = Mischief()
        ids = self.store.ids
        sockets = Sockets(timing, ids.new)
        self._transport: Transport = (
            Posts(timing, request_url, self.mischief) if request_url else sockets
        )
        deliveries = Deliveries(timing, self._transport, self.mischief, ids.new)
        self.platform = Platform(
            timing=timing,
            store=self.store,
            app=self.app,
            limits=Limits(timing, enabled=rate_limits),
            triggers=Triggers(timing, ids, self.mischief),
            response_urls=ResponseUrls(timing, ids),
            views=Views(ids),
            sockets=sockets,
            deliveries=deliveries,
            events=Events(self.app, deliveries),
            stream=Stream(),
            mischief=self.mischief,
            address=lambda: self.url,
        )

    @property
    def deliveries(self) -> Deliveries:
        """What was sent to the app, and what became of it."""
        return self.platform.deliveries

    def application(self) -> web.Application:
        application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_own_page_only])
        application.add_routes(
            [
                web.route("*", "/api/{method}", self._api),
                web.post("/response/{response_id}", self._response),
                web.post("/files/upload/{file_id}", self._upload),
                web.get("/files/{file_id}/{name}", self._download),
                web.get("/socket/{ticket}", self.platform.sockets.serve),
                web.get("/control/calls", self._calls),
                web.get("/control/deliveries", self._deliveries),
                web.get("/control/verdict", self._verdict),
                web.post("/control/faults", self._set_faults),
                web.delete("/control/faults", self._clear_faults),
                *control.routes(self.platform),
            ]
        )
        if PAGE.is_dir():
            # Permalinks are addresses of the page, which finds the message itself.
            for path in ("/", "/archives/{channel}", "/archives/{channel}/{message}"):
                application.router.add_get(path, self._page)
            application.router.add_static("/page", PAGE)
        return application

    async def stop(self) -> None:
        """Close sockets and streams, forget what was still to be delivered, stop listening."""
        self.platform.stream.close()
        await self.platform.sockets.stop()
        await self.platform.timing.stop()
        await self._transport.stop()
        await super().stop()

    def verdict(self) -> list[str]:
        """What went wrong that no fault explains: unacknowledged, undelivered, rejected."""
        problems = [
            f"{delivery.kind} {delivery.id}: {delivery.error or 'not acknowledged yet'}"
            for delivery in self.deliveries.records
            if delivery.error is not None or delivery.pending
        ]
        problems += [
            f"{call.operation} rejected: {call.error or call.status}"
            for call in self.calls
            if isinstance(call, ApiCall) and not call.ok and not call.by_fault
        ]
        return problems

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        reached = False

        async def effect(request: web.Request) -> web.StreamResponse:
            nonlocal reached
            reached = True
            done = await exchange(self.platform, request)
            self._keep(done.call(self.clock.now()))
            return done.response()

        response = await self.with_faults(method, request, effect)
        if not reached:
            self._record_fault(method, response.status)
        return response

    def _record_fault(self, method: str, status: int) -> None:
        self._keep(
            ApiCall(self.clock.now(), method, {}, status, ok=False, error="fault", by_fault=True)
        )

    def _keep(self, call: ApiCall) -> None:
        self.calls.append(call)
        if len(self.calls) > CALLS_KEPT:
            del self.calls[: CALLS_KEPT // 10]

    async def _response(self, request: web.Request) -> web.StreamResponse:
        async def effect(request: web.Request) -> web.StreamResponse:
            arguments, refusal = await answers.respond(self.platform, request)
            done = Exchange(RESPONSE_URL, arguments)
            done.body = {"ok": True} if refusal is None else refusal.answer()
            done.status = 200 if refusal is None else _status(refusal.code)
            self._keep(done.call(self.clock.now()))
            return web.Response(text="ok") if refusal is None else done.response()

        return await self.with_faults(RESPONSE_URL, request, effect)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        async def effect(request: web.Request) -> web.StreamResponse:
            return await uploads.receive(self.platform, request)

        return await self.with_faults("files.upload", request, effect)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        return await uploads.download(self.platform, request)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE / "index.html")

    async def _calls(self, request: web.Request) -> web.Response:
        wanted = request.query.get("method")
        shown = [_shown(call) for call in self.calls if wanted in (None, call.operation)]
        return web.json_response({"ok": True, "calls": shown})

    async def _deliveries(self, request: web.Request) -> web.Response:
        shown = [dataclasses.asdict(record) for record in self.deliveries.records]
        return web.json_response({"ok": True, "deliveries": shown})

    async def _verdict(self, request: web.Request) -> web.Response:
        problems = self.verdict()
        return web.json_response({"ok": not problems, "problems": problems})

    async def _set_faults(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
            await apply_faults(self.platform, self.faults, body["faults"])
        except (BadFault, ValueError, KeyError, TypeError) as exc:
            detail = {"ok": False, "error": "invalid_arguments", "detail": str(exc)}
            return web.json_response(detail, status=400)
        return web.json_response({"ok": True})

    async def _clear_faults(self, request: web.Request) -> web.Response:
        self.faults.clear()
        self.mischief.clear()
        self.app.restore()
        return web.json_response({"ok": True})


@web.middleware
async def _own_page_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse other web sites open in the same browser; the app and tests send no Origin."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise web.HTTPForbidden(text="only the workspace's own page may call it")
    return await handler(request)


def _status(code: str) -> int:
    """The HTTP status of a refused answer to a response_url."""
    return 404 if code in {"expired_url", "used_url", "message_not_found"} else 400


def _shown(call: Any) -> dict[str, Any]:
    shown = {name: getattr(call, name) for name in ("at", "operation", "arguments", "status")}
    shown["method"] = shown.pop("operation")
    shown["ok"] = getattr(call, "ok", call.status < 400)
    for name in ("error", "message_ts", "by_fault"):
        value = getattr(call, name, None)
        if value:
            shown[name] = value
    if isinstance(shown["arguments"], Arguments):
        shown["arguments"] = shown["arguments"].values
    return shown
