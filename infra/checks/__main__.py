"""Run every check of infra/ and say what each found: `python -m infra.checks [name …]`."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from infra.checks import (
    alertmanager,
    cloudwatch,
    compose,
    dashboards,
    dockerfile,
    policy,
    prometheus,
    rules,
    runbooks,
    schemas,
    shell,
    terraform,
    terraform_checkov,
)
from infra.checks.problem import NotHere, Problem, Unreadable

Check = Callable[[Path], Iterable[Problem]]

CHECKS: Mapping[str, Check] = {
    "prometheus": prometheus.check,
    "alertmanager": alertmanager.check,
    "rules": rules.check,
    "dashboards": dashboards.check,
    "cloudwatch": cloudwatch.check,
    "compose": compose.check,
    "runbooks": runbooks.check,
    "schemas": schemas.check,
    "terraform": terraform.check,
    "policy": policy.check,
    "checkov": terraform_checkov.check,
    "dockerfile": dockerfile.check,
    "shell": shell.check,
}


def main(names: Iterable[str]) -> int:
    """Run these checks, or all; 0 where nothing is wrong, 1 otherwise, 2 for an unknown name.

    What could not be checked for want of a program is said; in CI it counts as wrong.
    """
    chosen = list(names) or list(CHECKS)
    unknown = [name for name in chosen if name not in CHECKS]
    if unknown:
        print(f"There is no check {', '.join(unknown)}; there are {', '.join(CHECKS)}.")
        return 2
    is_wrong = False
    for name in chosen:
        try:
            problems = _found(CHECKS[name], Path.cwd())
        except NotHere as exc:
            print(f"– {name}: NOT CHECKED. {exc}")
            is_wrong = is_wrong or bool(os.environ.get("CI"))
            continue
        print(f"{'✗' if problems else '✓'} {name}")
        for problem in problems:
            print(f"  {problem}")
        is_wrong = is_wrong or bool(problems)
    return 1 if is_wrong else 0


def _found(check: Check, root: Path) -> list[Problem]:
    try:
        return sorted(check(root))
    except Unreadable as exc:
        return [Problem("not read any further", str(exc))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
