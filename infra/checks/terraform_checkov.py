"""Does checkov find nothing in the Terraform files that is not explained on its line?

What it finds and is meant so has `#checkov:skip=ID:reason` within its block. checkov takes such a
line for granted, whether or not there is anything to skip. So it is given the files without them,
and what it finds is held against them here: a skip that nothing needs is a finding too.
"""

import json
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.checks import hcl
from infra.checks.problem import Problem
from infra.checks.tools import installed

SKIP = re.compile(r"#checkov:skip=(\w+)(?::(.*))?")
ARGUMENTS = shlex.split("--framework terraform --skip-download --quiet --compact --output json")
"""Without --skip-download it asks its makers for their list of policies."""
WORDS_AT_LEAST = 4
"""Of a reason: fewer explain nothing to somebody who did not write them."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A line that says why a finding is meant so."""

    file: str
    line: int
    check: str
    reason: str


def check(root: Path) -> Iterator[Problem]:
    """Needs checkov from PyPI, in an environment of its own. Costs 6 s of CPU."""
    skips = list(_skips(root / hcl.TERRAFORM))
    with tempfile.TemporaryDirectory() as folder:
        answer = _run(Path(shutil.copytree(root / hcl.TERRAFORM, Path(folder) / "terraform")))
    if "results" not in answer:  # so it says that it saw no resource
        yield Problem(str(hcl.TERRAFORM), "checkov found nothing to look at")
        return
    if unread := answer["summary"]["parsing_errors"]:
        yield Problem(str(hcl.TERRAFORM), f"checkov cannot read {unread} of the files")
    needed: set[Skip] = set()
    found: set[Problem] = set()  # a module that is used twice is found twice
    for failed in answer["results"]["failed_checks"]:
        file, (first, last) = failed["file_path"].lstrip("/"), failed["file_line_range"]
        its = [s for s in skips if (s.file, s.check) == (file, failed["check_id"])]
        its = [skip for skip in its if first <= skip.line <= last]
        needed.update(its)
        if not its:
            said = f"{failed['resource']}: {failed['check_id']}: {failed['check_name']}"
            found.add(Problem(f"{hcl.TERRAFORM / file}:{first}", said))
    yield from found
    for skip in skips:
        place = f"{hcl.TERRAFORM / skip.file}:{skip.line}"
        if skip not in needed:
            yield Problem(place, f"{skip.check} is skipped where it finds nothing")
        elif len(skip.reason.split()) < WORDS_AT_LEAST:
            yield Problem(place, f"{skip.check} is skipped without a reason")


def _skips(root: Path) -> Iterator[Skip]:
    for file in sorted(root.rglob("*.tf")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if skip := SKIP.search(line):
                yield Skip(str(file.relative_to(root)), number, skip[1], skip[2] or "")


def _run(root: Path) -> Any:
    """checkov's answer about `root`, whose explanations are taken away first."""
    for file in root.rglob("*.tf"):
        file.write_text(SKIP.sub("#", file.read_text(encoding="utf-8")), encoding="utf-8")
    done = subprocess.run(  # noqa: S603  a program of the tools' own environment
        [installed("checkov"), "--directory", str(root), *ARGUMENTS],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    return json.loads(done.stdout)
