"""What a source said about an alert group, or that it said nothing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

CHART = "chart"
"""The source that draws the alert's own query."""


class Phase(StrEnum):
    """When a look was taken."""

    ONSET = "onset"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One source's answer.

    `missing` says why there is none, as what follows "Prometheus gave no chart: ". `note` says
    what the answer leaves out, a sentence. `picture` is the key of the picture it made. `said` is
    what the source knows, in a shape of its own: one of `bot.domain.evidence`.
    """

    source: str
    phase: Phase
    missing: str | None = None
    note: str = ""
    picture: str | None = None
    said: Any = None
    found_at: datetime
