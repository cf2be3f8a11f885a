"""The chart of an alert's own query, and what it tells: the value, what is normal, the peak."""

import asyncio
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from bot.alerts.around import changes_around, changes_since
from bot.cards.alert_lines import done_by, place_of
from bot.cards.alert_picture import chart_alt
from bot.charts import Chart, Line, Marker, line_chart
from bot.domain.alert import Alert, AlertGroup, Condition, Peak, common
from bot.domain.card import Kind, Urgency
from bot.domain.change import Change
from bot.domain.evidence.chart import ChartDrawn
from bot.domain.finding import CHART, Finding, Phase
from bot.storage import alerts, cards, findings
from bot.world import World
from integrations.prometheus.client import PrometheusClient
from integrations.prometheus.models import Series

BEFORE_ONSET = timedelta(minutes=30)
STEPS = 180
"""About one for each five pixels; Prometheus is asked for no more."""
LEAST_STEP = timedelta(seconds=1)
ONSET_BEGINS_BEFORE = timedelta(minutes=1)
"""An alert waits (`for`) and rates lag: just before it fires nothing is normal any more."""
OF_NO_SERIES = frozenset({"__name__", "alertname", "severity"})
"""Labels that are the alert's own, whatever its series call themselves."""
LEAST_NORMAL_POINTS = 5
"""Fewer before the onset say nothing about what is normal."""


def picture_key(phase: Phase) -> str:
    """The key of the chart among the thread's pictures."""
    return f"{CHART} {phase.value}"


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked of Prometheus, which evaluates at `start` and then each `step`."""

    start: datetime
    end: datetime
    step: timedelta

    @classmethod
    def between(cls, start: datetime, end: datetime) -> "Window":
        """Whole steps that end exactly at `end`: the newest value is the one that matters."""
        step = max(LEAST_STEP, timedelta(seconds=math.ceil((end - start).total_seconds() / STEPS)))
        return cls(end - step * math.ceil((end - start) / step), end, step)

    def narrowed(self, series: Iterable[Series]) -> "Window":
        """The same window, or where more than half of it is before the first value, the rest.

        A service younger than the window would be drawn with a handful of points.
        """
        first = _first(series)
        if first is None or first - self.start <= (self.end - self.start) / 2:
            return self
        return Window.between(first - self.step, self.end)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the series say, in the condition's unit."""

    value: float | None
    normal: float | None
    peak: Peak | None


@dataclass(frozen=True, slots=True)
class Look:
    """What is drawn of a group: what it compares, over which time, beside which markers."""

    group: AlertGroup
    phase: Phase
    condition: Condition
    window: Window
    start: datetime
    markers: tuple[Marker, ...]


async def draw_chart(world: World, group_id: str, phase: Phase) -> bool:
    """Ask Prometheus for the alert's query, draw it, and keep what it says with the group.

    Costs one query, two where the threshold is a query, and twice as many for what has not been
    there for half of the window. May be repeated: the same picture is
    added to the thread once. Returns whether it was asked.

    Raises:
        IntegrationError: Prometheus gave nothing.
    """
    async with world.database.read() as connection:
        group = await alerts.get(connection, group_id)
        known = await alerts.alerts_of(connection, group_id)
        before, _ = await changes_around(connection, group, world.now())
        window = window_of(group, world.now())
        changes = await changes_since(connection, group, window.start, window.end)
    condition = group.condition
    if condition is None or not condition.expression or world.prometheus is None:
        return False
    start = window.start
    drawn, limits = await _ask(world.prometheus, condition, window)
    if (narrowed := window.narrowed(drawn)) != window:
        window = narrowed
        drawn, limits = await _ask(world.prometheus, condition, window)
        start = shown_from(window, drawn, group, before)
    look = Look(group, phase, condition, window, start, markers(group, changes))
    await keep_drawn(world, look, belonging(drawn, known), belonging(limits, known))
    return True


async def keep_drawn(
    world: World, look: Look, series: Sequence[Series], limits: Sequence[Series] = ()
) -> None:
    """Draw these series and keep what they say with the group. Asks nobody."""
    reading, png = await asyncio.to_thread(_drawn, look, series, limits)
    await _keep(world, look, reading, png)


def _drawn(look: Look, series: Sequence[Series], limits: Sequence[Series]) -> tuple[Reading, bytes]:
    """What they say, and the picture; takes up to a second where there are thousands."""
    group, window = look.group, look.window
    reading = read(series, look.condition, group, window)
    chart = Chart(
        title=_title(group),
        lines=_lines(series),
        limits=_lines(limits, "threshold"),
        start=look.start,
        end=window.end,
        step=window.step,
        unit=look.condition.unit,
        threshold=look.condition.threshold,
        markers=look.markers,
        peak=(reading.peak.at, reading.peak.value) if reading.peak and group.is_final else None,
    )
    return reading, line_chart(chart)


def shown_from(
    window: Window, drawn: Sequence[Series], group: AlertGroup, before: Change | None
) -> datetime:
    """Where the picture of a narrowed window begins: at the first value, or a little earlier.

    The onset is always in it, and the change before it where the picture at most doubles for it.
    """
    start = max(window.start, min(group.started_at, _first(drawn) or window.start))
    if before is None or before.started_at is None:
        return start
    with_change = before.started_at - window.step
    return (
        min(start, with_change) if window.end - with_change <= 2 * (window.end - start) else start
    )


async def _ask(
    prometheus: PrometheusClient, condition: Condition, window: Window
) -> tuple[tuple[Series, ...], tuple[Series, ...]]:
    """The series of the condition, and those of its threshold where that is a query."""

    async def asked(expression: str | None) -> tuple[Series, ...]:
        if expression is None:
            return ()
        return await prometheus.query_range(
            expression, start=window.start, end=window.end, step=window.step
        )

    drawn, limits = await asyncio.gather(asked(condition.expression), asked(condition.limit))
    return drawn, limits


async def _keep(world: World, look: Look, reading: Reading, png: bytes) -> None:
    group_id, phase = look.group.id, look.phase
    async with world.database.write() as connection:
        known = await alerts.locked(connection, group_id)
        group = replace(known, normal=reading.normal if known.normal is None else known.normal)
        if reading.peak is not None:
            group = group.measured(reading.peak.value, reading.peak.at)
        if reading.value is not None:
            group = replace(group, value=reading.value)
        await alerts.save(connection, known, group, urgency=Urgency.PROGRESS)
        key = picture_key(phase)
        await cards.add_picture(
            connection,
            Kind.ALERT_GROUP,
            group_id,
            key=key,
            png=png,
            name=f"{file_name(group)}-{phase.value}.png",
            alt=chart_alt(group),
        )
        drawn = ChartDrawn(look.start, look.window.end)
        finding = Finding(source=CHART, phase=phase, picture=key, said=drawn, found_at=world.now())
        await findings.write(connection, group_id, finding)


def window_of(group: AlertGroup, now: datetime) -> Window:
    """From well before the onset until now, or until it was over."""
    end = max(group.resolved_at or now, group.started_at + LEAST_STEP)
    return Window.between(group.started_at - BEFORE_ONSET, end)


def _first(series: Iterable[Series]) -> datetime | None:
    return min((one.points[0].at for one in series if one.points), default=None)


def belonging(series: Sequence[Series], known: Iterable[Alert]) -> tuple[Series, ...]:
    """The series that the group's alerts are about; all of them where no label tells.

    An alert's labels hold those of the series it came from, and more. Takes a look at each of
    both, not at each of one for each of the other: a storm has a thousand alerts in a group.
    """
    alike: dict[frozenset[str], list[Mapping[str, str]]] = {}
    for alert in known:
        alike.setdefault(frozenset(alert.labels.keys() - OF_NO_SERIES), []).append(alert.labels)

    @cache
    def said(names: frozenset[str], shared: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(labels[name] for name in shared) for labels in alike[names])

    def is_about(labels: Mapping[str, str]) -> bool:
        shared = ((names, tuple(sorted(names & labels.keys()))) for names in alike)
        return any(tuple(labels[n] for n in both) in said(names, both) for names, both in shared)

    found = tuple(one for one in series if is_about(one.labels))
    return found or tuple(series)


def read(
    series: Sequence[Series], condition: Condition, group: AlertGroup, window: Window
) -> Reading:
    """The worst series' last value, the median before the onset, and the worst value since."""
    since = group.started_at - window.step
    points = [point for one in series for point in one.points if math.isfinite(point.value)]
    while_firing = [point for point in points if point.at >= since]
    worst = condition.worst(point.value for point in while_firing)
    peak = next((Peak(p.value, p.at) for p in while_firing if p.value == worst), None)
    before = [point.value for point in points if point.at < since - ONSET_BEGINS_BEFORE]
    normal = statistics.median(before) if len(before) >= LEAST_NORMAL_POINTS else None
    last = [one.points[-1] for one in series if one.points]
    recent = [p.value for p in last if p.at >= window.end - 3 * window.step]
    value = condition.worst(value for value in recent if math.isfinite(value))
    return Reading(None if group.is_final else value, normal, peak)


def _lines(series: Sequence[Series], name: str = "") -> tuple[Line, ...]:
    """Each series by the labels that tell it from the others."""
    shared = common(one.labels for one in series) if len(series) > 1 else {}
    return tuple(
        Line(name or _label(one.labels, shared), [(p.at, p.value) for p in one.points])
        for one in series
    )


def _label(labels: Mapping[str, str], shared: Mapping[str, str]) -> str:
    own = [f"{key}={value}" for key, value in sorted(labels.items()) if key not in shared]
    return ", ".join(own) or "value"


def markers(group: AlertGroup, changes: Iterable[Change]) -> tuple[Marker, ...]:
    """When it began to fire, what was done in its place, and when it was over."""
    found = [Marker(group.started_at, "firing", is_alarm=True)]
    found += [
        Marker(change.started_at, done_by(change))
        for change in changes
        if change.started_at is not None
    ]
    if group.resolved_at is not None:
        found.append(Marker(group.resolved_at, "resolved"))
    return tuple(found)


def _title(group: AlertGroup) -> str:
    where = place_of(group)
    return f"{group.name}, {where}" if where else group.name


def file_name(group: AlertGroup) -> str:
    """What a picture of the group is called, without its end."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in group.name)
    return kept.strip("-")[:60] or "alert"
