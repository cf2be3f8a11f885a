"""Conditions joined by and, or and brackets, as CloudWatch's two ways to search logs have them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Predicate = Callable[["LogEvent"], bool]
Token = tuple[str, str]
"""Its kind and what was written. `and`, `or`, `(` and `)` are the kinds that join."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of a log group; `at_ms` is milliseconds since the epoch."""

    at_ms: int
    stream: str
    message: str
    number: int
    """Grows with every event of the group, so that two of one millisecond have an order."""
    fields: dict[str, Any] | None = None
    """The message's members, if it is a JSON object."""

    @property
    def id(self) -> str:
        return f"{self.at_ms:013d}{self.number:043d}"

    @property
    def size_bytes(self) -> int:
        """As CloudWatch Logs counts it: 26 bytes beside the message."""
        return len(self.message.encode()) + 26

    def member(self, path: Sequence[str]) -> Any:
        """The value at a path into the message; raises KeyError if there is none."""
        value: Any = self.fields
        for part in path:
            if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            elif isinstance(value, dict) and part in value:
                value = value[part]
            else:
                raise KeyError(part)
        return value


class Malformed(Exception):
    """It is no condition; where and why."""


def tokens(text: str, pattern: re.Pattern[str], kinds: Mapping[str, str]) -> list[Token]:
    """Cut a condition into what `pattern` has a named group for; `kinds` renames some of those.

    Raises:
        Malformed: something is none of them.
    """
    found, position = [], 0
    while text[position:].strip():
        read = pattern.match(text, position)
        if read is None or read.lastgroup is None:
            raise Malformed(f"unexpected {text[position:].strip()!r}")
        found.append((kinds.get(read.lastgroup, read.lastgroup), read[read.lastgroup]))
        position = read.end()
    return found


class Condition:
    """Reads tokens by descent; what is compared, a subclass says."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._left = list(tokens)

    def read(self) -> Predicate:
        """Read all of it.

        Raises:
            Malformed: something is missing, or left over.
        """
        whole = self._either()
        if self._left:
            raise Malformed(f"unexpected {self._left[0][1]!r}")
        return whole

    def comparison(self) -> Predicate:
        raise NotImplementedError

    def take(self, *kinds: str) -> str:
        if not self._left or self._left[0][0] not in kinds:
            seen = self._left[0][1] if self._left else "its end"
            raise Malformed(f"expected {' or '.join(kinds)} before {seen!r}")
        return self._left.pop(0)[1]

    def comes(self, kind: str) -> bool:
        return bool(self._left) and self._left[0][0] == kind

    def _either(self) -> Predicate:
        found = [self._all()]
        while self.comes("or"):
            self.take("or")
            found.append(self._all())
        return found[0] if len(found) == 1 else lambda event: any(one(event) for one in found)

    def _all(self) -> Predicate:
        found = [self._one()]
        while self.comes("and"):
            self.take("and")
            found.append(self._one())
        return found[0] if len(found) == 1 else lambda event: all(one(event) for one in found)

    def _one(self) -> Predicate:
        if not self.comes("("):
            return self.comparison()
        self.take("(")
        inner = self._either()
        self.take(")")
        return inner
