"""Every metric that can be asked for, with its kind, and what an expression asks beside them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import promql_parser as promql
from prometheus_client.metrics import MetricWrapperBase

from bot import metrics as the_bots
from bot.domain.promql import NotPromql, parsed, selectors
from infra.checks.documents import EXPORTER, METRICS, PROMETHEUS, read_yaml
from infra.checks.rule_files import rules_of

COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"
OF_PROMETHEUS = {"up": GAUGE, "ALERTS": GAUGE}
OF_COUNTERS = frozenset({"rate", "irate", "increase", "resets"})
"""Functions that read a fall as a restart: of a gauge they tell nonsense."""
_GRAFANAS_LENGTH = re.compile(r"\$__(?:range|rate_interval|interval)\b")


def known(root: Path) -> dict[str, str]:
    """Every metric's name and kind: of the jobs, of Prometheus itself, of recording rules."""
    found = dict(OF_PROMETHEUS)
    for job in read_yaml(root / METRICS).values():
        for name, kind in job.items():
            found.update(_series(name, kind))
    found.update(dict.fromkeys(of_cloudwatch(root), GAUGE))
    found.update(of_the_bot())
    found.update({rule.name: GAUGE for rule in rules_of(root) if not rule.is_alert})
    return found


def of_the_bot() -> dict[str, str]:
    """What the bot counts about itself, from the very objects that count."""
    found: dict[str, str] = {}
    for one in vars(the_bots).values():
        if isinstance(one, MetricWrapperBase):
            for family in one.describe():
                ending = "_total" if family.type == COUNTER else ""
                found.update(_series(f"{family.name}{ending}", family.type))
    return found


def of_cloudwatch(root: Path, *, as_credlink_names_them: bool = True) -> Iterator[str]:
    """The names of the exporter's series, once Prometheus has renamed some, or before that.

    Source: prometheus/cloudwatch_exporter, CloudWatchCollector.java (safeName, toSnakeCase).
    """
    relabelings = next(
        job.get("metric_relabel_configs") or ()
        for job in read_yaml(root / PROMETHEUS)["scrape_configs"]
        if job["job_name"] == "cloudwatch"
    )
    for metric in read_yaml(root / EXPORTER)["metrics"]:
        base = f"{metric['aws_namespace'].lower()}_{_snake(metric['aws_metric_name'])}"
        for statistic in metric["aws_statistics"]:
            name = re.sub(r"[^a-z0-9:_]+", "_", f"{base}_{_snake(statistic)}")
            yield _renamed(name, relabelings) if as_credlink_names_them else name


def mistakes(expression: str, metrics: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with an expression: no PromQL, an unknown metric, a rate of what is no counter.

    Variables of Grafana may stand within quotes, and its own lengths of time in ranges.
    """
    try:
        tree = tree_of(expression)
    except NotPromql as exc:
        yield f"`{expression}` is not PromQL: {exc}"
        return
    for name in sorted(named(tree) - metrics.keys()):
        yield f"nothing gives a metric {name}"
    for function, name in _ranged(tree):
        if metrics.get(name) == GAUGE and function in OF_COUNTERS:
            yield f"{function}() is of counters, and {name} is a gauge"


def tree_of(expression: str) -> Any:
    """The expression's tree, with Grafana's lengths of time as five minutes.

    Raises:
        NotPromql: it is none.
    """
    return parsed(_GRAFANAS_LENGTH.sub("5m", expression))


def named(tree: Any) -> set[str]:
    """The metrics that an expression names."""
    return {selector.name for selector in selectors(tree) if selector.name}


def _ranged(tree: Any) -> Iterator[tuple[str, str]]:
    """Each function of the expression with the metrics right within it."""
    found: list[tuple[str, str]] = []

    def visit(node: Any) -> bool:
        if isinstance(node, promql.Call):
            found.extend(
                (node.func.name, argument.vector_selector.name or "")
                for argument in node.args
                if isinstance(argument, promql.MatrixSelector)
            )
        return True

    promql.walk(tree, visit)
    return iter(found)


def _series(name: str, kind: str) -> dict[str, str]:
    if kind == HISTOGRAM:
        return {f"{name}_{ending}": COUNTER for ending in ("bucket", "count", "sum")}
    return {name: kind}


def _snake(name: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def _renamed(name: str, relabelings: Any) -> str:
    for one in relabelings:
        of_names = one.get("source_labels") == ["__name__"] and one["target_label"] == "__name__"
        if of_names and re.fullmatch(one["regex"], name):
            name = one["replacement"]
    return name
