"""Checks that need tools of `make check-infra`: a missing one skips aloud, in CI it fails."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.checks.problem import NotHere, Problem


@contextmanager
def needed() -> Iterator[None]:
    """What is done within needs a tool."""
    try:
        yield
    except NotHere as exc:
        if os.environ.get("CI"):
            pytest.fail(str(exc))
        pytest.skip(str(exc))


def found(check: Callable[[Path], Iterable[Problem]], root: Path) -> list[str]:
    """What a check finds in a folder."""
    with needed():
        return sorted(map(str, check(root)))
