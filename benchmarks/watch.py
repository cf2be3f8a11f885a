"""What watching rollouts costs in AWS calls, and how soon a card shows the end ECS reached.

The whole bot as a process at pace 1 with the catalogue's defaults, Slack's limits at their real
size, and services whose healthy rollouts take about as long as is printed. One rollout at a time is
watched alone, then ten and fifty are begun at once, and fifty one after another. The PyPI tool
ecs-deploy does rollouts of the same kinds beside it, in an account of its own.

    python -m benchmarks.watch [--quick] [--json FILE]

`--quick` has ten rollouts for the fifty, all of them so short that what a rollout costs but once
weighs more, and leaves out those begun one after another. The other programs of the machine are in
the figures too.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import shape, watched_ecs_deploy, watched_report
from benchmarks.watched_counts import described
from benchmarks.watched_fleet import OURS, THEIRS, Fleet, open_channels, write_catalog
from benchmarks.watched_report import HEALTHY, KINDS, Runs
from benchmarks.watched_rollouts import Operator, Watched, until
from sandbox import ports
from sandbox.bot_process import BotProcess
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import World

ALONE = "svc-00"
OTHER = "v1.2.1"
AFTER_LOOKS_S = 2.0
"""How long the bot reads the definitions of what it has seen to run, with time to spare."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything one run has; `many` is the fifty of the figures' names."""

    rollout_s: float = 32.0
    kinds: tuple[str, ...] = KINDS
    """What is deployed alone, by the bot and by ecs-deploy; the healthy one first."""
    at_once: int = 10
    many: int = 50
    spread_s: float | None = 15.0
    """Over how long they begin one after another; None leaves that out."""


QUICK = Size(rollout_s=6.0, kinds=KINDS[:2], at_once=0, many=10, spread_s=None)


@dataclass(slots=True)
class Stage:
    """The world with the fleet for its AWS, and the bot, which goes by the catalogue `file`."""

    operator: Operator
    bot: BotProcess
    file: Path

    async def start(self, names: list[str]) -> None:
        """Start the bot, or start it anew, with a catalogue of these services.

        What it does once, as it starts, is over then: each service has been looked at.
        """
        await self.bot.stop()
        write_catalog(self.file, names)
        began = time.time()
        await self.bot.start()
        calls = self.operator.fleet.calls
        await until(lambda: described(calls, since=began) >= set(names) or None)
        await asyncio.sleep(AFTER_LOOKS_S)


async def main() -> None:
    """Measure, print, and write the figures."""
    options = shape.arguments(__doc__ or "")
    size = QUICK if options.quick else Size()
    began = time.monotonic()
    load = os.getloadavg()[0]
    async with staged(size) as stage:
        runs = await measure(size, stage)
    figures = watched_report.figures(runs)
    watched_report.tell(runs)
    command = f"python -m benchmarks.watch{' --quick' if options.quick else ''}"
    took = f"{time.monotonic() - began:.0f} s on {os.cpu_count()} cores, load {load:.1f} before"
    title = f"{command}: {watched_report.rounds(runs)} · {took}"
    shape.report(title, figures, notes=watched_report.notes(figures), to=options.json)


@asynccontextmanager
async def staged(size: Size) -> AsyncIterator[Stage]:
    """Everything but the bot is started; all of it is stopped in the end."""
    ours, theirs = [ALONE, *_many(size)], [f"svc-{number:02}" for number in range(len(KINDS))]
    fleet = Fleet({OURS: ours, THEIRS: theirs}, rollout_s=size.rollout_s)
    with tempfile.TemporaryDirectory(prefix="credlink-benchmark-") as name:
        folder = Path(name)
        world = World(folder=folder, ports=ports.choose(None), with_monitoring=False)
        world.aws = fleet
        open_channels(world, ours)
        file = folder / "credlink.yml"
        bot = BotProcess(
            lambda: {**world.process_environment(), "CREDLINK_CONFIG": str(file)},
            operations_url=world.operations_url,
            log=folder / "bot.log",
        )
        async with world, WorkspaceClient(world.workspace.url) as slack:
            try:
                yield Stage(Operator(world, fleet, slack), bot, file)
            finally:
                await bot.stop()


def _many(size: Size) -> list[str]:
    return [f"svc-{number:02}" for number in range(1, size.many + 1)]


async def measure(size: Size, stage: Stage) -> Runs:
    """All the rollouts, one round after the other."""
    operator, many = stage.operator, _many(size)
    await stage.start([ALONE])
    alone, theirs = await asyncio.gather(
        _alone(operator, size.kinds), _theirs(operator.fleet, size.kinds)
    )
    await stage.start(many)
    at_once = await _round(operator, many[: size.at_once], HEALTHY)
    all_at_once = await _round(operator, many, OTHER)
    spread = []
    if size.spread_s is not None:
        spread = await _round(operator, many, HEALTHY, over_s=size.spread_s)
    return Runs(
        alone=alone,
        theirs=theirs,
        at_once=at_once,
        many=all_at_once,
        spread=spread,
        calls=list(operator.fleet.calls),
        slack_calls=list(operator.world.workspace.calls),
    )


async def _alone(operator: Operator, kinds: tuple[str, ...]) -> list[Watched]:
    """A rollout of each kind, of a service that is the only one of its catalogue."""
    return [(await _round(operator, [ALONE], kind))[0] for kind in kinds]


async def _theirs(fleet: Fleet, kinds: tuple[str, ...]) -> list[watched_ecs_deploy.Ran]:
    """The same with ecs-deploy; nothing where it is not installed."""
    if not watched_ecs_deploy.is_installed():
        return []
    return [
        await watched_ecs_deploy.deploy(fleet, f"svc-{number:02}", kind)
        for number, kind in enumerate(kinds)
    ]


async def _round(
    operator: Operator, names: list[str], version: str, *, over_s: float = 0.0
) -> list[Watched]:
    proposed = await operator.propose((name, version) for name in names)
    await operator.confirm(proposed, over_s=over_s)
    return await operator.outcomes(proposed)


if __name__ == "__main__":
    asyncio.run(main())
