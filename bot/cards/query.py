"""What a query's answer looks like, and the list of the queries that have a name."""

from dataclasses import dataclass

from bot.cards.answer import Answer
from bot.cards.answer_card import AnswerView, ending
from bot.cards.blocks import (
    Block,
    Message,
    context,
    escaped,
    header,
    image,
    message,
    section,
    table,
)
from bot.cards.links import link
from bot.cards.query_links import Pages, pages_of
from bot.cards.text import counted, moment, spoken
from bot.catalog import OF_THE_CATALOGUE, Catalog
from bot.domain.alert import common
from bot.domain.promql.covered import covered
from bot.domain.promql.pointed import pointed
from bot.domain.query import Wanted
from bot.domain.query.found import Found, Row, named, told_apart
from bot.domain.query.named import usage
from bot.domain.secrecy import masked
from bot.domain.unit import Unit, spoken_value

MOST_ROWS = 10
"""Of a chart's table: the others would push it off the screen."""
TITLE_CHARACTERS = 64
QUERY_CHARACTERS = 1500
LABEL_CHARACTERS = 80
SHARED_CHARACTERS = 300


def listed_queries(catalog: Catalog) -> Answer:
    """The answer to `query` without words: every named query with its parameters."""
    command = f"{catalog.slack.command} query"
    if not catalog.queries:
        text = f"The catalogue names no queries. `{command} <PromQL>` asks your own."
        return Answer(text)
    lines = []
    for name, query in sorted(catalog.queries.items()):
        summary = f"\n{escaped(query.summary)}" if query.summary else ""
        lines.append(f"`{command} {_as_code(usage(name, query, catalog))}`{summary}")
    how = (
        "`since 15m` … `since 31d` says how far back it is drawn, `now` asks for a table of its "
        f"values now. `{command} <PromQL>` asks your own."
    )
    blocks = [section(line) for line in lines[:45]]
    more = [f"and {len(lines) - 45} more"] if len(lines) > 45 else []
    return Answer("\n".join([*lines, how]), (*blocks, context(*more, how)))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryCard:
    """Draws the cards of queries. `pages` are where the same query can be seen elsewhere."""

    pages: Pages

    def __call__(self, view: AnswerView) -> Message:
        """The card of a query, whatever is known so far."""
        wanted = Wanted.of_json(view.question.words)
        found = Found.of_json(view.question.found) if view.question.found is not None else None
        head = headline(wanted, found, is_over=view.question.is_complete)
        blocks: list[Block] = [header(head)]
        if found is not None:
            blocks += _body(wanted, found, view.picture)
        elif wanted.name is None:
            blocks.append(section(_code(shown(wanted))))
        facts = [] if found is None else _facts(wanted, found, self.pages)
        blocks += ending(view, *facts)
        return message(escaped(head), blocks)


def headline(wanted: Wanted, found: Found | None, *, is_over: bool = True) -> str:
    """What was asked and the figure that matters, in one plain line."""
    title = title_of(wanted)
    if found is None:
        return f"⚪ Not answered: {title}" if is_over else f"🔵 Asking Prometheus: {title}"
    if found.trouble:
        return f"⚪ Not answered: {title}"
    if not found.rows:
        return f"⚪ No data: {title}"
    if found.total > 1:
        return f"{title}: {counted(found.total, 'series', 'series')}"
    return f"{title}: {_said(found.rows[0].last, wanted.unit)}"


def title_of(wanted: Wanted) -> str:
    """What was asked, short and plain: a name with its values, or the beginning of the PromQL."""
    values = (
        value if name in OF_THE_CATALOGUE else f"{name}={value}"
        for name, value in wanted.values.items()
    )
    said = ", ".join([wanted.name, *values]) if wanted.name else shown(wanted)
    line = " ".join(said.split())
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1] + "…"


def shown(wanted: Wanted) -> str:
    """The PromQL as it may be shown: what looks like a secret in it is crossed out."""
    return covered(wanted.promql)


def chart_alt(wanted: Wanted, found: Found) -> str:
    """The chart in words, for whoever cannot see it."""
    if not found.rows:
        return f"Chart of {title_of(wanted)}: no data"
    if found.total == 1:
        return f"Chart of {title_of(wanted)}: {_one(wanted, found, found.rows[0], bold='')}"
    names = told_apart([row.labels for row in found.rows]).each
    said = [
        f"{name}: {_said(row.last, wanted.unit)}"
        for name, row in zip(names[:6], found.rows, strict=False)
    ]
    more = f" and {found.total - len(said):,} more" if found.total > len(said) else ""
    return f"Chart of {title_of(wanted)}: {', '.join(said)}{more}"


def _body(wanted: Wanted, found: Found, picture: str | None) -> list[Block]:
    if found.trouble:
        query = _code(shown(wanted))
        if found.mistake_at is not None:
            query = escaped(pointed(wanted.promql, found.mistake_at))
        return [section(f"{escaped(masked(found.trouble))}\n{query}")]
    blocks: list[Block] = []
    if not found.rows:
        blocks.append(section(_nothing(wanted, found)))
    elif len(found.rows) == 1:
        blocks.append(section(_one(wanted, found, found.rows[0])))
    if picture is not None and found.window is not None:
        blocks.append(image(picture, chart_alt(wanted, found)))
    if len(found.rows) > 1:
        blocks += _rows(wanted, found)
    return blocks


def _nothing(wanted: Wanted, found: Found) -> str:
    when = "now" if found.window is None else f"in the last {spoken(found.window.length)}"
    return (
        f"Prometheus answered, and no series has a value {when}: either nothing matches, or "
        f"nothing was measured. That is not zero.\n{_code(shown(wanted))}"
    )


def _one(wanted: Wanted, found: Found, row: Row, *, bold: str = "*") -> str:
    """`*4.2 %* now · lowest 0.1 % · highest 5 % · threshold 1 %`."""
    now = f"{bold}{spoken_value(row.last, wanted.unit)}{bold} now" if row.last is not None else None
    figures = [now or "no value now"]
    if found.window is not None:
        figures.append(f"lowest {spoken_value(row.lowest, wanted.unit)}")
        figures.append(f"highest {spoken_value(row.highest, wanted.unit)}")
        figures.append(f"in the last {spoken(found.window.length)}")
    if wanted.threshold is not None:
        figures.append(f"threshold {spoken_value(wanted.threshold, wanted.unit)}")
    return " · ".join(figures)


def _rows(wanted: Wanted, found: Found) -> list[Block]:
    names = told_apart([row.labels for row in found.rows])
    most = len(found.rows) if found.window is None else MOST_ROWS
    values = [_figures(row, wanted.unit, of_window=found.window is not None) for row in found.rows]
    named = [_label(name) for name in names.each]
    head = ["now"] if found.window is None else ["now", "low", "high"]
    rows = [[name, *figures] for name, figures in zip(named, values, strict=True)][:most]
    blocks = [table([names.of, *head], rows)]
    if said := _left_out(found, len(rows)):
        blocks.append(context(said))
    return blocks


def _left_out(found: Found, in_table: int) -> str:
    """How many series are not in the table, and whether they were asked for at all."""
    said = []
    if found.total > len(found.rows):
        said.append(
            f"⚪ {found.total:,} series: only the {len(found.rows)} highest were asked for. "
            "Aggregate them, or name labels, to see others"
        )
    if len(found.rows) > in_table:
        more = len(found.rows) - in_table
        said.append(f"{more} more were measured: ask with `now` to see them")
    return " · ".join(said)


def _figures(row: Row, unit: Unit, *, of_window: bool) -> list[str]:
    now = "–" if row.last is None else spoken_value(row.last, unit)
    if not of_window:
        return [now]
    return [now, spoken_value(row.lowest, unit), spoken_value(row.highest, unit)]


def _facts(wanted: Wanted, found: Found, pages: Pages) -> list[str]:
    """Small print: what all series have in common, the step, and where to see more."""
    facts = []
    if shared := common(row.labels for row in found.rows):
        facts.append(escaped(_label(named(shared), SHARED_CHARACTERS)))
    if found.window is not None and found.rows:
        facts.append(f"a value each {spoken(found.window.step)}")
        if wanted.since is not None and found.window.length < wanted.since:
            facts.append(f"nothing was measured before {moment(found.window.start)}")
    if shown(wanted) == wanted.promql:
        facts += [link(url, label) for label, url in pages_of(pages, wanted, found)]
    return facts


def _said(value: float | None, unit: Unit) -> str:
    return "no value now" if value is None else spoken_value(value, unit)


def _label(text: str, most: int = LABEL_CHARACTERS) -> str:
    text = masked(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def _code(promql: str) -> str:
    """A query as a block of code."""
    text = promql if len(promql) <= QUERY_CHARACTERS else promql[: QUERY_CHARACTERS - 1] + "…"
    return f"```\n{_as_code(text)}\n```"


def _as_code(text: str) -> str:
    """Text from outside within marks of code, which it must not end."""
    return escaped(text.replace("`", "'"))
