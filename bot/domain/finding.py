"""What a source said about an alert group, or that it said nothing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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
    what the answer leaves out, a sentence. `picture` is the key of the picture it made.
    """

    source: str
    phase: Phase
    missing: str | None = None
    note: str = ""
    picture: str | None = None
    found_at: datetime
