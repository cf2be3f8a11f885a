"""The shell scripts, by shellcheck."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from infra.checks.problem import Problem, ran
from infra.checks.tools import installed


def check(root: Path) -> Iterator[Problem]:
    """Needs shellcheck from PyPI, in the tools' environment; hints about style count too."""
    said_as = ("--format", "json", "--severity", "style")
    done = ran(installed("shellcheck"), *said_as, *scripts(root), within=root, longest_s=60)
    for said in json.loads(done.stdout):
        yield Problem(f"{said['file']}:{said['line']}", f"SC{said['code']}: {said['message']}")


def scripts(root: Path) -> list[str]:
    """Every file of the project whose first line says that a shell reads it."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],  # noqa: S607  of the PATH, as for a person
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if _is_shell(root / name)]


def _is_shell(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        first = opened.readline(40).rstrip()
    return first.startswith(b"#!") and first.endswith(b"sh")  # sh, bash, dash
