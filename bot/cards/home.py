"""The App Home: what waits for this person, what goes on, what runs, and who is on call.

Nothing in it ages by itself (`since 14:02`, never `4 min ago`): it is published only when something
that it shows has changed, and that is found by comparing what is drawn.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot.cards import alert, change, guard
from bot.cards.alert import AlertView
from bot.cards.alert_lines import facts_line
from bot.cards.blocks import Block, actions, context, escaped, header, section
from bot.cards.change import ChangeView
from bot.cards.change_brief import brief
from bot.cards.change_buttons import CANCEL
from bot.cards.gate import APPROVE, REFUSE
from bot.cards.links import link, permalink
from bot.cards.notice import who
from bot.cards.oncall import first_called
from bot.cards.status import PlaceStatus, place_line
from bot.cards.text import counted, day_and_time, moment
from bot.catalog import ANY
from bot.domain.card import Place
from bot.domain.freeze import Declared, Frozen
from bot.domain.lock import Lock
from bot.domain.oncall import LastSaid

VIEW_BLOCKS = 100
"""Slack takes no more in a view. https://docs.slack.dev/surfaces/app-home"""
MOST = 6
"""Of each kind of thing with buttons: two blocks each, and all kinds together fit."""
MOST_GUARDS = 10
LINES = 40
LINES_TOGETHER = 10
"""Lines in one paragraph, far below the characters it takes."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView:
    """All that one person may see of what stands now; each thing with where its card is."""

    now: datetime
    workspace_url: str
    command: str
    approvals: Sequence[tuple[ChangeView, Place | None]] = ()
    """Proposals that wait for a word which this person may give."""
    own: Sequence[tuple[ChangeView, Place | None]] = ()
    """This person's own proposals."""
    under_way: Sequence[tuple[ChangeView, Place | None]] = ()
    firing: Sequence[tuple[AlertView, Place | None]] = ()
    not_looked_at: int = 0
    """Alerts that fire beside those, wherever: in a storm only the worst are looked at."""
    locks: Sequence[tuple[Lock, Place | None]] = ()
    freezes: Sequence[tuple[Declared, Place | None]] = ()
    windows: Sequence[tuple[str, str, Frozen]] = ()
    """The catalogue's own freezes that stand: environment, service, the freeze."""
    places: Sequence[PlaceStatus] = ()
    on_call: Sequence[LastSaid] = ()


def home(view: HomeView) -> tuple[Block, ...]:
    """The blocks of a person's home; what there is no room for is counted."""
    blocks: list[Block] = [
        *_firing(view),
        *_proposals("Waiting for your approval", view.approvals, view, {CANCEL}),
        *_proposals("Your own proposals", view.own, view, {APPROVE, REFUSE}),
        *_under_way(view),
        *_guards(view),
        *_quiet(view),
        *_running(view),
        *_on_call(view),
        context(f"Kept up to date while something changes · `{escaped(view.command)} help`"),
    ]
    if len(blocks) > VIEW_BLOCKS:
        left_out = len(blocks) - VIEW_BLOCKS + 1
        blocks = [*blocks[: VIEW_BLOCKS - 1], context(f"and {left_out} more parts, not shown")]
    return tuple(blocks)


def _proposals(
    title: str,
    found: Sequence[tuple[ChangeView, Place | None]],
    view: HomeView,
    not_theirs: Collection[str],
) -> list[Block]:
    """Proposals with the buttons of their cards, but for those that are other people's."""
    return _listed(title, found, MOST, lambda one: _change(*one, view, not_theirs))


def _under_way(view: HomeView) -> list[Block]:
    return _listed("Under way", view.under_way, MOST, lambda one: _change(*one, view))


def _change(
    shown: ChangeView, place: Place | None, view: HomeView, not_theirs: Collection[str] = ()
) -> list[Block]:
    lines = [_headed(change.headline(shown.change), place, view), *brief(shown)]
    elements = [one for one in change.buttons(shown) if one["action_id"] not in not_theirs]
    return [section("\n".join(lines)), *([actions(*elements)] if elements else [])]


def _firing(view: HomeView) -> list[Block]:
    def draw(one: tuple[AlertView, Place | None]) -> list[Block]:
        shown, place = one
        head = _headed(alert.headline(shown.group), place, view)
        elements = alert.buttons(shown)
        text = f"{head}\n{facts_line(shown.group, shown.alerts)}"
        return [section(text), *([actions(*elements)] if elements else [])]

    return _listed("Firing", view.firing, MOST, draw)


def _guards(view: HomeView) -> list[Block]:
    def lock(one: tuple[Lock, Place | None]) -> list[Block]:
        held, place = one
        until = f"until {day_and_time(held.expires_at)}" if held.expires_at else "until cleared"
        head = _headed(f"🟡 Locked: {_where(held.environment, held.service)}", place, view)
        said = f"“{escaped(held.reason)}” · {who(held.owner)} · since {day_and_time(held.at)}"
        return [section(f"{head}\n{said} · {until}", accessory=guard.unlock_button(held))]

    def freeze(one: tuple[Declared, Place | None]) -> list[Block]:
        declared, place = one
        state = "🟡 Frozen" if declared.stands(view.now) else "🔵 Freeze coming"
        where = _where(declared.environment, declared.service)
        head = _headed(f"{state}: {where}", place, view)
        text = f"{head}\n{_period(declared.frozen)} · {who(declared.by)}"
        return [section(text, accessory=guard.lift_button(declared))]

    def window(one: tuple[str, str, Frozen]) -> list[Block]:
        environment, service, frozen = one
        head = f"*🟡 Frozen: {escaped(_where(environment, service))}*"
        return [section(f"{head}\n{_period(frozen)} · by the catalogue")]

    return [
        *_listed("Locks", view.locks, MOST_GUARDS, lock),
        *_listed("Freezes", view.freezes, MOST, freeze),
        *_listed("" if view.freezes else "Freezes", view.windows, MOST, window),
    ]


def _period(frozen: Frozen) -> str:
    times = f"{day_and_time(frozen.begins_at)} – {day_and_time(frozen.ends_at)}"
    return f"“{escaped(frozen.reason)}” · {times}"


def _quiet(view: HomeView) -> list[Block]:
    """What there is none of, in one line."""
    absent = [
        words
        for words, found in (
            ("no change under way", view.under_way),
            ("no alert firing that I was told of", view.firing or view.not_looked_at),
            ("nothing locked", view.locks),
            ("nothing frozen", [*view.freezes, *view.windows]),
        )
        if not found
    ]
    if view.not_looked_at:
        more = counted(view.not_looked_at, "more alert")
        absent.append(f"⚪ {more} firing, not looked at here: `{escaped(view.command)} alerts`")
    return [context(" · ".join(absent))] if absent else []


def _running(view: HomeView) -> list[Block]:
    if not view.places:
        return [section("There is no place whose status you may see.")]
    lines = [f"{place_line(place)}{_trouble(place)}" for place in view.places]
    return [header("Running"), *_paragraphs(lines)]


def _trouble(place: PlaceStatus) -> str:
    """Why what stands in the line may not be so any more."""
    seen = place.seen
    if seen is None:
        return ""
    began = place.under_way.started_at if place.under_way is not None else None
    if began is not None and seen.seen_at < began:
        return " · seen before this began"
    if seen.trouble is None:
        return ""
    return f" · AWS has not answered since {moment(seen.seen_at)} ({escaped(seen.trouble)})"


def _on_call(view: HomeView) -> list[Block]:
    if not view.on_call:
        return []
    return [header("On call"), *_paragraphs([_called(said) for said in view.on_call])]


def _called(said: LastSaid) -> str:
    name = f"*{escaped(said.service)}*"
    mark, words = ("⚪", "not known yet")
    if said.on_call is not None:
        mark, words = first_called(said.on_call)
    if said.silent_since is None:
        return f"{mark} {name}  {words}"
    why = f" ({escaped(said.silent_why)})" if said.silent_why else ""
    return f"⚪ {name}  {words} · PagerDuty silent since {moment(said.silent_since)}{why}"


def _listed(
    title: str, found: Sequence[T], most: int, draw: Callable[[T], list[Block]]
) -> list[Block]:
    """What was found under its title, as many as there is room for, and how many more."""
    if not found:
        return []
    blocks: list[Block] = [header(title)] if title else []
    for one in found[:most]:
        blocks += draw(one)
    if len(found) > most:
        blocks.append(context(f"and {len(found) - most} more"))
    return blocks


def _paragraphs(lines: Sequence[str]) -> list[Block]:
    shown = list(lines[:LINES])
    if len(lines) > LINES:
        shown.append(f"and {len(lines) - LINES} more")
    return [
        section("\n".join(shown[at : at + LINES_TOGETHER]))
        for at in range(0, len(shown), LINES_TOGETHER)
    ]


def _headed(head: str, place: Place | None, view: HomeView) -> str:
    """A first line in plain words, and the way to its card."""
    if place is None:
        return f"*{escaped(head)}*"
    return f"*{escaped(head)}* · {link(permalink(view.workspace_url, place), 'card')}"


def _where(environment: str, service: str) -> str:
    return f"{environment} · {'everything' if service == ANY else service}"
