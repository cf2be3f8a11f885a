"""What somebody typed after `query`, read: a name with its values, or PromQL of their own."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import promql_parser as promql

from bot.catalog import Catalog, NamedQuery, read_duration
from bot.domain.place import did_you_mean, there_is
from bot.domain.promql import NotPromql, TooLong, Type, bare, parsed, selected, selectors, type_of
from bot.domain.promql.place import mistake_in
from bot.domain.promql.pointed import pointed
from bot.domain.promql.units import unit_of
from bot.domain.query import Wanted
from bot.domain.query.named import substituted, usage, values_of
from bot.domain.unit import Unit, read_unit
from bot.errors import NotKnown, UsageError

USUAL_SINCE = timedelta(hours=1)
LONGEST_SINCE = timedelta(days=31)
SHORTEST_SINCE = timedelta(seconds=10)
LONGEST_TYPED = 3_000
"""Characters; what is longer takes too long to read while Slack waits."""
SINCE, NOW = "since", "now"
RANKINGS = {"topk", "bottomk", "limitk", "count_values"}
SORTS = {"sort", "sort_desc", "sort_by_label", "sort_by_label_desc"}

_PARAMETER = re.compile(r"[A-Za-z_]\w*=(?![=~]).*", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_METRIC = re.compile(r"[A-Za-z_:][\w:]*")
_NUMBER = re.compile(r"[\d.]+(e\d+)?", re.IGNORECASE)
_TAIL = re.compile(
    r"\s+(?:since(?:\s+(?P<since>[\d.]+\s+[a-z]+|\S+))?|(?P<now>now))\s*$", re.IGNORECASE
)
_STRAIGHT = str.maketrans(dict.fromkeys("‘’‚", "'"))


def read(words: Sequence[str], typed: str, catalog: Catalog, *, command: str) -> Wanted:
    """Read what follows the verb: as `words`, and `typed` as it stood, for PromQL.

    Without `since` the last hour is drawn. What is asked for `now`, is a constant, or ranks or
    sorts its series is shown as a table of its values now: it has no lines to draw.

    Raises:
        UsageError: a parameter or `since` is wrong, or it is no PromQL: where and why.
        NotKnown: it looks like the name of a query, and there is none of that name.
    """
    if len(typed) > LONGEST_TYPED:
        raise UsageError(
            f"That has {len(typed):,} characters, and I read {LONGEST_TYPED:,} at most: give the "
            "query a name in the catalogue, or a recording rule in Prometheus."
        )
    plain, tail = _parted(words)
    if not plain:
        raise UsageError(f"Which query? Write `{command} query <name | PromQL> [since 1h]`.")
    expression, own_tail = _without_tail(typed)
    head, rest = plain[0], plain[1:]
    if head.lower() in catalog.queries and (_are_parameters(rest) or not _is_promql(expression)):
        return _named(head.lower(), rest, tail, catalog, command)
    if _is_mistyped_name(head, rest, expression, catalog):
        raise NotKnown(_no_such_name(head, rest, expression, catalog, command))
    return _own(expression, own_tail, catalog)


def _parted(words: Sequence[str]) -> tuple[list[str], str | None]:
    """The words without `since …` and `now`, which may stand anywhere among them."""
    plain: list[str] = []
    tail: str | None = None
    rest = iter(words)
    for word in rest:
        if word.lower() == SINCE:
            tail = next(rest, "")
        elif word.lower() == NOW:
            tail = NOW
        else:
            plain.append(word)
    return plain, tail


def _without_tail(typed: str) -> tuple[str, str | None]:
    """PromQL without the `since …` or `now` at its end, and without the marks of code around it."""
    found = _TAIL.search(typed)
    tail = (NOW if found["now"] else found["since"] or "") if found else None
    expression = (typed[: found.start()] if found else typed).strip().translate(_STRAIGHT)
    inside = expression.strip("`").strip()
    is_marked = expression.startswith("`") and expression.endswith("`") and "`" not in inside
    return (inside if is_marked else expression), tail


def _is_promql(expression: str) -> bool:
    try:
        parsed(expression)
    except NotPromql:
        return False
    return True


def _are_parameters(words: Sequence[str]) -> bool:
    return all(map(_PARAMETER.fullmatch, words))


def _is_mistyped_name(head: str, rest: Sequence[str], expression: str, catalog: Catalog) -> bool:
    """Whether it was meant as a name: Prometheus must not be asked for a metric called so."""
    if not _NAME.fullmatch(head):
        return False
    is_close = bool(did_you_mean(head, catalog.queries))
    if rest:
        return _are_parameters(rest) or (is_close and not _is_promql(expression))
    return is_close or not (_METRIC.fullmatch(head) or _NUMBER.fullmatch(head))


def _no_such_name(
    head: str, rest: Sequence[str], expression: str, catalog: Catalog, command: str
) -> str:
    names = sorted(catalog.queries)
    there = there_is(names) if names else "The catalogue names none."
    instead = ""
    if not rest and _is_promql(expression):
        metric = f"{head}{{}}" if _METRIC.fullmatch(head) else " - ".join(head.split("-"))
        instead = f" If you mean PromQL, write `{metric}`."
    return (
        f"There is no query {head}{did_you_mean(head, names)}. {there} "
        f"`{command} query` lists them.{instead}"
    )


def _named(
    name: str, words: Sequence[str], tail: str | None, catalog: Catalog, command: str
) -> Wanted:
    query = catalog.queries[name]
    how = f"Write `{command} query {usage(name, query, catalog)} [since 1h]`."
    values = values_of(name, query, words, catalog, how=how)
    expression = substituted(query.query, values)
    tree = _tree(expression, whose=f"The catalogue's query {name} is no PromQL with these values")
    unit = read_unit(query.unit) or Unit.PLAIN
    return Wanted(
        promql=expression,
        name=name,
        values=_unusual(values, query),
        since=_since(tail, tree),
        is_number=type_of(tree) is Type.SCALAR,
        unit=unit_of(tree) if unit is Unit.PLAIN else unit,
        threshold=query.threshold,
        environment=values.get("env"),
        service=values.get("service"),
    )


def _unusual(values: Mapping[str, str], query: NamedQuery) -> dict[str, str]:
    """What is worth a word on the card: not a default."""
    usual = {name: declared.default for name, declared in query.parameters.items()}
    return {name: value for name, value in values.items() if usual.get(name) != value}


def _own(expression: str, tail: str | None, catalog: Catalog) -> Wanted:
    tree = _tree(expression, whose="This is no PromQL")
    environment = selected(tree, catalog.alerts.environment_label)
    service = selected(tree, catalog.alerts.service_label)
    return Wanted(
        promql=expression,
        since=_since(tail, tree),
        is_number=type_of(tree) is Type.SCALAR,
        unit=unit_of(tree),
        environment=environment if _is_environment(environment, catalog) else None,
        service=service if service in catalog.services else None,
    )


def _is_environment(name: str | None, catalog: Catalog) -> bool:
    return any(name in service.environments for service in catalog.services.values())


def _tree(expression: str, *, whose: str) -> Any:
    """The expression's tree, of one that Prometheus can answer with numbers."""
    try:
        tree = parsed(expression)
    except TooLong:
        raise UsageError("This query is too long to be read: make it shorter.") from None
    except NotPromql as exc:
        mistake = mistake_in(expression, exc)
        raise UsageError(f"{whose}: {mistake.why}.\n{pointed(expression, mistake.at)}") from None
    match type_of(tree):
        case Type.TEXT:
            raise UsageError("This is a text, not numbers: nothing is asked.")
        case Type.MATRIX:
            raise UsageError(
                "This is a range of values for each series, which nothing can draw: put a "
                "function around it, as `rate(…[5m])`, or leave the range out and say `since 5m`."
            )
    return tree


def _since(tail: str | None, tree: Any) -> timedelta | None:
    """How far back, None for now.

    Raises:
        UsageError: it is no length of time, or one too short or too long.
    """
    if tail is None:
        return None if _has_no_lines(tree) else USUAL_SINCE
    if tail == NOW:
        return None
    if not tail:
        raise UsageError("Since when? Write `since 15m`, `since 1h` or `since 2d`.")
    try:
        since = read_duration(tail.lower().replace(" ", ""))
    except (ValueError, OverflowError):
        raise UsageError(
            f"I do not understand since {tail}: write `since 15m`, `since 1h` or `since 2d`."
        ) from None
    if not SHORTEST_SINCE <= since <= LONGEST_SINCE:
        raise UsageError(
            f"since {tail} is out of bounds: I draw 10 seconds at least and 31 days at most."
        )
    return since


def _has_no_lines(tree: Any) -> bool:
    """Whether its values over time are no lines: a constant, or another choice at every step."""
    node = bare(tree)
    if isinstance(node, promql.AggregateExpr) and str(node.op) in RANKINGS:
        return True
    if isinstance(node, promql.Call) and node.func.name in SORTS:
        return True
    return not any(True for _ in selectors(node))
