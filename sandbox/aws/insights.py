"""Insights' language, as far as the bot speaks it: `filter` and `stats count(*) by bin()`.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.aws.conditions import Condition, LogEvent, Malformed, Predicate, tokens

Row = list[dict[str, str]]

_STATS = re.compile(
    r"stats\s+count\(\*?\)(?:\s+as\s+(?P<name>\w+))?\s+by\s+(?P<bin>bin\((?P<size>\d+)(?P<unit>[smh])\))"
)
_UNITS_S = {"s": 1, "m": 60, "h": 3600}
_COMMAND = re.compile(r"""(?:[^|/"']|/(?:[^/\\]|\\.)*/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')+""")
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<regex>/(?:[^/\\]|\\.)*/)
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<operator>!=|<=|>=|=~|=|<|>)
      | (?P<number>-?\d+(?:\.\d+)?)(?![\w.])
      | (?P<open>\() | (?P<close>\))
      | (?P<and>and\b) | (?P<or>or\b) | (?P<not>not\b) | (?P<like>like\b)
      | (?P<field>[A-Za-z_@][\w@]*(?:\.\w+)*)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_KINDS = {"open": "(", "close": ")"}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Query:
    """Events are filtered, and counted by the time they fall into."""

    finds: Predicate
    name: str
    bin: str
    bin_s: int

    def rows(self, events: Iterable[LogEvent]) -> list[Row]:
        """The counts, newest first as Insights gives them when it is told no order."""
        counts: Counter[int] = Counter()
        for event in events:
            counts[event.at_ms // 1000 // self.bin_s * self.bin_s] += 1
        return [
            [
                {"field": self.bin, "value": _moment(at_s)},
                {"field": self.name, "value": str(count)},
            ]
            for at_s, count in sorted(counts.items(), reverse=True)
        ]


def read(text: str) -> Query:
    """Read a query.

    Raises:
        Malformed: it is no query, or holds commands that are not known here.
    """
    commands = [one.strip() for one in _COMMAND.findall(text)]
    if "|".join(commands).replace(" ", "") != text.replace(" ", ""):
        raise Malformed(f"unexpected token in {text!r}")
    finders: list[Predicate] = []
    *earlier, last = commands or [""]
    for command in earlier:
        verb, _, condition = command.partition(" ")
        if verb != "filter":
            raise Malformed(f"unexpected {verb!r}: the sandbox knows filter and stats")
        finders.append(_Condition(tokens(condition, _TOKEN, _KINDS)).read())
    counted = _STATS.fullmatch(last)
    if counted is None:
        raise Malformed(f"unexpected {last!r}: the sandbox knows stats count(*) by bin()")
    return Query(
        finds=lambda event: all(one(event) for one in finders),
        name=counted["name"] or "count(*)",
        bin=counted["bin"],
        bin_s=int(counted["size"]) * _UNITS_S[counted["unit"]],
    )


class _Condition(Condition):
    """`field like /…/`, `field not like "…"`, `field >= 500`."""

    def comparison(self) -> Predicate:
        name = self.take("field")
        is_not = self.comes("not")
        if is_not:
            self.take("not")
        if is_not or self.comes("like"):
            self.take("like")
            holds = self._found()
            return lambda event: holds(_value(event, name)) is not is_not
        compare = self.take("operator")
        if compare == "=~":
            holds = self._found()
            return lambda event: holds(_value(event, name))
        if self.comes("string"):
            return _compared(name, compare, self.take("string")[1:-1])
        return _compared(name, compare, float(self.take("number")))

    def _found(self) -> Callable[[Any], bool]:
        if self.comes("string"):
            part = re.sub(r"\\(.)", r"\1", self.take("string")[1:-1])
            return lambda value: value is not None and part in str(value)
        expression = self.take("regex")[1:-1]
        try:
            pattern = re.compile(expression)
        except re.error as exc:
            raise Malformed(f"{expression}: {exc}") from exc
        return lambda value: value is not None and pattern.search(str(value)) is not None


def _compared(name: str, compare: str, wanted: Any) -> Predicate:
    holds = _OPERATORS[compare]

    def finds(event: LogEvent) -> bool:
        value = _value(event, name)
        return (
            value is not None
            and isinstance(value, str) is isinstance(wanted, str)
            and (holds(value, wanted))
        )

    return finds


def _value(event: LogEvent, name: str) -> Any:
    """A field: Insights' own begin with @, members of JSON messages have their names."""
    own = {"@message": event.message, "@logStream": event.stream}
    if name.startswith("@"):
        return own.get(name)
    try:
        return event.member(name.split("."))
    except KeyError:
        return None


def _moment(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S}.000"
