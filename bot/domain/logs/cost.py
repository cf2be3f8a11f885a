"""What searching a range of logs costs, and how much of it may be searched."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

DOLLARS_A_GB = 0.005
"""What Insights takes for a scanned GB in most regions.

Source: https://aws.amazon.com/cloudwatch/pricing/ (Logs, Analyze)
"""
ROUND = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 120, 180, 360, 720, 1440, 2880, 4320, 7200)
)
"""Lengths of time that people say."""


@dataclass(frozen=True, slots=True)
class TooMuch:
    """A search that is not begun: about so many bytes are in its range, and so many may be."""

    estimate: int
    limit: int
    fits: timedelta | None
    """A shorter time that about fits; None where not even a minute does."""

    @property
    def dollars(self) -> float:
        return self.estimate / 1e9 * DOLLARS_A_GB

    def as_json(self) -> dict[str, Any]:
        """What `of_json` reads."""
        fits_s = None if self.fits is None else self.fits.total_seconds()
        return {"estimate": self.estimate, "limit": self.limit, "fits_s": fits_s}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Self:
        """The refusal that was kept."""
        fits_s = kept["fits_s"]
        return cls(
            kept["estimate"], kept["limit"], None if fits_s is None else timedelta(seconds=fits_s)
        )


def too_much(estimate: int, limit: int, since: timedelta) -> TooMuch | None:
    """Why a range of `since` with about `estimate` bytes is not searched, if so."""
    if estimate <= limit:
        return None
    longest = since * (limit / estimate)
    return TooMuch(estimate, limit, max((one for one in ROUND if one <= longest), default=None))
