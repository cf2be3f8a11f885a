"""What a service's log said around an onset."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.logs.errors import Said

SOURCE = "logs"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLines:
    """The first error lines from some minutes before the onset on."""

    group: str
    region: str
    since: datetime
    until: datetime
    total: int
    """Lines that were read and tell of a failure."""
    said: tuple[Said, ...] = ()
    """What they say, the most telling first; a few of many."""
    first_at: datetime | None = None
    is_cut: bool = False
    """There are more, later ones."""
    is_whole: bool = True
    """False where the time was over before all of it was searched."""
