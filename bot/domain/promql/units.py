"""The unit of an expression, as far as its metrics' names and their use tell.

By Prometheus' naming practice a metric's last words are its unit, and a metric divided by itself
is a ratio.
"""

import re
from typing import Any

import promql_parser as promql

from bot.domain.promql import bare, constant, selectors
from bot.domain.unit import Unit

COUNTED_PER_SECOND = {"rate", "irate"}


def unit_of(node: Any) -> Unit:
    """The unit; plain where nothing tells."""
    node = bare(node)
    if isinstance(node, promql.BinaryExpr):
        return _of_operation(node)
    if isinstance(node, promql.Call):
        return _of_call(node)
    if isinstance(node, promql.AggregateExpr):
        return Unit.PLAIN if str(node.op) in {"count", "group"} else unit_of(node.expr)
    if isinstance(node, promql.UnaryExpr | promql.SubqueryExpr):
        return unit_of(node.expr)
    if isinstance(node, promql.MatrixSelector):
        node = node.vector_selector
    return _of_name(node.name or "") if isinstance(node, promql.VectorSelector) else Unit.PLAIN


def _of_operation(node: Any) -> Unit:
    left, right = unit_of(node.lhs), unit_of(node.rhs)
    match str(node.op):
        case "/" if constant(node.rhs) is None:
            names = _stems(node.lhs) & _stems(node.rhs)
            return Unit.RATIO if names or left is right is Unit.BYTES else Unit.PLAIN
        case "*" if Unit.RATIO in (left, right) and 100.0 in (
            constant(node.lhs),
            constant(node.rhs),
        ):
            return Unit.PERCENT
        case "-" | "+":
            # `1 - hits / all`: the constant has the unit of what it is joined with.
            return right if constant(node.lhs) is not None else left
        case _:
            return Unit.PLAIN


def _of_call(node: Any) -> Unit:
    inner = unit_of(node.args[-1]) if node.args else Unit.PLAIN
    name = node.func.name
    if name in COUNTED_PER_SECOND:
        # Seconds per second, as of CPU time, are a share of one.
        return {Unit.PLAIN: Unit.PER_SECOND, Unit.SECONDS: Unit.RATIO}.get(inner, Unit.PLAIN)
    if name == "histogram_quantile":
        found = _names(node.args[-1])
        return _of_name(found[0].removesuffix("_bucket")) if found else Unit.PLAIN
    return Unit.SECONDS if name == "time" else inner


def _of_name(name: str) -> Unit:
    stem = re.sub(r"_(total|sum|average|avg|max|min)$", "", name)
    for ending, unit in (
        ("_seconds", Unit.SECONDS),
        ("_bytes", Unit.BYTES),
        ("_ratio", Unit.RATIO),
        ("_percent", Unit.PERCENT),
    ):
        if stem.endswith(ending):
            return unit
    return Unit.PERCENT if stem.endswith("cpuutilization") else Unit.PLAIN


def _names(node: Any) -> list[str]:
    """The names of every metric within an expression."""
    return [selector.name for selector in selectors(node) if selector.name]


def _stems(node: Any) -> set[str]:
    return {re.sub(r"_(total|count|sum|bucket)$", "", name) for name in _names(node)}
