"""Dashboards of every schema are read alike: rows, tabs, copies, the library, variables."""

import time

import pytest

from integrations.grafana.models import Panel, Variable
from integrations.grafana.reading import LONGEST_TITLE, dashboard, slug_of, with_model
from sandbox.grafana.dashboards import BOARDS

RATE = "sum(rate(http_requests_total[5m]))"


def classic(*panels, **said):
    return {
        "meta": {"slug": "x"},
        "dashboard": {"uid": "u", "title": "T", "panels": panels, **said},
    }


def a_panel(number, **said):
    return {"id": number, "type": "timeseries", "title": f"P{number}", **said}


def asking(*expressions, **said):
    return {"targets": [{"expr": one} for one in expressions], **said}


def resource(elements, layout=None, **said):
    spec = {"title": "T", "elements": elements, "layout": layout or {}, **said}
    return {"kind": "Dashboard", "metadata": {"name": "u"}, "spec": spec}


def an_element(number, *queries, kind="DataQuery", group="prometheus", hidden=False):
    asked = [
        {
            "kind": "PanelQuery",
            "spec": {
                "hidden": hidden,
                "query": {"kind": kind, "group": group, "spec": {"expr": query}},
            },
        }
        for query in queries
    ]
    return {
        "kind": "Panel",
        "spec": {
            "id": number,
            "title": f"P{number}",
            "data": {"kind": "QueryGroup", "spec": {"queries": asked}},
            "vizConfig": {"kind": "VizConfig", "group": "stat"},
        },
    }


def grid(*names, repeat=None):
    items = [
        {"kind": "GridLayoutItem", "spec": {"element": {"name": name}, **(repeat or {})}}
        for name in names
    ]
    return {"kind": "GridLayout", "spec": {"items": items}}


def repeated(variable):
    return {"repeat": {"mode": "variable", "value": variable}}


def test_panels_of_open_and_collapsed_rows_are_there_and_repeated_as_their_row():
    read = dashboard(
        classic(
            a_panel(1),
            {"id": 2, "type": "row", "repeat": "env", "collapsed": False, "panels": []},
            a_panel(3, repeat="instance"),
            {"id": 4, "type": "row", "collapsed": True, "panels": [a_panel(5)]},
        )
    )

    assert [(panel.id, panel.repeats) for panel in read.panels] == [
        (1, ()),
        (3, ("env", "instance")),
        (5, ()),
    ]


def test_copies_of_repeated_panels_are_not_panels_of_their_own():
    read = dashboard(classic(a_panel(1, repeat="env"), a_panel(12, repeatPanelId=1)))

    assert [panel.id for panel in read.panels] == [1]


def test_a_dashboard_from_before_rows_were_panels_is_read():
    old = {"title": "T", "uid": "u", "rows": [{"repeat": "env", "panels": [a_panel(1)]}]}

    read = dashboard({"dashboard": old, "meta": {}})

    assert (read.panel(1).repeats, read.slug) == (("env",), "t")


def test_only_what_is_asked_of_prometheus_and_shown_counts_as_a_query():
    read = dashboard(
        classic(
            a_panel(
                1,
                datasource={"type": "prometheus"},
                targets=[
                    {"expr": RATE},
                    {"expr": "hidden", "hide": True},
                    {"expr": '{app="x"}', "datasource": {"type": "loki"}},
                    {"rawSql": "select 1"},
                    {"expr": " "},
                    {"expr": ["no", "text"]},
                ],
            ),
            a_panel(2, datasource={"type": "loki"}, **asking('{app="x"}')),
            a_panel(3, datasource="Prometheus", **asking(RATE)),
            a_panel(4, datasource=None, **asking(RATE)),
        )
    )

    assert [panel.queries for panel in read.panels] == [(RATE,), (), (RATE,), (RATE,)]


def test_a_panel_of_the_library_is_known_by_its_uid_and_filled_from_the_library():
    read = dashboard(classic({"id": 7, "libraryPanel": {"uid": "lib", "name": "Shared"}}))
    panel = read.panel(7)
    assert (panel.title, panel.library, panel.queries) == ("Shared", "lib", ())

    filled = with_model(panel, {"type": "stat", "title": "Ours", **asking(RATE), "id": 99})

    assert filled == Panel(id=7, title="Shared", type="stat", queries=(RATE,))


def test_variables_are_those_with_a_list_of_values_and_say_which_label_they_list():
    listed = [
        {"name": "env", "type": "query", "definition": "label_values(up, env)"},
        {"name": "node", "type": "query", "query": {"query": "label_values(instance)"}},
        {
            "name": "pod",
            "type": "query",
            "query": 'label_values(x{env="$env"}, pod_name)',
            "multi": True,
        },
        {"name": "top", "type": "query", "query": "query_result(topk(5, x))"},
        {"name": "size", "type": "custom", "query": "1,2"},
        {"name": "words", "type": "textbox"},
        {"name": "source", "type": "datasource", "query": "prometheus"},
        {"name": "length", "type": "interval", "query": "1m"},
        {"name": "adhoc", "type": "adhoc"},
    ]
    read = dashboard(classic(templating={"list": listed}))

    assert read.variables == (
        Variable("env", "env"),
        Variable("node", "instance"),
        Variable("pod", "pod_name", takes_several=True),
        Variable("top"),
        Variable("size"),
    )


@pytest.mark.parametrize(
    "query",
    [
        "label_values(" + "a" * 200_000 + "!",
        "label_values(" + " " * 200_000 + "x",
        "label_values(" * 9000,
    ],
)
def test_a_variable_whose_query_never_ends_keeps_nobody_busy(query):
    begun = time.process_time()
    read = dashboard(classic(templating={"list": [{"name": "v", "type": "query", "query": query}]}))
    assert read.variables == (Variable("v"),)
    assert time.process_time() - begun < 0.2


def test_titles_are_as_long_as_a_title_may_be():
    read = dashboard(classic({**a_panel(1), "title": "$a" * 900_000}, title="x" * 900_000))
    assert (len(read.title), len(read.panels[0].title)) == (LONGEST_TITLE, LONGEST_TITLE)


def test_a_dashboard_of_schema_2_is_read_in_the_order_of_its_layout():
    shared = {"uid": "lib", "name": "Shared"}
    elements = {
        "unplaced": an_element(9),
        "one": an_element(1, RATE),
        "two": an_element(2, '{app="x"}', group="loki"),
        "lib": {"kind": "LibraryPanel", "spec": {"id": 3, "title": "", "libraryPanel": shared}},
    }
    row = {
        "kind": "RowsLayoutRow",
        "spec": {"collapse": True, "layout": grid("one", repeat=repeated("instance"))}
        | repeated("env"),
    }
    tabs = [
        {"spec": {"layout": {"kind": "RowsLayout", "spec": {"rows": [row]}}}},
        {"spec": {"layout": grid("two", "lib", "gone")}},
    ]
    read = dashboard(
        resource(
            elements,
            {"kind": "TabsLayout", "spec": {"tabs": tabs}},
            variables=[
                {"kind": "QueryVariable", "spec": {"name": "env", "multi": True}},
                {"kind": "TextVariable", "spec": {"name": "words"}},
            ],
        )
    )

    assert [(p.id, p.title, p.type, p.queries, p.repeats) for p in read.panels] == [
        (1, "P1", "stat", (RATE,), ("env", "instance")),
        (2, "P2", "stat", (), ()),
        (3, "Shared", "", (), ()),
        (9, "P9", "stat", (), ()),
    ]
    assert read.panel(3).library == "lib"
    assert read.variables == (Variable("env", takes_several=True),)
    assert (read.uid, read.slug) == ("u", "t")


def test_queries_of_the_alpha_of_schema_2_and_hidden_ones():
    elements = {
        "a": an_element(1, RATE, kind="prometheus", group=None),
        "b": an_element(2, RATE, hidden=True),
    }

    assert [p.queries for p in dashboard(resource(elements)).panels] == [(RATE,), ()]


def test_a_dashboard_stored_in_schema_2_may_come_whole_in_the_older_answer():
    stored = resource({"a": an_element(1, RATE)})

    read = dashboard({"dashboard": stored, "meta": {"uid": "u", "slug": "s"}})

    assert (read.uid, read.slug, read.panel(1).queries) == ("u", "s", (RATE,))


def test_a_layout_without_an_end_is_not_followed_for_ever():
    layout = grid("one")
    for _ in range(50):
        layout = {"kind": "RowsLayout", "spec": {"rows": [{"spec": {"layout": layout}}]}}

    assert [p.id for p in dashboard(resource({"one": an_element(1)}, layout)).panels] == [1]


@pytest.mark.parametrize("uid", sorted(BOARDS))
def test_every_dashboard_of_the_sandbox_is_read(uid: str):
    board = BOARDS[uid]
    newer = {"metadata": {"name": uid}, "spec": board.model}
    read = dashboard(newer if board.is_of_schema_2 else {"dashboard": board.model, "meta": {}})

    assert {panel.id for panel in read.panels} == board.panels.keys()


@pytest.mark.parametrize(
    ("title", "slug"), [("CredLink / Prod!", "credlink-prod"), ("日本", "dashboard")]
)
def test_a_title_becomes_part_of_an_address(title: str, slug: str):
    assert slug_of(title) == slug
