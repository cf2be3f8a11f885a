"""What a silence would hide now, and would have hidden in the last days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from bot.domain.silence.matchers import Matcher, hold

BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Seen:
    """One alert as it is or was: its labels, and since when it fires or fired."""

    labels: Mapping[str, str]
    at: datetime
    is_silenced: bool = False


@dataclass(frozen=True, slots=True)
class Hidden:
    """Alerts of one name, counted; `last_at` is when the latest of them began."""

    name: str
    severity: str
    alerts: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What is known of it. `silent` says why Alertmanager's part is not."""

    now: tuple[Hidden, ...] = ()
    firing: int = 0
    """All alerts that fire now, whether they would be hidden or not."""
    already: int = 0
    """Of those that would be hidden: silenced by another silence as it is."""
    past: tuple[Hidden, ...] | None = None
    """None where a regular expression cannot be held against the past here."""
    silent: str | None = None

    @property
    def alerts(self) -> int:
        return sum(hidden.alerts for hidden in self.now)

    def as_json(self) -> dict[str, Any]:
        """What `read_preview` reads."""
        written: dict[str, Any] = _PREVIEW.dump_python(self, mode="json")
        return written


_PREVIEW = TypeAdapter(Preview)


def read_preview(found: Mapping[str, Any]) -> Preview:
    return _PREVIEW.validate_python(found)


def counted_by_name(seen: Iterable[Seen]) -> tuple[Hidden, ...]:
    """The alerts by name and severity, the most frequent first."""
    together: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for one in seen:
        key = one.labels.get("alertname", ""), one.labels.get("severity", "")
        together[key].append(one.at)
    hidden = [Hidden(*key, len(moments), max(moments)) for key, moments in together.items()]
    return tuple(sorted(hidden, key=lambda one: (-one.alerts, one.name, one.severity)))


def hidden_in_the_past(
    matchers: Sequence[Matcher], seen: Iterable[Seen]
) -> tuple[Hidden, ...] | None:
    """What these would have hidden of the alerts seen; None where that cannot be told."""
    held = []
    for one in seen:
        told = hold(matchers, one.labels)
        if told is None:
            return None
        if told:
            held.append(one)
    return counted_by_name(held)
