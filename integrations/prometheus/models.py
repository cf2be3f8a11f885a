"""What Prometheus answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Point(NamedTuple):
    """One value; `at` is aware and in UTC, `value` may be NaN or infinite."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """One labelled series, oldest point first. A scalar is a series without labels.

    Steps at which the expression has no value have no point.
    """

    labels: Mapping[str, str]
    points: tuple[Point, ...]
