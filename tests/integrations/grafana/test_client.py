import asyncio
import io
import json
import traceback
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image, ImageDraw

from integrations.errors import Forbidden, NotFound, Rejected, Unavailable
from integrations.grafana.client import GrafanaClient
from integrations.grafana.models import Dashboard, Panel
from tests.integrations.vendor import Says

TOKEN = "a-token-nobody-may-see"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = {"start": NOON - timedelta(hours=1), "end": NOON}
DASHBOARD = Dashboard(uid="credlink", title="CredLink", slug="credlink-overview", panels=())


@pytest.fixture
async def grafana(vendor):
    opened = GrafanaClient(
        vendor.url, TOKEN, public_url="https://grafana.credlink.example/", render_deadline_s=1
    )
    yield opened
    await opened.aclose()


def a_png(width, height, *, is_blank=False):
    picture = io.BytesIO()
    drawn = Image.new("RGB", (width, height), "white")
    if not is_blank:
        ImageDraw.Draw(drawn).line((0, 0, width, height), "green", 3)
    drawn.save(picture, "PNG")
    return Says(body=picture.getvalue(), content_type="image/png")


async def test_its_health_is_read(grafana, vendor):
    vendor.says(Says(json={"commit": "abc", "database": "ok", "version": "12.4.0"}))
    health = await grafana.get_health()
    assert (health.version, health.database) == ("12.4.0", "ok")


async def test_a_dashboard_is_read_with_the_panels_in_its_rows(grafana, vendor):
    errors = {
        "id": 2,
        "type": "timeseries",
        "title": "Errors",
        "targets": [{"expr": "sum(rate(http_requests_total[5m]))"}, {"rawSql": "select 1"}],
    }
    vendor.says(
        Says(
            json={
                "meta": {"slug": "credlink-overview"},
                "dashboard": {
                    "uid": "credlink",
                    "title": "CredLink",
                    "panels": [
                        {"id": 1, "type": "row", "title": "Open", "panels": []},
                        errors,
                        {
                            "id": 3,
                            "type": "row",
                            "title": "Folded",
                            "panels": [{"id": 4, "type": "stat", "title": "Uptime"}],
                        },
                        {"id": 5, "libraryPanel": {"uid": "x", "name": "Shared"}},
                    ],
                },
            }
        )
    )
    dashboard = await grafana.get_dashboard("credlink")

    assert [(panel.id, panel.title) for panel in dashboard.panels] == [
        (2, "Errors"),
        (4, "Uptime"),
        (5, "Shared"),
    ]
    assert dashboard.panel(2).queries == ("sum(rate(http_requests_total[5m]))",)
    assert dashboard.panel(1) is None
    assert vendor.received[0].path == "/api/dashboards/uid/credlink"
    assert vendor.received[0].headers["Authorization"] == f"Bearer {TOKEN}"


async def test_a_panels_address_is_the_public_one(grafana, vendor):
    url = grafana.panel_url(DASHBOARD, 2, **HOUR, variables={"env": ["prod & more"]})
    assert url == (
        "https://grafana.credlink.example/d/credlink/credlink-overview?viewPanel=2"
        "&from=1795431600000&to=1795435200000&var-env=prod+%26+more"
    )
    assert vendor.received == []


async def test_an_address_takes_several_values_and_no_end_and_nothing_that_lets_the_bot_in(vendor):
    inside = GrafanaClient("https://bot:secret@grafana.internal/x/", TOKEN)
    url = inside.panel_url(
        DASHBOARD, 2, start=NOON, end=None, variables={"pod": ["a&b", "<c|d>"], "none": []}
    )
    assert url == (
        "https://grafana.internal/x/d/credlink/credlink-overview?viewPanel=2"
        "&from=1795435200000&to=now&var-pod=a%26b&var-pod=%3Cc%7Cd%3E"
    )


async def test_dashboards_are_listed_page_by_page(grafana, vendor):
    vendor.says(Says(json=[{"uid": "a", "title": "A"}, {"uid": "b"}]))
    found = await grafana.search_dashboards(page=2, limit=50)
    assert [(one.uid, one.title) for one in found] == [("a", "A"), ("b", "b")]
    assert vendor.received[0].query == [("type", "dash-db"), ("limit", "50"), ("page", "2")]

    vendor.says(Says(json=[{"title": "no uid"}]))
    with pytest.raises(Unavailable, match="not grafana's"):
        await grafana.search_dashboards()


async def test_a_dashboard_the_older_api_refuses_is_asked_for_by_the_newer_one(grafana, vendor):
    spec = {"title": "New", "elements": {}, "layout": {}}
    vendor.says(
        Says(status=406, json={"message": "dashboard api version not supported"}),
        Says(status=404, body=b"404 page not found"),
        Says(json={"metadata": {"name": "n"}, "spec": spec}),
    )
    dashboard = await grafana.get_dashboard("n")
    assert (dashboard.uid, dashboard.title, dashboard.panels) == ("n", "New", ())
    assert [one.path for one in vendor.received] == [
        "/api/dashboards/uid/n",
        "/apis/dashboard.grafana.app/v2beta1/namespaces/default/dashboards/n",
        "/apis/dashboard.grafana.app/v2/namespaces/default/dashboards/n",
    ]


async def test_a_dashboard_we_may_not_see_is_not_asked_for_again(grafana, vendor):
    vendor.says(Says(status=403, json={"message": "Access denied to this dashboard"}))
    with pytest.raises(Forbidden, match="Access denied"):
        await grafana.get_dashboard("secret")
    assert len(vendor.received) == 1


async def test_what_the_library_says_of_a_panel_is_read(grafana, vendor):
    panel = Panel(id=7, title="Disk", library="lib/1")
    model = {"type": "stat", "targets": [{"expr": "up"}]}
    vendor.says(Says(json={"result": {"uid": "lib/1", "model": model}}))
    read = await grafana.get_library_panel(panel)
    assert (read.id, read.title, read.type, read.queries) == (7, "Disk", "stat", ("up",))
    assert vendor.received[0].path == "/api/library-elements/lib%2F1"
    assert await grafana.get_library_panel(read) is read

    vendor.says(Says(json={"result": {}}))
    with pytest.raises(Unavailable, match="not grafana's"):
        await grafana.get_library_panel(panel)


async def test_a_picture_of_the_size_asked_for_is_the_panel(grafana, vendor):
    vendor.says(a_png(400, 200))
    picture = await grafana.render_panel(
        DASHBOARD, 2, **HOUR, width=400, height=200, variables={"env": ["prod"]}
    )
    assert Image.open(io.BytesIO(picture)).size == (400, 200)
    (received,) = vendor.received
    assert received.path == "/render/d-solo/credlink/credlink-overview"
    assert {"panelId": "2", "width": "400", "var-env": "prod"}.items() <= dict(
        received.query
    ).items()


@pytest.mark.parametrize(
    ("says", "complaint"),
    [
        (a_png(300, 300), "there is no image renderer"),
        (Says(body=b"<html>", content_type="text/html"), "instead of a picture came text/html"),
        (Says(json={"message": "no"}), "instead of a picture came application/json"),
        (Says(body=b"", content_type="image/png"), "instead of a picture"),
        (Says(body=b"\x89PNG\r\n\x1a\n", content_type="image/png"), "it has another size"),
        (a_png(400, 200, is_blank=True), "the picture is empty"),
        (Says(body=a_png(400, 200).body[:60], content_type="image/png"), "the picture is empty"),
    ],
)
async def test_what_is_not_the_picture_asked_for_is_refused(grafana, vendor, says, complaint):
    vendor.says(says)
    with pytest.raises(Rejected, match=complaint):
        await grafana.render_panel(DASHBOARD, 2, **HOUR, width=400, height=200)


async def test_two_pictures_are_drawn_at_once_and_waiting_has_an_end(vendor):
    grafana = GrafanaClient(vendor.url, TOKEN, render_deadline_s=0.3)
    vendor.says(Says(never=True))
    drawing = [asyncio.create_task(grafana.render_panel(DASHBOARD, n, **HOUR)) for n in range(3)]
    await asyncio.wait(drawing, return_when=asyncio.FIRST_COMPLETED)
    at_once = len(vendor.received)
    outcomes = await asyncio.gather(*drawing, return_exceptions=True)
    await grafana.aclose()
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert at_once == 2


async def test_a_moment_is_marked_and_later_given_its_end(grafana, vendor):
    vendor.says(Says(json={"message": "Annotation added", "id": 7}), Says(json={}))
    marked = await grafana.create_annotation(
        "v1.2.0 to prod", at=NOON, tags=["deploy", "prod"], dashboard_uid="credlink", panel_id=2
    )
    await grafana.patch_annotation(marked, end=NOON + timedelta(minutes=5))

    created, patched = vendor.received
    assert json.loads(created.body) == {
        "text": "v1.2.0 to prod",
        "time": 1795435200000,
        "tags": ["deploy", "prod"],
        "dashboardUID": "credlink",
        "panelId": 2,
    }
    assert (patched.method, patched.path) == ("PATCH", "/api/annotations/7")
    assert json.loads(patched.body) == {"timeEnd": 1795435500000}


async def test_a_mark_without_a_dashboard_is_the_organisations(grafana, vendor):
    vendor.says(Says(json={"id": 8}))
    await grafana.create_annotation("incident", at=NOON, end=NOON + timedelta(seconds=1))
    assert json.loads(vendor.received[0].body) == {
        "text": "incident",
        "time": 1795435200000,
        "timeEnd": 1795435201000,
        "tags": [],
    }


async def test_marks_are_found_by_all_of_their_tags(grafana, vendor):
    moment = {"id": 7, "text": "v1.2.0", "tags": ["deploy", "prod"], "time": 1795435200000}
    vendor.says(Says(json=[{**moment, "id": 8, "timeEnd": 1795435500000}, moment]))
    span, point = await grafana.list_annotations(tags=["deploy", "prod"], limit=2)

    assert (span.id, span.at, span.end) == (8, NOON, NOON + timedelta(minutes=5))
    assert (point.id, point.at, point.end) == (7, NOON, NOON)
    assert point.tags == ("deploy", "prod")
    assert vendor.received[0].query == [
        ("type", "annotation"),
        ("limit", "2"),
        ("tags", "deploy"),
        ("tags", "prod"),
    ]


@pytest.mark.parametrize("answer", [{}, [None], [{"id": "x"}], [{"id": 1}]])
async def test_a_list_that_is_none_of_annotations_is_not_taken_for_one(grafana, vendor, answer):
    vendor.says(Says(body=json.dumps(answer).encode()))
    with pytest.raises(Unavailable, match="not grafana's"):
        await grafana.list_annotations(tags=["deploy"])


@pytest.mark.parametrize("answer", [{}, [], {"dashboard": None}, {"dashboard": {"uid": "x"}}])
async def test_what_another_system_answers_is_not_taken_for_grafanas(grafana, vendor, answer):
    vendor.says(Says(body=json.dumps(answer).encode()))
    with pytest.raises(Unavailable, match="not grafana's"):
        await grafana.get_dashboard("credlink")


NESTED = b'{"type":"row","panels":[' * 440 + b"]}" * 440


@pytest.mark.parametrize(
    "answer",
    [
        b"[" * 100_000,
        b'{"dashboard":{"uid":"x","title":"x","panels":[{"id":1e999}]}}',
        b'{"dashboard":{"uid":"x","title":7}}',
        b'{"dashboard":{"uid":"x","title":"x","panels":[%b]}}' % NESTED,
    ],
)
async def test_an_answer_without_sense_is_grafanas_mistake_and_none_of_ours(
    grafana, vendor, answer
):
    vendor.says(Says(body=answer))
    try:
        read = await grafana.get_dashboard("credlink")
    except Unavailable:
        return
    assert read.panels == ()  # rows in rows in rows, and nothing in them


async def test_a_dashboard_nobody_knows_is_not_found(grafana, vendor):
    vendor.says(Says(status=404, json={"message": "Dashboard not found"}))
    with pytest.raises(NotFound, match="Dashboard not found"):
        await grafana.get_dashboard("nope/../admin")
    assert vendor.received[0].path == "/api/dashboards/uid/nope%2F..%2Fadmin"


async def test_a_token_never_reaches_an_error_or_its_traceback(grafana, vendor):
    vendor.says(Says(status=401, json={"message": f"Invalid API key {TOKEN}"}))
    with pytest.raises(Forbidden) as caught:
        await grafana.get_health()
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
