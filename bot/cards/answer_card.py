"""What every answer's card ends with: what went wrong, who asked and when, and how to ask anew."""

from dataclasses import dataclass
from datetime import datetime

from bot.cards.blocks import Block, actions, button, context, section
from bot.cards.live import live
from bot.cards.text import mention, moment
from bot.domain.question import Question
from bot.domain.silence import Silence

AGAIN = "answer.again"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """What an answer's card shows; made afresh for every revision."""

    question: Question
    now: datetime
    picture: str | None = None
    """Slack's file id of the picture of what was found, once a block may show it."""
    silence: Silence | None = None
    """What became of a proposed silence that somebody confirmed."""


def ending(view: AnswerView, *facts: str) -> list[Block]:
    """The last blocks of an answer: trouble where there was any, small print, *Refresh*.

    `facts` are further small print, as mrkdwn. While sources are being asked there is no button.
    """
    question = view.question
    blocks: list[Block] = []
    if question.trouble:
        blocks.append(section(f"⚪ {live(question.trouble)}"))
    asked = f"asked by {mention(question.asked_by)}"
    if question.completed_at is None:
        return [*blocks, context(" · ".join([*facts, f"{asked} · 🔵 asking…"]))]
    as_of = question.found_at if question.trouble else question.completed_at
    small = f"{asked} · as of {moment(as_of)}" if as_of is not None else asked
    again = button("Refresh", action_id=AGAIN, subject_id=question.id, revision=question.round)
    return [*blocks, context(" · ".join([*facts, small])), actions(again)]
