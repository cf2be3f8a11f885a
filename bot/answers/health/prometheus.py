"""How well a place serves: the catalogue's queries over the last hour, and their error budgets."""

import asyncio
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.answers.health.addresses import Addresses
from bot.cards.text import spoken
from bot.catalog import Slo
from bot.domain.health.budget import budget_left
from bot.domain.health.facts import SloSeen
from bot.domain.health.sparkline import worst_of_each
from bot.domain.place import Place
from integrations.prometheus.client import PrometheusClient
from integrations.prometheus.models import Series

HOUR = timedelta(hours=1)
STEP = timedelta(minutes=1)
BUDGET_STEPS = 720
"""How often the time of an error budget is looked at: 30 days each hour."""
SHORTEST_STEP_S = 10
WHOLE = 0.9
"""The share of a budget's time that has been measured where nothing is said of it."""


async def slos(
    prometheus: PrometheusClient, place: Place, now: datetime, addresses: Addresses, *, short: bool
) -> dict[str, Any]:
    """Every query of the place's catalogue: its value now, and the last hour unless it is `short`.

    Costs one query each.

    Raises:
        IntegrationError: Prometheus did not answer one of them.
    """
    found = await asyncio.gather(
        *(
            _slo(prometheus, name, slo, now, addresses, short=short)
            for name, slo in place.config.slo.items()
        )
    )
    return {"slos": tuple(found)}


async def is_there(prometheus: PrometheusClient, now: datetime) -> dict[str, Any]:
    """Nothing but that it answers. Costs one query.

    Raises:
        IntegrationError: Prometheus did not answer.
    """
    await prometheus.query("vector(1)", at=now)
    return {}


async def _slo(
    prometheus: PrometheusClient,
    name: str,
    slo: Slo,
    now: datetime,
    addresses: Addresses,
    *,
    short: bool,
) -> SloSeen:
    end = now.replace(microsecond=0)
    is_traffic = slo.needed is not None
    if short:
        series = await prometheus.query(slo.query, at=end)
    else:
        series = await prometheus.query_range(slo.query, start=end - HOUR, end=end, step=STEP)
    samples = _worst(series, is_worse_when_lower=is_traffic)
    return SloSeen(
        name=name,
        unit=slo.unit,
        value=samples.get(end),
        cells=worst_of_each(samples.items(), end=end, length=HOUR, is_worse_when_lower=is_traffic),
        bad_above=slo.bad_above,
        needed=slo.needed,
        decides=slo.decides,
        has_budget=slo.objective is not None and not short,
        budget_over=spoken(slo.budget_over),
        url=addresses.graph(slo.query),
    )


def _worst(series: Sequence[Series], *, is_worse_when_lower: bool) -> dict[datetime, float]:
    """One value a moment: a query that gives several series is as bad as the worst of them."""
    worse = min if is_worse_when_lower else max
    found: dict[datetime, float] = {}
    for one in series:
        for at, value in one.points:
            if math.isfinite(value):
                found[at] = worse(value, found[at]) if at in found else value
    return found


async def budgets(prometheus: PrometheusClient, place: Place, now: datetime) -> dict[str, Any]:
    """What is left of each error budget, by the query's name; None where there is no data.

    Costs two queries each, which look back over the whole time of the budget.
    """
    wanted = {name: slo for name, slo in place.config.slo.items() if slo.objective is not None}
    found = await asyncio.gather(*(_budget(prometheus, slo, now) for slo in wanted.values()))
    return {
        "budgets": {name: left for name, (left, _) in zip(wanted, found, strict=True)},
        "measured": {name: long for name, (_, long) in zip(wanted, found, strict=True) if long},
    }


async def _budget(
    prometheus: PrometheusClient, slo: Slo, now: datetime
) -> tuple[float | None, str]:
    """What is left; and of how long a time, where that is clearly less than the budget's."""
    over_s = math.ceil(slo.budget_over.total_seconds())
    step_s = max(SHORTEST_STEP_S, over_s // BUDGET_STEPS)
    window = f"({slo.query})[{over_s}s:{step_s}s]"
    mean, count = await asyncio.gather(
        prometheus.query(f"avg_over_time({window})", at=now),
        prometheus.query(f"count_over_time({window})", at=now),
    )
    means, counts = _values(mean), _values(count)
    if not means or slo.objective is None:
        return None, ""
    measured_s = max(counts, default=0) * step_s
    is_whole = measured_s >= over_s * WHOLE
    said = "" if is_whole else spoken(timedelta(seconds=measured_s))
    return budget_left(max(means), slo.objective), said


def _values(series: Sequence[Series]) -> list[float]:
    return [value for one in series for _, value in one.points if math.isfinite(value)]
