"""CloudWatch's metrics: what was put there, and what the world itself knows to tell.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
"""

import ast
import math
import operator
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.aws.errors import Refused
from sandbox.aws.model import Json

KEPT_POINTS = 2_000
MINUTE_S, DAY_S = 60, 86_400.0
Points = Iterable[tuple[float, float]]
"""Moments in epoch seconds, and values."""
Source = Callable[[float, float], Points]
"""Gives what was measured from a moment to another, oldest first."""
_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True, slots=True)
class Metric:
    """How CloudWatch tells metrics apart."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, raw: Json) -> "Metric":
        named = frozenset((one["Name"], one["Value"]) for one in raw.get("Dimensions") or ())
        return cls(raw["Namespace"], raw["MetricName"], named)


class Level:
    """A source that stays about a level, up and down with the day, until it is held at another.

    From `until` on it says nothing: others measure.
    """

    def __init__(
        self, level: float, *, wave: float = 0.1, noise: float = 0.08, until: float = math.inf
    ) -> None:
        self._levels: list[tuple[float, float | None]] = []
        self._usual, self._wave, self._noise = level, wave, noise
        self._until = until

    def hold(self, at: float, level: float | None) -> None:
        """Have it stay at `level` from `at` on; None is as usual."""
        self._levels.append((at, level))

    def __call__(self, start: float, end: float) -> Points:
        end = min(end, self._until)
        for minute in range(math.ceil(start / MINUTE_S), math.floor(end / MINUTE_S) + 1):
            yield float(minute * MINUTE_S), self._value(minute * MINUTE_S)
        # What was held within this minute is known at once, not when the minute is over.
        if self._levels and start <= self._levels[-1][0] <= end:
            yield self._levels[-1][0], self._value(self._levels[-1][0])

    def _value(self, at: float) -> float:
        held = [level for since, level in self._levels if since <= at]
        if held and held[-1] is not None:
            return held[-1]
        chance = random.Random(f"{self._usual}/{at}").uniform(-self._noise, self._noise)
        return self._usual * (1 + self._wave * math.sin(math.tau * at / DAY_S) + chance)


class Metrics:
    """Those of one account and region. Not thread-safe: its owner holds the world's lock."""

    def __init__(self) -> None:
        self.sources: dict[Metric, Source] = {}
        self._put: dict[Metric, deque[tuple[float, float]]] = {}

    def put(self, metric: Metric, at: float, value: float) -> None:
        self._put.setdefault(metric, deque(maxlen=KEPT_POINTS)).append((at, value))

    def points(self, metric: Metric, start: float, end: float) -> list[tuple[float, float]]:
        """What was measured from `start` on and before `end`, oldest first."""
        told = self.sources[metric](start, end) if metric in self.sources else ()
        both = [*told, *self._put.get(metric, ())]
        return sorted((at, value) for at, value in both if start <= at < end)

    def answer(self, queries: list[Json], start: float, end: float) -> dict[str, Json]:
        """GetMetricData: by id, the values by the beginning of their period, oldest first.

        Raises:
            Refused: in CloudWatch's words.
        """
        series: dict[str, dict[float, float]] = {}
        for query in queries:
            stat = query.get("MetricStat")
            if stat is not None:
                series[query["Id"]] = self._periods(stat, start, end)
        for query in queries:
            if "Expression" in query:
                series[query["Id"]] = _calculated(query["Expression"], series)
            elif query["Id"] not in series:
                raise invalid("Each query needs exactly one of MetricStat and Expression.")
        return {
            query["Id"]: {"label": _label(query), "values": series[query["Id"]]}
            for query in queries
            if query.get("ReturnData") is not False
        }

    def _periods(self, stat: Json, start: float, end: float) -> dict[float, float]:
        period = stat["Period"]
        if period % MINUTE_S and period not in {1, 5, 10, 30}:
            raise invalid("The period must be 1, 5, 10, 30 or a multiple of 60.")
        grouped: dict[float, list[float]] = {}
        for at, value in self.points(Metric.of(stat["Metric"]), start, end):
            grouped.setdefault(at // period * period, []).append(value)
        return {at: statistic(stat["Stat"], values) for at, values in grouped.items()}


def statistic(name: str, values: list[float]) -> float:
    """Put the values of one period together, by the name CloudWatch has for how.

    Raises:
        Refused: it has no such name.
    """
    known: Mapping[str, Callable[[list[float]], float]] = {
        "Average": lambda values: sum(values) / len(values),
        "Sum": sum,
        "Minimum": min,
        "Maximum": max,
        "SampleCount": lambda values: float(len(values)),
    }
    if name in known:
        return known[name](values)
    if name.startswith("p") and name[1:].replace(".", "", 1).isdigit():
        rank = math.ceil(float(name[1:]) / 100 * len(values))
        return sorted(values)[max(rank - 1, 0)]
    raise invalid(f"The value {name} for parameter Stat is not supported.")


def invalid(message: str) -> Refused:
    return Refused("ValidationError", message)


def seconds(moment: Any) -> float:
    """A moment of a request, which some protocols read and some leave a number."""
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)


def _label(query: Json) -> str:
    if query.get("Label"):
        return str(query["Label"])
    stat = query.get("MetricStat")
    return str(stat["Metric"]["MetricName"]) if stat else str(query["Id"])


def _calculated(expression: str, series: dict[str, dict[float, float]]) -> dict[float, float]:
    """Arithmetic over series, where all of them have a value; what is divided by 0 has none."""
    found: dict[float, float] = {}
    try:
        tree = ast.parse(expression, mode="eval").body
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        moments = set.intersection(*(set(series[name]) for name in names)) if names else set()
        for at in sorted(moments):
            with suppress(ZeroDivisionError):
                found[at] = _value(tree, {name: series[name][at] for name in names})
    except (SyntaxError, KeyError) as exc:
        raise invalid(f"Error in expression {expression!r}: {exc}") from exc
    return found


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return _ARITHMETIC[type(node.op)](_value(node.left, values), _value(node.right, values))
    raise SyntaxError(f"unsupported {ast.unparse(node)}")
