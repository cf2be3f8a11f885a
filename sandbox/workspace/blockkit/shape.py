"""A small language for the shape of JSON, whose refusals read like Slack's.

A check takes a value, the JSON pointer to it and the list that gathers problems.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Problems = list[str]
Check = Callable[[Any, str, Problems], None]
Rule = Callable[[dict[str, Any]], str | None]
"""Something about a whole object; returns what is wrong, or None."""


def refuse(problems: Problems, pointer: str, what: str) -> None:
    """Note a problem in Slack's form."""
    problems.append(f"{what} [json-pointer:{pointer or '/'}]")


def string(maximum: int | None = None, *, minimum: int = 1) -> Check:
    """Text of `minimum` to `maximum` characters."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, str):
            refuse(problems, pointer, "must provide a string")
        elif len(value) < minimum:
            refuse(problems, pointer, f"must be more than {minimum - 1} characters")
        elif maximum is not None and len(value) > maximum:
            refuse(problems, pointer, f"must be less than {maximum + 1} characters")

    return check


def boolean(value: Any, pointer: str, problems: Problems) -> None:
    """True or false, no strings."""
    if not isinstance(value, bool):
        refuse(problems, pointer, "must be a boolean")


def integer(minimum: int | None = None, maximum: int | None = None) -> Check:
    """A whole number within bounds."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            refuse(problems, pointer, "must be an integer")
        elif minimum is not None and value < minimum:
            refuse(problems, pointer, f"must be at least {minimum}")
        elif maximum is not None and value > maximum:
            refuse(problems, pointer, f"must be at most {maximum}")

    return check


def number(value: Any, pointer: str, problems: Problems) -> None:
    """Any number."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        refuse(problems, pointer, "must be a number")


def choice(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if value not in allowed:
            refuse(problems, pointer, f"must be a valid enum value ({', '.join(allowed)})")

    return check


def array(item: Check, *, minimum: int = 0, maximum: int | None = None) -> Check:
    """A list whose items all pass `item`."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, list):
            refuse(problems, pointer, "must provide an array")
            return
        if len(value) < minimum:
            refuse(problems, pointer, f"no fewer than {minimum} items allowed")
        if maximum is not None and len(value) > maximum:
            refuse(problems, pointer, f"no more than {maximum} items allowed")
        for number_, each in enumerate(value):
            item(each, f"{pointer}/{number_}", problems)

    return check


def optional_item(item: Check) -> Check:
    """The item, or null."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if value is not None:
            item(value, pointer, problems)

    return check


def obj(
    required: Mapping[str, Check],
    optional: Mapping[str, Check] | None = None,
    rules: Sequence[Rule] = (),
) -> Check:
    """An object with these properties and no others."""
    known = {**required, **(optional or {})}

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            refuse(problems, pointer, "must provide an object")
            return
        for name in required:
            if value.get(name) is None:
                refuse(problems, pointer, f"missing required field: {name}")
        for name, content in value.items():
            if name not in known:
                refuse(problems, pointer, f"invalid additional property: {name}")
            elif content is not None:
                known[name](content, f"{pointer}/{name}", problems)
        for rule in rules:
            wrong = rule(value)
            if wrong is not None:
                refuse(problems, pointer, wrong)

    return check


def kind(
    name: str,
    required: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
    rules: Sequence[Rule] = (),
) -> tuple[str, Check]:
    """An object whose `type` is `name`, as an entry for `typed`."""
    return name, obj({"type": choice(name), **(required or {})}, optional, rules)


def typed(*tables: Mapping[str, Check]) -> Check:
    """An object checked by its `type`."""
    kinds = {name: check for table in tables for name, check in table.items()}

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            refuse(problems, pointer, "must provide an object")
        elif "type" not in value:
            refuse(problems, pointer, "missing required field: type")
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            refuse(problems, f"{pointer}/type", f"unsupported type: {value['type']}")
        else:
            kinds[value["type"]](value, pointer, problems)

    return check


def exactly_one(*names: str) -> Rule:
    """Exactly one of these properties is there."""

    def rule(value: dict[str, Any]) -> str | None:
        given = [name for name in names if value.get(name) is not None]
        return None if len(given) == 1 else f"exactly one of {', '.join(names)} is required"

    return rule


def at_least_one(*names: str) -> Rule:
    """At least one of these properties is there."""

    def rule(value: dict[str, Any]) -> str | None:
        if any(value.get(name) for name in names):
            return None
        return f"one of {', '.join(names)} is required"

    return rule
