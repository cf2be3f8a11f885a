"""Grafana's panel: named, from the catalogue or found; linked at once; drawn, or it is said why."""

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.alerts.enrich import SOURCES, ask_all
from bot.alerts.evidence import panel as evidence
from bot.domain.finding import CHART, Phase
from bot.world import World
from sandbox.grafana import Renderer
from sandbox.standin import Fault
from tests.alerts.builders import an_alert
from tests.alerts.grafana import NAMED, Room, a_room
from tests.alerts.series import PROD, Prometheus

CHART_AND_PANEL = [source for source in SOURCES if source.name in {CHART, "panel"}]
DISK = "node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1"


@pytest.fixture
async def room(world: World) -> AsyncIterator[Room]:
    async with a_room(world) as made:
        yield made


def link_in(text: str) -> str:
    """The address of the panel on a card."""
    return text.split("*Grafana*  <", 1)[1].split("|", 1)[0].replace("&amp;", "&")


def asked_in(text: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(link_in(text)).query)


async def test_the_panel_an_alert_names_is_linked_drawn_and_shown_in_place_of_our_chart(
    room: Room, prometheus: Prometheus
):
    now = room.world.now()
    prometheus.has(PROD, [(now - timedelta(seconds=15 * n), 0.03) for n in range(60, 0, -1)])
    group = await room.hears(an_alert(annotations=NAMED, starts_at=now - timedelta(minutes=1)))

    assert await ask_all(room.world, CHART_AND_PANEL, group.id, Phase.ONSET) == []

    text, [picture] = await room.shown(group)
    assert "|Error ratio>, CredLink prod" in text
    assert "The picture is Grafana's panel; the alert's own query is drawn in the thread." in text
    assert picture["slack_file"] == {"id": "HighErrorRatio-panel-onset.png"}
    assert picture["alt_text"].startswith(
        "Grafana's panel Error ratio of CredLink prod, for HighErrorRatio, credlink-api in prod"
    )
    assert sorted(await room.board.thread(group)) == [
        "HighErrorRatio-onset.png",
        "HighErrorRatio-panel-onset.png",
    ]
    start = round(group.started_at.timestamp() * 1000)
    assert asked_in(text) == {
        "viewPanel": ["2"],
        "from": [str(start - 30 * 60 * 1000)],
        "to": ["now"],
    }


async def test_the_picture_of_a_young_service_begins_where_our_chart_does(
    room: Room, prometheus: Prometheus
):
    now = room.world.now()
    prometheus.has(PROD, [(now - timedelta(seconds=n), 0.03) for n in range(60, 0, -1)])
    group = await room.hears(an_alert(annotations=NAMED, starts_at=now - timedelta(seconds=20)))

    for source in CHART_AND_PANEL:
        await ask_all(room.world, [source], group.id, Phase.ONSET)

    [drawn] = room.grafana.calls_of("render")
    since = now.timestamp() - int(drawn.arguments["from"]) / 1000
    assert since < 120


async def test_a_panel_only_found_by_its_metrics_leaves_our_chart_on_the_card(
    room: Room, prometheus: Prometheus
):
    await room.reads_panels()
    now = room.world.now()
    prometheus.has(PROD, [(now - timedelta(seconds=15 * n), 0.03) for n in range(60, 0, -1)])
    group = await room.hears(an_alert(starts_at=now - timedelta(minutes=1)))

    await ask_all(room.world, CHART_AND_PANEL, group.id, Phase.ONSET)

    text, [picture] = await room.shown(group)
    assert "found by `http_requests_total`" in text
    assert "own; Grafana's picture of the panel is in the thread." in text
    assert picture["slack_file"] == {"id": "HighErrorRatio-onset.png"}
    assert "HighErrorRatio-panel-onset.png" in await room.board.thread(group)


@pytest.mark.parametrize(
    ("renderer", "fault", "why"),
    [
        (Renderer.PLACEHOLDER, None, "as Grafana's notice that there is no image renderer"),
        (Renderer.MISSING, None, "no picture of it: it has no image renderer"),
        (Renderer.EMPTY, None, "the picture is empty"),
        (Renderer.INSTALLED, Fault("render", status=500, body="oops"), "HTTP 500: oops"),
        (Renderer.INSTALLED, Fault("render", times=3, drop="before"), "no picture of it: "),
        (Renderer.INSTALLED, Fault("render", status=403, body="no"), "HTTP 403: no"),
        (Renderer.INSTALLED, Fault("render", delay_s=0.6), "no picture within 0.2 s"),
    ],
    ids=["placeholder", "missing", "empty", "500", "cut", "forbidden", "slow"],
)
async def test_without_a_picture_our_chart_stands_and_the_card_says_which_and_why(
    room: Room, prometheus: Prometheus, monkeypatch, caplog, renderer, fault, why
):
    monkeypatch.setattr(evidence, "DRAW_WITHIN_S", 0.2 if fault and fault.delay_s else 5.0)
    room.grafana.renderer = renderer
    room.grafana.faults += [fault] if fault else []
    now = room.world.now()
    prometheus.has(PROD, [(now - timedelta(seconds=15 * n), 0.03) for n in range(9, 0, -1)])
    group = await room.hears(an_alert(annotations=NAMED, starts_at=now - timedelta(minutes=1)))

    assert await ask_all(room.world, CHART_AND_PANEL, group.id, Phase.ONSET) == []

    text, [picture] = await room.shown(group)
    assert "|Error ratio>, CredLink prod" in text
    assert why in text
    [logged] = [one for one in caplog.records if one.getMessage() == "panel_undrawn"]
    assert logged.why in text
    assert "The chart is the bot's own." in text
    assert "picture is Grafana's" not in text
    assert picture["alt_text"].startswith("Chart of HighErrorRatio")
    assert await room.board.thread(group) == ["HighErrorRatio-onset.png"]


async def test_the_end_is_drawn_too_and_the_link_stands_still_then(room: Room):
    now = room.world.now()
    started_at, ended_at = now - timedelta(minutes=9), now - timedelta(minutes=2)
    group = await room.hears(an_alert(annotations=NAMED, starts_at=started_at))
    await room.looks(group)
    ended = an_alert(annotations=NAMED, starts_at=started_at, status="resolved", ends_at=ended_at)
    group = await room.hears(ended)
    await room.looks(group, Phase.END)
    await room.looks(group, Phase.END)

    text, [picture] = await room.shown(group)
    assert picture["slack_file"] == {"id": "HighErrorRatio-panel-end.png"}
    assert asked_in(text)["to"] == [str(round((ended_at.timestamp() + 300) * 1000))]
    assert (await room.board.thread(group)).count("HighErrorRatio-panel-end.png") == 1
    assert room.grafana.calls_of("render")[-1].arguments["to"] == str(
        round(ended_at.timestamp() * 1000)
    )


@pytest.mark.parametrize(
    ("named", "note"),
    [
        (
            {"__dashboardUid__": "credlink-prod", "__panelId__": "99"},
            "The alert names panel 99 of CredLink prod in Grafana, which has no such panel",
        ),
        (
            {"__dashboardUid__": "nobody", "__panelId__": "2"},
            "The alert names dashboard nobody, which Grafana has not or does not show the bot.",
        ),
        (
            {"__dashboardUid__": "credlink-eu", "__panelId__": "2"},
            "The alert names dashboard credlink-eu, which Grafana has not",
        ),
    ],
    ids=["panel gone", "dashboard gone", "dashboard hidden"],
)
async def test_what_is_named_and_not_there_is_said_and_another_panel_is_found(
    room: Room, named, note
):
    room.grafana.hidden.add("credlink-eu")
    await room.reads_panels()
    group = await room.hears(an_alert(annotations=named))

    assert await room.looks(group) == []

    text, [_] = await room.shown(group)
    assert note in text
    assert "|Error ratio>, CredLink prod · found by `http_requests_total`" in text


async def test_a_panel_is_found_on_the_named_dashboard_before_all_others(room: Room):
    await room.reads_panels()
    group = await room.hears(an_alert(annotations={"__dashboardUid__": "credlink-all"}))

    await room.looks(group)

    text, _ = await room.shown(group)
    assert "|Requests of prod>, CredLink, every environment · found by" in text
    assert asked_in(text)["var-env"] == ["prod"]


@pytest.mark.parametrize(
    ("expression", "labels", "found", "variables"),
    [
        (
            "redis_memory_used_bytes / redis_memory_max_bytes > 0.9",
            {},
            "|Redis memory>, CredLink prod · found by `redis_memory_max_bytes`, "
            "`redis_memory_used_bytes`",
            {},
        ),
        (
            DISK,
            {"instance": "node-1:9100"},
            "|Nodes' free disk>, CredLink, every environment",
            {"var-env": ["prod"], "var-instance": ["node-1:9100"]},
        ),
        (
            'up{job="credlink-api"} == 0',
            {"job": "credlink-api"},
            "|Scrapes that work>, Platform",
            {"var-job": ["credlink-api"]},
        ),
        ("aws_ecs_running_task_count < 2", {}, "|Running tasks>, CredLink prod", {}),
    ],
    ids=["in a collapsed row", "of the library", "of schema 2", "of the place"],
)
async def test_a_panel_nobody_names_is_found_by_its_metrics_wherever_it_is(
    room: Room, expression, labels, found, variables
):
    assert await room.reads_panels() == 5
    group = await room.hears(an_alert(expression=expression, **labels))

    assert await room.looks(group) == []

    text, [_] = await room.shown(group)
    assert found in text
    told = asked_in(text)
    assert {name: value for name, value in told.items() if name.startswith("var-")} == variables
    [drawn] = room.grafana.calls_of("render")
    assert all(drawn.arguments[name] == value for name, [value] in variables.items())


async def test_a_recording_rule_is_seen_through(room: Room, prometheus: Prometheus):
    prometheus.rules = {
        "env:http_errors:ratio": 'sum by (env) (rate(http_requests_total{status_code=~"5.."}[1m]))'
        " / sum by (env) (rate(http_requests_total[1m]))"
    }
    await room.reads_panels()
    group = await room.hears(an_alert(expression="env:http_errors:ratio > 0.01"))

    await room.looks(group)

    text, _ = await room.shown(group)
    assert "|Error ratio>, CredLink prod · found by `http_requests_total`" in text


async def test_alerts_of_several_nodes_choose_all_of_them(room: Room):
    await room.reads_panels()
    nodes = [an_alert(f"a{n}", expression=DISK, instance=f"node-{n}&x:9100") for n in (1, 2)]
    group = await room.hears(*nodes)

    await room.looks(group)

    text, _ = await room.shown(group)
    assert asked_in(text)["var-instance"] == ["node-1&x:9100", "node-2&x:9100"]


async def test_a_link_too_long_for_slack_leaves_the_choice_of_many_to_the_dashboard(room: Room):
    await room.reads_panels()
    nodes = [an_alert(f"a{n}", expression=DISK, instance=f"{n}{'é' * 60}") for n in range(9)]
    group = await room.hears(*nodes)

    await room.looks(group)

    text, _ = await room.shown(group)
    assert "var-instance" not in asked_in(text)
    assert asked_in(text)["viewPanel"]


@pytest.mark.parametrize(
    "expression", ["some_other_metric > 1", "this is ( no promql", "vector(1) > 0"]
)
async def test_where_nothing_shows_it_there_is_no_link_and_no_word(room: Room, expression):
    await room.reads_panels()
    group = await room.hears(an_alert(expression=expression))

    assert await room.looks(group) == []

    text, pictures = await room.shown(group)
    assert "Grafana" not in text
    assert "the bot's own" not in text
    assert pictures == []


async def test_before_the_dashboards_are_read_only_what_is_named_is_found(room: Room):
    group = await room.hears(an_alert())

    assert await room.looks(group) == []

    assert "Grafana" not in (await room.shown(group))[0]
    assert room.grafana.calls == []


@pytest.mark.parametrize(
    ("says", "found"),
    [
        (
            {"dashboard": "credlink-prod", "panels": {"HighErrorRatio": 1}},
            "|Traffic>, CredLink prod",
        ),
        ({"dashboard": "credlink-prod"}, "|Error ratio>, CredLink prod · found by"),
        ({"dashboard": "credlink-all"}, "|Requests of prod>, CredLink, every"),
        ({"dashboard": "nobody"}, "The catalogue names dashboard nobody, which Grafana has not"),
        (
            {"dashboard": "credlink-prod", "panels": {"HighErrorRatio": 77}},
            "The catalogue names panel 77 of CredLink prod",
        ),
    ],
    ids=["its panel", "its dashboard", "one with variables", "no dashboard", "no panel"],
)
async def test_the_catalogue_names_a_dashboard_and_perhaps_the_panel(world: World, says, found):
    async with a_room(world, says) as room:
        group = await room.hears(an_alert())
        assert await room.looks(group) == []
        assert found in (await room.shown(group))[0]


async def test_a_grafana_that_is_away_is_named_on_the_card(room: Room, monkeypatch):
    group = await room.hears()
    room.grafana.faults.append(Fault("get_dashboard", status=503, body="away"))
    assert await room.looks(group) == ["panel"]
    assert "No panel: Grafana did not give it (HTTP 503: away)." in (await room.shown(group))[0]

    monkeypatch.setattr(evidence, "FIND_WITHIN_S", 0.1)
    room.grafana.faults.append(Fault("get_dashboard", delay_s=0.5))
    assert await room.looks(group) == ["panel"]
    text, _ = await room.shown(group)
    assert "No panel: Grafana did not give it (no answer within 0.1 s)." in text

    monkeypatch.undo()
    assert await room.looks(group) == []
    text, [_] = await room.shown(group)
    assert "No panel" not in text
    assert "|Error ratio>" in text


async def test_a_wrong_token_is_not_taken_for_a_dashboard_that_is_gone(room: Room):
    await room.reads_panels()
    refused = Fault("get_dashboard", times=2, status=401, body="Invalid API key")
    room.grafana.faults.append(refused)
    for group in (await room.hears(), await room.hears(an_alert("a2"), groupKey="another")):
        assert await room.looks(group) == ["panel"]
        text, _ = await room.shown(group)
        assert "No panel: Grafana did not give it (HTTP 401: Invalid API key)." in text
        assert "names dashboard" not in text


async def test_a_panel_that_went_since_the_dashboards_were_read_is_not_shown(room: Room):
    await room.reads_panels()
    room.grafana.hidden.add("credlink-prod")
    group = await room.hears(an_alert(expression="redis_memory_used_bytes > 1"))
    assert await room.looks(group) == []
    assert "Grafana" not in (await room.shown(group))[0]
    assert "credlink-prod" not in room.world.panels


async def test_a_title_from_outside_cannot_break_out_of_the_card(room: Room, monkeypatch):
    from sandbox.grafana import dashboards, server

    board = dashboards.BOARDS["credlink-prod"]
    evil = {**board.model, "title": "<!channel> | x", "panels": [{"id": 2, "title": "*a*|<@U1>"}]}
    monkeypatch.setitem(
        server.BOARDS,
        board.uid,
        dashboards.Board(1, board.uid, "x", (), board.panels, evil, "prod"),
    )
    group = await room.hears()
    await room.looks(group)
    text, _ = await room.shown(group)
    assert "<!channel>" not in text
    assert "<@U1>" not in text
