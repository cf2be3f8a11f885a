"""The card of a storm: what fires, counted, and what can be done about all of it at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards.blocks import (
    Block,
    Confirm,
    Element,
    Message,
    actions,
    button_of,
    context,
    escaped,
    header,
    message,
    section,
)
from bot.cards.change_buttons import back_buttons
from bot.cards.storm_table import MOST_ROWS, table
from bot.cards.storm_words import MARKS, acknowledged_lines, silenced_lines
from bot.cards.suspects import suspect_lines
from bot.cards.text import counted, moment, spoken
from bot.domain.alert import AlertGroup
from bot.domain.change import Change
from bot.domain.storm import Row, Storm, Tally
from bot.domain.storm_act import Report, Silencing
from bot.domain.suspects import Ranking

SHOW, ACKNOWLEDGE_ALL, SILENCE_ALL = "storm.show", "storm.acknowledge", "storm.silence"
OWN_NAMED = 5


@dataclass(frozen=True, slots=True)
class Cause:
    """The suspects of one place: ranked for the first group there, of `groups` that began there."""

    group: AlertGroup
    groups: int
    ranking: Ranking


@dataclass(frozen=True, slots=True, kw_only=True)
class StormView:
    """What a storm's card shows; made afresh from the rows for every revision of it."""

    storm: Storm
    tally: Tally
    causes: Sequence[Cause] = ()
    """Places that most of its groups are in first."""
    change: Change | None = None
    """The first suspect of the first place that has one, where it is a change."""
    way_back: str | None = None
    """What rolling `change` back would return to; None where that has no place."""
    mentions: Sequence[str] = ()
    """Slack user groups."""
    report: Report | None = None
    """What became of the last *Acknowledge all*."""
    silencing: Silencing | None = None
    """What became of the silences made for it."""
    now: datetime


def storm(view: StormView) -> Message:
    """The storm's card, while it grows and once it is over."""
    head = headline(view.storm, view.tally)
    blocks: list[Block] = [header(head), section("\n".join(_first_lines(view)))]
    blocks.append(table(view.tally.rows[:MOST_ROWS]))
    if below := _below(view):
        blocks.append(section("\n".join(below)))
    blocks.append(context("\n".join(_small_print(view))))
    if buttons := _buttons(view):
        blocks.append(actions(*buttons))
    return message(escaped(head), blocks)


def headline(storm: Storm, tally: Tally) -> str:
    """How much, and whether it still goes on, in one plain line; it is the notification too."""
    groups = counted(tally.groups, "alert group")
    if not tally.firing:
        return f"🟢 Storm resolved: all {groups} have ended"
    mark = "🟡" if tally.quiet >= tally.firing else MARKS[tally.worst]
    if storm.is_open:
        took = spoken(max(storm.joined_at - storm.began_at, timedelta(seconds=1)))
        alerts = counted(tally.alerts, "alert")
        return f"{mark} Storm: {groups} in {took} · {alerts} · {tally.worst.word}"
    return f"{mark} Storm over: {tally.firing:,} of {groups} still fire · {tally.worst.word}"


def _first_lines(view: StormView) -> list[str]:
    """How it stands in figures, and what that means for whoever reads it."""
    tally, storm = view.tally, view.storm
    parts = [f"*{tally.firing:,} firing*"] if tally.firing else []
    parts += [f"{tally.held:,} acknowledged"] if tally.held else []
    parts += [f"{tally.silenced:,} silenced"] if tally.silenced else []
    parts += [f"{tally.ended:,} resolved"] if tally.ended else []
    first = min((row.first_at for row in tally.rows), default=storm.began_at)
    last = max((row.last_at for row in tally.rows), default=storm.joined_at)
    parts.append(f"first {moment(first)}, last {moment(last)}")
    lines = [" · ".join(parts)]
    if storm.over_at is not None and tally.firing:
        lines.append(_what_became(view))
    return lines


def _what_became(view: StormView) -> str:
    """Where what still fires can be seen, once no more groups join."""
    own, here = view.tally.own_firing, view.tally.firing - view.tally.own_firing
    parts = [f"{own:,} on cards of their own below"] if own else []
    parts += [f"{here:,} on this card only: *Show* lists them"] if here else []
    return f"Of those that fire: {' · '.join(parts)}."


def _below(view: StormView) -> list[str]:
    lines = _left_out(view.tally.rows[MOST_ROWS:])
    for cause in view.causes:
        first, *reasons = suspect_lines(cause.ranking, cause.group, may_name=False)
        where = _place(cause.group)
        lines += [f"{first} · {counted(cause.groups, 'group')}{where}", *reasons]
    lines += acknowledged_lines(view.report)
    lines += silenced_lines(view.silencing)
    return lines


def _place(group: AlertGroup) -> str:
    said = " in ".join(filter(None, (group.service, group.environment)))
    return f" of {escaped(said)}" if said else ""


def _left_out(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    groups = counted(sum(row.groups for row in rows), "group")
    return [f"and {counted(len(rows), 'more alert name')} with {groups}: *Show* lists all"]


def _small_print(view: StormView) -> list[str]:
    """Who is called, which groups have their own cards, and that nothing else is looked up."""
    lines = []
    if view.mentions and view.tally.firing:
        lines.append(" ".join(f"<!subteam^{one}>" for one in view.mentions))
    if view.tally.own_cards:
        named = ", ".join(escaped(name) for name in view.tally.own[:OWN_NAMED])
        more = len(view.tally.own) - OWN_NAMED
        lines.append(
            f"own cards: {named}{f' and {more} more names' if more > 0 else ''} "
            f"({counted(view.tally.own_cards, 'group')})"
        )
    if view.storm.is_open:
        lines.append("Alerts come faster than this channel can show cards: they are counted here.")
    else:
        lasted = spoken(view.storm.joined_at - view.storm.began_at)
        lines.append(f"Groups joined for {lasted}; what begins now has cards again.")
    return lines


def _buttons(view: StormView) -> list[Element]:
    """Only what can still be done; the list stays, it is where every group can be seen."""
    storm, tally = view.storm, view.tally
    elements = [button_of(storm, f"Show all {tally.groups:,}", SHOW)]
    if tally.firing > tally.held:
        elements.append(_acknowledge_all(storm, tally))
    if tally.firing > tally.silenced:
        elements.append(button_of(storm, "Silence all…", SILENCE_ALL))
    return [*elements, *_back(view)]


def _acknowledge_all(storm: Storm, tally: Tally) -> Element:
    loud = tally.firing - tally.held
    text = (
        f"You take on the {counted(loud, 'group')} that fire here and nobody is on: acknowledged "
        "in PagerDuty where they page, noted here where they do not. What joins later is not meant."
    )
    confirm = Confirm(title="Acknowledge all?", text=text, confirm="Acknowledge all")
    return button_of(storm, "Acknowledge all", ACKNOWLEDGE_ALL, style="primary", confirm=confirm)


def _back(view: StormView) -> list[Element]:
    """The way back from the first suspect, as on that change's own card."""
    return back_buttons(view.change, view.way_back) if view.tally.firing else []
