"""What differs between two task definitions, without ever showing what may be a secret."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.secrecy import looks_secret

Definition = Mapping[str, Any]

SHOWN = frozenset({"image", "cpu", "memory", "memoryReservation"})
"""Fields whose values may be shown; anything else may hold a secret and is only named."""
VALUE_CHARACTERS = 60
"""So much of a variable's value is shown."""


class Part(StrEnum):
    """What kind of thing differs."""

    CONTAINER = "container"
    ENV = "env"
    SECRET = "secret"  # noqa: S105  a word, no password
    FIELD = "field"


class How(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs. `before` and `after` are None where they may not be shown."""

    part: Part
    name: str
    how: How
    container: str | None = None
    """Whose it is; None for the task's own, and where the task has only one."""
    before: str | None = None
    after: str | None = None

    @property
    def text(self) -> str:
        """`env LOG_LEVEL info→warn`, `secret DATABASE_URL changed`, `memory 1024→2048`."""
        prefix = f"{self.container} " if self.container else ""
        return prefix + self._said()

    def _said(self) -> str:
        if self.part is Part.FIELD:
            return self._field()
        named = f"{self.part} {self.name}"
        if self.part is not Part.ENV:
            return f"{named} {self.how}"
        if self.how is How.ADDED and self.after is not None:
            return f"{named}={self.after} added"
        if self.how is How.REMOVED and self.before is not None:
            return f"{named}={self.before} removed"
        if self.before is not None and self.after is not None:
            return f"{named} {self.before}→{self.after}"
        return f"{named} {self.how}"

    def _field(self) -> str:
        if self.name == "image" or self.name not in SHOWN:
            return self.name
        return f"{self.name} {self.before or 'none'}→{self.after or 'none'}"


def differences(before: Definition, after: Definition) -> tuple[Difference, ...]:
    """Find what differs between two task definitions, most telling first.

    Both as they would be registered: without what only ECS writes.
    """
    old = {c["name"]: c for c in before["containerDefinitions"]}
    new = {c["name"]: c for c in after["containerDefinitions"]}
    several = len(old.keys() | new.keys()) > 1
    found: list[Difference] = []
    for name in [*new, *(old.keys() - new.keys())]:
        if name not in old:
            found.append(Difference(part=Part.CONTAINER, name=name, how=How.ADDED))
        elif name not in new:
            found.append(Difference(part=Part.CONTAINER, name=name, how=How.REMOVED))
        else:
            found += _fields(old[name], new[name], name if several else None)
    return (*found, *_fields(_outside(before), _outside(after), None))


def _outside(definition: Definition) -> dict[str, Any]:
    return {key: value for key, value in definition.items() if key != "containerDefinitions"}


def _fields(
    old: Mapping[str, Any], new: Mapping[str, Any], container: str | None
) -> Iterator[Difference]:
    for key in sorted(old.keys() | new.keys(), key=lambda key: (key not in SHOWN, key)):
        before, after = old.get(key), new.get(key)
        if before == after or (not before and not after):
            continue
        if key == "environment":
            yield from _variables(before or (), after or (), container)
        elif key == "secrets":
            yield from _secrets(before or (), after or (), container)
        else:
            is_shown = key in SHOWN
            yield Difference(
                part=Part.FIELD,
                name=key,
                how=_how(before, after),
                container=container,
                before=str(before) if is_shown and before else None,
                after=str(after) if is_shown and after else None,
            )


def _variables(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], container: str | None
) -> Iterator[Difference]:
    old, new = _by_name(before, "value"), _by_name(after, "value")
    for name in _differing(old, new):
        values = (old.get(name), new.get(name))
        is_secret = any(looks_secret(name, value) for value in values if value is not None)
        shown = [None if is_secret or value is None else _shown(value) for value in values]
        if shown[0] == shown[1]:  # both cut where they are still the same
            shown = [None, None]
        yield Difference(
            part=Part.ENV,
            name=name,
            how=_how(*values),
            container=container,
            before=shown[0],
            after=shown[1],
        )


def _secrets(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], container: str | None
) -> Iterator[Difference]:
    old, new = _by_name(before, "valueFrom"), _by_name(after, "valueFrom")
    for name in _differing(old, new):
        how = _how(old.get(name), new.get(name))
        yield Difference(part=Part.SECRET, name=name, how=how, container=container)


def _by_name(variables: Sequence[Mapping[str, Any]], key: str) -> dict[str, str]:
    return {one["name"]: str(one.get(key, "")) for one in variables}


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    return [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]


def _how(before: Any, after: Any) -> How:
    if before is None:
        return How.ADDED
    return How.REMOVED if after is None else How.CHANGED


def _shown(value: str) -> str:
    """A value on one line; nothing at all is said as quotes."""
    line = " ".join(value.split()) or '""'
    return line if len(line) <= VALUE_CHARACTERS else line[: VALUE_CHARACTERS - 1] + "…"
