"""CredLink's dashboards, one for each environment; some panels sit inside a collapsed row."""

from dataclasses import dataclass
from typing import Any

from sandbox import seeds

ENVIRONMENTS = ("prod", "staging", "eu")
DATASOURCE = {"type": "prometheus", "uid": "prometheus"}


@dataclass(frozen=True, slots=True)
class Panel:
    """`expression` is what it draws; `$env` is the dashboard's environment, written out."""

    id: int
    title: str
    expression: str
    unit: str

    def document(self, environment: str, *, x: int, y: int) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": "timeseries",
            "title": self.title,
            "datasource": DATASOURCE,
            "gridPos": {"h": 8, "w": 12, "x": x, "y": y},
            "fieldConfig": {"defaults": {"unit": self.unit}, "overrides": []},
            "targets": [
                {
                    "refId": "A",
                    "datasource": DATASOURCE,
                    "expr": self.expression.replace("$env", environment),
                }
            ],
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


def uid(environment: str) -> str:
    return f"credlink-{environment}"


def title(environment: str) -> str:
    return f"CredLink {environment}"


def all_panels() -> dict[int, Panel]:
    return {panel.id: panel for panel in PANELS + ROW_PANELS}


def document(environment: str) -> dict[str, Any]:
    """The dashboard's JSON model."""
    row = {
        "id": ROW_ID,
        "type": "row",
        "title": "Behind the service",
        "collapsed": True,
        "gridPos": {"h": 1, "w": 24, "x": 0, "y": 16},
        "panels": _placed(ROW_PANELS, environment, top=17),
    }
    return {
        "id": ENVIRONMENTS.index(environment) + 1,
        "uid": uid(environment),
        "title": title(environment),
        "tags": ["credlink", seeds.SERVICE],
        "timezone": "utc",
        "schemaVersion": 41,
        "version": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": []},
        "panels": [*_placed(PANELS, environment, top=0), row],
    }


def _placed(panels: tuple[Panel, ...], environment: str, *, top: int) -> list[dict[str, Any]]:
    """Two panels beside each other, row after row of the grid."""
    return [
        panel.document(environment, x=12 * (place % 2), y=top + 8 * (place // 2))
        for place, panel in enumerate(panels)
    ]
