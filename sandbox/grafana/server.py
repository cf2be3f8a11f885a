"""A stand-in for Grafana: dashboards, rendered panels, annotations.

Sources: https://grafana.com/docs/grafana/latest/developers/http_api/ and, for rendering,
https://grafana.com/docs/grafana/latest/setup-grafana/image-rendering/
"""

import asyncio
import itertools
from dataclasses import dataclass, replace
from enum import StrEnum
from html import escape
from typing import Any

from aiohttp import web

from sandbox import seeds
from sandbox.clock import Clock
from sandbox.grafana import dashboards, picture
from sandbox.grafana.problems import Problem, json_object, not_found, whole
from sandbox.standin import Handler, StandIn

WIDTH, HEIGHT = 800, 400
MAX_PIXELS = 3000
# The notice is a file of Grafana's: its size is its own, whatever was asked for.
PLACEHOLDER_SIZE = (480, 120)
ANNOTATION_KEYS = {"dashboardUID", "panelId", "time", "timeEnd", "tags", "text"}
PATCHABLE_KEYS = {"time", "timeEnd", "tags", "text"}


class Renderer(StrEnum):
    """What becomes of a request for a picture.

    Without the image renderer some versions answer 200 with a picture that says so, others 500.
    """

    INSTALLED = "installed"
    PLACEHOLDER = "placeholder"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Annotation:
    """Times are milliseconds since the epoch; without a dashboard it belongs to all of them."""

    id: int
    text: str
    tags: tuple[str, ...]
    time: int
    time_end: int
    dashboard_uid: str | None
    panel_id: int | None


class Grafana(StandIn):
    """Checks the token everywhere but at `/api/health`; set `renderer` to make pictures fail."""

    name = "grafana"

    def __init__(self, *, clock: Clock | None = None) -> None:
        super().__init__(clock=clock)
        self.renderer = Renderer.INSTALLED
        self.annotations: dict[int, Annotation] = {}
        self._ids = itertools.count(1)

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._answer])
        app.add_routes(
            [
                web.get("/api/health", self._health, name="health"),
                web.get("/api/search", self._search, name="search"),
                web.get("/api/dashboards/uid/{uid}", self._dashboard, name="get_dashboard"),
                web.get("/render/d-solo/{uid}/{slug}", self._render, name="render"),
                web.get("/render/d-solo/{uid}", self._render, name="render_without_slug"),
                web.get("/api/annotations", self._list, name="list_annotations"),
                web.post("/api/annotations", self._create, name="create_annotation"),
                web.patch("/api/annotations/{id}", self._patch, name="patch_annotation"),
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

    async def _search(self, request: web.Request) -> web.Response:
        words = request.query.get("query", "").lower()
        tags = set(request.query.getall("tag", []))
        uids = request.query.getall("dashboardUIDs", [])
        found = [
            {
                "id": model["id"],
                "uid": model["uid"],
                "title": model["title"],
                "type": "dash-db",
                "tags": model["tags"],
                "url": _path(environment),
                "uri": f"db/{model['uid']}",
                "isStarred": False,
            }
            for environment in dashboards.ENVIRONMENTS
            if (model := dashboards.document(environment))
            and words in model["title"].lower()
            and tags <= set(model["tags"])
            and (not uids or model["uid"] in uids)
        ]
        wanted = request.query.get("type", "dash-db") == "dash-db"
        return web.json_response(found if wanted else [])

    async def _dashboard(self, request: web.Request) -> web.Response:
        environment = _environment(request)
        return web.json_response(
            {
                "dashboard": dashboards.document(environment),
                "meta": {
                    "type": "db",
                    "slug": dashboards.uid(environment),
                    "url": _path(environment),
                    "canEdit": False,
                    "folderTitle": "CredLink",
                },
            }
        )

    async def _render(self, request: web.Request) -> web.Response:
        environment = _environment(request)
        panel_id = whole(request.query, "panelId", None)
        if panel_id not in dashboards.all_panels():
            raise Problem(404, "Panel not found")
        width = whole(request.query, "width", WIDTH) or WIDTH
        height = whole(request.query, "height", HEIGHT) or HEIGHT
        if not (0 < width <= MAX_PIXELS and 0 < height <= MAX_PIXELS):
            raise Problem(400, "Width and height must be between 1 and 3000 pixels")
        if self.renderer is Renderer.MISSING:
            raise Problem(500, "Rendering failed: no image renderer available/installed")
        seed = panel_id + 10 * dashboards.ENVIRONMENTS.index(environment)
        if self.renderer is Renderer.PLACEHOLDER:
            drawn = picture.png(*PLACEHOLDER_SIZE, seed=seed, line=False)
        else:
            drawn = await asyncio.to_thread(picture.png, width, height, seed=seed)
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
        return web.json_response([_document(annotation) for annotation in newest_first[:limit]])

    async def _create(self, request: web.Request) -> web.Response:
        body = await json_object(request)
        _check_annotation(body, ANNOTATION_KEYS)
        text = body.get("text")
        if not isinstance(text, str) or not text:
            raise Problem(400, "text field should not be empty")
        uid = body.get("dashboardUID")
        if uid is not None and uid not in map(dashboards.uid, dashboards.ENVIRONMENTS):
            raise Problem(404, "Dashboard not found")
        now_ms = int(self.clock.now() * 1000)
        time_ms = _milliseconds(body, "time", now_ms)
        panel_id = body.get("panelId")
        if panel_id is not None and (uid is None or panel_id not in dashboards.all_panels()):
            raise Problem(404, "Panel not found")
        annotation = Annotation(
            id=next(self._ids),
            text=text,
            tags=tuple(body.get("tags") or ()),
            time=time_ms,
            time_end=_milliseconds(body, "timeEnd", time_ms),
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
        _check_annotation(body, PATCHABLE_KEYS)
        self.annotations[annotation.id] = replace(
            annotation,
            text=body.get("text", annotation.text),
            tags=tuple(body.get("tags", annotation.tags)),
            time=_milliseconds(body, "time", annotation.time),
            time_end=_milliseconds(body, "timeEnd", annotation.time_end),
        )
        return web.json_response({"message": "Annotation patched"})

    async def _page(self, request: web.Request) -> web.Response:
        """What a person sees who follows a link to a panel."""
        environment = _environment(request)
        panels = "".join(
            f"<h2>{escape(panel.title)}</h2><p><code>{escape(panel.expression)}</code></p>"
            for panel in dashboards.all_panels().values()
        )
        marks = "".join(f"<li>{escape(a.text)}</li>" for a in self.annotations.values())
        return web.Response(
            text=f"<!doctype html><title>{dashboards.title(environment)}</title>"
            f"<h1>{dashboards.title(environment)}</h1><p>A stand-in for Grafana.</p>{panels}"
            f"<h2>Annotations</h2><ul>{marks}</ul>",
            content_type="text/html",
        )


def _check_token(request: web.Request) -> None:
    if request.path == "/api/health":
        return
    if request.headers.get("Authorization") != f"Bearer {seeds.GRAFANA_TOKEN}":
        raise Problem(401, "Invalid API key", messageId="api-key.invalid", statusCode=401)


def _environment(request: web.Request) -> str:
    for environment in dashboards.ENVIRONMENTS:
        if dashboards.uid(environment) == request.match_info["uid"]:
            return environment
    raise not_found("Dashboard not found")


def _path(environment: str) -> str:
    return f"/d/{dashboards.uid(environment)}/{dashboards.uid(environment)}"


def _check_annotation(body: dict[str, Any], known: set[str]) -> None:
    """Refuse what Grafana would ignore, and an end before the beginning."""
    unknown = body.keys() - known
    if unknown:
        raise Problem(400, f"bad request data: unknown {', '.join(sorted(unknown))}")
    tags = body.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Problem(400, "bad request data: tags must be a list of strings")
    if not isinstance(body.get("text", ""), str):
        raise Problem(400, "bad request data: text must be a string")
    if body.get("timeEnd") and body.get("time") and body["timeEnd"] < body["time"]:
        raise Problem(400, "bad request data: timeEnd is before time")


def _milliseconds(body: dict[str, Any], name: str, default: int) -> int:
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Problem(400, f"bad request data: {name} must be milliseconds since the epoch")
    return value


def _document(annotation: Annotation) -> dict[str, Any]:
    return {
        "id": annotation.id,
        "dashboardUID": annotation.dashboard_uid,
        "panelId": annotation.panel_id or 0,
        "time": annotation.time,
        "timeEnd": annotation.time_end,
        "text": annotation.text,
        "tags": list(annotation.tags),
    }
