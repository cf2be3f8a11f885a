"""A query somebody asks of Prometheus: what is wanted, as words of a question."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from bot.domain.unit import Unit

MOST_SERIES = 50
"""More are cut: nobody reads them, and a card holds no more."""
STEPS = 300
"""Points of a series at most: about one for each three pixels of a chart."""
LEAST_STEP = timedelta(seconds=1)
LEAST_WINDOW = timedelta(minutes=1)
KEPT_NAME = "credlink_name"
"""A label that holds the metric's name where functions and operators would drop that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked: a named query with its values, or PromQL of somebody's own."""

    promql: str = field(repr=False)
    """Complete: every parameter has its value. It may quote a secret, so it is never logged."""
    name: str | None = None
    """Of the catalogue; None for PromQL of somebody's own."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Of its parameters, where they are not what they usually are."""
    since: timedelta | None = None
    """How far back it is drawn; None: its value now, as a table."""
    is_number: bool = False
    """Whether it is one number and not series, which can be counted and cut."""
    unit: Unit = Unit.PLAIN
    threshold: float | None = None
    environment: str | None = None
    service: str | None = None

    def as_json(self) -> dict[str, Any]:
        """What `of_json` reads."""
        return {
            "promql": self.promql,
            "name": self.name,
            "values": dict(self.values),
            "since_s": None if self.since is None else self.since.total_seconds(),
            "is_number": self.is_number,
            "unit": self.unit.value,
            "threshold": self.threshold,
            "environment": self.environment,
            "service": self.service,
        }

    @classmethod
    def of_json(cls, words: Mapping[str, Any]) -> Self:
        """The question of these words."""
        since_s = words["since_s"]
        return cls(
            promql=words["promql"],
            name=words["name"],
            values=words["values"],
            since=None if since_s is None else timedelta(seconds=since_s),
            is_number=words["is_number"],
            unit=Unit(words["unit"]),
            threshold=words["threshold"],
            environment=words["environment"],
            service=words["service"],
        )


@dataclass(frozen=True, slots=True)
class Window:
    """What Prometheus is asked for: a value at `start` and then each `step` until `end`."""

    start: datetime
    end: datetime
    step: timedelta

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @classmethod
    def until(cls, end: datetime, length: timedelta) -> Self:
        """Whole seconds and whole steps that end at `end`: the newest value matters."""
        if end.microsecond:
            end = end.replace(microsecond=0) + timedelta(seconds=1)
        step = max(LEAST_STEP, timedelta(seconds=math.ceil(length.total_seconds() / STEPS)))
        return cls(end - step * math.ceil(length / step), end, step)

    def from_first(self, first: datetime) -> Self:
        """The same window, or where more than half of it is before the first value, the rest.

        What is younger than the window would be drawn with a handful of points.
        """
        if first - self.start <= self.length / 2:
            return self
        begins = min(first - self.step, self.end - LEAST_WINDOW)
        return self.until(self.end, self.end - max(begins, self.start))


def counting(wanted: Wanted, window: Window | None) -> str:
    """PromQL that counts the series of the answer: one number, however many there are."""
    if window is None:
        return f"count({_bracketed(wanted)})"
    return f"count({_within(_bracketed(wanted), window, 'last_over_time')})"


def cut_to_highest(wanted: Wanted, window: Window | None) -> str:
    """PromQL for the same with only as many series as are shown: those that are, or rose, highest.

    Which they are is asked once for the whole window: `topk` alone asks at every step anew, and
    would give pieces of many more. No Prometheus before 3 takes `limit` for a query.

    Over a window the series have KEPT_NAME too: without it those of several metrics are one to
    `max_over_time`, which Prometheus refuses, and to `and`.
    """
    if window is None:
        return f"topk({MOST_SERIES}, {_bracketed(wanted)})"
    series = f'label_replace({_bracketed(wanted)}, "{KEPT_NAME}", "$1", "__name__", "(.*)")'
    return f"{series} and topk({MOST_SERIES}, {_within(series, window, 'max_over_time')})"


def _within(series: str, window: Window, function: str) -> str:
    """A value for each series that has any in the window.

    The steps of a subquery are whole multiples of its length, so the last of them may be before
    the window's end: what began after it is in the window too.
    """
    end = f"@ {window.end.timestamp():.0f}"
    length, step = window.length.total_seconds(), window.step.total_seconds()
    at_steps = f"{function}({series}[{length:.0f}s:{step:.0f}s] {end})"
    return f"{at_steps} or last_over_time({series}[1s:1s] {end})"


def _bracketed(wanted: Wanted) -> str:
    """A comment at its end would swallow the bracket."""
    return f"({wanted.promql}\n)"
