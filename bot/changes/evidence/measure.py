"""What speaks for a version and against it: the catalogue's queries, its targets, Sentry's issues.

All sources are asked at once, each with a time of its own. One that does not answer is named among
the findings; "no data" is never "fine".
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import promql_parser as promql

from bot.catalog import VERSION, Slo
from bot.domain.change import Change, ChangeKind
from bot.domain.judgement import (
    BASELINE,
    Bake,
    Finding,
    Judged,
    Judgement,
    Measured,
    Sample,
    Traffic,
    judge_bake,
)
from bot.domain.place import Place
from bot.domain.unit import Unit, read_unit
from bot.world import World
from integrations.errors import IntegrationError
from integrations.prometheus.client import PrometheusClient
from integrations.prometheus.models import Series
from integrations.sentry.models import Issue

BUDGET_S = 8.0
"""How long one source may take; a late one is named and asked again at the next look."""
WINDOW = timedelta(minutes=1)
"""How far apart samples are where a query has no range of its own."""
ISSUES_NAMED = 3
SENTRY, TARGETS = "new Sentry issues", "targets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What is judged: the time since `since`, beside the time before `began`.

    `both_run` is true while the old version still takes traffic: then each is measured alone where
    the catalogue says how. `well` is how many tasks are well, of how many that are wanted;
    `is_unwell` whether too few are for too long.
    """

    began: datetime
    since: datetime
    now: datetime
    length: timedelta
    is_over: bool
    both_run: bool = False
    well: tuple[int, int] | None = None
    is_unwell: bool = False


async def judged(world: World, place: Place, change: Change, period: Period) -> Judgement:
    """Measure everything once and say what it shows.

    Costs two Prometheus queries for each SLO (three while both versions run) and one Sentry call.
    """
    measured, issues = await asyncio.gather(
        _measures(world, place, change, period), _issues(world, place, change)
    )
    found = [finding for finding in (_of_targets(period), issues) if finding is not None]
    if not measured:
        why = "The catalogue has no SLO for this place: only its targets were watched."
        verdict = Judged.GOOD if period.is_over else None
        return _joined(Judgement(verdict, (), why), found, is_over=period.is_over)
    bake = Bake(
        measures=tuple(one for one, slo in measured if slo.needed is None),
        traffic=_traffic(measured),
        is_over=period.is_over,
        length=period.length,
    )
    # scipy takes a second to import, and a moment to think.
    by_queries = await asyncio.to_thread(judge_bake, bake)
    return _joined(by_queries, found, is_over=period.is_over)


def _joined(by_queries: Judgement, found: Sequence[Finding], *, is_over: bool) -> Judgement:
    """The queries' verdict and that of everything else, the worse of both."""
    findings = (*by_queries.findings, *found)
    deciding = [finding for finding in found if finding.decides]
    bad = [finding for finding in deciding if finding.judged is Judged.BAD]
    if by_queries.judged is Judged.BAD or bad:
        reasons = [by_queries.why] if by_queries.judged is Judged.BAD else []
        return Judgement(Judged.BAD, findings, " ".join([*reasons, *(one.why for one in bad)]))
    open_questions = [one for one in deciding if one.judged is Judged.INCONCLUSIVE]
    if open_questions and is_over:
        reasons = [by_queries.why] if by_queries.judged is Judged.INCONCLUSIVE else []
        why = " ".join([*reasons, *(one.why for one in open_questions)])
        return Judgement(Judged.INCONCLUSIVE, findings, why)
    return Judgement(by_queries.judged, findings, by_queries.why)


async def _measures(
    world: World, place: Place, change: Change, period: Period
) -> list[tuple[Measured, Slo]]:
    slos = place.config.slo
    asked = (_measure(world, name, slo, change, period) for name, slo in slos.items())
    return list(zip(await asyncio.gather(*asked), slos.values(), strict=True))


async def _measure(world: World, name: str, slo: Slo, change: Change, period: Period) -> Measured:
    """One query, before and after; what could not be asked says why."""
    window = window_of(slo.query)
    nothing = Measured(
        name=name,
        unit=read_unit(slo.unit) or Unit.PLAIN,
        window=window,
        before=(),
        after=(),
        bad_above=slo.bad_above,
        decides=slo.decides,
    )
    if world.prometheus is None:
        return replace(nothing, missing="Prometheus is not connected")
    try:
        async with asyncio.timeout(BUDGET_S):
            before, after, control = await _samples(world.prometheus, slo, change, period, window)
    except TimeoutError:
        return replace(nothing, missing=f"Prometheus did not answer within {BUDGET_S:g} s")
    except IntegrationError as exc:
        return replace(nothing, missing=f"Prometheus did not give it ({exc.detail})")
    return replace(nothing, before=before, after=after, control=control)


async def _samples(
    prometheus: PrometheusClient, slo: Slo, change: Change, period: Period, window: timedelta
) -> tuple[tuple[Sample, ...], tuple[Sample, ...], tuple[Sample, ...]]:
    """Before, after, and the old version meanwhile; samples are one window apart."""
    new, old = _versions(slo, change, period)
    before, after, control = await asyncio.gather(
        _ask(prometheus, slo.query, period.began - BASELINE, period.began, window),
        _ask(prometheus, new, period.since, period.now, window),
        _ask(prometheus, old, period.since, period.now, window) if old else _nothing(),
    )
    return before, after, control


def _versions(slo: Slo, change: Change, period: Period) -> tuple[str, str | None]:
    """The query of the new version, and of the old one where both can be told apart."""
    plan = change.plan
    if not period.both_run or slo.by_version is None or plan is None:
        return slo.query, None
    if not plan.wanted.version or not plan.running.version:
        return slo.query, None
    return of_version(slo.by_version, plan.wanted.version), of_version(
        slo.by_version, plan.running.version
    )


def of_version(query: str, version: str) -> str:
    """The query for one version; an image tag holds nothing that could end the quoted text."""
    return query.replace(VERSION, version.replace("\\", "").replace('"', ""))


async def _nothing() -> tuple[Sample, ...]:
    return ()


async def _ask(
    prometheus: PrometheusClient, query: str, start: datetime, end: datetime, window: timedelta
) -> tuple[Sample, ...]:
    """Samples at whole windows: the first covers the first window after `start` and no more."""
    count = math.floor((end - start) / window)
    if count < 1:
        return ()
    series = await prometheus.query_range(
        query, start=start + window, end=start + window * count, step=window
    )
    return _worst(series)


def _worst(series: Sequence[Series]) -> tuple[Sample, ...]:
    """One value a moment: a query that gives several series is as bad as the worst of them."""
    found: dict[datetime, float] = {}
    for one in series:
        for point in one.points:
            if not math.isnan(point.value):
                found[point.at] = max(point.value, found.get(point.at, -math.inf))
    return tuple(Sample(at, value) for at, value in sorted(found.items()))


def _traffic(measured: Sequence[tuple[Measured, Slo]]) -> Traffic | None:
    """The query whose `needed` says what traffic is enough."""
    for one, slo in measured:
        if slo.needed is not None:
            return Traffic(
                before=one.before, after=one.after, control=one.control, needed=slo.needed
            )
    return None


def window_of(query: str) -> timedelta:
    """The longest range in a query: two samples closer than that count the same requests."""
    try:
        ranges = list(_ranges(promql.parse(query)))
    except ValueError:
        return WINDOW
    return max(ranges, default=WINDOW)


def _ranges(node: Any) -> list[timedelta]:
    length = getattr(node, "range", None)
    own = [length] if isinstance(length, timedelta) else []
    parts = [getattr(node, name, None) for name in ("expr", "lhs", "rhs", "param")]
    below = [*parts, *(getattr(node, "args", None) or ())]
    return [*own, *(length for part in below if part is not None for length in _ranges(part))]


def _of_targets(period: Period) -> Finding | None:
    """Whether its tasks are well: ECS replaces those that are not, and calls the rollout complete
    all the same."""
    if period.well is None:
        return None
    well, wanted = period.well
    why = f"{well} of {wanted} tasks are well." if well < wanted else "Every task is well."
    return Finding(
        name=TARGETS,
        unit=Unit.PLAIN,
        judged=Judged.BAD if period.is_unwell else Judged.GOOD,
        decides=True,
        after=float(well),
        before=float(wanted),
        why=why,
    )


async def _issues(world: World, place: Place, change: Change) -> Finding | None:
    """Sentry's unresolved issues that began with this version; None where there is no Sentry.

    A new issue holds and asks: how bad it is, a person must say. One that does not answer is named
    and decides nothing. What began with this version did not begin with its restart.
    """
    if change.kind is ChangeKind.RESTART:
        return None
    project = world.catalog.services[place.service].sentry
    version = change.plan.wanted.version if change.plan else None
    if world.sentry is None or project is None or version is None:
        return None
    try:
        async with asyncio.timeout(BUDGET_S):
            issues = await world.sentry.list_issues(
                project.organization,
                project=project.project,
                query=f'is:unresolved first-release:"{version}"',
                environment=place.environment,
            )
    except TimeoutError:
        return _unknown_issues(f"Sentry did not answer within {BUDGET_S:g} s.")
    except IntegrationError as exc:
        return _unknown_issues(f"Sentry did not say ({exc.detail}).")
    return Finding(
        name=SENTRY,
        unit=Unit.PLAIN,
        judged=Judged.INCONCLUSIVE if issues else Judged.GOOD,
        decides=True,
        after=float(len(issues)),
        why=_named(issues, version),
    )


def _unknown_issues(why: str) -> Finding:
    return Finding(name=SENTRY, unit=Unit.PLAIN, judged=Judged.INCONCLUSIVE, decides=False, why=why)


def _named(issues: Sequence[Issue], version: str) -> str:
    if not issues:
        return f"No new issue began with {version}."
    named = ", ".join(f"{one.short_id} {one.title}" for one in issues[:ISSUES_NAMED])
    more = f" and {len(issues) - ISSUES_NAMED} more" if len(issues) > ISSUES_NAMED else ""
    return f"New in {version}: {named}{more}."
