"""What of an alert's expression can be drawn: read with Prometheus' own grammar.

Charts need no configuration: `generatorURL` carries the alert's expression. Of `a > 0.01` the left
side is drawn and the right side is the threshold. For everything else what can be drawn is drawn,
and a sentence says what the chart leaves out.
"""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import promql_parser as promql

from bot.domain.alert import Condition
from bot.domain.promql import NotPromql, TooLong, bare, constant, parsed, text_of
from bot.domain.promql.units import unit_of

FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
SETS = {
    "and": "The chart shows `{left}`; the alert fires only while `{right}` holds too.",
    "unless": "The chart shows `{left}`; the alert is held back while `{right}` holds.",
    "or": "The chart shows `{left}`; the alert also fires on `{right}`.",
}
ABSENT = {"absent", "absent_over_time"}
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
    try:
        return _condition(parsed(expression))
    except TooLong:
        raise NothingToDraw("No chart: the alert's query is too long to be read.") from None
    except NotPromql:
        raise NothingToDraw("No chart: the alert's query is not PromQL.") from None


def _condition(tree: Any) -> Condition:
    node = bare(tree)
    if isinstance(node, promql.BinaryExpr):
        operator = str(node.op)
        if operator in SETS:
            return _of_set(node, operator)
        if operator in FLIPPED:
            return _comparison(node, operator)
    if isinstance(node, promql.Call) and node.func.name in ABSENT:
        return _of_absent(node)
    if constant(node) is not None:
        raise NothingToDraw("No chart: the alert's query is a constant.")
    return Condition(
        text_of(node),
        unit=unit_of(node),
        note="The alert fires whenever this has a value: there is no threshold to draw.",
    )


def _comparison(node: Any, operator: str) -> Condition:
    left, right = bare(node.lhs), bare(node.rhs)
    left_constant, right_constant = constant(left), constant(right)
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
        return Condition(text_of(left), operator, right_constant, unit=unit, note=" ".join(notes))
    notes.append("The threshold is a query itself: it is drawn as a second line.")
    return Condition(text_of(left), operator, limit=text_of(right), unit=unit, note=" ".join(notes))


def _of_set(node: Any, operator: str) -> Condition:
    note = SETS[operator].format(left=_quoted(node.lhs), right=_quoted(node.rhs))
    left = _condition(node.lhs)
    return replace(left, note=f"{note} {left.note}".strip())


def _of_absent(node: Any) -> Condition:
    watched = bare(node.args[0])
    if isinstance(watched, promql.MatrixSelector):
        watched = watched.vector_selector
    note = "The alert fires while this is missing: look for gaps."
    return Condition(text_of(watched), unit=unit_of(watched), note=note, is_absence=True)


def _quoted(node: Any) -> str:
    """An expression within a sentence; code marks of its own would end ours."""
    text = " ".join(text_of(bare(node)).split()).replace("`", "'")
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"
