"""What the bot's own chart of an alert's query shows."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ChartDrawn:
    """The time it is of."""

    start: datetime
    end: datetime
