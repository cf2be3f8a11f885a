"""A notice: what the bot itself has to say, kept as data so that its card escapes every word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Form(StrEnum):
    """How a piece of a line is shown."""

    PLAIN = "plain"
    STRONG = "strong"
    CODE = "code"
    """As it is, to be copied."""
    PERSON = "person"
    """A Slack user id: the person is mentioned. Anything else is shown as a name."""
    SENTENCE = "sentence"
    """A sentence of the gate's: the people and moments it names are made live."""


@dataclass(frozen=True, slots=True)
class Piece:
    form: Form
    text: str


Line = str | Sequence[str | Piece]
"""One line; a plain string means itself, whatever it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What was announced, as its row says."""

    id: str
    headline: str
    lines: tuple[tuple[Piece, ...], ...]
    at: datetime


def person(user_id: str) -> Piece:
    return Piece(Form.PERSON, user_id)


def code(text: str) -> Piece:
    return Piece(Form.CODE, text)


def strong(text: str) -> Piece:
    return Piece(Form.STRONG, text)


def sentence(text: str) -> Piece:
    return Piece(Form.SENTENCE, text)


def pieces_of(line: Line) -> tuple[Piece, ...]:
    """The line in its pieces."""
    given = [line] if isinstance(line, str) else line
    return tuple(Piece(Form.PLAIN, one) if isinstance(one, str) else one for one in given)
