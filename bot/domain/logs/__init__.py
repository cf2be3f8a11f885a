"""A search of logs somebody asks for: what is wanted, as words of a question."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for, where, and how far back."""

    environment: str
    service: str
    pattern: str = field(repr=False)
    """As a person wrote it. It may quote a secret, so it is never logged."""
    since: timedelta

    def as_json(self) -> dict[str, Any]:
        """What `of_json` reads."""
        return {
            "environment": self.environment,
            "service": self.service,
            "pattern": self.pattern,
            "since_s": self.since.total_seconds(),
        }

    @classmethod
    def of_json(cls, words: Mapping[str, Any]) -> Self:
        """The search of these words."""
        return cls(
            environment=words["environment"],
            service=words["service"],
            pattern=words["pattern"],
            since=timedelta(seconds=words["since_s"]),
        )


@dataclass(frozen=True, slots=True)
class Range:
    """What is searched; both ends belong to it."""

    start: datetime
    end: datetime

    @classmethod
    def until(cls, end: datetime, length: timedelta) -> Self:
        """Whole seconds that end at `end`."""
        end = end.replace(microsecond=0)
        return cls(end - length, end)

    @property
    def length(self) -> timedelta:
        return self.end - self.start
