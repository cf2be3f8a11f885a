"""More about an alert group: every source at once, each with its own time, none holding it back.

The card stands already. What a source finds is on it as soon as it is there; a source that is
slow or broken costs its own finding and is named on the card, and is asked again a little later.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot import metrics, reporting
from bot.alerts.annotating import SOURCE as ANNOTATION
from bot.alerts.annotating import promise_mark
from bot.alerts.chart import draw_chart
from bot.alerts.dialects import chart as cloudwatch_chart
from bot.alerts.evidence.history import look_back
from bot.alerts.evidence.issues import look_at_issues
from bot.alerts.evidence.log_lines import look_in_log
from bot.alerts.evidence.on_call import look_who_is_on_call
from bot.alerts.evidence.panel import BUDGET_S, look_for_panel
from bot.alerts.evidence.runbook import look_for_runbook
from bot.alerts.lookup import look_up_incident
from bot.alerts.onset import SOURCE as ONSET
from bot.alerts.onset import look_before
from bot.cards.blocks import cut
from bot.domain.evidence import history, issues, log_lines, on_call, panel, runbook
from bot.domain.finding import CHART, Finding, Phase
from bot.engine import CONTROL, receive, step, surely, workflow, world
from bot.storage import findings, storms
from bot.storage.transient import is_transient
from bot.world import World
from integrations.errors import IntegrationError

AGAIN_AFTER_S = (15.0, 60.0)
"""When sources that gave nothing are asked again."""

LONGEST_WHY = 200
"""Characters of what is said on a card; AWS says a paragraph, and the log has all of it."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """Something that knows more about an alert group.

    `find` asks and writes down what it found, and returns whether its system was asked at all;
    `gives` is what is missing when it does not. One that is not `is_outside` asks nobody.
    """

    name: str
    system: str
    gives: str
    budget_s: float
    find: Callable[[World, str, Phase], Awaitable[bool | None]]
    is_outside: bool = True


SOURCES = (
    Source(CHART, "Prometheus", "chart", 8.0, draw_chart),
    Source(cloudwatch_chart.SOURCE, "CloudWatch", "chart", 8.0, cloudwatch_chart.draw_alarm),
    Source("pagerduty", "PagerDuty", "incident", 8.0, look_up_incident),
    Source(ONSET, "Prometheus", "look at what was before", 8.0, look_before),
    Source(panel.SOURCE, "Grafana", "panel", BUDGET_S, look_for_panel),
    Source(ANNOTATION, "the bot's own record", "mark in Grafana", 3.0, promise_mark, False),
    Source(issues.SOURCE, "Sentry", "list of issues", 8.0, look_at_issues),
    Source(log_lines.SOURCE, "CloudWatch", "error lines", 8.0, look_in_log),
    Source(history.SOURCE, "the bot's own record", "look at the last time", 3.0, look_back, False),
    Source(on_call.SOURCE, "PagerDuty", "word of who is on call", 5.0, look_who_is_on_call),
    Source(runbook.SOURCE, "the catalogue's folder", "runbook", 3.0, look_for_runbook, False),
)


@workflow
async def enrich(identity: str, again_after_s: list[float]) -> None:
    """Ask every source; those that gave nothing once more after each of these waits."""
    missing = await surely(ask, [source.name for source in SOURCES], identity)
    for wait_s in again_after_s:
        if not missing:
            break
        await receive(CONTROL, timeout_s=wait_s)
        missing = await surely(ask, missing, identity)
    await surely(finish, identity)


@step(attempts=5, retry_when=is_transient)
async def ask(names: list[str], identity: str) -> list[str]:
    """Ask these sources; returns the names of those that gave nothing.

    May be repeated: what was found is written under the name of its source.
    """
    here = world(World)
    async with here.database.read() as connection:
        promise = await findings.promised(connection, identity)
        # A storm's card is looked after as a whole; who gets an own card later is promised anew.
        folded = promise is not None and await storms.is_folded(connection, promise[0])
    if promise is None or folded:
        return []
    group_id, phase = promise
    asked = [source for source in SOURCES if source.name in names]
    found = await asyncio.gather(
        *(_ask_safely(here, source, group_id, phase) for source in asked), return_exceptions=True
    )
    missing: list[str] = []
    for outcome in found:
        if isinstance(outcome, BaseException):
            raise outcome  # our own database is away: the step is done again
        missing += outcome
    return missing


async def _ask_safely(here: World, source: Source, group_id: str, phase: Phase) -> list[str]:
    """Ask one source alone: a mistake of ours in it costs its own finding and no other."""
    try:
        return await ask_all(here, [source], group_id, phase)
    except ExceptionGroup as together:
        [exc] = together.exceptions
        if is_transient(exc):
            raise exc from None
        log.exception("source_broken", extra={"action": "source_broken", "source": source.name})
        reporting.report(exc)
        why = f"No {source.gives}: the bot made a mistake."
        await _say_missing(here, source, group_id, phase, why)
        return []  # asking again would end in the same mistake


@step(attempts=5, retry_when=is_transient)
async def finish(identity: str) -> None:
    """Say that every source has had its time."""
    here = world(World)
    async with here.database.write() as connection:
        await findings.finished(connection, identity, at=here.now())


async def ask_all(here: World, sources: Sequence[Source], group_id: str, phase: Phase) -> list[str]:
    """Ask all of them at once; returns the names of those that gave nothing.

    A bug in a source is not an IntegrationError and does propagate.
    """
    async with asyncio.TaskGroup() as together:
        asked = {
            source.name: together.create_task(_ask(here, source, group_id, phase))
            for source in sources
        }
    return [name for name, task in asked.items() if not task.result()]


async def _ask(here: World, source: Source, group_id: str, phase: Phase) -> bool:
    try:
        async with asyncio.timeout(source.budget_s):
            was_asked = await source.find(here, group_id, phase)
    except TimeoutError:
        why = f"No {source.gives}: {source.system} did not answer within {source.budget_s:g} s."
    except IntegrationError as exc:
        why = f"No {source.gives}: {source.system} did not give it ({exc.detail})."
    else:
        if was_asked:
            metrics.source_up.labels(source.system.lower()).set(1)
        here.wake()
        return True
    log.warning(
        "source_missing",
        extra={
            "action": "source_missing",
            "source": source.name,
            "alert_group": group_id,
            "why": why,
        },
    )
    if source.is_outside:
        metrics.source_up.labels(source.system.lower()).set(0)
    await _say_missing(here, source, group_id, phase, why)
    return False


async def _say_missing(here: World, source: Source, group_id: str, phase: Phase, why: str) -> None:
    """Keep why, where that is news: each word is an edit of the card, and Sentry is asked often."""
    why = cut(why, LONGEST_WHY)
    missing = Finding(source=source.name, phase=phase, missing=why, found_at=here.now())
    async with here.database.write() as connection:
        before = {one.source: one for one in await findings.of_group(connection, group_id)}
        known = before.get(source.name)
        if known is not None and (known.missing, known.phase) == (why, phase):
            return
        await findings.write(connection, group_id, missing)
    here.wake()
