"""One line of a log, made readable: time, level, message, then the rest; secrets crossed out."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from bot.domain.secrecy import MASK, masked, masked_json

MESSAGE_CHARACTERS = 300
FIELD_CHARACTERS = 60
FIELDS = 3
"""Of a JSON line's rest; the others are counted."""
WHOLE_CHARACTERS = 4000
READ_CHARACTERS = 32_000
"""Longer ones are no longer read as JSON, and cut."""
IDS = 3

LEVELS = ("level", "levelname", "severity", "lvl", "log.level")
MESSAGES = ("message", "msg", "event")
TIMES = frozenset({"time", "timestamp", "ts", "@timestamp", "asctime", "datetime", "t"})
"""Names of what a line says in its own words, and CloudWatch as well."""
_PINO = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MOMENT = re.compile(
    r"\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?[ :|-]*"
)
_LEVEL = re.compile(
    r"[\[(<]?(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL|PANIC)[\])>]?[ :|-]+",
    re.IGNORECASE,
)
_VARYING = re.compile(r"\b(?=[\w-]*\d)[\w-]+\b")
"""A word with a digit in it: a number, an id, a digest."""
_PAIR = re.compile(r'([A-Za-z_][\w.@-]{0,60})=("(?:[^"\\]|\\.)*"|[^\s"]*)(?:\s+|$)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as a card tells it. No secret of a known look is left in it."""

    at: datetime
    level: str = ""
    message: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    more: int = 0
    """Fields, or lines of a text, that are not among them."""
    ids: tuple[str, ...] = ()
    """Ids of requests that stand anywhere in it."""
    whole: str = field(default="", repr=False)
    """All of it, for the thread; kept nowhere else."""

    def as_json(self) -> list[Any]:
        """What `of_json` reads, without `whole`."""
        return [
            self.at.isoformat(),
            self.level,
            self.message,
            [list(pair) for pair in self.fields],
            self.more,
            list(self.ids),
        ]

    @classmethod
    def of_json(cls, kept: list[Any]) -> Self:
        """The line that was kept."""
        at, level, message, fields, more, ids = kept
        return cls(
            at=datetime.fromisoformat(at),
            level=level,
            message=message,
            fields=tuple((name, value) for name, value in fields),
            more=more,
            ids=tuple(ids),
        )


def most_said(lines: Sequence[Line], most: int = 3) -> tuple[tuple[str, int], ...]:
    """What these lines say most often, with how often; numbers and ids in it are left out.

    Nothing where no two of them say the same, or all of them do.
    """
    counted = Counter(shape(line.message) for line in lines if line.message)
    found = [(said, number) for said, number in counted.most_common(most) if number > 1]
    return tuple(found) if len(counted) > 1 else ()


def shape(message: str) -> str:
    """A message without its numbers and ids: what lines that say the same have in common."""
    return _VARYING.sub("…", message)


def read_line(at: datetime, written: str, ids: re.Pattern[str]) -> Line:
    """Read a line as its program wrote it: JSON, `name=value` pairs, or text.

    Takes some milliseconds for a long one.
    """
    text = _CONTROL.sub("", _ANSI.sub("", written)).strip()
    document = _as_json(text)
    if document is not None:
        whole = _cut(json.dumps(document, ensure_ascii=False), WHOLE_CHARACTERS)
        return _of_document(at, document, whole, ids)
    whole = masked(_cut(text, WHOLE_CHARACTERS))
    pairs = _as_pairs(whole)
    if pairs:
        return _of_document(at, pairs, whole, ids)
    first, *others = whole.splitlines() or [""]
    level, message = _level_and_message(first)
    return Line(
        at=at,
        level=level,
        message=_cut(message, MESSAGE_CHARACTERS),
        more=len([line for line in others if line.strip()]),
        ids=_ids(whole, ids),
        whole=whole,
    )


def _as_json(text: str) -> Mapping[str, Any] | None:
    """The document without its secrets; None where the line is no JSON, or nested beyond sense."""
    if not text.startswith("{") or len(text) > READ_CHARACTERS:
        return None
    try:
        document = masked_json(json.loads(text))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _as_pairs(text: str) -> Mapping[str, Any] | None:
    """The pairs of a line that consists of nothing else, and says what it is about."""
    found, position = {}, 0
    while position < len(text):
        pair = _PAIR.match(text, position)
        if pair is None:
            return None
        value = pair[2]
        found[pair[1]] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        position = pair.end()
    return found if len(found) > 1 and any(name in found for name in MESSAGES) else None


def _of_document(
    at: datetime, document: Mapping[str, Any], whole: str, ids: re.Pattern[str]
) -> Line:
    level = next((document[name] for name in LEVELS if name in document), "")
    named = next((name for name in MESSAGES if isinstance(document.get(name), str)), None)
    message = document[named] if named is not None else ""
    rest = [
        (name, _value(value))
        for name, value in document.items()
        if name != named and name not in LEVELS and name.lower() not in TIMES
    ]
    shown = [(name, value) for name, value in rest if value][:FIELDS]
    return Line(
        at=at,
        level=_level(level),
        message=_cut(" ".join(message.split()), MESSAGE_CHARACTERS),
        fields=tuple((_cut(name, FIELD_CHARACTERS), value) for name, value in shown),
        more=len(rest) - len(shown),
        ids=_ids(whole, ids),
        whole=whole,
    )


def _level(said: Any) -> str:
    if isinstance(said, int):
        return _PINO.get(said, str(said))
    return _cut(str(said).upper(), 12) if isinstance(said, str) else ""


def _value(value: Any) -> str:
    """A value in one line; nothing for what is null or empty."""
    if value is None or value in ("", [], {}):
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _cut(" ".join(text.split()), FIELD_CHARACTERS)


def _level_and_message(line: str) -> tuple[str, str]:
    """The level and the message of a text, without its own moment: CloudWatch's stands before."""
    rest = line.strip()
    moment = _MOMENT.match(rest)
    rest = rest[moment.end() :] if moment else rest
    level = _LEVEL.match(rest)
    if level is None:
        return "", rest
    return level[1].upper(), rest[level.end() :]


def _ids(text: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    found = (one[1] if pattern.groups else one[0] for one in pattern.finditer(text))
    whole = (one for one in found if one and MASK not in one)
    return tuple(dict.fromkeys(whole))[:IDS]


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"
