"""A stand-in for Grafana: dashboards of both schemas, the library, rendered panels, annotations.

Sources: https://grafana.com/docs/grafana/latest/developers/http_api/ and, for rendering,
https://grafana.com/docs/grafana/latest/setup-grafana/image-rendering/
"""

import asyncio
import itertools
from dataclasses import replace
from enum import StrEnum
from html import escape
from typing import Any

from aiohttp import web

from sandbox import seeds
from sandbox.clock import Clock
from sandbox.grafana import annotations, picture
from sandbox.grafana.annotations import Annotation
from sandbox.grafana.dashboards import BOARDS, LIBRARY, Board
from sandbox.grafana.drawing import drawing_of
from sandbox.grafana.problems import Problem, json_object, not_found, whole
from sandbox.standin import Handler, StandIn

WIDTH, HEIGHT = 800, 400
MAX_PIXELS = 3000
MAX_SCALE = 4
# The notice is a file of Grafana's: its size is its own, whatever was asked for.
PLACEHOLDER_SIZE = (480, 120)
MOST_FOUND = 5000
NAMESPACE = "default"
ALERTS = "/api/alertmanager/grafana/api/v2/alerts"
RESOURCES = "/apis/dashboard.grafana.app/{version}/namespaces/{namespace}/dashboards/{uid}"


class Renderer(StrEnum):
    """What becomes of a request for a picture.

    Without the image renderer some versions answer 200 with a picture that says so, others 500.
    `empty` is one whose browser cannot load the page.
    """

    INSTALLED = "installed"
    PLACEHOLDER = "placeholder"
    MISSING = "missing"
    EMPTY = "empty"


class Grafana(StandIn):
    """Checks the token everywhere but at `/api/health`; set `renderer` to make pictures fail.

    The token may not see the dashboards in `hidden`. Panels are drawn from the Prometheus at
    `prometheus_url`; without one their lines mean nothing.
    """

    name = "grafana"

    def __init__(self, *, clock: Clock | None = None, prometheus_url: str = "") -> None:
        super().__init__(clock=clock)
        self.renderer = Renderer.INSTALLED
        self.prometheus_url = prometheus_url
        self.boards = dict(BOARDS)
        self.hidden: set[str] = set()
        self.annotations: dict[int, Annotation] = {}
        self.alerts: dict[str, dict[str, Any]] = {}
        """What Grafana's own Alertmanager holds, by fingerprint."""
        self._ids = itertools.count(1)

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._answer])
        app.add_routes(
            [
                web.get("/api/health", self._health, name="health"),
                web.get("/api/search", self._search, name="search"),
                web.get("/api/dashboards/uid/{uid}", self._dashboard, name="get_dashboard"),
                web.get(RESOURCES, self._resource, name="get_dashboard_resource"),
                web.get("/api/library-elements/{uid}", self._library, name="get_library_panel"),
                web.get("/render/d-solo/{uid}/{slug}", self._render, name="render"),
                web.get("/render/d-solo/{uid}", self._render, name="render_without_slug"),
                web.get("/api/annotations", self._list, name="list_annotations"),
                web.post("/api/annotations", self._create, name="create_annotation"),
                web.patch("/api/annotations/{id}", self._patch, name="patch_annotation"),
                web.get(ALERTS, self._alerts, name="list_firing"),
                web.get("/alerting/{rest:.*}", self._alerting_page, name="page_of_alerting"),
                web.get("/d/{uid}", self._page, name="page"),
                web.get("/d/{uid}/{slug}", self._page, name="page_with_slug"),
            ]
        )
        return app

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = request.match_info.route.name or "unknown"
        for_people = operation.startswith("page")

        async def effect(request: web.Request) -> web.StreamResponse:
            try:
                if not for_people:
                    _check_token(request)
                return await handler(request)
            except Problem as problem:
                return problem.response()
            except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
                return not_found("Not found").response()

        if for_people:
            return await effect(request)
        arguments: dict[str, Any] = {**request.match_info, **request.query}
        if request.can_read_body:
            arguments["body"] = await request.text()
        response = await self.with_faults(operation, request, effect)
        self.record(operation, arguments, response.status)
        return response

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"database": "ok", "version": "12.4.0", "commit": "sandbox"})

    async def _alerts(self, _request: web.Request) -> web.Response:
        return web.json_response(list(self.alerts.values()))

    async def _alerting_page(self, request: web.Request) -> web.Response:
        """What a person sees who follows a link to a rule, or to the form of a silence."""
        asked = "".join(
            f"<li><code>{escape(one)}</code>" for one in request.query.getall("matcher", ())
        )
        return web.Response(
            text="<!doctype html><title>Alerting</title><h1>Alerting</h1>"
            f"<p>A stand-in for Grafana.</p><ul>{asked}</ul>",
            content_type="text/html",
        )

    async def _search(self, request: web.Request) -> web.Response:
        words = request.query.get("query", "").lower()
        tags = set(request.query.getall("tag", []))
        uids = request.query.getall("dashboardUIDs", [])
        limit, page = (whole(request.query, name, default) or default for name, default in PAGES)
        if not 0 < limit <= MOST_FOUND:
            raise Problem(422, "Limit is above maximum allowed (5000), use page parameter")
        found = [
            {
                "id": board.id,
                "uid": board.uid,
                "title": board.title,
                "type": "dash-db",
                "tags": list(board.tags),
                "url": board.path,
                "uri": f"db/{board.uid}",
                "isStarred": False,
            }
            for board in self.boards.values()
            if words in board.title.lower()
            and tags <= set(board.tags)
            and (not uids or board.uid in uids)
            and board.uid not in self.hidden
        ]
        wanted = request.query.get("type", "dash-db") == "dash-db"
        return web.json_response(found[limit * (page - 1) : limit * page] if wanted else [])

    async def _dashboard(self, request: web.Request) -> web.Response:
        board = self._board(request)
        if board.is_of_schema_2:
            where = RESOURCES.format(version="v2beta1", namespace=NAMESPACE, uid=board.uid)
            raise Problem(406, f"dashboard api version not supported, use {where} instead")
        meta = {
            "type": "db",
            "slug": board.uid,
            "url": board.path,
            "canEdit": False,
            "folderTitle": "CredLink",
        }
        return web.json_response({"dashboard": board.model, "meta": meta})

    async def _resource(self, request: web.Request) -> web.Response:
        """The API of Grafana 12 and later; it would convert the older ones too."""
        version = request.match_info["version"]
        if request.match_info["namespace"] != NAMESPACE or version not in {"v1beta1", "v2beta1"}:
            raise not_found("404 page not found")
        board = self._board(request)
        if board.is_of_schema_2 != (version == "v2beta1"):
            raise Problem(406, "the sandbox does not convert dashboards")
        return web.json_response(
            {
                "kind": "Dashboard",
                "apiVersion": f"dashboard.grafana.app/{version}",
                "metadata": {"name": board.uid, "namespace": NAMESPACE},
                "spec": board.model,
            }
        )

    async def _library(self, request: web.Request) -> web.Response:
        uid = request.match_info["uid"]
        panel = LIBRARY.get(uid)
        if panel is None:
            raise not_found("library element could not be found")
        result = {"uid": uid, "name": panel.title, "kind": 1, "model": panel.model()}
        return web.json_response({"result": result})

    async def _render(self, request: web.Request) -> web.Response:
        board = self._board(request)
        panel = board.panels.get(whole(request.query, "panelId", None) or 0)
        if panel is None:
            raise Problem(404, "Panel not found")
        width = whole(request.query, "width", WIDTH) or WIDTH
        height = whole(request.query, "height", HEIGHT) or HEIGHT
        if not (0 < width <= MAX_PIXELS and 0 < height <= MAX_PIXELS):
            raise Problem(400, "Width and height must be between 1 and 3000 pixels")
        scale = whole(request.query, "scale", 1) or 1
        if not 0 < scale <= MAX_SCALE:
            raise Problem(400, "Scale must be between 1 and 4")
        if self.renderer is Renderer.MISSING:
            raise Problem(500, "Rendering failed: no image renderer available/installed")
        if self.renderer is Renderer.PLACEHOLDER:
            drawn = await asyncio.to_thread(picture.notice, *PLACEHOLDER_SIZE)
        elif self.renderer is Renderer.EMPTY:
            drawn = await asyncio.to_thread(picture.empty, width * scale, height * scale)
        else:
            drawing = await drawing_of(
                board,
                panel,
                request,
                now_s=self.clock.now(),
                marks=self.annotations.values(),
                prometheus_url=self.prometheus_url,
            )
            drawn = await asyncio.to_thread(picture.panel, drawing, width, height, scale)
        return web.Response(body=drawn, content_type="image/png")

    async def _list(self, request: web.Request) -> web.Response:
        query = request.query
        since, until = whole(query, "from", None), whole(query, "to", None)
        tags = set(query.getall("tags", []))
        found = [
            annotation
            for annotation in self.annotations.values()
            if tags <= set(annotation.tags)
            and (since is None or annotation.time_end >= since)
            and (until is None or annotation.time <= until)
            and query.get("dashboardUID", annotation.dashboard_uid) == annotation.dashboard_uid
        ]
        limit = whole(query, "limit", 100)
        newest_first = sorted(found, key=lambda annotation: annotation.time, reverse=True)
        return web.json_response([annotation.document() for annotation in newest_first[:limit]])

    async def _create(self, request: web.Request) -> web.Response:
        body = await json_object(request)
        annotations.check(body, annotations.KEYS)
        text = body.get("text")
        if not isinstance(text, str) or not text:
            raise Problem(400, "text field should not be empty")
        uid, panel_id = body.get("dashboardUID"), body.get("panelId")
        board = None if uid is None else self._known(uid)
        now_ms = int(self.clock.now() * 1000)
        time_ms = annotations.milliseconds(body, "time", now_ms)
        if panel_id is not None and (board is None or panel_id not in board.panels):
            raise Problem(404, "Panel not found")
        annotation = Annotation(
            id=next(self._ids),
            text=text,
            tags=tuple(body.get("tags") or ()),
            time=time_ms,
            time_end=annotations.milliseconds(body, "timeEnd", time_ms),
            dashboard_uid=uid,
            panel_id=panel_id,
        )
        self.annotations[annotation.id] = annotation
        return web.json_response({"message": "Annotation added", "id": annotation.id})

    async def _patch(self, request: web.Request) -> web.Response:
        id_ = request.match_info["id"]
        annotation = self.annotations.get(int(id_)) if id_.isdigit() else None
        if annotation is None:
            raise Problem(404, "Could not find annotation to update")
        body = await json_object(request)
        annotations.check(body, annotations.PATCHABLE_KEYS)
        self.annotations[annotation.id] = replace(
            annotation,
            text=body.get("text", annotation.text),
            tags=tuple(body.get("tags", annotation.tags)),
            time=annotations.milliseconds(body, "time", annotation.time),
            time_end=annotations.milliseconds(body, "timeEnd", annotation.time_end),
        )
        return web.json_response({"message": "Annotation patched"})

    async def _page(self, request: web.Request) -> web.Response:
        """What a person sees who follows a link to a panel."""
        board = self._known(request.match_info["uid"])
        panels = "".join(
            f"<h2>{escape(panel.title)}</h2><p><code>{escape(panel.expression)}</code></p>"
            for panel in board.panels.values()
        )
        marks = "".join(f"<li>{escape(a.text)}</li>" for a in self.annotations.values())
        return web.Response(
            text=f"<!doctype html><title>{board.title}</title>"
            f"<h1>{board.title}</h1><p>A stand-in for Grafana.</p>{panels}"
            f"<h2>Annotations</h2><ul>{marks}</ul>",
            content_type="text/html",
        )

    def _board(self, request: web.Request) -> Board:
        return self._known(request.match_info["uid"])

    def _known(self, uid: str) -> Board:
        if uid not in self.boards:
            raise not_found("Dashboard not found")
        if uid in self.hidden:
            raise Problem(403, "Access denied to this dashboard")
        return self.boards[uid]


PAGES = (("limit", 1000), ("page", 1))


def _check_token(request: web.Request) -> None:
    if request.path == "/api/health":
        return
    if request.headers.get("Authorization") != f"Bearer {seeds.GRAFANA_TOKEN}":
        raise Problem(401, "Invalid API key", messageId="api-key.invalid", statusCode=401)
