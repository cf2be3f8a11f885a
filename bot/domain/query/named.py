"""The catalogue's named queries: their parameters read, checked and put in."""

import re
from collections.abc import Mapping, Sequence

from bot.catalog import PLACEHOLDER, QUOTED, Catalog, NamedQuery, Parameter
from bot.domain.place import did_you_mean, find_place, listed, there_is
from bot.errors import NotKnown, UsageError

LONGEST_VALUE = 200
"""Characters."""


def usage(name: str, query: NamedQuery, catalog: Catalog) -> str:
    """`error-ratio env=<env> [code=5..]`: what may be left out stands in brackets."""
    words = [name]
    for parameter in query.placeholders():
        default = _default(parameter, query, catalog)
        words.append(
            f"{parameter}=<{parameter}>" if default is None else f"[{parameter}={default}]"
        )
    return " ".join(words)


def values_of(
    name: str, query: NamedQuery, words: Sequence[str], catalog: Catalog, *, how: str
) -> dict[str, str]:
    """Read `name=value` words, check each, and fill in what was not said.

    Raises:
        UsageError: a parameter is missing, unknown, said twice, or its value does not fit.
        NotKnown: there is no such environment or service.
    """
    known = query.placeholders()
    said: dict[str, str] = {}
    for word in words:
        parameter, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"Which parameter is {word}? {how}")
        if parameter not in known:
            has = f"It has {listed(known)}." if known else "It has none."
            close = did_you_mean(parameter, known)
            raise UsageError(f"{name} has no parameter {parameter}{close}. {has} {how}")
        if parameter in said:
            raise UsageError(f"{parameter} is there twice. {how}")
        said[parameter] = value
    values = {
        parameter: _value(parameter, query, said.get(parameter), catalog, name=name, how=how)
        for parameter in known
    }
    _exist_together(values, catalog)
    return values


def _value(
    parameter: str, query: NamedQuery, said: str | None, catalog: Catalog, *, name: str, how: str
) -> str:
    value = _default(parameter, query, catalog) if said is None else said
    declared = query.parameters.get(parameter)
    names = _names(parameter, catalog)
    if value is None:
        fits = there_is(names) if names else _fitting(declared)
        raise UsageError(f"{name} needs {parameter}. {fits} {how}")
    if names and value not in names:
        what = {"env": "environment"}.get(parameter, parameter)
        raise NotKnown(f"There is no {what} {value}{did_you_mean(value, names)}. {there_is(names)}")
    is_plain = len(value) <= LONGEST_VALUE and value.isprintable()
    if not is_plain or (declared is not None and not declared.takes(value)):
        close = did_you_mean(value, declared.choices) if declared is not None else ""
        raise UsageError(f"{parameter} cannot be {value!r}{close}. {_fitting(declared)} {how}")
    return value


def _fitting(declared: Parameter | None) -> str:
    if declared is None:
        return f"It takes at most {LONGEST_VALUE} printable characters."
    if declared.choices:
        return there_is(declared.choices)
    return f"It must match `{declared.pattern}`."


def _default(parameter: str, query: NamedQuery, catalog: Catalog) -> str | None:
    """What is meant when nothing is said: what it declares, or the only name there is."""
    declared = query.parameters.get(parameter)
    if declared is not None and declared.default is not None:
        return declared.default
    names = _names(parameter, catalog)
    return names[0] if len(names) == 1 else None


def _names(parameter: str, catalog: Catalog) -> list[str]:
    """The catalogue's names that this parameter takes; none for one of the query's own."""
    if parameter == "env":
        return sorted({name for one in catalog.services.values() for name in one.environments})
    return sorted(catalog.services) if parameter == "service" else []


def _exist_together(values: Mapping[str, str], catalog: Catalog) -> None:
    if "env" in values and "service" in values:
        find_place(catalog, values["env"], values["service"])


def substituted(query: str, values: Mapping[str, str]) -> str:
    """The query with each `$name` within quotes replaced by its value, escaped for those quotes.

    Whatever a value holds, it stays a part of the text it was put into. A `$name` in a value is a
    part of that value.
    """
    return QUOTED.sub(lambda text: _filled(text[0], values), query)


def _filled(text: str, values: Mapping[str, str]) -> str:
    quote = text[0]
    if quote == "`":
        return text

    def value(found: re.Match[str]) -> str:
        return _escaped(values[found[1]], quote) if found[1] in values else found[0]

    return PLACEHOLDER.sub(value, text)


def _escaped(value: str, quote: str) -> str:
    """For a Go string in these quotes; the other kind of quote must not be escaped in it.

    Source: https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals
    """
    value = value.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in value)
