"""That a runbook is there for an alert, and how much is in it."""

from dataclasses import dataclass

SOURCE = "runbook"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookFound:
    """What the catalogue says of a runbook."""

    name: str = ""
    steps: int = 0
    """How many stand in the thread."""
    address: str = ""
    """Where the service's runbooks are, if they are no folder of ours."""
