"""Grafana's HTTP API: dashboards, pictures of panels, annotations."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from integrations.errors import IntegrationError, NotFound, Rejected, Unavailable
from integrations.grafana import png, reading
from integrations.grafana.addresses import chosen, for_people, milliseconds, moment, window
from integrations.grafana.models import Annotation, Dashboard, Found, Health, Panel
from integrations.http import NOT_ITS_SHAPE, HttpApi

SYSTEM = "grafana"
NO_RENDERER = "no image renderer"
"""Some versions say so with 500, others with a picture of another size."""
DASHBOARDS = "/apis/dashboard.grafana.app/{version}/namespaces/{namespace}/dashboards/{uid}"
"""https://grafana.com/docs/grafana/latest/developers/http_api/apis/"""
NEWER = ("v2beta1", "v2", "v2alpha1")
"""Of Grafana 12.2, 13 and 12.0: a dashboard is handed out in each that its server knows."""
ALERTS = "/api/alertmanager/grafana/api/v2/alerts"
RENDERS_AT_ONCE = 2
"""Each picture is a browser page in Grafana's renderer, which limits them for all its users."""


class GrafanaClient:
    """One Grafana, with a service account's token.

    `public_url` is where people's browsers find it; without one it is `base_url`. `namespace` is
    the organisation's name in the newer API: `default`, or `org-<number>` beside the first.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        public_url: str | None = None,
        namespace: str = "default",
        connect_timeout_s: float = 3.0,
        deadline_s: float = 10.0,
        render_deadline_s: float = 30.0,
    ) -> None:
        self._public_url = (public_url or for_people(base_url)).rstrip("/")
        self._namespace = quote(namespace, safe="")
        self._render_deadline_s = render_deadline_s
        self._renders = asyncio.Semaphore(RENDERS_AT_ONCE)
        self._http = HttpApi(
            SYSTEM,
            base_url,
            headers={"Authorization": f"Bearer {token}"},
            secrets=(token,),
            connect_timeout_s=connect_timeout_s,
            deadline_s=deadline_s,
        )

    async def get_health(self) -> Health:
        """Return the version and whether the database answers; needs no permission.

        Costs one call.

        Source: https://grafana.com/docs/grafana/latest/developers/http_api/other/#health-api
        """
        raw = await self._http.send_for_json("get_health", "GET", "/api/health")
        try:
            return Health(version=raw.get("version", "unknown"), database=raw["database"])
        except NOT_ITS_SHAPE as exc:
            raise self._http.misread("get_health", exc) from None

    async def list_firing(self) -> frozenset[str]:
        """Return the fingerprints of what Grafana's own Alertmanager holds, silenced or not.

        Those of the token's organisation. Costs one call. Needs alert.instances:read.

        Source: https://grafana.com/docs/grafana/latest/developers/http_api/alerting/ and
        prometheus/alertmanager's api/v2/openapi.yaml, which it follows
        """
        raws = await self._http.send_for_list("list_firing", "GET", ALERTS)
        try:
            return frozenset(str(raw["fingerprint"]) for raw in raws)
        except NOT_ITS_SHAPE as exc:
            raise self._http.misread("list_firing", exc) from None

    async def search_dashboards(self, *, page: int = 1, limit: int = 100) -> tuple[Found, ...]:
        """Return one page of the dashboards we may see; fewer than `limit` on the last one.

        Costs one call. Needs dashboards:read.

        Source: https://grafana.com/docs/grafana/latest/developers/http_api/folder_dashboard_search/
        """
        params = [("type", "dash-db"), ("limit", str(limit)), ("page", str(page))]
        raws = await self._http.send_for_list("search", "GET", "/api/search", params=params)
        try:
            return tuple(Found(raw["uid"], raw.get("title") or raw["uid"]) for raw in raws)
        except NOT_ITS_SHAPE as exc:
            raise self._http.misread("search", exc) from None

    async def get_dashboard(self, uid: str) -> Dashboard:
        """Return a dashboard of any schema with its panels; see `get_library_panel` for some.

        One that the older API does not hand out is asked for by the newer one, in schema 2.

        Costs one call, two where it is not there, up to four for one of schema 2. Needs
        dashboards:read.

        Raises:
            NotFound: there is no such dashboard, or we may not see it.
            Forbidden: the token is wrong, or may not see it.
            RateLimited, Unavailable: worth another try.

        Source: https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/
        """
        path = f"/api/dashboards/uid/{quote(uid, safe='')}"
        try:
            raw = await self._http.send_for_json("get_dashboard", "GET", path)
        except (NotFound, Rejected) as exc:
            raw = await self._newer(uid, exc)
        try:
            return reading.dashboard(raw)
        except NOT_ITS_SHAPE as exc:
            raise self._http.misread("get_dashboard", exc) from None

    async def _newer(self, uid: str, refused: IntegrationError) -> Any:
        """The dashboard by the API of Grafana 12 and later; older ones know nothing of it."""
        versions = NEWER[:1] if isinstance(refused, NotFound) else NEWER
        for version in versions:
            path = DASHBOARDS.format(
                version=version, namespace=self._namespace, uid=quote(uid, safe="")
            )
            with suppress(NotFound, Rejected):
                return await self._http.send_for_json("get_dashboard", "GET", path)
        raise refused

    async def get_library_panel(self, panel: Panel) -> Panel:
        """Return a panel of the library with what the library says of it: type and queries.

        Costs one call, none for a panel that is of no library. Needs library.panels:read.

        Raises:
            NotFound: the library has it no more, or we may not see it.

        Source: https://grafana.com/docs/grafana/latest/developers/http_api/library_element/
        """
        if panel.library is None:
            return panel
        path = f"/api/library-elements/{quote(panel.library, safe='')}"
        raw = await self._http.send_for_json("get_library_panel", "GET", path)
        try:
            return reading.with_model(panel, raw["result"]["model"])
        except NOT_ITS_SHAPE as exc:
            raise self._http.misread("get_library_panel", exc) from None

    def panel_url(
        self,
        dashboard: Dashboard,
        panel_id: int,
        *,
        start: datetime,
        end: datetime | None,
        variables: Mapping[str, Sequence[str]] | None = None,
    ) -> str:
        """Return the address of one panel over a time, for people's browsers. Costs nothing.

        Without an end it goes on until whoever looks looks.
        """
        params = [
            ("viewPanel", str(panel_id)),
            *window(start, end),
            *chosen(variables),
        ]
        path = f"/d/{quote(dashboard.uid, safe='')}/{quote(dashboard.slug, safe='')}"
        return f"{self._public_url}{path}?{urlencode(params)}"

    async def render_panel(
        self,
        dashboard: Dashboard,
        panel_id: int,
        *,
        start: datetime,
        end: datetime,
        width: int = 1000,
        height: int = 500,
        scale: int = 1,
        variables: Mapping[str, Sequence[str]] | None = None,
    ) -> bytes:
        """Return a PNG of one panel over a time, `width` by `height` pixels.

        With a `scale` each of them is so many pixels wide and high: letters are larger for it. A
        renderer that knows no scale gives the smaller picture.

        Two pictures are drawn at once; waiting for a turn counts towards the deadline of 30 s.

        Costs one call that keeps a browser page busy. Needs dashboards:read and the image
        renderer, without which Grafana answers with a picture that says so.

        Raises:
            NotFound: there is no such dashboard.
            Rejected: what came is not the picture asked for: there is no renderer.
            Forbidden: the token is wrong.
            RateLimited, Unavailable: worth another try.

        Source: https://grafana.com/docs/grafana/latest/setup-grafana/image-rendering/
        """
        params = [
            ("panelId", str(panel_id)),
            *window(start, end),
            ("width", str(width)),
            ("height", str(height)),
            ("scale", str(scale)),
            ("tz", "UTC"),
            ("timeout", str(max(1, int(self._render_deadline_s)))),
            *chosen(variables),
        ]
        path = f"/render/d-solo/{quote(dashboard.uid, safe='')}/{quote(dashboard.slug, safe='')}"
        try:
            async with asyncio.timeout(self._render_deadline_s), self._renders:
                answer = await self._http.send(
                    "render_panel", "GET", path, params=params, deadline_s=self._render_deadline_s
                )
        except TimeoutError:
            limit = f"no picture within {self._render_deadline_s:g} s"
            raise Unavailable(SYSTEM, "render_panel", limit) from None
        except Unavailable as exc:
            if NO_RENDERER not in exc.detail:
                raise
            raise Rejected(SYSTEM, "render_panel", "it has no image renderer") from None
        if not answer.body.startswith(png.SIGNATURE):
            kind = answer.content_type or "nothing"
            raise Rejected(SYSTEM, "render_panel", f"instead of a picture came {kind}")
        if png.size(answer.body) not in {(width, height), (width * scale, height * scale)}:
            raise Rejected(
                SYSTEM,
                "render_panel",
                "it has another size than was asked for, as Grafana's notice that there is no "
                "image renderer",
            )
        if await asyncio.to_thread(png.is_blank, answer.body):
            raise Rejected(SYSTEM, "render_panel", "the picture is empty")
        return answer.body

    async def create_annotation(
        self,
        text: str,
        *,
        at: datetime,
        end: datetime | None = None,
        tags: Iterable[str] = (),
        dashboard_uid: str | None = None,
        panel_id: int | None = None,
    ) -> int:
        """Mark a moment, or with `end` a span, and return the annotation's id.

        Without a dashboard it is the organisation's, shown by its tags. Not idempotent: every
        call is a mark more.

        Costs one call. Needs annotations:create.

        Source: https://grafana.com/docs/grafana/latest/developers/http_api/annotations/
        """
        body: dict[str, Any] = {"text": text, "time": milliseconds(at), "tags": list(tags)}
        if end is not None:
            body["timeEnd"] = milliseconds(end)
        if dashboard_uid is not None:
            body["dashboardUID"] = dashboard_uid
        if panel_id is not None:
            body["panelId"] = panel_id
        raw = await self._http.send_for_json(
            "create_annotation", "POST", "/api/annotations", body=body
        )
        try:
            return int(raw["id"])
        except NOT_ITS_SHAPE as exc:
            raise self._http.misread("create_annotation", exc) from None

    async def list_annotations(
        self, *, tags: Iterable[str], limit: int = 100
    ) -> tuple[Annotation, ...]:
        """Return the newest annotations of people and tools that carry all of these tags.

        Those of dashboards we may see and the organisation's own. Costs one call. Needs
        annotations:read.

        Source: https://grafana.com/docs/grafana/latest/developers/http_api/annotations/
        """
        params = [("type", "annotation"), ("limit", str(limit)), *(("tags", tag) for tag in tags)]
        raws = await self._http.send_for_list(
            "list_annotations", "GET", "/api/annotations", params=params
        )
        try:
            return tuple(_annotation(raw) for raw in raws)
        except NOT_ITS_SHAPE as exc:
            raise self._http.misread("list_annotations", exc) from None

    async def patch_annotation(
        self, annotation_id: int, *, end: datetime | None = None, text: str | None = None
    ) -> None:
        """Give an annotation its end, or another text; what is not given stays. May be repeated.

        Costs one call. Needs annotations:write.

        Raises:
            NotFound: there is no such annotation.

        Source: https://grafana.com/docs/grafana/latest/developers/http_api/annotations/
        """
        body: dict[str, Any] = {}
        if end is not None:
            body["timeEnd"] = milliseconds(end)
        if text is not None:
            body["text"] = text
        await self._http.send(
            "patch_annotation", "PATCH", f"/api/annotations/{annotation_id}", body=body
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def _annotation(raw: Mapping[str, Any]) -> Annotation:
    return Annotation(
        id=int(raw["id"]),
        text=raw.get("text") or "",
        tags=tuple(raw.get("tags") or ()),
        at=moment(raw["time"]),
        end=moment(raw.get("timeEnd") or raw["time"]),
    )
