"""What there was as an alert group began: since when its value rose, and how traffic stood."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.alerts.chart import belonging
from bot.catalog import Catalog
from bot.domain.alert import AlertGroup
from bot.domain.change import Change
from bot.domain.finding import Finding, Phase
from bot.domain.suspects.turn import growth, turn_of
from bot.storage import alerts, changes, findings, suspects
from bot.storage.database import Connection
from bot.storage.suspects import Before
from bot.world import World
from integrations.prometheus.client import PrometheusClient
from integrations.prometheus.models import Series

SOURCE = "onset"
LENGTH = timedelta(hours=2)
"""How long before the onset is looked at: a leak may take most of an hour to be noticed."""
STEP = timedelta(seconds=30)
LEAST_STEP = timedelta(seconds=1)


async def look_before(world: World, group_id: str, phase: Phase) -> bool:
    """Ask Prometheus when the group's value left normal, and whether requests had grown then.

    Costs one query, two where the catalogue says how the service's traffic is measured. May be
    repeated: the first answer stands. Returns whether it was asked.

    Raises:
        IntegrationError: Prometheus gave nothing.
    """
    if phase is not Phase.ONSET or world.prometheus is None:
        return False
    async with world.database.read() as connection:
        group = await alerts.get(connection, group_id)
        known = await alerts.alerts_of(connection, group_id)
    step = max(LEAST_STEP, world.paced(STEP))
    start, end = group.started_at - world.paced(LENGTH), group.started_at
    own, traffic = _own_query(group), _traffic_query(world, group)
    if own is None and traffic is None:
        return False
    drawn, requests = await asyncio.gather(
        _ask(world.prometheus, own, start, end, step),
        _ask(world.prometheus, traffic, start, end, step),
    )
    if not drawn and not requests:
        return True
    found = belonging(drawn, known)
    before = await asyncio.to_thread(_read, found, requests, group, otherwise=end - 10 * step)
    async with world.database.write() as connection:
        await suspects.keep_before(connection, group_id, before)
        finding = Finding(source=SOURCE, phase=phase, found_at=world.now())
        await findings.write(connection, group_id, finding)
    return True


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


def _own_query(group: AlertGroup) -> str | None:
    """The alert's own expression; one that holds while there is nothing has no values to rise."""
    condition = group.condition
    if condition is None or condition.is_absence:
        return None
    return condition.expression or None


def _traffic_query(world: World, group: AlertGroup) -> str | None:
    """The catalogue's query for requests per second: the one that says how many are needed."""
    place = world.catalog.place(group.service, group.environment)
    if place is None:
        return None
    return next((slo.query for slo in place.slo.values() if slo.needed is not None), None)


def _read(
    drawn: Iterable[Series], requests: Sequence[Series], group: AlertGroup, *, otherwise: datetime
) -> Before:
    """When the first of its series turned, and by what factor requests had grown at that moment.

    Where none did, requests are compared with those before `otherwise`.
    """
    lower = group.condition is not None and group.condition.is_worse_when_lower
    turns = (turn_of(_points(one), is_worse_when_lower=lower) for one in drawn)
    turn = min((one for one in turns if one is not None), key=lambda one: one.at, default=None)
    grown_since = turn.at if turn is not None else otherwise
    return Before(
        turned_at=turn.at if turn is not None else None,
        rising_since=turn.rising_since if turn is not None else None,
        busier=growth(_points(requests[0]), grown_since) if requests else None,
    )


def _points(series: Series) -> list[tuple[datetime, float]]:
    return [(point.at, point.value) for point in series.points]


async def keep_onset(connection: Connection, group: AlertGroup, catalog: Catalog) -> None:
    """Keep what a group's service calls, and how far a change under way is: it goes on from there.

    To be called in the transaction that opens the group.
    """
    service = catalog.services.get(group.service or "")
    await suspects.begin(connection, group.id, service.depends_on if service is not None else ())
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
