"""Who deployed what where, when, for how long, and what became of it."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards.answer import Answer
from bot.cards.blocks import Block, context, escaped, section
from bot.cards.change import headline
from bot.cards.text import counted, day_and_time, mention, spoken
from bot.domain.change import Change, ChangeKind, ChangeState, Origin

REASON_CHARACTERS = 60
AGAIN = "↻"
"""Beside a restart's own words: between versions, the same once more."""
TOGETHER = 5
"""Lines in one block: the longest there can be still fit in it."""


def history(where: str, changes: Sequence[Change], total: int, *, now: datetime) -> Answer:
    """The answer to `/credlink history`: the newest changes, and how many more there are."""
    if not changes:
        return Answer(f"Nothing was deployed in {escaped(where)} that I know of.")
    lines = [_line(change, now) for change in changes]
    together = [lines[first : first + TOGETHER] for first in range(0, len(lines), TOGETHER)]
    blocks: list[Block] = [section("\n".join(some)) for some in together]
    said = lines
    if (rest := total - len(changes)) > 0:
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
    why = change.forced or change.reason
    if why:
        shown = why if len(why) <= REASON_CHARACTERS else why[: REASON_CHARACTERS - 1] + "…"
        facts.append(f"“{escaped(shown)}”")
    if change.overridden:
        facts.append(f"past {counted(len(change.overridden), 'refusal')} of the gate")
    return " · ".join(facts)


def by_whom(change: Change) -> str:
    """By whom it was asked for; others leave no name."""
    return (
        "outside the bot" if change.origin is Origin.OUTSIDE else f"by {mention(change.asked_by)}"
    )
