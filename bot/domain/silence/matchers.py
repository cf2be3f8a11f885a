"""Matchers in Alertmanager's grammar: read, written, judged, and held against labels.

Regular expressions are Alertmanager's (RE2), anchored on both ends. They are judged here by
Python's, which can take for ever where RE2 cannot: what could is never held against a long text.

Source: https://prometheus.io/docs/alerting/latest/configuration/#label-matchers
"""

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import UsageError

LONGEST_VALUE = 500
MOST = 20
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_OPERATOR = re.compile(r"\s*(=~|!=|!~|=)\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r'[^\s,"{}]+')
_BETWEEN = re.compile(r"\s*,\s*|\s+")
_BEGINS = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\s*(?:=~|!=|!~|=)")
_ESCAPES = {"\\": "\\", '"': '"', "n": "\n"}
_PROBES = (
    ("HighErrorRatio", "TargetDown", "Oom", "WalkFlux"),
    ("prod", "warning", "six", "jumbly"),
    ("credlink-api", "eu-west-1", "jump-box", "six-pq"),
    ("10.0.0.1:9100", "192.168.7.24:443"),
    ("5", "17", "204"),
)
"""A regular expression that matches all of one row matches whatever such a label may hold."""
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_QUANTIFIER = re.compile(r"[*+?]|\{\d*,?\d*\}")
_SET_OF_ITS_OWN = re.compile(r"\[[^\]]*(\[|--|&&|\|\||~~)")
"""`[[:alpha:]]` and the like, which Python reads otherwise than RE2."""
_AFTER_GROUP = re.compile(r"\)[*+?{]")
_MOST_QUANTIFIERS = 3
_LONGEST_JUDGED = 200
"""Characters of a label's value: three stars take a million steps there, and no more."""


class Operator(StrEnum):
    """How a matcher compares."""

    EQUAL = "="
    NOT_EQUAL = "!="
    MATCHES = "=~"
    MATCHES_NOT = "!~"

    @property
    def is_regex(self) -> bool:
        return self in {Operator.MATCHES, Operator.MATCHES_NOT}

    @property
    def is_positive(self) -> bool:
        return self in {Operator.EQUAL, Operator.MATCHES}


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label; a label that is not there counts as empty."""

    name: str
    operator: Operator
    value: str

    def __str__(self) -> str:
        value = self.value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
        return f'{self.name}{self.operator}"{value}"'

    def holds(self, value: str) -> bool | None:
        """Whether a label's value satisfies it; None where that cannot be told here."""
        if not self.operator.is_regex:
            return (self.value == value) is self.operator.is_positive
        if not _is_quick(self.value) or len(value) > _LONGEST_JUDGED:
            return None
        return _matches(self.value, value) is self.operator.is_positive


def written(matchers: Iterable[Matcher]) -> str:
    """Matchers as they are typed; `read` gives the same ones back."""
    return ", ".join(map(str, matchers))


def read(text: str) -> tuple[Matcher, ...]:
    """Read matchers and nothing else.

    Raises:
        UsageError: they are not Alertmanager's grammar, or there is something else.
    """
    matchers, rest = read_first(text)
    if rest:
        raise UsageError(f"I cannot read {rest[:40]} as a matcher. Write for example {EXAMPLE}.")
    return matchers


EXAMPLE = "`alertname=HighLatency,env=prod`"


def read_first(text: str) -> tuple[tuple[Matcher, ...], str]:
    """Read the matchers a text begins with, and return them with what follows.

    They are parted by commas or white space, and may stand in braces. A value without quotes ends
    at white space, a comma or a brace.

    Raises:
        UsageError: one of them cannot be read.
    """
    at = len(text) - len(text.lstrip())
    in_braces = text[at : at + 1] == "{"
    if in_braces:
        at += 1 + len(text[at + 1 :]) - len(text[at + 1 :].lstrip())
    found: list[Matcher] = []
    while _BEGINS.match(text, at):
        matcher, at = _one(text, at)
        found.append(matcher)
        if len(found) > MOST:
            raise UsageError(f"I read at most {MOST} matchers.")
        between = _BETWEEN.match(text, at)
        if between is None:
            break
        at = between.end()
    if in_braces:
        if text[at : at + 1] != "}":
            raise UsageError(f"The brace {{ is not closed. Write for example {EXAMPLE}.")
        at += 1
    if found and at < len(text) and not in_braces and not text[at - 1].isspace():
        # `a=b"c"` or `a=b,2h`: neither a matcher nor a new word.
        raise UsageError(f"I cannot read {text[at : at + 40]} after {found[-1]}. Quote its value.")
    return tuple(found), text[at:].strip()


def _one(text: str, at: int) -> tuple[Matcher, int]:
    name, at = _taken(_NAME, text, at)
    operator, at = _taken(_OPERATOR, text, at)
    made = Operator(operator.strip())
    if quoted := _QUOTED.match(text, at):
        value, at = _unescaped(quoted[1], name), quoted.end()
    elif bare := _BARE.match(text, at):
        value, at = bare[0], bare.end()
    else:
        raise UsageError(f"What is {name} to be? Write `{name}{made}value`, quoted if it is empty.")
    if len(value) > LONGEST_VALUE:
        raise UsageError(f"The value of {name} is longer than {LONGEST_VALUE} characters.")
    if made.is_regex:
        _check_regex(name, value)
    return Matcher(name, made, value), at


def _taken(what: re.Pattern[str], text: str, at: int) -> tuple[str, int]:
    found = what.match(text, at)
    if found is None:  # _BEGINS has seen it
        raise UsageError(f"I cannot read {text[at : at + 40]} as a matcher.")
    return found[0], found.end()


def _unescaped(value: str, name: str) -> str:
    def meant(found: re.Match[str]) -> str:
        if found[1] not in _ESCAPES:
            raise UsageError(
                f"In quotes write a backslash as two: the value of {name} has a single one."
            )
        return _ESCAPES[found[1]]

    return re.sub(r"\\(.)", meant, value, flags=re.DOTALL)


def _check_regex(name: str, value: str) -> None:
    try:
        with warnings.catch_warnings():  # of what `_is_quick` leaves alone
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(value)
    except (re.error, OverflowError, RecursionError) as exc:
        raise UsageError(f"I cannot read the regular expression of {name}: {exc}.") from None


def _is_quick(regex: str) -> bool:
    """Whether Python surely matches it as RE2 does and in reasonable time: no repetition of a
    repetition."""
    plain = _ESCAPED.sub("x", regex).replace("(?:", "(").replace("(?i)", "")
    return (
        _AFTER_GROUP.search(plain) is None
        and _SET_OF_ITS_OWN.search(plain) is None
        and "(?" not in plain
        and len(_QUANTIFIER.findall(plain)) <= _MOST_QUANTIFIERS
    )


def _matches(regex: str, value: str) -> bool:
    return re.fullmatch(regex, value) is not None


def too_broad(matchers: Sequence[Matcher]) -> str | None:
    """Why these would silence whatever there is, as a sentence; None when they say what they mean.

    One of them must name something: a value, or a regular expression that not everything matches.
    """
    if not matchers:
        return "Without a matcher everything would be silenced."
    if any(_is_narrow(matcher) for matcher in matchers):
        return None
    if all(not matcher.operator.is_positive for matcher in matchers):
        return (
            f"{written(matchers)} says only what is not meant: everything else would be silenced."
        )
    if hard := [m for m in matchers if m.operator is Operator.MATCHES and not _is_quick(m.value)]:
        return f"Whether {hard[0]} matches everything cannot be told: it is too involved."
    return f"{written(matchers)} matches everything, or nearly."


def _is_narrow(matcher: Matcher) -> bool:
    if matcher.operator is Operator.EQUAL:
        return matcher.value != ""
    if matcher.operator is not Operator.MATCHES or not _is_quick(matcher.value):
        return False
    return not _matches(matcher.value, "") and not any(
        all(_matches(matcher.value, probe) for probe in alike) for alike in _PROBES
    )


def hold(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool | None:
    """Whether all of them hold for these labels; None where that cannot be told here."""
    told = [matcher.holds(labels.get(matcher.name, "")) for matcher in matchers]
    if False in told:
        return False
    return None if None in told else True
