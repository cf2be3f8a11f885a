"""What the audit says, for the one person who asked; and what was forced, to be reviewed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cards.answer import Answer
from bot.cards.blocks import Block, Element, Message, button, context, cut, escaped, section
from bot.cards.live import live
from bot.cards.notice import who
from bot.cards.text import counted, day_and_time, moment
from bot.domain.audit import Entry, Link

REVIEWED = "audit.reviewed"
NOTE_CHARACTERS = 160
"""Of a reason or a refusal in a line of the list."""
OVERRIDDEN = "overridden"
"""How the names of the details begin that say which refusals were passed."""
ALL = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """Something forced: what came of it, and who reviewed it. None where there is nothing yet."""

    link: Link
    outcome: Entry | None = None
    review: Entry | None = None


def entries(links: Sequence[Link], count: int, *, now: datetime, narrower: str) -> Answer:
    """The newest entries, one line each; `narrower` says how to ask for fewer."""
    if not links:
        return Answer("Nothing of that kind is in the audit.")
    lines = [_line(link.entry, now) for link in links]
    return _listed(lines, [section(line) for line in lines], count, narrower)


def forced(
    found: Sequence[Forced], count: int, *, now: datetime, reader: str, narrower: str
) -> Answer:
    """What was forced, newest first, each with its reason, what it passed and its review."""
    if not found:
        return Answer("Nothing was forced.")
    lines, blocks = [], []
    for one in found:
        lines.append(_forced_line(one, now))
        text = "\n".join([lines[-1], *_forced_facts(one, now, reader)])
        blocks.append(section(text, accessory=_review_button(one, reader)))
    return _listed(lines, blocks, count, narrower)


def _listed(lines: Sequence[str], blocks: Sequence[Block], count: int, narrower: str) -> Answer:
    rest = count - len(lines)
    if rest <= 0:
        return Answer("\n".join(lines), tuple(blocks))
    more = f"and {counted(rest, 'older entry', 'older entries')} · {escaped(narrower)}"
    return Answer("\n".join([*lines, more]), (*blocks, context(more)))


def _line(entry: Entry, now: datetime) -> str:
    note = _note(entry)
    mark = "🟠 " if entry.act == "force" else ""
    said = f"{mark}{_when(entry.at, now)} {who(entry.actor)} {_act(entry)}: {_outcome(entry)}"
    return f"{said} · {note}" if note else said


def _act(entry: Entry) -> str:
    """`deploy credlink-api v1.2.0 → prod`, or `mute credlink-5xx → prod` of an alarm."""
    service = "every service" if entry.service == ALL else entry.service
    what = entry.detail.get("alarm") or service
    words = [entry.act, entry.detail.get("verb"), what, entry.detail.get("version")]
    said = " ".join(escaped(word) for word in words if word)
    return f"{said} → {escaped(entry.environment)}" if entry.environment else said


def _outcome(entry: Entry) -> str:
    return escaped(entry.outcome.replace("_", " "))


def _note(entry: Entry) -> str:
    """Why, in the words of whoever gave a reason."""
    if reason := entry.detail.get("reason"):
        return f"“{_short(reason)}”"
    return live(cut(entry.detail.get("why", "").replace("\n", " "), NOTE_CHARACTERS))


def _short(text: str) -> str:
    return cut(escaped(text.replace("\n", " ")), NOTE_CHARACTERS)


def _when(at: datetime, now: datetime) -> str:
    return moment(at) if at.date() == now.date() else day_and_time(at)


def _forced_line(one: Forced, now: datetime) -> str:
    entry = one.link.entry
    outcome = _outcome(one.outcome) if one.outcome is not None else "under way"
    return f"🟠 {_when(entry.at, now)} {who(entry.actor)} {_act(entry)}: {outcome}"


def _forced_facts(one: Forced, now: datetime, reader: str) -> list[str]:
    entry = one.link.entry
    facts = [f"“{escaped(entry.detail.get('reason', 'no reason given'))}”"]
    facts += [
        f"overridden: {live(text)}"
        for name, text in entry.detail.items()
        if name.startswith(OVERRIDDEN)
    ]
    if one.review is not None:
        facts.append(f"reviewed by {who(one.review.actor)} {_when(one.review.at, now)}")
    elif entry.actor == reader:
        facts.append("waits for the review of somebody else")
    return facts


def _review_button(one: Forced, reader: str) -> Element | None:
    if one.review is not None or one.link.entry.actor == reader:
        return None
    return button(
        "Reviewed", action_id=REVIEWED, subject_id=one.link.entry.key, revision=one.link.number
    )


def reviewed(review: Entry, *, now: datetime) -> Message:
    """That what was forced has been reviewed, for the thread of its notice."""
    return Message(f"Reviewed by {who(review.actor)} {_when(review.at, now)}.")


def reviewed_before(review: Entry, *, by: str, now: datetime) -> Answer:
    """That somebody was faster."""
    if review.actor == by:
        return Answer(f"You reviewed this {_when(review.at, now)}.")
    return Answer(f"{who(review.actor)} reviewed this {_when(review.at, now)}.")
