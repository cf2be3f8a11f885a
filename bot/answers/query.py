"""A query: asked of Prometheus, cut to what can be read, drawn with what was changed meanwhile."""

import asyncio
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.answers.ask import Note
from bot.answers.markers import markers
from bot.answers.picture import add_chart
from bot.cards.query import chart_alt, title_of
from bot.charts import Chart, Line
from bot.domain.query import KEPT_NAME, MOST_SERIES, Wanted, Window, counting, cut_to_highest
from bot.domain.query.found import Found, Row, told_apart
from bot.domain.question import Question
from bot.world import World
from integrations.errors import Forbidden, IntegrationError, Unavailable
from integrations.prometheus.client import SYSTEM, PrometheusClient
from integrations.prometheus.models import Series

WITHIN_S = 15.0
"""For all calls of one answer together: nobody looks at a card that only says it asks."""
AT_ONCE = 2
"""Queries that are asked at the same time, a thread of the client for each."""
TURN_WITHIN_S = 5.0
BUSY = (
    f"{AT_ONCE} other queries are being asked, and none of them ended within {TURN_WITHIN_S:g} s. "
    "Ask again in a moment."
)
NO_PROMETHEUS = "I have no Prometheus to ask: its address is the setting `PROMETHEUS_URL`."

_PARSE_ERROR = re.compile(r"(\d+):(\d+): parse error: (.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class GatherQuery:
    """Gathers the answers to `query`. The query itself is never logged: it may quote a secret."""

    world: World
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE), init=False)

    async def __call__(self, question: Question, note: Note) -> Mapping[str, Any]:
        """Ask Prometheus, and draw where there is something to draw.

        Costs two queries, four for what is much younger than the window: one of two counts, so
        that ten thousand series are never fetched.
        """
        wanted = Wanted.of_json(question.words)
        now = self.world.now()
        window = Window.until(now, wanted.since) if wanted.since is not None else None
        prometheus = self.world.prometheus_of_people
        if prometheus is None:
            return Found(at=now, window=window, trouble=NO_PROMETHEUS).as_json()
        try:
            await asyncio.wait_for(self.turns.acquire(), TURN_WITHIN_S)
        except TimeoutError:
            return Found(at=now, window=window, trouble=BUSY).as_json()
        try:
            async with asyncio.timeout(WITHIN_S):
                window, total, series = await measured(prometheus, wanted, window, now)
        except TimeoutError:
            late = Unavailable(SYSTEM, "query", f"no answer within {WITHIN_S:g} s")
            return refused(late, wanted, window, now).as_json()
        except IntegrationError as exc:
            return refused(exc, wanted, window, now).as_json()
        finally:
            self.turns.release()
        ordered = sorted(series, key=_height, reverse=True)[:MOST_SERIES]
        found = Found(
            at=now, window=window, rows=tuple(_row(one, window) for one in ordered), total=total
        )
        if window is not None:
            await note(found.as_json())
            await self._draw(question, wanted, found, window, ordered)
        return found.as_json()

    async def _draw(
        self,
        question: Question,
        wanted: Wanted,
        found: Found,
        window: Window,
        series: Sequence[Series],
    ) -> None:
        names = told_apart([one.labels for one in series], otherwise=wanted.name or "value").each
        chart = Chart(
            title=title_of(wanted),
            lines=[
                Line(name, [(point.at, point.value) for point in one.points])
                for name, one in zip(names, series, strict=True)
            ],
            start=window.start,
            end=window.end,
            step=window.step,
            unit=wanted.unit,
            threshold=wanted.threshold,
            markers=await markers(
                self.world,
                environment=wanted.environment,
                service=wanted.service,
                since=window.start,
            ),
            more=found.total - len(series),
        )
        name, alt = f"{wanted.name or 'query'}.png", chart_alt(wanted, found)
        await add_chart(self.world, question, chart, name=name, alt=alt)


async def measured(
    prometheus: PrometheusClient, wanted: Wanted, window: Window | None, now: datetime
) -> tuple[Window | None, int, tuple[Series, ...]]:
    """As `ask`, with the window that was asked for: narrower for what is much younger.

    Raises:
        IntegrationError: Prometheus did not give them.
    """
    total, series = await ask(prometheus, wanted, window, now)
    first = _first(series)
    if window is None or first is None or window.from_first(first) == window:
        return window, total, series
    window = window.from_first(first)
    total, series = await ask(prometheus, wanted, window, now)
    # One point alone stands at the end: a chart needs a step before it.
    begins = min(_first(series) or window.start, window.end - window.step)
    return replace(window, start=begins), total, series


async def ask(
    prometheus: PrometheusClient, wanted: Wanted, window: Window | None, now: datetime
) -> tuple[int, tuple[Series, ...]]:
    """How many series the query has, and those of them that are shown.

    Raises:
        IntegrationError: Prometheus did not give them.
    """
    at = now if window is None else window.end
    total = 0
    if not wanted.is_number:
        counted = await prometheus.query(counting(wanted, window), at=at)
        total = int(counted[0].points[0].value) if counted else 0
        if total == 0:
            return 0, ()
    promql = wanted.promql if total <= MOST_SERIES else cut_to_highest(wanted, window)
    if window is None:
        series = await prometheus.query(promql, at=at)
    else:
        series = await prometheus.query_range(
            promql, start=window.start, end=window.end, step=window.step
        )
    valued = tuple(_without_kept_name(one) for one in series if one.points)
    return max(total, len(valued)), valued


def _without_kept_name(series: Series) -> Series:
    labels = {name: value for name, value in series.labels.items() if name != KEPT_NAME}
    return replace(series, labels=labels)


def refused(exc: IntegrationError, wanted: Wanted, window: Window | None, now: datetime) -> Found:
    """Why Prometheus gave nothing, and what to do next."""
    where = None
    said = exc.detail.replace("`", "'")  # a mark of code would not be ended
    if isinstance(exc, Unavailable):
        less = "a shorter `since`, fewer series" if window is not None else "fewer series"
        trouble = f"Prometheus gave no answer: {said}. Ask for less ({less}), or again."
    elif isinstance(exc, Forbidden):
        trouble = f"Prometheus does not let me in: {said}. `credlink doctor` looks closer."
    else:
        parse_error = _PARSE_ERROR.search(said)
        why = parse_error[3] if parse_error else said
        where = (
            _offset(wanted.promql, int(parse_error[1]), int(parse_error[2]))
            if parse_error
            else None
        )
        trouble = f"Prometheus refuses this query: {why}."
    return Found(at=now, window=window, trouble=trouble, mistake_at=where)


def _offset(promql: str, line: int, column: int) -> int:
    before = promql.split("\n")[: line - 1]
    return sum(len(one) + 1 for one in before) + column - 1


def _first(series: Sequence[Series]) -> datetime | None:
    return min((one.points[0].at for one in series), default=None)


def _row(series: Series, window: Window | None) -> Row:
    values = [point.value for point in series.points]
    known = [value for value in values if not math.isnan(value)] or values
    newest = series.points[-1]
    is_current = window is None or newest.at >= window.end - 1.5 * window.step
    return Row(series.labels, newest.value if is_current else None, min(known), max(known))


def _height(series: Series) -> float:
    return max((p.value for p in series.points if not math.isnan(p.value)), default=-math.inf)
