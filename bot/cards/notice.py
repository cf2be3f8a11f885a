"""The card of a notice: a headline, and lines of small facts."""

import re

from bot.cards.blocks import Message, context, escaped, message, section
from bot.cards.live import live
from bot.cards.text import day_and_time
from bot.domain.notice import Form, Notice, Piece
from bot.domain.pipeline import read_pipeline

SLACK_ID = re.compile(r"[UW][A-Z0-9]{2,}")


def notice(said: Notice) -> Message:
    """Everything it says; the headline alone in notifications."""
    headline = escaped(said.headline)
    blocks = [section(f"*{headline}*")]
    if said.lines:
        blocks.append(section("\n".join(_line(line) for line in said.lines)))
    blocks.append(context(day_and_time(said.at)))
    return message(headline, blocks)


def _line(line: tuple[Piece, ...]) -> str:
    return "".join(_piece(piece) for piece in line)


def _piece(piece: Piece) -> str:
    text = escaped(piece.text)
    if piece.form is Form.PERSON:
        return who(piece.text)
    if piece.form is Form.SENTENCE:
        return live(piece.text)
    if piece.form is Form.CODE:
        return f"`{text.replace('`', 'ˋ')}`"
    if piece.form is Form.STRONG:
        return f"*{text}*"
    return text


def who(actor: str) -> str:
    """Somebody by their Slack id; whoever is not in Slack by name."""
    if SLACK_ID.fullmatch(actor):
        return f"<@{actor}>"
    pipeline = read_pipeline(actor)
    return escaped(pipeline.name if pipeline is not None else actor)
