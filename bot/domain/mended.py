"""What may have ended an alert group."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mended:
    """A change that ended while the group fired, or its suspect undone then.

    `by` is a plain phrase: `rollback to v1.1.9`, `deploy of v1.2.0 was undone`.
    """

    by: str
    at: datetime
