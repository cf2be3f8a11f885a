"""The shell scripts are clean by shellcheck, and a planted mistake is caught."""

import subprocess
from pathlib import Path

import pytest

from infra.checks import shell
from tests.infra.tools import found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def test_every_script_is_looked_at_and_nothing_else(folder: Path):
    (folder / "by-sh").write_text("#!/bin/sh\ntrue\n")
    (folder / "by-bash").write_text("#!/usr/bin/env bash\ntrue\n")
    (folder / "python.sh.txt").write_text("#!/usr/bin/env python3\n")
    (folder / "empty").write_text("")

    assert sorted(shell.scripts(folder)) == ["by-bash", "by-sh"]
    assert {".ci/run", "tests/install-programs", "infra/checks/tools/install"} <= {
        *shell.scripts(Path.cwd())
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("rm -rf $1/var", "script:2: SC2086: Double quote"),
        ('if [ "$1" == yes ]; then true; fi', "script:2: SC3014: "),
        ("cd var\nrm -rf *", "script:2: SC2164: "),
        ('echo "$unset_by_anybody', "script:2: SC1073: "),
    ],
)
def test_a_planted_mistake_is_caught(folder: Path, line: str, said: str):
    (folder / "script").write_text(f"#!/bin/sh\n{line}\n")

    problems = found(shell.check, folder)

    assert any(problem.startswith(said) for problem in problems), problems


def test_a_clean_script_is_let_alone(folder: Path):
    (folder / "script").write_text('#!/bin/sh\nset -eu\necho "$1"\n')

    assert found(shell.check, folder) == []
