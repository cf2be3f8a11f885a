"""What a search of logs looks like: how many lines and when, then the newest, ready to be read.

Lines stand in rich text, where nothing they say is markup. They come here without their secrets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.cards.answer_card import AnswerView, ending
from bot.cards.aws_console import log_search
from bot.cards.blocks import (
    Block,
    Message,
    escaped,
    header,
    image,
    message,
    section,
)
from bot.cards.links import link
from bot.cards.log_lines import LineLinks
from bot.cards.rich import bullets, words
from bot.cards.text import counted, moment, spoken
from bot.catalog import Catalog, Environment, RequestIds
from bot.domain.logs import Search
from bot.domain.logs.cost import TooMuch
from bot.domain.logs.found import Counts, Found
from bot.domain.secrecy import masked
from bot.domain.unit import Unit, spoken_value

PATTERN_CHARACTERS = 32
DAY = timedelta(hours=24)
"""Of a longer range the lines say their days."""


@dataclass(frozen=True, slots=True)
class LogsCard:
    """Draws the cards of searches; the catalogue tells where ids of requests lead."""

    catalog: Catalog

    def __call__(self, view: AnswerView) -> Message:
        """The card of a search, whatever is known so far."""
        search = Search.of_json(view.question.words)
        found = Found.of_json(view.question.found) if view.question.found is not None else None
        head = headline(search, found, is_over=view.question.is_complete)
        blocks: list[Block] = [header(head)]
        facts: list[str] = []
        if found is not None:
            blocks += self._body(search, found, view)
            facts = _facts(found, self.catalog.place(search.service, search.environment))
        return message(escaped(head), [*blocks, *ending(view, *facts)])

    def _body(self, search: Search, found: Found, view: AnswerView) -> Iterator[Block]:
        if found.refused is not None:
            yield section(_refused(search, found.refused, self.catalog.slack.command))
            return
        if found.trouble:
            yield section(escaped(found.trouble))
        elif not found.lines:
            yield section(_nothing(search, found))
        yield from map(section, filter(None, [_figures(search, found), _warnings(found)]))
        if view.picture is not None and found.counts is not None:
            yield image(view.picture, chart_alt(search, found.counts))
        link_of = LineLinks(
            found, self.catalog.place(search.service, search.environment), self._request_ids(search)
        )
        is_long = found.range.length > DAY
        if found.said:
            yield section(f"*The newest {found.total} mostly say*")
            yield from bullets(
                [
                    [words(f"{number}×", bold=True), words(f"  {said}")]
                    for said, number in found.said
                ]
            )
            yield section("*The newest*")
        yield from bullets([link_of.paragraph(line, is_long) for line in found.lines])
        if found.total > len(found.lines):
            older = counted(found.total - len(found.lines), "older line")
            yield section(f"and {older} in the thread")

    def _request_ids(self, search: Search) -> RequestIds:
        service = self.catalog.services.get(search.service)
        return service.request_ids if service is not None else RequestIds()


def headline(search: Search, found: Found | None, *, is_over: bool = True) -> str:
    """What was looked for and how often it was there, in one plain line."""
    what, where = title_of(search), f"{search.service} in {search.environment}"
    if found is None:
        return f"⚪ Not searched: {what}, {where}" if is_over else f"🔵 Searching {what}, {where}"
    if found.refused is not None:
        return f"⚪ Not searched, too much: {what}, {where}"
    if found.trouble:
        return f"⚪ Not searched: {what}, {where}"
    number, may_be_more = found.matched
    if not number:
        said = "no line found" if found.is_searched else "no line found so far"
        return f"⚪ {what}: {said}, {where}"
    more = "more than " if may_be_more else ""
    return f"{what}: {more}{counted(number, 'line')}, {where}"


def title_of(search: Search) -> str:
    """The pattern as people see it: in quotes, short, without secrets."""
    pattern = " ".join(masked(search.pattern).split())
    if pattern.startswith('"') and pattern.endswith('"') and pattern.count('"') == 2:
        pattern = pattern[1:-1]
    short = pattern
    if len(pattern) > PATTERN_CHARACTERS:
        short = pattern[: PATTERN_CHARACTERS - 1] + "…"
    return f"“{short}”"


def chart_alt(search: Search, counts: Counts) -> str:
    """The chart in words, for whoever cannot see it."""
    peak = counts.peak
    said = f", most of them {peak[1]:,} from {peak[0]:%H:%M} UTC on" if peak is not None else ""
    return f"Chart of {title_of(search)}: {counted(counts.total, 'line')}{said}"


def _figures(search: Search, found: Found) -> str:
    """`*128 lines* in the last 15 min · most in a minute 22 at 14:29 · newest 14:31`."""
    number, may_be_more = found.matched
    if not number:
        return ""
    more = "more than " if may_be_more else ""
    figures = [f"*{more}{counted(number, 'line')}* in the last {spoken(search.since)}"]
    counts = found.counts
    if counts is not None and counts.peak is not None and counts.peak[1] > 1:
        at, most = counts.peak
        figures.append(f"most in {_a(counts.step)} {most:,}, at {moment(at)}")
    if found.lines:
        figures.append(f"newest {moment(found.lines[0].at)}")
    return " · ".join(figures)


def _warnings(found: Found) -> str:
    """What of it is not whole, each with what to do."""
    said = []
    if not found.is_searched:
        back = f" back to {moment(found.searched_from)}" if found.searched_from else ""
        said.append(
            f"⚪ The time was over before all of it was searched{back}. Narrow the range, or the "
            "pattern."
        )
    counts = found.counts
    if counts is not None and not counts.is_whole:
        said.append("⚪ Counting took too long and was stopped: these are the counts so far.")
        if counts.not_stopped:
            said.append(
                f"⚪ The query could not be stopped ({escaped(counts.not_stopped)}): AWS ends it "
                "by itself within an hour."
            )
    if found.uncounted:
        said.append(f"⚪ Not counted by minute: {escaped(found.uncounted)}")
    return "\n".join(said)


def _nothing(search: Search, found: Found) -> str:
    searched = (
        f"{_scanned(found)} were searched"
        if found.scanned
        else "CloudWatch counts nothing that was written to the group then, so look whether "
        "anything writes to it"
    )
    when = f"in the last {spoken(search.since)}"
    exact = " CloudWatch tells capital letters from small ones." if _has_case(search) else ""
    return f"No line with {escaped(title_of(search))} {when}; {searched}.{exact}"


def _has_case(search: Search) -> bool:
    """Whether the same word in other letters would be another one; a pattern may say both."""
    return search.pattern.isascii() and search.pattern.replace(" ", "").isalpha()


def _refused(search: Search, refused: TooMuch, command: str) -> str:
    held = spoken_value(refused.estimate, Unit.BYTES)
    limit = spoken_value(refused.limit, Unit.BYTES)
    said = (
        f"The last {spoken(search.since)} hold about *{held}*, and a search here reads {limit} at "
        f"most (`logs_scan_limit`). It would cost about ${refused.dollars:.2f}."
    )
    if refused.fits is None:
        return f"{said} Not even a minute fits: search in the console."
    pattern = escaped(masked(search.pattern)).replace("`", "'")
    words_ = f"{command} logs {search.environment} {pattern} {search.service}"
    return f"{said} This fits: `{words_} since {_short(refused.fits)}`"


def _facts(found: Found, place: Environment | None) -> list[str]:
    """Small print: what was searched, what it cost, and where to see it all."""
    facts = [escaped(found.group)]
    if not (found.refused or found.trouble) and found.scanned:
        facts.append(f"{_scanned(found)} searched")
    if place is not None and found.filter:
        searched = found.range
        url = log_search(place.region, found.group, found.filter, searched.start, searched.end)
        facts.append(link(url, "CloudWatch"))
    return facts


def _scanned(found: Found) -> str:
    """How much was searched: as Insights says, or about what CloudWatch counts."""
    is_known = found.counts is not None and found.counts.scanned is not None
    said = spoken_value(found.scanned or 0, Unit.BYTES)
    return said if is_known else f"about {said}"


def _a(step: timedelta) -> str:
    return "a minute" if step == timedelta(minutes=1) else spoken(step)


def _short(length: timedelta) -> str:
    """A length as it is typed: `15m`, `6h`, `2d`."""
    minutes = round(length.total_seconds() / 60)
    for size, letter in ((1440, "d"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size}{letter}"
    return f"{minutes}m"
