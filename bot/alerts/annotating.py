"""Each alert group in Grafana: a mark as it begins, which its end closes; made once, whatever dies.

The look for more that a group gets as it begins and as it ends promises a mark too, and a workflow
of its own makes it, begun by the sweep: where Grafana is away nothing waits for it, and it is tried
for a quarter of an hour.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypedDict

from bot import metrics, reporting
from bot.cards.alert import headline
from bot.domain.alert import Alert, AlertGroup
from bot.domain.evidence.panel import named_by
from bot.domain.finding import Finding, Phase
from bot.domain.mark import MarkState
from bot.engine import CONTROL, Engine, receive, step, surely, workflow, world
from bot.storage import alerts, annotations, findings
from bot.storage.annotations import Promised
from bot.storage.database import Connection
from bot.storage.transient import is_transient
from bot.world import World
from integrations.errors import Forbidden, IntegrationError, NotFound, RateLimited
from integrations.grafana import spans
from integrations.grafana.client import GrafanaClient
from integrations.grafana.spans import Span

SOURCE = "annotation"
WAITS_S = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Before the second and each further attempt; after the last one the card says it is missing."""

log = logging.getLogger(__name__)


async def promise_mark(here: World, group_id: str, phase: Phase) -> None:
    """Promise a mark where there is a Grafana: a source that asks nobody. May be repeated."""
    if here.grafana is None:
        return
    async with here.database.write() as connection:
        await annotations.promise(connection, group_id, phase, at=here.now())


@dataclass(frozen=True, slots=True)
class SweepMarks:
    """Begins the workflows of marks that are not made: a chore, done by every replica."""

    world: World
    engine: Engine

    async def __call__(self) -> int:
        """Returns how many were begun."""
        async with self.world.database.read() as connection:
            owed = await annotations.owed(connection)
        known = await self.engine.known(owed)
        waits_s = [wait_s / self.world.pace for wait_s in WAITS_S]
        begun = [identity for identity in owed if identity not in known]
        for identity in begun:
            await self.engine.begin(annotate, identity, identity, waits_s)
        metrics.swept.labels("annotate").inc(len(begun))
        return len(begun)


class Outcome(TypedDict):
    """A step's result, as JSON: whether to try again, at the soonest when, and why so far."""

    again: bool
    wait_s: float
    why: str


@workflow
async def annotate(identity: str, waits_s: list[float]) -> None:
    """Make the mark, trying again while that could help."""
    outcome = await surely(mark, identity)
    for wait_s in waits_s:
        if not outcome["again"]:
            break
        await receive(CONTROL, timeout_s=max(wait_s, outcome["wait_s"]))
        outcome = await surely(mark, identity)
    if outcome["again"]:
        await surely(give_up, identity, outcome["why"])


@step(attempts=5, retry_when=is_transient)
async def mark(identity: str) -> Outcome:
    """One attempt. May be repeated: what may have been made is looked for first."""
    here = world(World)
    async with here.database.read() as connection:
        promised = await annotations.find(connection, identity)
        if promised is None or not promised.is_open:
            return _done()
        group = await alerts.get(connection, promised.group_id)
        known = await alerts.alerts_of(connection, promised.group_id)
    if here.grafana is None:
        await _end(here, promised, MarkState.SKIPPED)
        return _done()
    try:
        return await _MAKE[promised.phase](here, here.grafana, promised, group, known)
    except RateLimited as exc:
        return Outcome(again=True, wait_s=exc.retry_after_s or 0.0, why=exc.detail)
    except IntegrationError as exc:
        if exc.retryable:  # it may be at it still: who looks sooner finds nothing, and makes two
            wait_s = here.paced(spans.STILL_ASKING).total_seconds()
            return Outcome(again=True, wait_s=wait_s, why=exc.detail)
        await _failed(here, promised, exc.detail)
    except Exception as exc:
        if is_transient(exc):
            raise
        log.exception("annotation_broken", extra={"action": "annotation_broken"})
        reporting.report(exc)
        await _failed(here, promised, "the bot made a mistake")
    return _done()


def _done() -> Outcome:
    return Outcome(again=False, wait_s=0.0, why="")


async def _begin(
    here: World,
    grafana: GrafanaClient,
    promised: Promised,
    group: AlertGroup,
    known: tuple[Alert, ...],
) -> Outcome:
    """Mark the moment; one that may have been made by an attempt that died is looked for."""
    async with here.database.write() as connection:
        await annotations.attempt(connection, promised, at=here.now())

    async def made(span: Span) -> int:
        return await spans.begin(grafana, span, is_first=not promised.was_attempted)

    reference = await _somewhere(here, made, group, known)
    await _end(here, promised, MarkState.DONE, reference)
    return _done()


async def _close(
    here: World,
    grafana: GrafanaClient,
    promised: Promised,
    group: AlertGroup,
    known: tuple[Alert, ...],
) -> Outcome:
    """Close the mark, or make all of it where its beginning could not be.

    A beginning still being tried is left to this one, which first waits out the request that may
    be under way: what that makes is found by its tag.
    """
    async with here.database.read() as connection:
        begun = await annotations.of_group(connection, group.id, Phase.ONSET)
    if begun is not None and begun.is_open:
        await _end(here, begun, MarkState.SKIPPED)
        wait = here.paced(spans.STILL_ASKING)
        return Outcome(again=True, wait_s=wait.total_seconds(), why="")
    reference = begun.reference if begun is not None else None
    end = group.resolved_at or here.now()

    async def closed(span: Span) -> int:
        return await spans.close(grafana, span, end=end, known=reference)

    await _end(here, promised, MarkState.DONE, await _somewhere(here, closed, group, known))
    if begun is not None and begun.state is MarkState.FAILED:
        async with here.database.write() as connection:
            await _say(connection, here, promised, missing=None)
        here.wake()
    return _done()


_MAKE = {Phase.ONSET: _begin, Phase.END: _close}


async def _somewhere(
    here: World,
    make: Callable[[Span], Awaitable[int]],
    group: AlertGroup,
    known: tuple[Alert, ...],
) -> int:
    """Make it on the first dashboard that takes it, or else as the organisation's.

    Raises:
        IntegrationError: none takes it, or Grafana did not answer.
    """
    for dashboard in _dashboards(here, group, known):
        with suppress(NotFound, Forbidden):  # gone, or not ours to see
            return await make(_span(group, dashboard))
    return await make(_span(group, None))


def _dashboards(here: World, group: AlertGroup, known: tuple[Alert, ...]) -> dict[str, None]:
    """The one that the alert names, and the one the catalogue has for its place."""
    named = named_by(alert.annotations for alert in known)
    place = here.catalog.place(group.service, group.environment)
    of_place = place.grafana.dashboard if place is not None and place.grafana else None
    both = (named.dashboard if named is not None else None, of_place)
    return dict.fromkeys(uid for uid in both if uid is not None)


def _span(group: AlertGroup, dashboard: str | None) -> Span:
    where = (group.service, group.environment)
    return Span(
        text=headline(group),
        at=group.started_at,
        tags=("credlink", "alert", group.name, *filter(None, where)),
        tag=f"credlink-alert:{group.id}",
        dashboard=dashboard,
    )


async def _end(
    here: World, promised: Promised, state: MarkState, reference: int | None = None
) -> None:
    async with here.database.write() as connection:
        await annotations.end(connection, promised, state, at=here.now(), reference=reference)


async def _failed(here: World, promised: Promised, why: str) -> None:
    """Say on the card that there is no mark, and why."""
    log.warning(
        "annotation_missing",
        extra={"action": "annotation_missing", "alert_group": promised.group_id, "why": why},
    )
    async with here.database.write() as connection:
        if await annotations.end(connection, promised, MarkState.FAILED, at=here.now()):
            missing = f"Not marked in Grafana: {why}."
            await _say(connection, here, promised, missing=missing)
    here.wake()


async def _say(
    connection: Connection, here: World, promised: Promised, *, missing: str | None
) -> None:
    """Say on the card that the mark is missing, or no longer so."""
    finding = Finding(source=SOURCE, phase=promised.phase, missing=missing, found_at=here.now())
    await findings.write(connection, promised.group_id, finding)


@step(attempts=5, retry_when=is_transient)
async def give_up(identity: str, why: str) -> None:
    """Grafana was away all the time."""
    here = world(World)
    async with here.database.read() as connection:
        promised = await annotations.find(connection, identity)
    if promised is not None and promised.is_open:
        await _failed(here, promised, why)
