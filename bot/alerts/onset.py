"""What there was as an alert group began: since when its value rose, and how traffic stood."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.alerts.chart import belonging
from bot.domain.alert import AlertGroup, Condition
from bot.domain.change import Change
from bot.domain.finding import Finding, Phase
from bot.domain.suspects.turn import growth, turned_at
from bot.storage import alerts, changes, findings, suspects
from bot.storage.database import Connection
from bot.storage.suspects import Before
from bot.world import World
from integrations.prometheus.client import PrometheusClient
from integrations.prometheus.models import Series

SOURCE = "onset"
LENGTH = timedelta(hours=2)
"""How long before the onset is looked at: a leak may take most of an hour to be noticed."""
STEP = timedelta(minutes=1)
LEAST_STEP = timedelta(seconds=1)


async def look_before(world: World, group_id: str, phase: Phase) -> None:
    """Ask Prometheus when the group's value left normal, and whether requests had grown then.

    Costs one query, two where the catalogue says how the service's traffic is measured. May be
    repeated: the first answer stands.

    Raises:
        IntegrationError: Prometheus gave nothing.
    """
    if phase is not Phase.ONSET or world.prometheus is None:
        return
    async with world.database.read() as connection:
        group = await alerts.get(connection, group_id)
        known = await alerts.alerts_of(connection, group_id)
    if group.condition is None or group.condition.is_absence:
        return
    step = max(LEAST_STEP, world.paced(STEP))
    start = group.started_at - world.paced(LENGTH)
    drawn, requests = await asyncio.gather(
        _ask(world.prometheus, group.condition.expression, start, group.started_at, step),
        _ask(world.prometheus, _traffic_query(world, group), start, group.started_at, step),
    )
    before = _read(belonging(drawn, known), requests, group.condition)
    async with world.database.write() as connection:
        await suspects.keep_before(connection, group_id, before)
        finding = Finding(source=SOURCE, phase=phase, found_at=world.now())
        await findings.write(connection, group_id, finding)


async def _ask(
    prometheus: PrometheusClient,
    expression: str | None,
    start: datetime,
    end: datetime,
    step: timedelta,
) -> tuple[Series, ...]:
    if expression is None:
        return ()
    return await prometheus.query_range(expression, start=start, end=end, step=step)


def _traffic_query(world: World, group: AlertGroup) -> str | None:
    """The catalogue's query for requests per second: the one that says how many are needed."""
    service = world.catalog.services.get(group.service or "")
    place = service.environments.get(group.environment or "") if service is not None else None
    if place is None:
        return None
    return next((slo.query for slo in place.slo.values() if slo.needed is not None), None)


def _read(drawn: Iterable[Series], requests: Sequence[Series], condition: Condition) -> Before:
    """When the first of its series turned, and by what factor requests had grown at that moment."""
    turns = (
        turned_at(_points(one), is_worse_when_lower=condition.is_worse_when_lower) for one in drawn
    )
    turned = min((at for at in turns if at is not None), default=None)
    if turned is None or not requests:
        return Before(turned)
    return Before(turned, growth(_points(requests[0]), turned))


def _points(series: Series) -> list[tuple[datetime, float]]:
    return [(point.at, point.value) for point in series.points]


async def keep_traffic(connection: Connection, group: AlertGroup) -> None:
    """Keep how much of the traffic a change under way has: it goes on from there."""
    if group.environment is None or group.service is None:
        return
    change = await changes.under_way(connection, group.environment, group.service)
    weight = _weight(change) if change is not None else None
    if change is not None and weight is not None:
        await suspects.keep_traffic(connection, group.id, change.id, weight)


def _weight(change: Change) -> float | None:
    """Percent: as ECS shifts it, or as tasks are replaced."""
    if change.stage is not None:
        return change.stage.weight
    progress = change.progress
    if progress is None or progress.desired <= 0:
        return None
    return min(100.0, 100 * progress.healthy / progress.desired)
