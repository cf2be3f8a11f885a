"""What failed the last time, for `make test` to try once more by itself.

Of whole worlds the whole file, because the steps of one scene stand on each other.
"""

import json
import sys
from pathlib import Path

from tests.worlds import is_world

LAST_FAILED = Path(".pytest_cache/v/cache/lastfailed")
NOTHING = "no-test-failed-so-the-run-itself-did"
"""No such file: pytest, given it, fails and shows this."""


def failed_tests(last_failed: Path = LAST_FAILED) -> list[str]:
    """What is to be tried again, with all its parameters; `NOTHING` when none is on record."""
    failed = json.loads(last_failed.read_text()) if last_failed.exists() else {}
    there = (test for test in failed if Path(_file(test)).exists())
    return sorted({_file(test) if is_world(test) else _function(test) for test in there}) or [
        NOTHING
    ]


def _file(test: str) -> str:
    return test.partition("::")[0]


def _function(test: str) -> str:
    """Without its parameters, which may hold what a shell cuts at."""
    return test.partition("[")[0]


if __name__ == "__main__":
    sys.stdout.write(" ".join(failed_tests()))
