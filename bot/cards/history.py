"""Who deployed and scaled what where, when, for how long, and what became of it."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards.answer import Answer
from bot.cards.blocks import Block, context, escaped, section
from bot.cards.change import headline
from bot.cards.scaling_words import headline as scaling_line
from bot.cards.text import counted, day_and_time, mention, spoken
from bot.domain.change import Change, ChangeKind, ChangeState, Origin
from bot.domain.scaling.scaling import Scaling

REASON_CHARACTERS = 60
AGAIN = "↻"
"""Beside a restart's own words: between versions, the same once more."""
TOGETHER = 5
"""Lines in one block: the longest there can be still fit in it."""


def history(where: str, done: Sequence[Change | Scaling], total: int, *, now: datetime) -> Answer:
    """The answer to `/credlink history`: what was done last, and how much more there is."""
    if not done:
        return Answer(f"Nothing was deployed in {escaped(where)} that I know of.")
    lines = [_scaled(one, now) if isinstance(one, Scaling) else _line(one, now) for one in done]
    together = [lines[first : first + TOGETHER] for first in range(0, len(lines), TOGETHER)]
    blocks: list[Block] = [section("\n".join(some)) for some in together]
    said = lines
    if (rest := total - len(done)) > 0:
        more = f"and {rest:,} more"
        blocks.append(context(more))
        said = [*lines, more]
    return Answer("\n".join(said), tuple(blocks))


def _line(change: Change, now: datetime) -> str:
    began = change.started_at or change.asked_at
    again = f"{AGAIN} " if change.kind is ChangeKind.RESTART else ""
    facts = [f"{again}{escaped(headline(change))}", by_whom(change), day_and_time(began)]
    if change.is_under_way:
        facts.append(f"for {spoken(now - began)}")
    elif change.state is not ChangeState.SUCCEEDED and change.finished_at is not None:
        facts.append(f"after {spoken(change.finished_at - began)}")
    return " · ".join([*facts, *_because(change)])


def _scaled(scaling: Scaling, now: datetime) -> str:
    began = scaling.set_at or scaling.asked_at
    facts = [
        escaped(scaling_line(scaling)),
        f"by {mention(scaling.asked_by)}",
        day_and_time(began),
    ]
    if scaling.is_promise:
        facts.append(f"for {spoken(now - began)}")
    elif scaling.finished_at is not None and scaling.until is not None:
        facts.append(f"after {spoken(scaling.finished_at - began)}")
    return " · ".join([*facts, *_because(scaling)])


def _because(done: Change | Scaling) -> list[str]:
    """Why, in the words of who asked, and what was passed by force."""
    facts = []
    why = done.forced or done.reason
    if why:
        shown = why if len(why) <= REASON_CHARACTERS else why[: REASON_CHARACTERS - 1] + "…"
        facts.append(f"“{escaped(shown)}”")
    if done.overridden:
        facts.append(f"past {counted(len(done.overridden), 'refusal')} of the gate")
    return facts


def by_whom(change: Change) -> str:
    """By whom it was asked for; others leave no name."""
    return (
        "outside the bot" if change.origin is Origin.OUTSIDE else f"by {mention(change.asked_by)}"
    )
