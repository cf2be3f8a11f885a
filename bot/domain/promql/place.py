"""Where an expression stops being PromQL, which the parser does not say.

A beginning is good as long as something can follow it that makes it PromQL. Beginnings of good ones
are good, so the first bad word is found by halving: some hundred parses of a few microseconds each.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import promql_parser as promql

from bot.domain.promql import NotPromql

_WORD = re.compile(
    r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`]*`"
    r"|[A-Za-z_][\w:]*|\d[\w.]*|[=!]~|[=!<>]=|\S"
)
_QUOTES, _MATCHES = frozenset("\"'`"), frozenset({"=", "!=", "=~", "!~"})
_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}
_ENDS = (
    *("", "x", "(x)", "[5m]", "x[5m]", "(x[5m])", "5m", "m", "5", ":", ":5m", ":]"),
    *('x="y"', '="y"', '"y"', 'x!~"y"', "(x) (x)", "(x) x", ", x", ",x[5m]", "()"),
)
"""What may be missing within the innermost bracket that is still open."""
_TAILS = ("", "x", "(x)", "(x) x")
"""What may be missing behind it: `sum by (a` is short of `) (x)`."""
_OF_MEANING = re.compile(
    r"expected (?:type|at least|at most|\d+ arg)|unknown function|illegal regex|vector selector"
    r"|comparisons between|set oper|unary expression only|binary expression|bool modifier|no group"
    r"|ranges only|subquery is only|operator"
)
"""How the parser's errors begin that are of types and names; the others are of grammar."""
_QUOTED_NAME = re.compile(r"(?:name|function) '(\w+)'|illegal regex for (.+)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mistake:
    """`at` is an offset within the expression, its length for its end; `why` a short sentence."""

    at: int
    why: str


def mistake_in(expression: str, error: NotPromql) -> Mistake:
    """Where the parser's refusal is about, and why in words for people."""
    words = list(_WORD.finditer(expression))
    said = str(error)
    if _OF_MEANING.match(said):
        return Mistake(_named_at(expression, said), _plainly(said))
    good, bad = 0, len(words) + 1
    while bad - good > 1:
        middle = (good + bad) // 2
        if _may_become_promql(words[:middle], expression):
            good = middle
        else:
            bad = middle
    if good < len(words):
        return Mistake(words[good].start(), _out_of_place(words, good))
    still_open = _open(words)
    if still_open:
        return Mistake(still_open[-1].start(), f"this {still_open[-1][0]} is never closed")
    return Mistake(len(expression.rstrip()), "something is missing here")


def _named_at(expression: str, said: str) -> int:
    """Where the name stands that an error of types or names is about."""
    named = _QUOTED_NAME.search(said)
    name = (named[1] or named[2]) if named else ""
    return max(0, expression.find(name)) if name else 0


def _plainly(said: str) -> str:
    """The mistake that is made most, in words that say what to do."""
    wants_range = re.match(r"expected type matrix in call to function '(\w+)', got vector", said)
    return f"{wants_range[1]} needs a range behind the series, as [5m]" if wants_range else said


def _out_of_place(words: list[re.Match[str]], number: int) -> str:
    word = words[number][0]
    if word in _QUOTES:
        return "this text is never closed"
    within = _open(words[:number])
    if within and within[-1][0] == "{" and words[number - 1][0] in _MATCHES:
        return f'a label\'s value needs quotes, as "{word}"'
    return f"{word} cannot stand here"


def _may_become_promql(words: list[re.Match[str]], expression: str) -> bool:
    beginning = expression[: words[-1].end()] if words else ""
    return any(_is_grammatical(f"{beginning}{end}") for end in _endings(words))


def _endings(words: list[re.Match[str]]) -> Iterator[str]:
    closing = [_CLOSED_BY[word[0]] for word in reversed(_open(words))]
    first, rest = "".join(closing[:1]), "".join(closing[1:])
    for between, end, tail in product(("", " "), _ENDS, _TAILS if closing else ("",)):
        yield f"{between}{end}{first} {tail}{rest}"


def _open(words: list[re.Match[str]]) -> list[re.Match[str]]:
    """The brackets that are still open, the outermost first."""
    stack: list[re.Match[str]] = []
    for word in words:
        if word[0] in _CLOSED_BY:
            stack.append(word)
        elif stack and word[0] == _CLOSED_BY[stack[-1][0]]:
            stack.pop()
    return stack


def _is_grammatical(expression: str) -> bool:
    try:
        promql.parse(expression)
    except ValueError as exc:
        return _OF_MEANING.match(str(exc)) is not None
    return True
