"""The picture of the evidence: one query before and after, with the deploy marked."""

import asyncio
import logging
import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot import reporting
from bot.cards.evidence import chart_alt, chart_title
from bot.catalog import Slo
from bot.changes.evidence.measure import of_version, window_of
from bot.charts import Chart, Line, Marker, line_chart
from bot.domain.card import Kind
from bot.domain.change import Change, ChangeKind
from bot.domain.judgement import Finding, Judged, Judgement
from bot.domain.place import Place
from bot.domain.shift import Stage
from bot.domain.unit import Unit, read_unit
from bot.storage import cards
from bot.world import World
from integrations.errors import IntegrationError
from integrations.prometheus.client import PrometheusClient
from integrations.prometheus.models import Series

PICTURE = "evidence:"
"""How the keys of these pictures begin; the revision of the change's state follows."""
BUDGET_S = 10.0
BEFORE_AT_LEAST = timedelta(minutes=2)
STEPS = 180

log = logging.getLogger(__name__)


async def draw_evidence(here: World, place: Place, change: Change, judgement: Judgement) -> None:
    """Draw the query that decides and add it to the change's thread; the card shows it too.

    A picture is never worth a deploy: whatever goes wrong is logged, and the card goes without.
    Costs one Prometheus query, two where both versions run.
    """
    finding = telling(judgement, place)
    if finding is None or here.prometheus is None or change.rollout is None:
        return
    try:
        async with asyncio.timeout(BUDGET_S):
            chart = await _chart(here, here.prometheus, place, change, finding)
            png = await asyncio.to_thread(line_chart, chart)
    except (IntegrationError, TimeoutError) as exc:
        log.warning(
            "evidence_not_drawn",
            extra={"action": "evidence_not_drawn", "change_id": change.id, "why": str(exc)},
        )
        return
    except Exception as exc:  # a bug in a drawing must not undo, or hold, a deploy
        log.exception("evidence_broken", extra={"action": "evidence_broken"})
        reporting.report(exc)
        return
    async with here.database.write() as connection:
        await cards.add_picture(
            connection,
            Kind.CHANGE,
            change.id,
            key=f"{PICTURE}{change.state_revision}",
            png=png,
            name=f"{change.service}-{change.environment}-{finding.name}.png",
            alt=chart_alt(change, finding),
        )


def telling(judgement: Judgement, place: Place) -> Finding | None:
    """The finding that a picture is worth most for: the worst of those that a query gave."""
    order = {Judged.BAD: 0, Judged.INCONCLUSIVE: 1, Judged.GOOD: 2}
    drawable = [one for one in judgement.findings if one.name in place.config.slo]
    drawable.sort(key=lambda one: (not one.decides, order[one.judged], one.p or 1.0))
    return drawable[0] if drawable else None


async def _chart(
    here: World, prometheus: PrometheusClient, place: Place, change: Change, finding: Finding
) -> Chart:
    assert change.rollout is not None  # noqa: S101  the caller has looked
    slo, now = place.config.slo[finding.name], here.now()
    began, steady = change.rollout.began_at, change.steady_at or now
    start = began - max(BEFORE_AT_LEAST, now - began)
    step = max(timedelta(seconds=1), timedelta(seconds=math.ceil((now - start) / STEPS / _SECOND)))
    lines = await _lines(prometheus, slo, change, start, now, step)
    start = max(start, _first(lines, before=began) - step)
    did = "restart" if change.kind is ChangeKind.RESTART else "deploy"
    markers = [Marker(began, f"{did} {change.wanted_name}")]
    if change.steady_at is not None and steady - began > (now - start) / 10:
        markers.append(Marker(steady, "all traffic"))
    if finding.since is not None and finding.judged is Judged.BAD:
        markers.append(Marker(finding.since, "bad", is_alarm=True))
    return Chart(
        title=chart_title(change, finding),
        lines=lines,
        start=start,
        end=now,
        step=max(step, window_of(slo.query) / 4),
        unit=read_unit(slo.unit) or Unit.PLAIN,
        threshold=slo.bad_above,
        markers=markers,
    )


_SECOND = timedelta(seconds=1)


async def _lines(
    prometheus: PrometheusClient,
    slo: Slo,
    change: Change,
    start: datetime,
    end: datetime,
    step: timedelta,
) -> list[Line]:
    """The query over the whole time; while both versions run, each by its name."""
    plan = change.plan
    queries = {change.service: slo.query}
    if slo.by_version is not None and plan is not None and _shifts(change.stage):
        names = (plan.running.version, plan.wanted.version)
        queries = {name: of_version(slo.by_version, name) for name in names if name}
    answers = await asyncio.gather(
        *(
            prometheus.query_range(query, start=start, end=end, step=step)
            for query in queries.values()
        )
    )
    return [
        line for name, series in zip(queries, answers, strict=True) for line in _named(name, series)
    ]


def _first(lines: Sequence[Line], *, before: datetime) -> datetime:
    """When anything was first measured, or `before` where that is earlier: what a young Prometheus
    cannot know takes no room."""
    measured = (at for line in lines for at, value in line.points if math.isfinite(value))
    return min([before, *measured])


def _shifts(stage: Stage | None) -> bool:
    return stage is not None and stage.weight > 0


def _named(name: str, series: Sequence[Series]) -> list[Line]:
    lines = []
    for one in series:
        labels = ", ".join(f"{key}={value}" for key, value in sorted(one.labels.items()))
        lines.append(Line(labels or name, [(point.at, point.value) for point in one.points]))
    return lines
