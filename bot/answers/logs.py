"""A search of logs: weighed before it costs anything, then lines and counts asked for at once."""

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.answers.ask import Note
from bot.answers.markers import markers
from bot.answers.outcome import outcome_of
from bot.answers.picture import add_chart
from bot.cards.log_lines import thread_text
from bot.cards.logs import chart_alt, title_of
from bot.charts import Chart, Line
from bot.domain.card import Kind
from bot.domain.logs import Range, Search, lines
from bot.domain.logs.cost import too_much
from bot.domain.logs.found import MOST_LINES, Counts, Found, binned
from bot.domain.question import Question
from bot.domain.secrecy import masked
from bot.storage import cards
from bot.world import World
from integrations.aws.log_models import LogCounts, LogLines
from integrations.aws.log_patterns import filter_pattern
from integrations.aws.logs import LogsClient
from integrations.errors import Forbidden, IntegrationError, NotFound, Rejected

READ_LINES = 100
"""Lines asked for: what people read, on the card and in its thread."""
ESTIMATE_WITHIN_S, LINES_WITHIN_S, COUNTS_WITHIN_S = 3.0, 10.0, 15.0
LATE = timedelta(minutes=15)
"""CloudWatch's figures come minutes late: a shorter range is estimated as a part of this one."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GatherLogs:
    """Gathers the answers to `logs`. Neither pattern nor line is ever logged: both may quote
    secrets, and what is kept of a line comes without them."""

    world: World

    async def __call__(self, question: Question, note: Note) -> Mapping[str, Any]:
        """Estimate what the range holds, refuse too much of it, and else search and count.

        Costs a GetMetricData, FilterLogEvents for each page, and an Insights query, which is
        billed by what it scans; without an estimate there is none. Lines are shown before counts.
        """
        search = Search.of_json(question.words)
        searched = Range.until(self.world.now(), search.since)
        place = self.world.catalog.place(search.service, search.environment)
        if place is None or place.logs is None:
            said = f"The catalogue names no log group for {search.service} there any more."
            return Found(range=searched, group="", trouble=said).as_json()
        has_secret = masked(search.pattern) != search.pattern
        filtered = "" if has_secret else filter_pattern(search.pattern)
        found = Found(range=searched, group=place.logs, filter=filtered)
        client = self.world.aws.account(place.region, place.role).logs
        estimate = await _estimate(client, place.logs, searched)
        if isinstance(estimate, IntegrationError):
            why = f"how much the range holds is not known ({masked(estimate.detail)})."
            found = replace(found, uncounted=f"it may cost too much, since {why}")
        else:
            refused = too_much(estimate, place.logs_scan_limit, search.since)
            found = replace(found, estimate=estimate, refused=refused)
            if refused is not None:
                return found.as_json()
        counting = None
        if not found.uncounted:
            counting = asyncio.create_task(_count(client, found, search), name="count log lines")
        try:
            found = await self._with_lines(question, found, client, search)
            if counting is not None and not found.trouble:
                await note(found.as_json())
                found = _with_counts(found, await counting)
                await self._draw(question, search, found)
        finally:
            if counting is not None:
                counting.cancel()
                await asyncio.gather(counting, return_exceptions=True)
        return found.as_json()

    async def _with_lines(
        self, question: Question, found: Found, client: LogsClient, search: Search
    ) -> Found:
        """Read the newest lines; all of them, without their secrets, go to the thread."""
        try:
            said = await client.filter_events(
                found.group,
                search.pattern,
                start=found.range.start,
                end=found.range.end,
                at_most=READ_LINES,
                within_s=LINES_WITHIN_S,
            )
        except IntegrationError as exc:
            return replace(found, trouble=_trouble(exc, found.group))
        ids = re.compile(self.world.catalog.services[search.service].request_ids.pattern)
        read = await asyncio.to_thread(_read, said, ids)
        if read:
            async with self.world.database.write() as connection:
                await cards.add_entry(
                    connection,
                    Kind.ANSWER,
                    question.id,
                    key=f"lines:{question.round}",
                    message=thread_text(read),
                )
        return replace(
            found,
            lines=tuple(read[:MOST_LINES]),
            total=len(read),
            said=lines.most_said(read),
            is_cut=said.is_cut,
            is_searched=said.is_whole,
            searched_from=read[-1].at if read and not said.is_whole else None,
        )

    async def _draw(self, question: Question, search: Search, found: Found) -> None:
        counts = found.counts
        if counts is None or not counts.total:
            return
        step = counts.step
        each = "minute" if step == timedelta(minutes=1) else f"{step.total_seconds() / 60:g} min"
        chart = Chart(
            title=f"{title_of(search)}: lines per {each}",
            lines=[Line("lines", [(at, float(number)) for at, number in counts.bins])],
            start=found.range.start,
            end=found.range.end,
            step=step,
            markers=await markers(
                self.world,
                environment=search.environment,
                service=search.service,
                since=found.range.start,
            ),
        )
        alt = chart_alt(search, counts)
        await add_chart(self.world, question, chart, name="logs.png", alt=alt)


async def _estimate(client: LogsClient, group: str, searched: Range) -> int | IntegrationError:
    """About how many bytes the range holds; where CloudWatch has no figure, nothing was written."""
    length = max(searched.length, LATE)
    held = await outcome_of(
        partial(client.incoming_bytes, group, start=searched.end - length, end=searched.end),
        within_s=ESTIMATE_WITHIN_S,
    )
    if isinstance(held, IntegrationError):
        return held
    return round((held or 0) * (searched.length / length))


async def _count(client: LogsClient, found: Found, search: Search) -> LogCounts | IntegrationError:
    try:
        return await client.count_by_minute(
            found.group,
            search.pattern,
            start=found.range.start,
            end=found.range.end,
            within_s=COUNTS_WITHIN_S,
        )
    except IntegrationError as exc:
        return exc


def _with_counts(found: Found, counted: LogCounts | IntegrationError) -> Found:
    if isinstance(counted, IntegrationError):
        log.warning("source_missing", extra={"action": "source_missing", "source": "Insights"})
        return replace(found, uncounted=f"{masked(counted.detail).rstrip('.')}.")
    minutes = [(minute.at, minute.events) for minute in counted.minutes]
    bins, step = binned(minutes, found.range, is_whole=counted.is_whole)
    counts = Counts(
        bins=bins,
        step=step,
        total=sum(number for _, number in minutes),
        scanned=counted.bytes_scanned,
        is_whole=counted.is_whole,
        not_stopped=counted.not_stopped or "",
    )
    return replace(found, counts=counts)


def _read(said: LogLines, ids: re.Pattern[str]) -> list[lines.Line]:
    """What CloudWatch told, newest first; takes up to a second where lines are long."""
    return [lines.read_line(line.at, line.message, ids) for line in reversed(said.lines)]


def _trouble(exc: IntegrationError, group: str) -> str:
    """Why there are no lines, and what to do next."""
    log.warning("source_missing", extra={"action": "source_missing", "source": "CloudWatch Logs"})
    why = masked(exc.detail).rstrip(".")
    if isinstance(exc, NotFound):
        return (
            f"There is no log group {group} in AWS. Mend `logs` in the catalogue, or see that its "
            "account and region are right."
        )
    if isinstance(exc, Forbidden):
        return f"AWS does not let me read {group}: {why}. The bot's role needs that permission."
    if isinstance(exc, Rejected):
        return f"CloudWatch does not take this pattern: {why}. Write it another way."
    return f"CloudWatch did not give the lines: {why}. Ask again, or for a shorter time."
