"""The Dockerfile, by hadolint."""

import json
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from infra.checks.problem import Problem, ran

HADOLINT = Path(sysconfig.get_path("scripts")) / "hadolint"
"""A part of the project's own environment: it is one program, and wants nothing."""


def check(root: Path) -> Iterator[Problem]:
    """Needs nothing but the project's own environment."""
    done = ran(str(HADOLINT), "--format", "json", "Dockerfile", within=root, longest_s=60)
    for said in json.loads(done.stdout):
        yield Problem(f"{said['file']}:{said['line']}", f"{said['code']}: {said['message']}")
