"""More about a group: what each source finds is on the card, and what it does not give is named."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot import metrics
from bot.alerts.chart import Window, belonging, read, shown_from, window_of
from bot.alerts.enrich import SOURCES, Source, ask_all, enrich
from bot.alerts.sweep import BeginLooks, SweepAlerts
from bot.domain.alert import Alert, Condition, Peak
from bot.domain.finding import Phase
from bot.engine import Engine
from bot.storage import changes, findings
from bot.storage.schema.cards import pictures
from bot.world import World
from integrations.errors import Rejected, Unavailable
from integrations.prometheus.models import Point, Series
from sandbox.pagerduty import PagerDuty
from tests.alerts.board import Board
from tests.alerts.builders import DEDUP_KEY, a_catalog, an_alert, an_update
from tests.alerts.series import PROD, STAGING, Prometheus
from tests.changes.builders import a_change
from tests.domain.test_alert import NOW, a_group

DEADLINE_S = 15.0
STEP = timedelta(seconds=15)


@pytest.fixture
def board(world: World) -> Board:
    return Board(world.database, a_catalog())


async def eventually(holds: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not await holds():  # noqa: ASYNC110  rows tell nobody when they change
            await asyncio.sleep(0.02)


async def test_the_chart_is_in_the_thread_and_on_the_card_with_what_is_normal(
    world: World, board: Board, prometheus: Prometheus
):
    now = world.now()
    onset = now - timedelta(minutes=3)
    prometheus.has(PROD, [(onset - STEP * n, 0.001) for n in range(60, 1, -1)])
    prometheus.values[0][1].extend((onset + STEP * n, 0.03 + n / 1000) for n in range(12))
    prometheus.has(STAGING, [(onset + STEP * n, 0.9) for n in range(10)])
    await board.hears(an_update(an_alert(starts_at=onset)), at=now)
    [group] = await board.groups()

    missing = await ask_all(world, SOURCES[:1], group.id, Phase.ONSET)

    [group] = await board.groups()
    assert missing == []
    assert group.normal == 0.001
    assert group.value == pytest.approx(0.041)
    assert await board.thread(group) == ["HighErrorRatio-onset.png"]
    assert "*4.1 %* (threshold 1 %, normally 0.1 %) · peak 4.2 % at" in await board.text(group)
    assert prometheus.asked == [group.condition.expression]

    async with world.database.write() as connection:
        await connection.execute(update(pictures).values(file_id="F1", usable=True))
    shown = (await board.card(group)).blocks
    [image] = [block for block in shown if block["type"] == "image"]
    assert image["slack_file"] == {"id": "F1"}
    assert image["alt_text"] == (
        "Chart of HighErrorRatio, credlink-api in prod: now 4.1 %, threshold 1 %, peak 4.2 %"
    )


async def test_the_chart_is_drawn_again_when_it_is_over_and_finds_the_true_peak(
    world: World, board: Board, prometheus: Prometheus
):
    now = world.now()
    onset = now - timedelta(minutes=10)
    prometheus.has(PROD, [(onset + STEP * n, 0.051 if n == 20 else 0.03) for n in range(36)])
    await board.hears(an_update(an_alert(starts_at=onset, value="0.02")), at=onset)
    over = an_alert(starts_at=onset, status="resolved", ends_at=now - timedelta(minutes=1))
    await board.hears(an_update(over), at=now)
    [group] = await board.groups()

    await ask_all(world, SOURCES[:1], group.id, Phase.END)

    [group] = await board.groups()
    assert group.peak.value == 0.051
    assert abs(group.peak.at - (onset + STEP * 20)) < timedelta(seconds=1)
    assert "peak *5.1 %*" in await board.text(group)
    assert (await board.thread(group))[-1] == "HighErrorRatio-end.png"


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        (Unavailable("prometheus", "query_range", "HTTP 502"), "did not give it (HTTP 502)"),
        (Rejected("prometheus", "query_range", "<!channel>"), "did not give it (&lt;!channel&gt;)"),
    ],
)
async def test_a_source_that_is_broken_is_named_on_the_card_and_costs_nothing_else(
    world: World, board: Board, prometheus: Prometheus, pagerduty: PagerDuty, fails, said
):
    prometheus.fails = fails
    pagerduty.account.trigger(key=DEDUP_KEY, summary="Errors", severity="critical", body={})
    await board.hears(an_update())
    [group] = await board.groups()

    missing = await ask_all(world, SOURCES, group.id, Phase.ONSET)

    text = await board.text(group)
    assert missing == ["chart", "onset"]
    assert f"No chart: Prometheus {said}" in text
    assert "triggered, paging Carol" in text


def up(system: str) -> float:
    return metrics.source_up.labels(system)._value.get()


async def test_the_metric_of_a_system_says_whether_it_answered_when_it_was_asked(
    world: World, board: Board, prometheus: Prometheus, pagerduty: PagerDuty
):
    prometheus.fails = Unavailable("prometheus", "query_range", "HTTP 502")
    metrics.source_up.clear()
    await board.hears(an_update())
    [group] = await board.groups()

    await ask_all(world, SOURCES, group.id, Phase.ONSET)

    [said] = metrics.source_up.collect()
    # Neither Grafana nor Sentry nor CloudWatch is there to be asked, and the bot is no system.
    assert {one.labels["system"] for one in said.samples} == {"prometheus", "pagerduty"}
    assert (up("prometheus"), up("pagerduty")) == (0, 1)

    prometheus.fails = None
    await ask_all(world, SOURCES[:1], group.id, Phase.ONSET)
    assert up("prometheus") == 1


async def test_that_the_same_is_missing_again_edits_no_card(
    world: World, board: Board, prometheus: Prometheus
):
    prometheus.fails = Unavailable("prometheus", "query_range", "HTTP 502")
    await board.hears(an_update())
    [group] = await board.groups()
    await ask_all(world, SOURCES[:1], group.id, Phase.ONSET)
    before = await board.wanted(group)

    await ask_all(world, SOURCES[:1], group.id, Phase.ONSET)
    assert await board.wanted(group) == before

    prometheus.fails = Unavailable("prometheus", "query_range", "no answer in time")
    await ask_all(world, SOURCES[:1], group.id, Phase.ONSET)
    assert await board.wanted(group) > before


async def test_a_slow_source_takes_its_own_time_and_no_more(
    world: World, board: Board, prometheus: Prometheus
):
    prometheus.takes_s = 30
    slow = replace(SOURCES[0], budget_s=0.05)
    quick = Source("quick", "Quick", "answer", 5.0, lambda *_: asyncio.sleep(0))
    await board.hears(an_update())
    [group] = await board.groups()
    began = time.monotonic()

    missing = await ask_all(world, [slow, quick], group.id, Phase.ONSET)

    assert missing == ["chart"]
    assert time.monotonic() - began < 5
    assert "No chart: Prometheus did not answer within 0.05 s." in await board.text(group)


async def test_a_bug_in_a_source_is_not_taken_for_a_missing_answer(world: World, board: Board):
    async def buggy(*_: Any) -> None:
        raise KeyError("x")

    await board.hears(an_update())
    [group] = await board.groups()

    with pytest.raises(ExceptionGroup) as caught:
        await ask_all(world, [Source("b", "B", "b", 1, buggy)], group.id, Phase.ONSET)
    assert caught.group_contains(KeyError)


async def test_the_incident_is_found_by_the_group_key_without_any_webhook(
    world: World, board: Board, pagerduty: PagerDuty
):
    pagerduty.account.trigger(key=DEDUP_KEY, summary="Errors", severity="critical", body={})
    await board.hears(an_update())
    [group] = await board.groups()

    assert await ask_all(world, SOURCES[1:], group.id, Phase.ONSET) == []

    assert "PagerDuty" in await board.text(group)
    assert await board.buttons(group) == ["Acknowledge", "Resolve", "Silence…"]


async def test_an_alert_that_pages_nobody_has_no_incident_and_nothing_is_missing(
    world: World, board: Board
):
    await board.hears(an_update())
    [group] = await board.groups()

    assert await ask_all(world, SOURCES[1:], group.id, Phase.ONSET) == []

    assert "PagerDuty" not in await board.text(group)


async def test_an_alert_that_pagerduty_merged_into_another_incident_is_found_in_it(
    world: World, board: Board, pagerduty: PagerDuty
):
    incident = pagerduty.account.trigger(
        key="another", summary="Another", severity="critical", body={}
    )
    incident.alerts.append(replace(incident.alerts[0], key=DEDUP_KEY))
    await board.hears(an_update())
    [group] = await board.groups()

    await ask_all(world, SOURCES[1:], group.id, Phase.ONSET)

    assert f"#{incident.number}" in await board.text(group)


async def test_the_workflow_asks_again_what_gave_nothing(
    world: World, board: Board, prometheus: Prometheus, engine: Engine
):
    now = world.now()
    prometheus.has(PROD, [(now - STEP * n, 0.03) for n in range(8, 0, -1)])
    prometheus.fails = Unavailable("prometheus", "query_range", "HTTP 503")
    looks = await board.hears(an_update(an_alert(starts_at=now - timedelta(minutes=1))), at=now)
    [group] = await board.groups()
    await engine.begin(enrich, looks[0], looks[0], [0.1, 0.1])

    async def named() -> bool:
        return "HTTP 503" in await board.text(group)

    async def drawn() -> bool:
        return "HTTP 503" not in await board.text(group) and await board.thread(group) != []

    await eventually(named)
    prometheus.fails = None
    await eventually(drawn)


async def test_a_look_the_engine_never_heard_of_is_begun_by_the_sweeper_once(
    world: World, board: Board, engine: Engine
):
    looks = await board.hears(an_update())
    later = world.now() + timedelta(minutes=1)
    sweep = SweepAlerts(world.database, engine, lambda: later, world.pace)

    assert await sweep() == 1
    assert await sweep() == 0
    assert await engine.known(looks) == set(looks)
    await BeginLooks(engine, world.pace)(looks)

    async def finished() -> bool:
        async with world.database.read() as connection:
            return not await findings.unfinished(connection, later)

    await eventually(finished)


def test_only_the_series_of_the_groups_own_alerts_are_drawn():
    known = an_update(an_alert()).alerts
    series = [Series(PROD, ()), Series(STAGING, ())]

    assert belonging(series, known) == (series[0],)
    assert belonging([Series({"env": "dev"}, ())], known) == (Series({"env": "dev"}, ()),)
    assert belonging([Series({}, ())], known) == (Series({}, ()),)


def test_thousands_of_series_and_alerts_are_told_apart_at_once():
    series = [Series({"node": f"n{n}", "job": "x"}, ()) for n in range(2500)]
    said = {"alertname": "A", "severity": "critical", "job": "x"}
    known = [
        Alert(fingerprint=f"{n}", starts_at=NOW, labels=said | {"node": f"n{2499 - n}", "pod": "p"})
        for n in range(1000)
    ]
    begun = time.process_time()
    assert [one.labels["node"] for one in belonging(series, known)] == [
        f"n{n}" for n in range(1500, 2500)
    ]
    assert time.process_time() - begun < 0.5  # it held the bot for three seconds


def test_values_that_are_no_numbers_are_neither_peak_nor_normal():
    group = a_group(started_at=NOW - timedelta(minutes=5))
    window = window_of(group, NOW)
    nan = float("nan")
    points = [Point(NOW - window.step * n, nan if n % 2 else 2.0) for n in range(20, -1, -1)]

    seen = read([Series({}, tuple(points))], Condition("x", ">", 1.0), group, window)

    assert seen.value == 2.0
    assert seen.peak is not None
    assert seen.peak.value == 2.0
    assert isinstance(seen.peak, Peak)


async def test_a_service_younger_than_the_window_is_asked_for_again_in_finer_steps(
    world: World, board: Board, prometheus: Prometheus
):
    now = world.now()
    prometheus.has(PROD, [(now - timedelta(seconds=n), 0.03) for n in range(60, 0, -1)])
    await board.hears(an_update(an_alert(starts_at=now - timedelta(seconds=20))), at=now)
    [group] = await board.groups()

    await ask_all(world, SOURCES[:1], group.id, Phase.ONSET)

    assert len(prometheus.asked) == 2
    wide = window_of(group, now)
    young = [Series({}, (Point(now - timedelta(seconds=60), 0.03),))]
    narrow = wide.narrowed(young)
    assert narrow.end - narrow.start < timedelta(minutes=2)
    assert narrow.step == timedelta(seconds=1)
    assert wide.narrowed([Series({}, (Point(wide.start, 0.03),))]) == wide
    assert wide.narrowed([]) == wide


def test_what_is_measured_just_before_the_onset_is_not_called_normal():
    group = a_group(started_at=NOW - timedelta(minutes=2))
    window = window_of(group, NOW)
    ramp = [Point(group.started_at - timedelta(seconds=n), 9.0) for n in range(40, 1, -1)]
    calm = [Point(group.started_at - timedelta(minutes=n), 1.0) for n in range(20, 4, -1)]

    only_ramp = read([Series({}, tuple(ramp))], Condition("x", ">", 5.0), group, window)
    with_calm = read([Series({}, (*calm, *ramp))], Condition("x", ">", 5.0), group, window)

    assert (only_ramp.normal, with_calm.normal) == (None, 1.0)


def test_the_newest_value_is_always_asked_for():
    window = window_of(a_group(started_at=NOW - timedelta(seconds=7)), NOW)

    assert (window.end - window.start) % window.step == timedelta(0)
    assert window.end == NOW


def test_the_window_ends_when_it_was_over_and_has_at_most_so_many_steps():
    resolved_at = NOW + timedelta(hours=5)
    window = window_of(a_group(resolved_at=resolved_at), resolved_at + timedelta(days=1))

    assert window.end == resolved_at
    assert (window.end - window.start) / window.step <= 180


@pytest.mark.parametrize(
    ("before_first_s", "shown_before_first_s"),
    [(None, 0), (20, 25), (600, 0)],
    ids=["no change", "just before", "long before"],
)
def test_the_picture_of_a_young_series_begins_with_the_change_just_before_it(
    before_first_s: int | None, shown_before_first_s: int
):
    first = NOW - timedelta(seconds=60)
    window = Window(first, NOW, timedelta(seconds=5))
    drawn = [Series({}, (Point(first, 1.0), Point(NOW, 2.0)))]
    before = before_first_s and a_change(started_at=first - timedelta(seconds=before_first_s))

    start = shown_from(window, drawn, a_group(started_at=NOW), before or None)

    assert first - start == timedelta(seconds=shown_before_first_s)


async def test_what_was_done_in_the_place_is_on_the_chart_the_newest_four(
    world: World, board: Board, prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch
):
    drawn = []
    monkeypatch.setattr("bot.alerts.chart.line_chart", lambda chart: drawn.append(chart) or b"png")
    now = world.now()
    onset = now - timedelta(minutes=2)
    prometheus.has(PROD, [(now - STEP * n, 0.03) for n in range(180, 0, -1)])
    begun = {f"v{n}": onset - timedelta(minutes=5 * n - 6) for n in range(1, 7)}
    await board.hears(an_update(an_alert(starts_at=onset)), at=now)
    async with world.database.write() as connection:
        for version, at in begun.items():
            done = a_change(version, version=version, started_at=at, asked_at=at)
            assert await changes.add(connection, done)
    [group] = await board.groups()

    await ask_all(world, SOURCES[:1], group.id, Phase.ONSET)

    [chart] = drawn
    assert [(marker.label, marker.at) for marker in chart.markers] == [
        ("firing", group.started_at),
        *((f"deploy of {version}", begun[version]) for version in ("v4", "v3", "v2", "v1")),
    ]
