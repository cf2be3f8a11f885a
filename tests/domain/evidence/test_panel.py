"""The panel nearest to an alert is chosen by what both draw, and none where none is near."""

import time

import pytest

from bot.domain.evidence.panel import (
    MOST_VALUES,
    Asked,
    Naming,
    PanelSeen,
    choose,
    named_by,
    titled,
    values_for,
)
from bot.domain.promql.drawn import drawn

LABELS = {"env": "prod", "service": "credlink-api", "severity": "critical"}
ERRORS = (
    'sum by (env) (rate(http_requests_total{status_code=~"5.."}[15s]))'
    " / sum by (env) (rate(http_requests_total[15s]))"
)
P95 = "histogram_quantile(0.95, sum by (le, env) (rate(latency_bucket[15s])))"


def a_panel(number: int, *queries: str, dashboard="d", title="", kind="timeseries") -> PanelSeen:
    return PanelSeen(
        dashboard=dashboard,
        dashboard_title=title,
        panel=number,
        type=kind,
        drawn=tuple(map(drawn, queries)),
    )


def chosen(expression: str, *panels: PanelSeen, rules=None, labels=None) -> int | None:
    choice = choose(drawn(expression), labels or LABELS, panels, rules=rules)
    return choice.seen.panel if choice is not None else None


TRAFFIC = a_panel(1, 'sum(rate(http_requests_total{env="$env"}[$__rate_interval]))')
RATIO = a_panel(
    2,
    'sum(rate(http_requests_total{env="$env",status_code=~"5.."}[1m]))'
    ' / sum(rate(http_requests_total{env="$env"}[1m]))',
)
P50 = a_panel(3, 'histogram_quantile(0.5, sum by (le) (rate(latency_bucket{env="prod"}[1m])))')
P95_PANEL = a_panel(
    4, 'histogram_quantile(0.95, sum by (le) (rate(latency_bucket{env="prod"}[1m])))'
)
HITS = a_panel(5, "rate(cache_hits_total[1m])")
HITS_AND_ALL = a_panel(6, "rate(cache_hits_total[1m])", "rate(cache_requests_total[1m])")
EVERYTHING = a_panel(7, *(f"rate(metric_{n}_total[5m])" for n in range(9)), "up")


@pytest.mark.parametrize(
    ("expression", "panel"),
    [
        (ERRORS, 2),
        ("sum(rate(http_requests_total[15s]))", 1),
        (P95, 4),
        ("rate(cache_hits_total[5m]) / rate(cache_requests_total[5m])", 6),
        ("up", 7),
        ("min by (env) (aws_ecs_running_task_count)", None),
        ("a + b + c + cache_hits_total", None),
    ],
    ids=[
        "the same narrowing",
        "no narrowing",
        "the same quantile",
        "several metrics, drawn by several queries",
        "one query of many",
        "nothing draws it",
        "one of four metrics is not near",
    ],
)
def test_the_nearest_is_chosen(expression: str, panel: int | None):
    every = (TRAFFIC, RATIO, P50, P95_PANEL, HITS, HITS_AND_ALL, EVERYTHING)
    assert chosen(expression, *every) == panel
    assert chosen(expression, *reversed(every)) == panel


def test_what_is_shared_is_told():
    choice = choose(drawn(ERRORS), LABELS, [RATIO])
    assert choice is not None
    assert choice.metrics == ("http_requests_total",)


def test_a_query_about_another_place_does_not_count():
    staging = a_panel(1, 'up{env="staging"}')
    without = a_panel(2, 'up{env!="prod"}')
    here = a_panel(3, 'up{env="prod"}')

    assert chosen("up", staging, without) is None
    assert chosen("up", staging, without, here) == 3
    assert chosen("up", staging, labels={"severity": "critical"}) == 1


def test_a_line_over_time_goes_before_a_figure_and_a_figure_before_a_table():
    table, figure, line = (
        a_panel(n, "up", kind=kind) for n, kind in enumerate(("table", "stat", "graph"))
    )
    assert chosen("up", table, figure, line) == 2
    assert chosen("up", table, figure) == 1


def test_a_dashboard_called_after_the_place_goes_before_others():
    other = a_panel(1, "up", title="Payments prod")
    ours = a_panel(2, "up", title="credlink-api, prod")

    assert chosen("up", other, ours) == 2


def test_recording_rules_are_seen_through_on_both_sides():
    rules = {"job:errors:ratio5m": ERRORS}
    recorded = a_panel(9, 'job:errors:ratio5m{env="$env"}')

    assert chosen("job:errors:ratio5m", recorded, RATIO) == 9
    assert chosen("job:errors:ratio5m", TRAFFIC, RATIO) is None
    assert chosen("job:errors:ratio5m", TRAFFIC, RATIO, rules=rules) == 2
    assert chosen(ERRORS, recorded, rules=rules) == 9


@pytest.mark.parametrize(
    ("annotations", "named"),
    [
        ([{}], None),
        ([{"__panelId__": "2"}], None),
        ([{"__dashboardUid__": " d "}], Naming("d", None)),
        ([{}, {"__dashboardUid__": "d", "__panelId__": "2"}], Naming("d", 2)),
        ([{"__dashboardUid__": "d", "__panelId__": "two"}], Naming("d", None)),
        ([{"__dashboardUid__": "d", "__panelId__": "-2"}], Naming("d", None)),
        ([{"__dashboardUid__": "d", "__panelId__": "9" * 20}], Naming("d", None)),
        ([{"__dashboardUid__": "d" * 41, "__panelId__": "2"}], None),
        ([{"__dashboardUid__": "..", "__panelId__": "2"}], None),
    ],
)
def test_what_the_annotations_name_is_read_with_care(annotations, named):
    assert named_by(annotations) == named


def values(*variables: Asked, labels) -> dict[str, tuple[str, ...]]:
    return values_for(variables, labels, service="credlink-api", environment="prod")


def test_variables_are_filled_from_the_labels_and_from_nothing_else():
    alert = {"env": "prod", "instance": "a:9090", "pod_name": "p-1"}
    asked = [
        Asked("env", None, False),
        Asked("node", "instance", False),
        Asked("pod", "pod_name", False),
        Asked("Environment", None, False),
        Asked("app", None, False),
        Asked("cluster", None, False),
    ]
    assert values(*asked, labels=[alert]) == {
        "env": ("prod",),
        "node": ("a:9090",),
        "pod": ("p-1",),
        "Environment": ("prod",),
        "app": ("credlink-api",),
    }


def test_several_values_are_for_variables_that_take_several():
    alerts = [{"instance": f"node-{n}"} for n in (1, 2, 2, 3)]

    assert values(Asked("instance", None, False), labels=alerts) == {}
    assert values(Asked("instance", None, True), labels=alerts) == {
        "instance": ("node-1", "node-2", "node-3")
    }
    many = [{"instance": f"node-{n}"} for n in range(50)]
    assert len(values(Asked("instance", None, True), labels=many)["instance"]) == MOST_VALUES


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Errors of $env", "Errors of prod"),
        ("${env} [[node]] ${env:text}!", "prod a, b prod!"),
        ("$other costs $5", "$other costs $5"),
        ("", ""),
    ],
)
def test_a_title_says_what_was_chosen(title: str, shown: str):
    assert titled(title, {"env": ["prod"], "node": ["a", "b"]}) == shown


def test_thousands_of_panels_are_looked_through_without_holding_anything_up():
    rules = {f"rule:{n}": f"sum(rate(recorded_{n}_total[5m]))" for n in range(200)}
    panels = [a_panel(n, f"rate(metric_{n}_total[5m])", f"rule:{n % 200}") for n in range(6000)]
    chosen("metric_1_total", *panels, rules=rules)  # what is read once is kept
    began = time.process_time()

    assert chosen("rate(metric_5999_total[5m])", *panels, rules=rules) == 5999
    assert chosen("recorded_7_total", *panels, rules=rules) == 7

    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("value", ["$__all", "a\nb", "", "x" * 200, "\u202eabc"])
def test_what_is_no_plain_value_is_left_out(value: str):
    assert values(Asked("instance", None, True), labels=[{"instance": value}]) == {}
