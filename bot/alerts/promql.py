"""What of an alert's expression can be drawn: read with Prometheus' own grammar.

Charts need no configuration: `generatorURL` carries the alert's expression. Of `a > 0.01` the left
side is drawn and the right side is the threshold. For everything else what can be drawn is drawn,
and a sentence says what the chart leaves out.
"""

import math
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import promql_parser as promql

from bot.domain.alert import Condition
from bot.domain.unit import Unit

LONGEST_EXPRESSION = 20_000
"""Characters; a longer one is not read, so that nobody can keep the parser busy."""
MOST_OPERATORS = 200
"""Brackets and operators. Each may be one level deeper: the parser recurses, and one that is sent
twenty thousand of them ends the process."""
_QUOTED_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`", re.DOTALL)
_OPERATOR = re.compile(r"[-+*/%^([:]|[<>=!]=?|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)

FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
SETS = {
    "and": "The chart shows `{left}`; the alert fires only while `{right}` holds too.",
    "unless": "The chart shows `{left}`; the alert is held back while `{right}` holds.",
    "or": "The chart shows `{left}`; the alert also fires on `{right}`.",
}
ABSENT = {"absent", "absent_over_time"}
COUNTED_PER_SECOND = {"rate", "irate"}
LONGEST_QUOTE = 120


class NothingToDraw(Exception):
    """There is no expression to draw; the text is a sentence that says why."""


def expression_of(generator_url: str) -> str | None:
    """The expression within Prometheus' link to an alert (`…/graph?g0.expr=…`)."""
    try:
        found = parse_qs(urlsplit(generator_url).query).get("g0.expr")
    except ValueError:
        return None
    return found[0].strip() or None if found else None


def read(expression: str | None) -> Condition:
    """Read what an alert compares.

    Raises:
        NothingToDraw: there is no expression, or it is not PromQL.
    """
    if expression is None:
        raise NothingToDraw("No chart: the alert does not carry its query.")
    if len(expression) > LONGEST_EXPRESSION or _operators(expression) > MOST_OPERATORS:
        raise NothingToDraw("No chart: the alert's query is too long to be read.")
    try:
        parsed = promql.parse(expression)
    except ValueError:
        raise NothingToDraw("No chart: the alert's query is not PromQL.") from None
    return _condition(parsed)


def _operators(expression: str) -> int:
    """How deep the expression can be at most; what is quoted is one piece, however long."""
    return sum(1 for _ in _OPERATOR.finditer(_QUOTED_TEXT.sub("''", expression)))


def _condition(parsed: Any) -> Condition:
    node = _bare(parsed)
    if isinstance(node, promql.BinaryExpr):
        operator = str(node.op)
        if operator in SETS:
            return _of_set(node, operator)
        if operator in FLIPPED:
            return _comparison(node, operator)
    if isinstance(node, promql.Call) and node.func.name in ABSENT:
        return _of_absent(node)
    constant = _constant(node)
    if constant is not None:
        raise NothingToDraw("No chart: the alert's query is a constant.")
    return Condition(
        _text(node),
        unit=unit_of(node),
        note="The alert fires whenever this has a value: there is no threshold to draw.",
    )


def _comparison(node: Any, operator: str) -> Condition:
    left, right = _bare(node.lhs), _bare(node.rhs)
    left_constant, right_constant = _constant(left), _constant(right)
    if left_constant is not None and right_constant is not None:
        raise NothingToDraw("No chart: the alert compares two constants.")
    notes = []
    if node.modifier is not None and node.modifier.return_bool:
        notes.append(
            "With `bool` the comparison gives 0 or 1 and the alert fires on both; "
            "the chart shows what is compared."
        )
    if left_constant is not None:
        left, operator, right_constant = right, FLIPPED[operator], left_constant
        notes.append(f"The query has its threshold on the left; read it as `{operator}`.")
    unit = unit_of(left)
    if right_constant is not None:
        return Condition(_text(left), operator, right_constant, unit=unit, note=" ".join(notes))
    notes.append("The threshold is a query itself: it is drawn as a second line.")
    return Condition(_text(left), operator, limit=_text(right), unit=unit, note=" ".join(notes))


def _of_set(node: Any, operator: str) -> Condition:
    note = SETS[operator].format(left=_quoted(node.lhs), right=_quoted(node.rhs))
    left = _condition(node.lhs)
    return replace(left, note=f"{note} {left.note}".strip())


def _of_absent(node: Any) -> Condition:
    watched = _bare(node.args[0])
    if isinstance(watched, promql.MatrixSelector):
        watched = watched.vector_selector
    note = "The alert fires while this is missing: look for gaps."
    return Condition(_text(watched), unit=unit_of(watched), note=note, is_absence=True)


def _bare(node: Any) -> Any:
    """The expression within its brackets."""
    while isinstance(node, promql.ParenExpr):
        node = node.expr
    return node


def _constant(node: Any) -> float | None:
    """The value of an expression without any query in it, as `2 * 0.05`; None for others."""
    node = _bare(node)
    if isinstance(node, promql.NumberLiteral):
        return float(node.val)
    if isinstance(node, promql.UnaryExpr):
        inner = _constant(node.expr)
        return None if inner is None else -inner
    if not isinstance(node, promql.BinaryExpr):
        return None
    left, right = _constant(node.lhs), _constant(node.rhs)
    if left is None or right is None:
        return None
    return _calculated(left, str(node.op), right)


def _calculated(left: float, operator: str, right: float) -> float | None:
    try:
        match operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right
            case "^":
                return float(left**right)
            case "%":
                return math.fmod(left, right)
            case _:
                return None
    except (ArithmeticError, ValueError, TypeError):
        return None


def _text(node: Any) -> str:
    return str(node.prettify())


def _quoted(node: Any) -> str:
    """An expression within a sentence; code marks of its own would end ours."""
    text = " ".join(_text(_bare(node)).split()).replace("`", "'")
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def unit_of(node: Any) -> Unit:
    """The unit of an expression, as far as its metrics' names and their use tell.

    By Prometheus' naming practice a metric's last words are its unit, and a metric divided by
    itself is a ratio.
    """
    node = _bare(node)
    if isinstance(node, promql.BinaryExpr):
        return _unit_of_operation(node)
    if isinstance(node, promql.Call):
        return _unit_of_call(node)
    if isinstance(node, promql.AggregateExpr):
        return Unit.PLAIN if str(node.op) in {"count", "group"} else unit_of(node.expr)
    if isinstance(node, promql.UnaryExpr | promql.SubqueryExpr):
        return unit_of(node.expr)
    if isinstance(node, promql.MatrixSelector):
        node = node.vector_selector
    return _unit_of_name(node.name or "") if isinstance(node, promql.VectorSelector) else Unit.PLAIN


def _unit_of_operation(node: Any) -> Unit:
    left, right = unit_of(node.lhs), unit_of(node.rhs)
    match str(node.op):
        case "/" if _constant(node.rhs) is None:
            names = _stems(node.lhs) & _stems(node.rhs)
            return Unit.RATIO if names or left is right is Unit.BYTES else Unit.PLAIN
        case "*" if Unit.RATIO in (left, right) and 100.0 in (
            _constant(node.lhs),
            _constant(node.rhs),
        ):
            return Unit.PERCENT
        case "-" | "+":
            # `1 - hits / all`: the constant has the unit of what it is joined with.
            return right if _constant(node.lhs) is not None else left
        case _:
            return Unit.PLAIN


def _unit_of_call(node: Any) -> Unit:
    inner = unit_of(node.args[-1]) if node.args else Unit.PLAIN
    name = node.func.name
    if name in COUNTED_PER_SECOND:
        # Seconds per second, as of CPU time, are a share of one.
        return {Unit.PLAIN: Unit.PER_SECOND, Unit.SECONDS: Unit.RATIO}.get(inner, Unit.PLAIN)
    if name == "histogram_quantile":
        found = _names(node.args[-1])
        return _unit_of_name(found[0].removesuffix("_bucket")) if found else Unit.PLAIN
    return Unit.SECONDS if name == "time" else inner


def _unit_of_name(name: str) -> Unit:
    stem = re.sub(r"_(total|sum|average|avg|max|min|bucket)$", "", name)
    for ending, unit in (
        ("_seconds", Unit.SECONDS),
        ("_bytes", Unit.BYTES),
        ("_ratio", Unit.RATIO),
        ("_percent", Unit.PERCENT),
    ):
        if stem.endswith(ending):
            return unit
    return Unit.PERCENT if stem.endswith("cpuutilization") else Unit.PLAIN


def _names(node: Any) -> list[str]:
    """The names of every metric within an expression."""
    found: list[str] = []

    def visit(part: Any) -> bool:
        if isinstance(part, promql.VectorSelector) and part.name:
            found.append(part.name)
        return True

    promql.walk(node, visit)
    return found


def _stems(node: Any) -> set[str]:
    return {re.sub(r"_(total|count|sum|bucket)$", "", name) for name in _names(node)}
