"""PromQL, read with Prometheus' own grammar before anything is asked.

Nodes are promql_parser's; nothing else of the bot imports it.
"""

import math
import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

import promql_parser as promql

LONGEST_EXPRESSION = 20_000
"""Characters; a longer one is not read, so that nobody can keep the parser busy."""
MOST_OPERATORS = 200
"""Brackets and operators. Each may be one level deeper: the parser recurses, and one that is sent
twenty thousand of them ends the process."""
QUOTED_TEXT = re.compile(
    r"\"(?:[^\"\\]|\\.)*(?:\"|\\?\Z)|'(?:[^'\\]|\\.)*(?:'|\\?\Z)|`[^`]*(?:`|\Z)", re.DOTALL
)
"""What never ends is quoted to the end: to try again behind each of its quotes takes seconds."""
_OPERATOR = re.compile(r"[-+*/%^([:]|[<>=!]=?|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)


class NotPromql(Exception):
    """It is no PromQL, in the parser's own words."""


class TooLong(NotPromql):
    """It may be PromQL, but nobody reads one this long."""


class Type(Enum):
    """What an expression gives."""

    SCALAR = "a number"
    VECTOR = "a value for each series"
    MATRIX = "values over a range"
    TEXT = "a text"


def parsed(expression: str) -> Any:
    """The expression's tree.

    Raises:
        TooLong: the parser is not given it.
        NotPromql: it is not PromQL.
    """
    if len(expression) > LONGEST_EXPRESSION or _operators(expression) > MOST_OPERATORS:
        raise TooLong("it is too long")
    try:
        return promql.parse(expression)
    except ValueError as exc:
        raise NotPromql(str(exc)) from None


def _operators(expression: str) -> int:
    """How deep the expression can be at most; what is quoted is one piece, however long.

    Beside a comment nothing counts as quoted: a quote in it would hide what stands behind it.
    """
    seen = expression if "#" in expression else QUOTED_TEXT.sub("''", expression)
    return sum(1 for _ in _OPERATOR.finditer(seen))


def bare(node: Any) -> Any:
    """The expression within its brackets."""
    while isinstance(node, promql.ParenExpr):
        node = node.expr
    return node


def text_of(node: Any) -> str:
    """The expression, written as Prometheus writes it."""
    return str(node.prettify())


def type_of(node: Any) -> Type:
    """What the expression gives; the parser itself has refused operands that do not fit."""
    node = bare(node)
    if isinstance(node, promql.StringLiteral):
        return Type.TEXT
    if isinstance(node, promql.MatrixSelector | promql.SubqueryExpr):
        return Type.MATRIX
    if isinstance(node, promql.UnaryExpr):
        return type_of(node.expr)
    if isinstance(node, promql.Call):
        return Type.SCALAR if node.func.return_type == promql.ValueType.Scalar else Type.VECTOR
    if isinstance(node, promql.BinaryExpr):
        sides = {type_of(node.lhs), type_of(node.rhs)}
        return Type.SCALAR if sides == {Type.SCALAR} else Type.VECTOR
    return Type.SCALAR if isinstance(node, promql.NumberLiteral) else Type.VECTOR


def selectors(node: Any) -> Iterator[Any]:
    """Every selector of series within an expression."""
    found: list[Any] = []

    def visit(part: Any) -> bool:
        if isinstance(part, promql.VectorSelector):
            found.append(part)
        return True

    promql.walk(node, visit)
    return iter(found)


def selected(node: Any, label: str) -> str | None:
    """The one value of this label that the expression asks for, where it asks for one alone."""
    values = {
        matcher.value
        for selector in selectors(node)
        for matcher in selector.matchers.matchers
        if matcher.name == label and matcher.op == promql.MatchOp.Equal
    }
    return values.pop() if len(values) == 1 else None


def constant(node: Any) -> float | None:
    """The value of an expression without any query in it, as `2 * 0.05`; None for others."""
    node = bare(node)
    if isinstance(node, promql.NumberLiteral):
        return float(node.val)
    if isinstance(node, promql.UnaryExpr):
        inner = constant(node.expr)
        return None if inner is None else -inner
    if not isinstance(node, promql.BinaryExpr):
        return None
    left, right = constant(node.lhs), constant(node.rhs)
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
