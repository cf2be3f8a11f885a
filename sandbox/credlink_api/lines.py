"""What the service writes to its log: a JSON object a line, as many services do."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

ERRORS = (
    "upstream card-issuer refused the connection",
    "deadlock detected, transaction rolled back",
    "connection to the database was closed by the server",
)
# One in a hundred lines warns; one in some of those says what no log should.
WARNS_EVERY = 100
TELLS_EVERY = 7
WARNINGS = ("slow query on transactions", "retrying a call to card-issuer", "cache miss storm")


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `at` is in epoch seconds, and `version` is what wrote it."""

    at: float
    version: str
    message: str


# Environment and what was written there since the last time.
OnLines = Callable[[str, Sequence[Line]], None]


class LogWriter:
    """Writes lines of one service; what is at random in them comes from `seed`."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._written = 0

    def served(
        self, at: float, method: str, path: str, status: str, seconds: float, version: str
    ) -> Line:
        """A line about a request, which failed if its status says so."""
        self._written += 1
        failed = status.startswith("5")
        warns = not failed and self._written % WARNS_EVERY == 0
        level = "error" if failed else "warning" if warns else "info"
        said = {
            "time": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "request_id": f"req-{self._random.getrandbits(48):012x}",
            "method": method,
            "path": path,
            "status": int(status),
            "duration_ms": round(seconds * 1000),
            "version": version,
            "message": self._message(failed=failed, warns=warns),
        }
        return Line(at, version, json.dumps(said))

    def _message(self, *, failed: bool, warns: bool) -> str:
        if failed:
            return self._random.choice(ERRORS)
        if not warns:
            return "request served"
        if self._written // WARNS_EVERY % TELLS_EVERY == 0:
            token = f"{self._random.getrandbits(160):040x}"
            return f"retrying a call to card-issuer with Authorization: Bearer {token}"
        return self._random.choice(WARNINGS)
