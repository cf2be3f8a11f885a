"""Filter patterns of CloudWatch Logs, but for those of space-delimited events.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import operator
import re
from collections.abc import Callable
from typing import Any

from sandbox.aws.conditions import Condition, LogEvent, Malformed, Predicate, tokens

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_TERM = re.compile(rf"\s*(?P<sign>[?-]?)(?P<term>{_QUOTED}|\w+)(?=\s|$)")
_REGEX = re.compile(r"[\w:#=@/;,^$?\[\]{}|\\*+.\s-]+", re.ASCII)
"""AWS knows no brackets in them, and no other characters."""
_JSON_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<selector>\$(?:\.[\w@-]+|\[\d+\])+)
      | (?P<and>&&) | (?P<or>\|\|) | (?P<open>\() | (?P<close>\))
      | (?P<operator>!=|<=|>=|=|<|>)
      | (?P<word>(?:IS|NOT|NULL|TRUE|FALSE|EXISTS)\b)
      | (?P<regex>%[^%]+%)
      | (?P<value>{_QUOTED}|[\w.*@/:-]+)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_KINDS = {"open": "(", "close": ")"}
_NUMERIC: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def predicate(pattern: str) -> Predicate:
    """Read a pattern; the empty one finds everything.

    Raises:
        Malformed: it is none, or of a kind that is not known here.
    """
    text = pattern.strip()
    if not text:
        return lambda _: True
    if text.startswith("{") and text.endswith("}"):
        return _JsonCondition(tokens(text[1:-1], _JSON_TOKEN, _KINDS)).read()
    if text.startswith("%") and text.endswith("%") and len(text) > 2:
        found = compiled(text[1:-1])
        return lambda event: found.search(event.message) is not None
    return _terms(text)


def compiled(expression: str) -> re.Pattern[str]:
    """Read a regular expression.

    Raises:
        Malformed: it is no regular expression, or holds what AWS does not take.
    """
    if _REGEX.fullmatch(expression) is None:
        raise Malformed(f"unsupported character in the regular expression {expression}")
    try:
        return re.compile(expression)
    except re.error as exc:
        raise Malformed(f"{expression}: {exc}") from exc


def _terms(text: str) -> Predicate:
    """`a "b c"` finds what has all of them, `?a ?b` one of them, `-a` what has it not."""
    wanted: dict[str, list[str]] = {"": [], "?": [], "-": []}
    position = 0
    while position < len(text):
        read = _TERM.match(text, position)
        if read is None:
            raise Malformed(f"terms with other than letters, digits and _ need quotes: {text}")
        wanted[read["sign"]].append(unquoted(read["term"]))
        position = read.end()
    # AWS ignores what is optional beside what is not.
    some = wanted["?"] if not wanted[""] else []

    def finds(event: LogEvent) -> bool:
        message = event.message
        return (
            all(term in message for term in wanted[""])
            and not any(term in message for term in wanted["-"])
            and (not some or any(term in message for term in some))
        )

    return finds


def unquoted(written: str) -> str:
    return re.sub(r"\\(.)", r"\1", written[1:-1]) if written.startswith('"') else written


class _JsonCondition(Condition):
    """`$.member <operator> value`, `$.member IS TRUE` and the like."""

    def comparison(self) -> Predicate:
        path = re.findall(r"[\w@-]+", self.take("selector"))
        if self.comes("word"):
            return _stated(path, self.take("word").upper(), self.take("word").upper())
        compare = self.take("operator")
        if self.comes("regex"):
            found = compiled(self.take("regex")[1:-1])
            return _tested(path, compare, lambda value: found.search(str(value)) is not None)
        written = self.take("value")
        if compare in _NUMERIC:
            return _compared(path, _NUMERIC[compare], _number(written))
        parts = map(re.escape, unquoted(written).split("*"))
        pattern = re.compile(".*".join(parts), re.DOTALL)
        return _tested(path, compare, lambda value: pattern.fullmatch(_text(value)) is not None)


def _stated(path: list[str], first: str, second: str) -> Predicate:
    if (first, second) == ("NOT", "EXISTS"):
        return lambda event: _value(event, path) is _NOTHING
    states = {"TRUE": True, "FALSE": False, "NULL": None}
    if first != "IS" or second not in states:
        raise Malformed(f"unexpected {first} {second}")
    return lambda event: _value(event, path) is states[second]


def _tested(path: list[str], compare: str, holds: Callable[[Any], bool]) -> Predicate:
    if compare not in {"=", "!="}:
        raise Malformed(f"{compare} compares numbers only")
    wanted = compare == "="

    def finds(event: LogEvent) -> bool:
        value = _value(event, path)
        return value is not _NOTHING and holds(value) is wanted

    return finds


def _compared(path: list[str], holds: Callable[[Any, Any], bool], number: float) -> Predicate:
    def finds(event: LogEvent) -> bool:
        value = _value(event, path)
        return isinstance(value, int | float) and holds(value, number)

    return finds


_NOTHING = object()


def _value(event: LogEvent, path: list[str]) -> Any:
    try:
        return event.member(path)
    except KeyError:
        return _NOTHING


def _number(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        raise Malformed(f"{written} is no number") from None


def _text(value: Any) -> str:
    """How a value is compared with what was written: 500 is "500"."""
    return f"{value:g}" if isinstance(value, float) else str(value)
