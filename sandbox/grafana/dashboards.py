"""CredLink's dashboards: one for each environment, one for all of them, and one of schema 2.

Between them they have what a Grafana grown over years has: a collapsed row, a panel of the library,
panels repeated for a variable with the copies that some versions store, and elements in a layout.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import seeds

ENVIRONMENTS = ("prod", "staging", "eu")
DATASOURCE = {"type": "prometheus", "uid": "prometheus"}


@dataclass(frozen=True, slots=True)
class Panel:
    """`expression` is what it draws; `$env` is the dashboard's environment."""

    id: int
    title: str
    expression: str
    unit: str

    def model(self, environment: str | None = None) -> dict[str, Any]:
        """What it is by itself, with the environment written out where there is one."""
        expression = self.expression
        if environment is not None:
            expression = expression.replace("$env", environment)
        return {
            "id": self.id,
            "type": "timeseries",
            "title": self.title,
            "datasource": DATASOURCE,
            "fieldConfig": {"defaults": {"unit": self.unit}, "overrides": []},
            "targets": [{"refId": "A", "datasource": DATASOURCE, "expr": expression}],
        }


# The ids are those that the sandbox's alerting rules name in `__panelId__`.
PANELS = (
    Panel(1, "Traffic", 'sum(rate(http_requests_total{env="$env"}[1m]))', "reqps"),
    Panel(
        2,
        "Error ratio",
        'sum(rate(http_requests_total{env="$env",status_code=~"5.."}[1m]))'
        ' / sum(rate(http_requests_total{env="$env"}[1m]))',
        "percentunit",
    ),
    Panel(
        3,
        "Latency, 95th percentile",
        "histogram_quantile(0.95, sum by (le)"
        ' (rate(http_request_duration_seconds_bucket{env="$env"}[1m])))',
        "s",
    ),
    Panel(4, "Running tasks", 'aws_ecs_running_task_count{env="$env"}', "short"),
)
ROW_PANELS = (
    Panel(6, "Database connections", 'aws_rds_database_connections{env="$env"}', "short"),
    Panel(
        7,
        "Redis memory",
        'redis_memory_used_bytes{env="$env"} / redis_memory_max_bytes{env="$env"}',
        "percentunit",
    ),
)
ROW_ID = 5
REPEATED = Panel(
    2,
    "Requests of $env",
    'sum by (status_code) (rate(http_requests_total{env=~"$env"}[$__rate_interval]))',
    "reqps",
)
SHARED = Panel(
    3,
    "Nodes' free disk",
    'node_filesystem_avail_bytes{env=~"$env", instance=~"$instance"}'
    ' / node_filesystem_size_bytes{env=~"$env", instance=~"$instance"}',
    "percentunit",
)
LIBRARY: Mapping[str, Panel] = {"library-disk": SHARED}
"""Panels of the library by their uid."""
PLATFORM_PANELS = (
    Panel(1, "Scrapes that work", 'up{job=~"$job"}', "short"),
    Panel(2, "Redis evictions", "rate(redis_evicted_keys_total[$__rate_interval])", "cps"),
)


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard: its JSON `model` of whichever schema, and the panels that can be drawn."""

    id: int
    uid: str
    title: str
    tags: tuple[str, ...]
    panels: Mapping[int, Panel]
    model: Mapping[str, Any]
    environment: str | None = None

    @property
    def is_of_schema_2(self) -> bool:
        return "elements" in self.model

    @property
    def path(self) -> str:
        return f"/d/{self.uid}/{self.uid}"


def _of_environment(number: int, environment: str) -> Board:
    row = {
        "id": ROW_ID,
        "type": "row",
        "title": "Behind the service",
        "collapsed": True,
        "gridPos": {"h": 1, "w": 24, "x": 0, "y": 16},
        "panels": _placed(ROW_PANELS, environment, top=17),
    }
    uid, title = f"credlink-{environment}", f"CredLink {environment}"
    tags = ("credlink", seeds.SERVICE)
    panels = [*_placed(PANELS, environment, top=0), row]
    return Board(
        number,
        uid,
        title,
        tags,
        {panel.id: panel for panel in PANELS + ROW_PANELS},
        _classic(number, uid, title, tags, panels, []),
        environment,
    )


def _of_all(number: int) -> Board:
    """Variables, a repeated panel with one of its copies, and a panel of the library."""
    uid, title, tags = "credlink-all", "CredLink, every environment", ("credlink",)
    at = {"h": 8, "w": 24, "x": 0, "y": 0}
    copy = REPEATED.model() | {"id": 12, "repeatPanelId": REPEATED.id, "gridPos": at}
    panels = [
        {"id": 1, "type": "row", "title": "Requests", "collapsed": False, "panels": []},
        REPEATED.model() | {"repeat": "env", "repeatDirection": "h", "gridPos": at},
        copy,
        {
            "id": SHARED.id,
            "gridPos": at,
            "libraryPanel": {"uid": "library-disk", "name": SHARED.title},
        },
    ]
    variables = [
        _variable("env", "env", several=False),
        _variable("instance", "instance", several=True),
        {"name": "datasource", "type": "datasource", "query": "prometheus"},
        {"name": "words", "type": "textbox", "query": ""},
    ]
    return Board(
        number,
        uid,
        title,
        tags,
        {panel.id: panel for panel in (REPEATED, SHARED)},
        _classic(number, uid, title, tags, panels, variables),
    )


def _variable(name: str, label: str, *, several: bool) -> dict[str, Any]:
    query = f"label_values(up, {label})"
    return {
        "name": name,
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": "StandardVariableQuery"},
        "multi": several,
        "includeAll": several,
    }


def _classic(
    number: int,
    uid: str,
    title: str,
    tags: tuple[str, ...],
    panels: list[dict[str, Any]],
    variables: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "id": number,
        "uid": uid,
        "title": title,
        "tags": list(tags),
        "timezone": "utc",
        "schemaVersion": 41,
        "version": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": variables},
        "panels": panels,
    }


def _placed(panels: tuple[Panel, ...], environment: str, *, top: int) -> list[dict[str, Any]]:
    """Two panels beside each other, row after row of the grid."""
    return [
        panel.model(environment)
        | {"gridPos": {"h": 8, "w": 12, "x": 12 * (place % 2), "y": top + 8 * (place // 2)}}
        for place, panel in enumerate(panels)
    ]


def _of_schema_2(number: int) -> Board:
    """Named elements, a layout of tabs and rows that places them, and kinds for everything."""
    elements = {f"panel-{panel.id}": _element(panel) for panel in PLATFORM_PANELS}
    items = [
        {
            "kind": "AutoGridLayoutItem",
            "spec": {"element": {"kind": "ElementReference", "name": name}},
        }
        for name in elements
    ]
    row = {
        "kind": "RowsLayoutRow",
        "spec": {
            "title": "Everything",
            "collapse": True,
            "repeat": {"mode": "variable", "value": "job"},
            "layout": {"kind": "AutoGridLayout", "spec": {"items": items}},
        },
    }
    tab = {
        "kind": "TabsLayoutTab",
        "spec": {"title": "Now", "layout": {"kind": "RowsLayout", "spec": {"rows": [row]}}},
    }
    job = {
        "name": "job",
        "multi": True,
        "definition": "label_values(up, job)",
        "query": {"kind": "DataQuery", "group": "prometheus", "version": "v0", "spec": {}},
    }
    title, tags = "Platform", ("platform",)
    model = {
        "title": title,
        "tags": list(tags),
        "elements": elements,
        "layout": {"kind": "TabsLayout", "spec": {"tabs": [tab]}},
        "variables": [{"kind": "QueryVariable", "spec": job}],
    }
    panels = {panel.id: panel for panel in PLATFORM_PANELS}
    return Board(number, "platform", title, tags, panels, model)


def _element(panel: Panel) -> dict[str, Any]:
    query = {
        "kind": "DataQuery",
        "group": "prometheus",
        "version": "v0",
        "datasource": {"name": "prometheus"},
        "spec": {"expr": panel.expression},
    }
    queries = [{"kind": "PanelQuery", "spec": {"refId": "A", "hidden": False, "query": query}}]
    return {
        "kind": "Panel",
        "spec": {
            "id": panel.id,
            "title": panel.title,
            "links": [],
            "data": {
                "kind": "QueryGroup",
                "spec": {"queries": queries, "transformations": [], "queryOptions": {}},
            },
            "vizConfig": {
                "kind": "VizConfig",
                "group": "timeseries",
                "version": "12.4.0",
                "spec": {"options": {}, "fieldConfig": {"defaults": {"unit": panel.unit}}},
            },
        },
    }


BOARDS: Mapping[str, Board] = {
    board.uid: board
    for board in (
        *(_of_environment(number, name) for number, name in enumerate(ENVIRONMENTS, 1)),
        _of_all(len(ENVIRONMENTS) + 1),
        _of_schema_2(len(ENVIRONMENTS) + 2),
    )
}
