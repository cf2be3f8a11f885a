"""The card of a scaling, from the first look at AWS until nothing of it is left to be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards.answer import Answer
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
from bot.cards.change_plan import checks_text
from bot.cards.live import live
from bot.cards.scaling_words import headline
from bot.cards.text import bar, counted, day_and_time, mention, moment, sentence, spoken
from bot.domain.gate import Decision
from bot.domain.scaling.capacity import Bounds
from bot.domain.scaling.proposal import Activity, Proposal, Shown
from bot.domain.scaling.scaling import Scaling, ScalingState

CONFIRM = "scaling.confirm"
CANCEL = "scaling.cancel"
KEEP = "scaling.keep"
REVERT = "scaling.revert"
LONGEST_ACTIVITY = 160
ACTIVITIES = 3
SAME_DAY = timedelta(hours=12)
"""Moments that near need no day."""
S = ScalingState


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingView:
    """What the card of a scaling shows; made afresh from the rows for every revision of it."""

    scaling: Scaling
    now: datetime
    standing: tuple[Scaling, ...] = ()
    """The promises of its place without itself, the one set first in front."""
    other: Scaling | None = None
    """The one it gave way or handed over to."""
    in_the_way: Decision | None = None
    """What the gate would say to the person who asked, while it is proposed."""


def card(view: ScalingView) -> Message:
    """The scaling's card, in whatever state it is."""
    scaling = view.scaling
    head = headline(scaling)
    blocks: list[Block] = [header(head)]
    blocks += [section(text) for text in _body(view) if text]
    if scaling.silent_since is not None:
        since = moment(scaling.silent_since)
        why = escaped(sentence(scaling.silent_why or ""))
        blocks.append(
            section(f"⚪ Nothing came of asking AWS since {since}. {why} It is asked again.")
        )
    if small := _small_print(scaling):
        blocks.append(context(small))
    if elements := _buttons(scaling):
        blocks.append(actions(*elements))
    return message(escaped(head), blocks)


def looking(scaling: Scaling) -> Answer:
    """What the person who asked is told at once."""
    channel = scaling.channel if scaling.channel.startswith("#") else f"<#{scaling.channel}>"
    where = f"{escaped(scaling.service)} in {escaped(scaling.environment)}"
    return Answer(f"Looking at how {where} is scaled: see {channel}.")


def standing_line(scaling: Scaling, *, now: datetime) -> str:
    """One promise: whose it is, what stands, and until when."""
    return f"{_whose(scaling)} until {_when(scaling.until, now)}"


def _body(view: ScalingView) -> list[str]:
    scaling = view.scaling
    match scaling.state:
        case S.LOOKING:
            return ["What AWS has now is being looked up."]
        case S.PROPOSED | S.REHEARSED:
            return _proposed(view)
        case S.CONFIRMED:
            return ["Another scaling of this place is being set; this one is next."]
        case S.APPLYING:
            return ["AWS is being asked for it."]
        case S.SCALING:
            return [_progress(scaling, view.now), _until(view)]
        case S.STANDING:
            return [_standing(view), _missing(scaling), _until(view)]
        case S.DUE:
            return [f"{_its_time(scaling)} Another scaling of this place is being set first."]
        case S.REVERTING:
            return [f"{_its_time(scaling)} AWS is being asked to set it back."]
        case _:
            return _ended(view)


def _proposed(view: ScalingView) -> list[str]:
    scaling, proposal = view.scaling, view.scaling.proposal
    if proposal is None:
        return []
    lines = [f"⚠ {escaped(scaling.why)}"] if scaling.why else []
    lines += _about_standing(view)
    if view.in_the_way is not None:
        lines += [f"⚠ {live(f'{one.text} {one.way_past}')}" for one in view.in_the_way.reasons]
        lines += [f"🟠 passed by force: {live(one.text)}" for one in view.in_the_way.overridden]
    return [
        _shown(proposal.shown),
        _wanted(scaling, proposal),
        checks_text(proposal.checks),
        "\n".join(lines),
        _activities(proposal.shown.activities, view.now),
    ]


def _shown(shown: Shown) -> str:
    tasks = [f"{counted(shown.desired, 'task')} desired", f"{shown.running:,} running"]
    if shown.pending:
        tasks.append(f"{shown.pending:,} pending")
    return f"now *{escaped(shown.capacity.text)}* · {' · '.join(tasks)}"


def _wanted(scaling: Scaling, proposal: Proposal) -> str:
    stands = f"for {spoken(scaling.length)}, then back by itself" if scaling.length else "for good"
    lines = [f"*wanted*  {escaped(proposal.wanted.text)} {stands}"]
    if not isinstance(proposal.wanted, Bounds):
        lines.append("*scaled by*  nothing: the count is set by hand")
    elif proposal.shown.policies:
        words = " · ".join(escaped(policy.words) for policy in proposal.shown.policies)
        lines.append(f"*scaled by*  {words}")
    elif not proposal.shown.silent:
        lines.append("*scaled by*  no policy: only the bounds move it")
    return "\n".join(lines)


def _activities(found: tuple[Activity, ...], now: datetime) -> str:
    if not found:
        return ""
    lines = []
    for one in found[:ACTIVITIES]:
        words = one.words if len(one.words) <= LONGEST_ACTIVITY else one.words[:158] + "…"
        mark = "✗ " if one.has_failed else ""
        lines.append(f"{_when(one.at, now)}  {mark}{escaped(words)}")
    return "*of late*\n" + "\n".join(lines)


def _about_standing(view: ScalingView) -> list[str]:
    """What becomes of the promises of this place."""
    if not view.standing:
        return []
    if view.scaling.length is None:
        return [
            f"⚠ Ends {standing_line(one, now=view.now)}: it does not go back by itself then."
            for one in view.standing
        ]
    return [f"Stands on {standing_line(view.standing[-1], now=view.now)}."]


def _progress(scaling: Scaling, now: datetime) -> str:
    progress = scaling.progress
    since = spoken(now - (scaling.set_at or scaling.changed_at))
    if progress is None:
        return f"{bar(0, 1)}  AWS has it since {since}"
    line = f"{bar(progress.running, progress.desired)}  "
    if progress.running > progress.desired:
        line += f"{counted(progress.running, 'task')} still run, {progress.desired:,} are wanted"
    else:
        line += f"{progress.running:,} of {counted(progress.desired, 'task')} run"
    if progress.pending:
        line += f" · {progress.pending:,} pending"
    line += f" · {since}"
    return f"{line}\n⚠ {escaped(progress.trouble)}" if progress.trouble else line


def _standing(view: ScalingView) -> str:
    scaling, progress = view.scaling, view.scaling.progress
    facts = [f"set at {_when(scaling.set_at, view.now)}"]
    if progress is not None and not _above(view):
        facts.insert(0, f"{progress.running:,} of {counted(progress.desired, 'task')} run")
    return " · ".join(facts)


def _missing(scaling: Scaling) -> str:
    return f"⚠ {escaped(sentence(scaling.why))}" if scaling.why else ""


def _until(view: ScalingView) -> str:
    scaling = view.scaling
    if scaling.until is None or scaling.found is None:
        return ""
    over, to = _when(scaling.until, view.now), escaped(scaling.found.text)
    if above := _above(view):
        return (
            f"{standing_line(above[0], now=view.now)} stands on it. When this one's time is over "
            f"at {over}, that one goes back to *{to}* instead."
        )
    return f"Goes back to *{to}* by itself at {over}."


def _above(view: ScalingView) -> list[Scaling]:
    """Those that stand on this one, the one directly on it in front."""
    return [one for one in view.standing if (one.number or 0) > (view.scaling.number or 0)]


def _its_time(scaling: Scaling) -> str:
    if scaling.hurried_by is not None:
        return f"{mention(scaling.hurried_by)} wants it back now."
    return "Its time is over."


def _ended(view: ScalingView) -> list[str]:
    scaling, other = view.scaling, view.other
    why = escaped(sentence(scaling.why)) if scaling.why else ""
    match scaling.state:
        case S.CANCELLED:
            return [f"Cancelled by {mention(scaling.ended_by)}. Nothing was changed."]
        case S.EXPIRED:
            return [f"{why} Nothing was changed."]
        case S.SCALED | S.STUCK:
            return [_came(scaling), f"⚠ {why}" if why else ""]
        case S.KEPT:
            return [f"{mention(scaling.ended_by)} kept it: it does not go back any more."]
        case S.REVERTED:
            return [f"{_stood(scaling)} {why or _went_back(scaling)}".strip()]
        case S.HANDED_OVER if other is not None and scaling.found is not None:
            above, to = standing_line(other, now=view.now), escaped(scaling.found.text)
            return [
                f"Its time is over, and {above} stands on it. Nothing was set back: that one goes "
                f"back to *{to}* instead."
            ]
        case S.GAVE_WAY if other is not None:
            return [f"{mention(scaling.ended_by)} {_did_since(other)}. That stays. {why}".rstrip()]
        case S.FAILED if scaling.set_at is not None and scaling.found is not None:
            return [
                f"{why}\n*It still stands.* Set it back yourself: `scale {scaling.environment} "
                f"{scaling.found.written} {escaped(scaling.service)}`."
            ]
        case _:
            return [why]


def _did_since(other: Scaling) -> str:
    capacity = other.wanted.text if other.wanted is not None else other.wish.text
    if other.state is S.KEPT:
        return f"kept {escaped(capacity)}"
    return f"set {escaped(capacity)}" + ("" if other.length is not None else " for good")


def _came(scaling: Scaling) -> str:
    progress = scaling.progress
    if progress is None or scaling.set_at is None or scaling.finished_at is None:
        return ""
    took = spoken(scaling.finished_at - scaling.set_at)
    tasks = f"{progress.running:,} of {counted(progress.desired, 'task')} run"
    return f"{tasks} · {'after' if scaling.state is S.STUCK else 'took'} {took}"


def _stood(scaling: Scaling) -> str:
    if scaling.set_at is None or scaling.finished_at is None:
        return ""
    return f"It stood for {spoken(scaling.finished_at - scaling.set_at)}."


def _went_back(scaling: Scaling) -> str:
    if scaling.hurried_by is not None:
        return f"{mention(scaling.hurried_by)} had it set back."
    return "It went back by itself."


def _whose(scaling: Scaling) -> str:
    capacity = scaling.wanted.text if scaling.wanted is not None else scaling.wish.text
    return f"{mention(scaling.asked_by)}'s {escaped(capacity)}"


def _when(at: datetime | None, now: datetime) -> str:
    """`14:02`, or with its day where that is not today for everybody."""
    if at is None:
        return "an unknown time"
    return moment(at) if abs(at - now) < SAME_DAY else day_and_time(at)


def _small_print(scaling: Scaling) -> str:
    facts = [f"asked by {mention(scaling.asked_by)}"]
    if scaling.reason:
        facts.append(f"“{escaped(scaling.reason)}”")
    if scaling.forced:
        facts.append(f"by force: “{escaped(scaling.forced)}”")
    if scaling.state is S.PROPOSED and scaling.expires_at is not None:
        facts.append(f"expires {moment(scaling.expires_at)}")
    return " · ".join(facts)


def _buttons(scaling: Scaling) -> list[Element]:
    match scaling.state:
        case S.PROPOSED:
            return [
                button_of(scaling, "Confirm", CONFIRM, style="primary"),
                button_of(scaling, "Cancel", CANCEL),
            ]
        case S.CONFIRMED:
            return [button_of(scaling, "Cancel", CANCEL)]
        case S.SCALING | S.STANDING if scaling.until is not None:
            return [_keep(scaling), _revert(scaling)]
        case _:
            return []


def _keep(scaling: Scaling) -> Element:
    capacity = scaling.wanted.text if scaling.wanted is not None else scaling.wish.text
    question = Confirm(
        title="Keep it for good?",
        text=f"{escaped(scaling.service)} in {escaped(scaling.environment)} stays at "
        f"*{escaped(capacity)}* and does not go back by itself.",
        confirm="Keep",
    )
    return button_of(scaling, "Keep", KEEP, confirm=question)


def _revert(scaling: Scaling) -> Element:
    to = scaling.found.text if scaling.found is not None else "what was before"
    question = Confirm(
        title="Set it back now?",
        text=f"{escaped(scaling.service)} in {escaped(scaling.environment)} goes back to "
        f"*{escaped(to)}* now. Where another scaling stands on this one, that one does later.",
        confirm="Revert now",
    )
    return button_of(scaling, "Revert now", REVERT, style="danger", confirm=question)
