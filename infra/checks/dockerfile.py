"""The Dockerfile, by hadolint."""

import json
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from infra.checks.problem import Problem

HADOLINT = Path(sysconfig.get_path("scripts")) / "hadolint"
"""A part of the project's own environment: it is one program, and wants nothing."""


def check(root: Path) -> Iterator[Problem]:
    """Needs nothing but the project's own environment."""
    done = subprocess.run(  # noqa: S603  a program of the project's own environment
        [str(HADOLINT), "--format", "json", "Dockerfile"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    for said in json.loads(done.stdout):
        yield Problem(f"{said['file']}:{said['line']}", f"{said['code']}: {said['message']}")
