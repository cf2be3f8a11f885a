"""Monitoring's files with every duration in them divided by one factor, and nothing else changed.

A drill of alerts that hold for a quarter of an hour would take a day. Durations within PromQL are
those of its syntax tree: each is found in the text, compared with the tree's, and read again after
it was written.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import promql_parser as promql

_WHAT_IS_NO_DURATION = r""" "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*` | \#[^\n]* """
_DURATION = r"(?:\d+(?:ms|[smhdwy]))+"
_FOUND = re.compile(
    rf"""(?:{_WHAT_IS_NO_DURATION})
    | (?P<before> \[ \s* | (?<=[smhdwy\d]) \s* : \s* | \boffset \s+ -? \s* )
      (?P<duration>{_DURATION})
    """,
    re.VERBOSE,
)
_KEYS = frozenset(
    {
        "for",
        "keep_firing_for",
        "interval",
        "scrape_interval",
        "scrape_timeout",
        "evaluation_interval",
        "refresh_interval",
        "group_wait",
        "group_interval",
        "repeat_interval",
        "resolve_timeout",
    }
)
"""Keys of Prometheus' and Alertmanager's files that hold a duration."""
LEAST = timedelta(milliseconds=1)


class CannotShorten(ValueError):
    """A duration was not found again in its expression: something else would be drilled."""


def document(node: Any, factor: float) -> Any:
    """The same YAML document with its durations and expressions shortened."""
    match node:
        case dict():
            return {key: _value(key, value, factor) for key, value in node.items()}
        case list():
            return [document(each, factor) for each in node]
        case _:
            return node


def _value(key: str, value: Any, factor: float) -> Any:
    if key in _KEYS and isinstance(value, str):
        return written(promql.parse_duration(value) / factor) if value != "0m" else value
    if key == "expr" and isinstance(value, str):
        return expression(value, factor)
    return document(value, factor)


def expression(text: str, factor: float) -> str:
    """The same PromQL with its ranges, steps and offsets divided.

    Raises:
        CannotShorten: what was found in the text is not what the syntax tree holds.
        ValueError: it is not PromQL.
    """
    wanted = durations(text)
    found: list[timedelta] = []

    def shortened(match: re.Match[str]) -> str:
        if match["duration"] is None:
            return match[0]
        found.append(promql.parse_duration(match["duration"]))
        return match["before"] + written(found[-1] / factor)

    result = _FOUND.sub(shortened, text)
    if sorted(found) != wanted or not _same(durations(result), [one / factor for one in wanted]):
        raise CannotShorten(text)
    return result


def durations(text: str) -> list[timedelta]:
    """Every duration of an expression's syntax tree, the shortest first."""
    found: list[timedelta] = []

    def note(node: Any) -> bool:
        found.extend(_own(node))
        return True

    promql.walk(promql.parse(text), None, note)
    return sorted(found)


def _own(node: Any) -> Iterator[timedelta]:
    """Those of the node itself; the selector within a range is a node of its own."""
    match node:
        case promql.MatrixSelector():
            yield from _said(node.range)
        case promql.SubqueryExpr():
            yield from _said(node.range, node.step, node.offset)
        case promql.VectorSelector():
            yield from _said(node.offset)


def _said(*lengths: timedelta | None) -> Iterator[timedelta]:
    yield from (abs(length) for length in lengths if length)


def _same(some: list[timedelta], others: list[timedelta]) -> bool:
    return len(some) == len(others) and all(
        abs(a - b) < LEAST for a, b in zip(some, others, strict=True)
    )


def written(length: timedelta) -> str:
    """A duration as Prometheus and Alertmanager read it, to the millisecond."""
    return f"{max(1, round(length / LEAST))}ms"
