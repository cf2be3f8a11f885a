"""What a task will need, and whether it is there: each finding with what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    BLOCK = "block"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding. `text` is a sentence; `mend` says what to do, and is empty where all is well."""

    name: str
    level: Level
    text: str
    mend: str = ""
