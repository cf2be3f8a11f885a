"""*Show* of a storm: every group of it, fifty a page, each as its own card would say it, in brief.

Slack takes 100 blocks in a form: a line and its buttons for each group, and nothing beside. So the
form's own button turns the page, and after the last page comes the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.cards.alert import AlertView, buttons, headline
from bot.cards.alert_lines import facts_line, on_it_line
from bot.cards.answer import Answer
from bot.cards.blocks import Block, actions, cut, section
from bot.cards.links import link
from bot.cards.modal import TITLE_CHARACTERS, Modal
from bot.cards.responding import response_line
from bot.cards.silence_words import is_silent, silence_lines
from bot.cards.storm_words import noted_line
from bot.domain.alert import GroupState
from bot.domain.storm import PAGE, pages
from bot.domain.storm_act import Noted

LIST = "storm.list"
STORM, NUMBER, CHANNEL = "storm", "page", "channel"
"""What the form carries."""
LINE_CHARACTERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One group in the list."""

    view: AlertView
    card_url: str | None
    """Its own card, where it has one that stands."""
    noted: Noted | None = None
    """Who took it on, where it pages nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """One page of the list; `number` counts from 1."""

    storm_id: str
    channel_id: str
    number: int
    groups: int
    """All that the storm has, on every page."""
    lines: Sequence[Line]
    about: str = ""
    """The subject of the button that was pressed in it."""
    said: Answer | None = None
    """What came of that."""


def page(view: PageView) -> Modal:
    """The form of one page."""
    last = pages(view.groups)
    first = (view.number - 1) * PAGE + 1
    following = view.number % last + 1
    blocks: list[Block] = []
    for line in view.lines:
        blocks += _group(line, view)
    if not blocks:
        blocks = [section("There is nothing on this page.")]
    return Modal(
        callback_id=LIST,
        title=_title(first, first + len(view.lines) - 1, view.groups),
        submit="Refresh" if last == 1 else f"Page {following} of {last}",
        close="Close",
        blocks=tuple(blocks),
        carried=carried(view.storm_id, view.channel_id, view.number),
    )


def _title(first: int, last: int, groups: int) -> str:
    """`Storm: 1–50 of 200`: where Slack has no room for all of it the figures say it."""
    figures = f"{first:,}–{last:,} of {groups:,}"
    named = f"Storm: {figures}"
    return named if len(named) <= TITLE_CHARACTERS else figures


def carried(storm_id: str, channel_id: str, number: int) -> Mapping[str, str]:
    """What a page carries: which one it is."""
    return {STORM: storm_id, CHANNEL: channel_id, NUMBER: str(number)}


def _group(line: Line, view: PageView) -> list[Block]:
    """What, where, how bad, since when, who is on it; then its buttons, if it has any left."""
    shown = line.view
    head = headline(shown.group, is_silenced=is_silent(shown.silences, shown.alerts))
    lines = [f"*{link(line.card_url or '', head)}*"]
    if not shown.group.is_final:
        lines.append(facts_line(shown.group, shown.alerts))
        lines += silence_lines(shown.silences, shown.alerts)[:1]
        lines += _who(line)
    if view.said is not None and _is_about(view, line):
        lines.append(f"⚪ {view.said.text}")
    elements = buttons(shown)
    blocks = [section(cut("\n".join(lines), LINE_CHARACTERS))]
    return [*blocks, actions(*elements)] if elements else blocks


def _who(line: Line) -> list[str]:
    """Who is on it, and what is being asked of PagerDuty."""
    shown, lines = line.view, []
    if line.noted is not None:
        lines.append(noted_line(line.noted))
    if shown.group.state is GroupState.ACKNOWLEDGED and shown.incident is not None:
        lines.append(on_it_line(shown.incident))
    if shown.response is not None:
        lines.append(response_line(shown.response, shown.incident, shown.group))
    return [said for said in lines if said]


def _is_about(view: PageView, line: Line) -> bool:
    """Whether what came of a press belongs to this group; to the first, where it is of none."""
    ids = [one.view.group.id for one in view.lines]
    about = view.about if view.about in ids else ids[0]
    return line.view.group.id == about
