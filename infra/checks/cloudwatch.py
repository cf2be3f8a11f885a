"""The CloudWatch dashboard and the exporter's questions: AWS takes any name and draws nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from infra.checks.dashboards import overlap
from infra.checks.documents import CLOUDWATCH, EXPORTER, read_json, read_yaml
from infra.checks.problem import Problem
from sandbox.aws import insights
from sandbox.aws.conditions import Malformed

LEAST_WIDGETS = 8
GRID = 24
STATISTICS = re.compile(r"^(?:Average|Sum|Minimum|Maximum|SampleCount|p\d{1,2}(?:\.\d+)?)$")
SERVICE = ("ClusterName", "ServiceName")
BALANCER, TARGETS = ("LoadBalancer",), ("LoadBalancer", "TargetGroup")
NODE = ("CacheClusterId", "CacheNodeId")
KNOWN: Mapping[tuple[str, tuple[str, ...]], frozenset[str]] = {
    ("AWS/ECS", SERVICE): frozenset({"CPUUtilization", "MemoryUtilization"}),
    ("ECS/ContainerInsights", SERVICE): frozenset({"RunningTaskCount", "DesiredTaskCount"}),
    ("AWS/ApplicationELB", BALANCER): frozenset(
        {
            *("RequestCount", "TargetResponseTime", "HTTPCode_ELB_5XX_Count"),
            *("HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count"),
        }
    ),
    ("AWS/ApplicationELB", TARGETS): frozenset({"HealthyHostCount", "UnHealthyHostCount"}),
    ("AWS/RDS", ("DBInstanceIdentifier",)): frozenset(
        {"CPUUtilization", "DatabaseConnections", "FreeStorageSpace", "ReplicaLag"}
    ),
    ("AWS/ElastiCache", NODE): frozenset(
        {"DatabaseMemoryUsagePercentage", "EngineCPUUtilization", "Evictions"}
    ),
    ("AWS/S3", ("BucketName", "StorageType")): frozenset({"BucketSizeBytes", "NumberOfObjects"}),
    ("AWS/Events", ("RuleName",)): frozenset({"TriggeredRules"}),
}
"""What AWS publishes by these dimensions, of what is asked here.

Source: the pages "CloudWatch metrics" of each service's guide on https://docs.aws.amazon.com.
"""
TOPICS = ("AWS/ECS", "AWS/ApplicationELB", "AWS/RDS", "AWS/ElastiCache", "AWS/S3", "log")
_SEARCH = re.compile(
    r"^SEARCH\('\{(?P<namespace>[\w/]+),(?P<dimensions>[\w,]+)\} \"[\w-]+\" "
    r"MetricName=\"(?P<metric>\w+)\"', '(?P<statistic>[\w.]+)', \d+\)$"
)
_SOURCE = re.compile(r"^SOURCE '(?P<group>/[\w/-]+)' \| ")


def check(root: Path) -> Iterator[Problem]:
    """Needs nothing but the files."""
    for metric in read_yaml(root / EXPORTER)["metrics"]:
        asked = metric["aws_namespace"], tuple(metric["aws_dimensions"]), metric["aws_metric_name"]
        for what in (
            *_metric(*asked),
            *(w for s in metric["aws_statistics"] for w in _statistic(s)),
        ):
            yield Problem(str(EXPORTER), what)
    where = str(CLOUDWATCH)
    dashboard = read_json(root / CLOUDWATCH)
    for what in _dashboard(dashboard["widgets"]):
        yield Problem(where, what)
    for number, widget in enumerate(dashboard["widgets"], 1):
        for what in _widget(widget):
            yield Problem(f"{where}, widget {number}", what)


def _dashboard(widgets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(widgets) < LEAST_WIDGETS:
        yield f"it has {len(widgets)} widgets, and {LEAST_WIDGETS} are promised"
    text = "\n".join(f"{widget['type']} {widget['properties']}" for widget in widgets)
    for topic in TOPICS:
        if topic not in text:
            yield f"nothing is of {topic}"
    for one, other in combinations(widgets, 2):
        if overlap(_box(one), _box(other)):
            yield f"{one['properties']['title']} and {other['properties']['title']} overlap"


def _widget(widget: Mapping[str, Any]) -> Iterator[str]:
    if widget["x"] + widget["width"] > GRID:
        yield f"it reaches beyond the grid's {GRID} columns"
    properties = widget["properties"]
    for name in ("title", "region"):
        if not properties.get(name):
            yield f"it has no {name}"
    match widget["type"]:
        case "metric":
            for row in properties["metrics"]:
                yield from _row(row)
        case "log":
            yield from _query(properties["query"])
        case other:
            yield f"nobody here knows a widget of type {other}"


def _row(row: Sequence[Any]) -> Iterator[str]:
    """A metric by its name and dimensions, or a search for those whose names AWS chooses."""
    if isinstance(row[0], Mapping):
        found = _SEARCH.match(row[0]["expression"])
        if found is None:
            yield f"{row[0]['expression']} is no search that can be read"
            return
        dimensions = tuple(found["dimensions"].split(","))
        yield from _metric(found["namespace"], dimensions, found["metric"])
        yield from _statistic(found["statistic"])
        return
    *names, options = row
    yield from _metric(names[0], tuple(names[2::2]), names[1])
    yield from _statistic(options.get("stat", ""))


def _metric(namespace: str, dimensions: tuple[str, ...], metric: str) -> Iterator[str]:
    if metric not in KNOWN.get((namespace, dimensions), ()):
        yield f"{namespace} publishes no {metric} by {', '.join(dimensions)}"


def _statistic(name: str) -> Iterator[str]:
    if not STATISTICS.match(name):
        yield f"there is no statistic {name!r}"


def _query(text: str) -> Iterator[str]:
    """Insights' own words, as far as the bot and its stand-in speak them."""
    source = _SOURCE.match(text)
    if source is None:
        yield "a query of logs begins with the group it searches: SOURCE '/…' | "
        return
    try:
        insights.read(text[source.end() :])
    except Malformed as exc:
        yield f"Insights would refuse it: {exc}"


def _box(widget: Mapping[str, int]) -> tuple[int, int, int, int]:
    return widget["x"], widget["y"], widget["width"], widget["height"]
