"""What a check finds, and a program of somebody else's that it asks."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_S = 120


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """`where` is a file, with a name or a line within it; `what` is wrong there, in a sentence."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Unreadable(Exception):
    """A file is not in the language that its name promises; says which file, and where."""


class NotHere(Exception):
    """A program that a check needs is not on this machine; says how to get it."""


def asked(
    names: Sequence[str], *arguments: str, within: Path, how_to_get: str
) -> "subprocess.CompletedProcess[str]":
    """Run the first of these programs that is on PATH, in a folder; what it says comes back.

    Raises:
        NotHere: none of them is.
    """
    program = next((path for name in names if (path := shutil.which(name))), None)
    if program is None:
        raise NotHere(f"{names[0]} is not on the PATH: {how_to_get}")
    return ran(program, *arguments, within=within)


def ran(
    program: str, *arguments: str, within: Path, longest_s: float = LONGEST_S
) -> "subprocess.CompletedProcess[str]":
    """Run a program in a folder; what it says comes back."""
    return subprocess.run(  # noqa: S603  a checker, with arguments of ours
        [program, *arguments],
        cwd=within,
        capture_output=True,
        text=True,
        timeout=longest_s,
        check=False,
    )


def refusals(where: str, done: "subprocess.CompletedProcess[str]") -> Iterator[Problem]:
    """What the program did not accept, in its own words."""
    if done.returncode != 0:
        said = "\n".join(filter(None, (done.stdout.strip(), done.stderr.strip())))
        yield Problem(where, said or f"exit status {done.returncode}")
