"""The test files in which something failed the last time, for `make test` to try them once more.

Whole files, because the steps of one scene stand on each other.
"""

import json
import sys
from pathlib import Path

LAST_FAILED = Path(".pytest_cache/v/cache/lastfailed")
NOTHING = "no-test-failed-so-the-run-itself-did"
"""No such file: pytest, given it, fails and shows this."""


def failed_files(last_failed: Path = LAST_FAILED) -> list[str]:
    """The files of the failed tests that still are there; `NOTHING` when none is on record."""
    failed = json.loads(last_failed.read_text()) if last_failed.exists() else {}
    files = {test.partition("::")[0] for test in failed}
    return sorted(file for file in files if Path(file).exists()) or [NOTHING]


if __name__ == "__main__":
    sys.stdout.write(" ".join(failed_files()))
