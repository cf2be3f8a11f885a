"""Error lines: found whatever their case and structure, and counted by what they say."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.logs.lines import MESSAGE_CHARACTERS, Line, shape

_WORDS = ("error", "exception", "fatal", "critical", "panic", "traceback", "emergency", "severe")
_TRACEBACK = "Traceback"
LEVELS = frozenset(
    {"ERROR", "ERR", "EROR", "FATAL", "CRITICAL", "CRIT", "PANIC", "ALERT", "EMERG", "EMERGENCY"}
    | {"SEVERE", "E", "F"}
)
"""What programs call a line that tells of a failure."""
_FAILS = re.compile(rf"(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_FAILS_NOT = re.compile(
    r"\b(?:no|0|zero|without) errors?\b"
    r"|errors?[\"']?\s*[=:]\s*[\"']?(?:0|null|none|nil|false)\b",
    re.IGNORECASE,
)


def _in_any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter}]" for letter in word)


PATTERN = "%{}%".format(
    "|".join(
        [
            *map(_in_any_case, _WORDS),
            "level.?.?.?[56]0",
            *(f"{name}.?.?.?{_in_any_case('er')}" for name in ("level", "lvl", "severity")),
        ]
    )
)
"""For CloudWatch, whose terms are of one case: any of the words anywhere, or pino's numbers.

It finds more than error lines; `is_error` tells. Its regular expressions know no groups.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What several lines say in the same words; numbers and ids in them are left out."""

    words: str
    count: int
    first_at: datetime
    is_new: bool = False
    """Whether nothing said so in the time before."""


def is_error(line: Line) -> bool:
    """Whether a line tells of a failure: its level says so, or without one its words."""
    if line.level:
        return line.level.upper() in LEVELS
    return _FAILS.search(_FAILS_NOT.sub("", line.message)) is not None


def told(line: Line) -> str:
    """What went wrong: of a traceback its last line, which names the exception."""
    if line.message.startswith(_TRACEBACK):
        written = [one.strip() for one in line.whole.splitlines() if one.strip()]
        return written[-1][:MESSAGE_CHARACTERS] if written else line.message
    return line.message


def said_by(lines: Iterable[Line], before: Iterable[Line] | None = None) -> tuple[Said, ...]:
    """What these lines say, the new first and then by how often.

    `before` are lines of an earlier time; without them nobody knows what is new.
    """
    usual = None if before is None else {shape(told(line)) for line in before}
    counts: dict[str, tuple[int, datetime]] = {}
    for line in lines:
        words = shape(told(line)) or "(no message)"
        count, first_at = counts.get(words, (0, line.at))
        counts[words] = (count + 1, min(first_at, line.at))
    found = [
        Said(
            words=words,
            count=count,
            first_at=first_at,
            is_new=usual is not None and words not in usual,
        )
        for words, (count, first_at) in counts.items()
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_new, -one.count, one.first_at)))
