"""The PyPI tool ecs-deploy on rollouts of the same kinds: its calls, its time and its verdict."""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.watched_counts import CREDENTIALS
from benchmarks.watched_fleet import CLUSTER, THEIRS, Fleet, image
from sandbox.seeds import SERVICE

PROGRAM = Path(sys.executable).with_name("ecs")
GIVES_UP_AFTER_S = 180
SAYS = "Deployment "
"""What the line begins with in which it says how it went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run of it. `verdict` is what it printed; `truth` is what runs afterwards."""

    version: str
    calls: int
    seconds: float
    exit_code: int | None
    verdict: str
    truth: str


def is_installed() -> bool:
    """Whether it stands beside this Python, as the development requirements have it."""
    return PROGRAM.exists()


async def deploy(fleet: Fleet, name: str, version: str) -> Ran:
    """Deploy with it as its manual says, with its own way back, alone in its account.

    Source: https://github.com/fabfuel/ecs-deploy (deploy, --image, --rollback, --timeout)
    """
    began, started = time.time(), time.monotonic()
    process = await asyncio.create_subprocess_exec(
        str(PROGRAM),
        *("deploy", CLUSTER, name, "--image", SERVICE, image(THEIRS, version)),
        *("--rollback", "--timeout", str(GIVES_UP_AFTER_S)),
        env={**fleet.environment, "LANG": "C.UTF-8"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    seconds, ended = time.monotonic() - started, time.time()
    return Ran(
        version=version,
        calls=sum(
            call.account == THEIRS and call.service != CREDENTIALS and began <= call.at <= ended
            for call in fleet.calls
        ),
        seconds=seconds,
        exit_code=process.returncode,
        verdict=verdict(printed.decode(errors="replace").splitlines()),
        truth=_truth(fleet, name),
    )


def verdict(printed: Sequence[str]) -> str:
    """The line that says how it went, or else the last one that says anything."""
    lines = [line.strip(". \t") for line in printed]
    lines = [line for line in lines if line]
    said = [line for line in lines if line.startswith(SAYS)]
    return (said or lines or ["nothing"])[-1]


def _truth(fleet: Fleet, name: str) -> str:
    runs = fleet.runs(THEIRS, name)
    is_gone = fleet.runs_on(THEIRS, name).status == "INACTIVE"
    return f"{runs}, of a revision it deregistered" if is_gone else runs
