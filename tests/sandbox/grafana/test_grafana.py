"""The Grafana stand-in: what it shows, and what it refuses in Grafana's words."""

import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image

from sandbox import seeds
from sandbox.clock import ManualClock
from sandbox.grafana import Grafana, Renderer
from sandbox.monitoring.rules import RULES
from sandbox.standin import Fault

PANEL = "/render/d-solo/credlink-prod/credlink-prod"


@pytest.fixture
async def server() -> AsyncIterator[Grafana]:
    server = Grafana(clock=ManualClock())
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def api(server: Grafana) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {seeds.GRAFANA_TOKEN}"}
    async with aiohttp.ClientSession(server.url, headers=headers) as session:
        yield session


async def test_health_needs_no_token_and_everything_else_does(server: Grafana):
    async with aiohttp.ClientSession(server.url) as nobody:
        assert (await (await nobody.get("/api/health")).json())["database"] == "ok"
        for path in ("/api/search", "/api/dashboards/uid/credlink-prod", PANEL, "/api/annotations"):
            answer = await nobody.get(path)
            assert (answer.status, (await answer.json())["message"]) == (401, "Invalid API key")


async def test_dashboards_are_found_by_words_and_tags(api):
    async def titles(query: str) -> list[str]:
        return [found["title"] for found in await (await api.get(f"/api/search?{query}")).json()]

    assert await titles("query=credlink") == [
        "CredLink prod",
        "CredLink staging",
        "CredLink eu",
        "CredLink, every environment",
    ]
    assert await titles("limit=2&page=3") == ["Platform"]
    assert await titles("limit=2&page=4") == []
    assert await titles("query=PROD&tag=credlink-api") == ["CredLink prod"]
    assert await titles("tag=checkout") == []


async def test_a_dashboard_has_the_panels_that_the_alerting_rules_name(api):
    answer = await (await api.get("/api/dashboards/uid/credlink-prod")).json()
    panels = answer["dashboard"]["panels"]
    expressions = {panel["id"]: panel["targets"][0]["expr"] for panel in panels[:-1]}
    named = {rule.panel_id for rule in RULES if rule.panel_id is not None}
    assert named
    assert named <= expressions.keys()
    assert 'env="prod"' in expressions[2]
    assert panels[-1]["type"] == "row"
    assert [panel["id"] for panel in panels[-1]["panels"]] == [6, 7]
    assert answer["meta"]["url"] == "/d/credlink-prod/credlink-prod"


async def test_a_dashboard_of_schema_2_is_only_handed_out_by_the_newer_api(api, server: Grafana):
    older = await api.get("/api/dashboards/uid/platform")
    assert older.status == 406
    where = (await older.json())["message"].split()[-2]
    newer = await (await api.get(where)).json()
    assert newer["metadata"]["name"] == "platform"
    assert newer["spec"]["elements"].keys() == {"panel-1", "panel-2"}

    server.hidden.add("platform")
    assert (await api.get(where)).status == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/dashboards/uid/nobody", 404),
        ("/apis/dashboard.grafana.app/v2beta1/namespaces/other/dashboards/platform", 404),
        ("/apis/dashboard.grafana.app/v2beta1/namespaces/default/dashboards/credlink-eu", 406),
        ("/api/library-elements/nothing", 404),
        ("/api/search?limit=9999", 422),
        ("/api/dashboard", 404),
        ("/render/d-solo/nobody/x?panelId=1", 404),
        (f"{PANEL}?panelId=99", 404),
        (f"{PANEL}?panelId=two", 400),
        (f"{PANEL}?panelId=2&width=99999", 400),
    ],
)
async def test_what_is_not_there_or_makes_no_sense_is_refused(api, path, status):
    answer = await api.get(path)
    assert answer.status == status
    assert (await answer.json())["message"]


async def test_a_panel_is_a_picture_of_the_size_asked_for(api):
    answer = await api.get(f"{PANEL}?panelId=2&width=320&height=160&from=1&to=2")
    assert answer.content_type == "image/png"
    picture = Image.open(io.BytesIO(await answer.read()))
    picture.verify()
    assert picture.size == (320, 160)


async def test_without_its_renderer_it_answers_a_notice_or_an_error(api, server: Grafana):
    server.renderer = Renderer.PLACEHOLDER
    answer = await api.get(f"{PANEL}?panelId=2&width=800&height=400")
    assert (answer.status, answer.content_type) == (200, "image/png")
    assert Image.open(io.BytesIO(await answer.read())).size != (800, 400)

    server.renderer = Renderer.MISSING
    answer = await api.get(f"{PANEL}?panelId=2")
    assert answer.status == 500
    assert "no image renderer" in (await answer.json())["message"]


async def test_a_panel_is_drawn_from_what_prometheus_has_with_the_values_of_variables(api, server):
    asked = []

    async def query_range(request: web.Request) -> web.Response:
        asked.append(request.query["query"])
        series = {"metric": {"status_code": "500"}, "values": [[1, "2"], [2, "3"]]}
        return web.json_response({"data": {"result": [series]}})

    application = web.Application()
    application.router.add_get("/api/v1/query_range", query_range)
    async with TestServer(application) as prometheus:
        server.prometheus_url = str(prometheus.make_url("")).rstrip("/")
        path = "/render/d-solo/credlink-all/x?panelId=2&var-env=prod&var-env=eu&from=1&to=2000"
        assert (await api.get(path)).content_type == "image/png"
    assert asked == ['sum by (status_code) (rate(http_requests_total{env=~"prod|eu"}[1m]))']
    # Without an answer it draws that there is none.
    assert (await api.get(path)).status == 200


async def test_an_annotation_gets_its_end_later_and_is_found_by_tag_and_time(api, server):
    body = {"text": "v1.2.0", "time": 1000, "tags": ["deploy"], "dashboardUID": "credlink-prod"}
    created = await (await api.post("/api/annotations", json=body)).json()
    assert created == {"message": "Annotation added", "id": 1}
    await api.post("/api/annotations", json={"text": "Incident", "time": 9000, "tags": ["x"]})

    patched = await api.patch("/api/annotations/1", json={"timeEnd": 5000})

    assert (await patched.json())["message"] == "Annotation patched"
    [found] = await (await api.get("/api/annotations?tags=deploy&from=4000&to=6000")).json()
    assert (found["time"], found["timeEnd"], found["text"]) == (1000, 5000, "v1.2.0")
    assert await (await api.get("/api/annotations?tags=deploy&from=6000")).json() == []
    assert [call.operation for call in server.calls][:2] == ["create_annotation"] * 2


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "bad request data"),
        (b"[]", 400, "bad request data"),
        (b"{}", 400, "text field should not be empty"),
        (b'{"text": "x", "time": "now"}', 400, "time must be milliseconds"),
        (b'{"text": "x", "dashboardUid": "credlink-prod"}', 400, "unknown dashboardUid"),
        (b'{"text": "x", "dashboardUID": "nobody"}', 404, "Dashboard not found"),
        (b'{"text": "x", "dashboardUID": "credlink-eu", "panelId": 99}', 404, "Panel not found"),
        (b'{"text": "x", "tags": "deploy"}', 400, "tags must be a list"),
        (b'{"text": "x", "time": 2, "timeEnd": 1}', 400, "timeEnd is before time"),
    ],
)
async def test_an_annotation_that_makes_no_sense_is_refused(api, server, body, status, words):
    answer = await api.post("/api/annotations", data=body)
    assert answer.status == status
    assert words in (await answer.json())["message"]
    assert not server.annotations


@pytest.mark.parametrize(
    "body", [{"end": 5000}, {"timeEnd": "later"}, {"tags": [1]}, {"dashboardUID": "credlink-eu"}]
)
async def test_a_patch_that_makes_no_sense_changes_nothing(api, server: Grafana, body):
    await api.post("/api/annotations", json={"text": "v1.2.0", "time": 1000})
    before = server.annotations[1]
    answer = await api.patch("/api/annotations/1", json=body)
    assert answer.status == 400
    assert server.annotations[1] == before
    assert [call.status for call in server.calls_of("patch_annotation")] == [400]


async def test_an_annotation_that_is_not_there_cannot_be_patched(api):
    for id_ in ("7", "seven"):
        assert (await api.patch(f"/api/annotations/{id_}", json={"text": "x"})).status == 404


async def test_faults_strike_by_operation(api, server: Grafana):
    server.faults.append(Fault("render", status=503))
    assert (await api.get(f"{PANEL}?panelId=2")).status == 503
    assert (await api.get(f"{PANEL}?panelId=2")).status == 200


async def test_a_link_to_a_panel_leads_a_person_to_a_page(api, server: Grafana):
    await api.post("/api/annotations", json={"text": "<b>v1.2.0</b>"})
    async with aiohttp.ClientSession(server.url) as browser:
        page = await (await browser.get("/d/credlink-prod/credlink-prod?viewPanel=2")).text()
        assert (await browser.get("/d/nobody")).status == 404
    assert "Error ratio" in page
    assert "&lt;b&gt;v1.2.0" in page
