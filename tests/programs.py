"""Programs some tests need from the system: present, or the test says how to get them.

On a person's machine a missing program skips its tests with that line; in CI it fails them.
"""

import os
import shutil
from pathlib import Path

import pytest


def find(program: str, *, folders: tuple[str, ...] = ()) -> str | None:
    """The program's path, from PATH or else the newest of `folders` (glob patterns)."""
    found = shutil.which(program)
    if found:
        return found
    for pattern in folders:
        places = sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
        for place in places:
            if (place / program).exists():
                return str(place / program)
    return None


def require(program: str, how_to_get_it: str, *, folders: tuple[str, ...] = ()) -> str:
    """Return the program's path, or skip (in CI: fail) with how to get it."""
    found = find(program, folders=folders)
    if found:
        return found
    missing = f"{program} is missing: {how_to_get_it}"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
