"""What Prometheus answered, as a card tells it: a row for each series."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from bot.domain.alert import common
from bot.domain.query import Window
from bot.domain.secrecy import MASK, masked

NAME = "__name__"
"""The label that holds a metric's name."""
FEW_LABELS = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One series: its last value, and its lowest and highest in the window.

    Each may be infinite or not a number. `last` is None where the series ended before the window
    did: what was is not what is.
    """

    labels: Mapping[str, str]
    last: float | None
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer. Without rows and without trouble the query has no data."""

    at: datetime
    window: Window | None = None
    """None for a table of values at `at`."""
    rows: tuple[Row, ...] = ()
    """The highest first."""
    total: int = 0
    """How many series there are; more than rows where the answer was cut."""
    trouble: str = ""
    """Why there is no answer, and what to do next, in sentences."""
    mistake_at: int | None = None
    """The place in the query that Prometheus refuses."""

    def as_json(self) -> dict[str, Any]:
        """What `of_json` reads. JSON knows neither infinity nor what is not a number."""
        window = self.window
        return {
            "at": self.at.isoformat(),
            "window": None
            if window is None
            else {
                "start": window.start.isoformat(),
                "end": window.end.isoformat(),
                "step_s": window.step.total_seconds(),
            },
            "rows": [
                [dict(row.labels), *map(_kept, (row.last, row.lowest, row.highest))]
                for row in self.rows
            ],
            "total": self.total,
            "trouble": self.trouble,
            "mistake_at": self.mistake_at,
        }

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Self:
        """The answer that was kept."""
        window = found["window"]
        return cls(
            at=datetime.fromisoformat(found["at"]),
            window=None
            if window is None
            else Window(
                datetime.fromisoformat(window["start"]),
                datetime.fromisoformat(window["end"]),
                timedelta(seconds=window["step_s"]),
            ),
            rows=tuple(
                Row(labels, None if last is None else float(last), float(lowest), float(highest))
                for labels, last, lowest, highest in found["rows"]
            ),
            total=found["total"],
            trouble=found["trouble"],
            mistake_at=found["mistake_at"],
        )


def _kept(value: float | None) -> float | str | None:
    return value if value is None or math.isfinite(value) else str(value)


@dataclass(frozen=True, slots=True)
class Names:
    """What tells the series apart: the name of each, and what the names are of."""

    of: str
    """The labels in which they differ, as `path, status_code`; `series` where those are many."""
    each: tuple[str, ...]
    shared: Mapping[str, str]
    """The labels that all have in common."""


def told_apart(labels: Sequence[Mapping[str, str]], otherwise: str = "value") -> Names:
    """Name each series by the labels in which they differ: by their values alone where few do.

    `otherwise` is the name of one that has none.
    """
    shared = common(labels)
    differing = sorted({name for one in labels for name in one if name not in shared})
    if 0 < len(differing) <= FEW_LABELS and NAME not in differing:
        values = (", ".join(_value(name, one.get(name)) for name in differing) for one in labels)
        return Names(", ".join(differing), tuple(values), shared)
    own = ({name: value for name, value in one.items() if name not in shared} for one in labels)
    return Names("series", tuple(named(one) or otherwise for one in own), shared)


def named(labels: Mapping[str, str]) -> str:
    """A series by its labels, without secrets: `up job=api, zone=a`."""
    said = ", ".join(
        f"{name}={_value(name, value)}" for name, value in sorted(labels.items()) if name != NAME
    )
    return " ".join(filter(None, (labels.get(NAME, ""), said)))


def _value(label: str, value: str | None) -> str:
    if not value:
        return f"no {label}"
    tells_a_secret = masked(f"{label}=x") != f"{label}=x"
    return MASK if tells_a_secret else masked(value)
