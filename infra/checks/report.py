"""How every check of the infrastructure ends: what is wrong, or loudly that it could not be looked at."""

import sys
from collections.abc import Callable

from infra.checks.tools import Missing, is_ci


def finish(what: str, check: Callable[[], list[str]]) -> None:
    """Make a check and leave: 0 when all is well, 1 when something is not.

    What cannot be checked for want of a tool is a failure in CI and a loud line elsewhere: it is
    never called well.
    """
    try:
        found = check()
    except Missing as exc:
        print(f"NOT CHECKED: {what}: {exc}", file=sys.stderr)
        sys.exit(1 if is_ci() else 0)
    for problem in found:
        print(problem)
    print(f"{what}: {len(found)} to mend" if found else f"{what}: well")
    sys.exit(1 if found else 0)
