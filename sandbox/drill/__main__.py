"""Drill every alert that is shipped, or the ones named: `make drill`, or `python -m sandbox.drill
HighErrorRatio DiskLow`.

Starts the world with the shipped monitoring, its durations divided by 60, and the bot; provokes
each alert and prints what came of it. Ends non-zero if one did not fire into a card that leads to
its runbook, or was not resolved.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from sandbox import ports
from sandbox.bot_process import BotProcess
from sandbox.drill.boards import shipped_boards
from sandbox.drill.exporters import Exporters
from sandbox.drill.play import Drill, Outcome, table
from sandbox.drill.scenes import WAVES, Scene
from sandbox.drill.shipped import ShippedMonitoring, alerts
from sandbox.monitoring import HOW_TO_GET_THEM, Monitoring
from sandbox.monitoring.program import NotStarted
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import World

SETTLES_S = 8.0
"""Until every rate has its first window."""


def chosen(names: Sequence[str]) -> list[Sequence[Scene]]:
    """The waves with these alerts, or all of them.

    Raises:
        ValueError: no scene makes one of them fire; the text names it.
    """
    known = {scene.alert for wave in WAVES for scene in wave}
    if missing := (set(names or alerts()) - known):
        raise ValueError(f"There is no scene for {', '.join(sorted(missing))}.")
    waves = [[scene for scene in wave if not names or scene.alert in names] for wave in WAVES]
    return [wave for wave in waves if wave]


async def run(waves: Sequence[Sequence[Scene]]) -> list[Outcome]:
    """Drill them in a world of their own."""
    with tempfile.TemporaryDirectory(prefix="credlink-drill-") as name:
        folder = Path(name)
        world = World(folder=folder, ports=ports.choose(None))
        world.grafana.boards |= shipped_boards()
        exporters = Exporters(world.credlink_api, bot_metrics_url=f"{world.operations_url}/metrics")
        world.make_monitoring = lambda: ShippedMonitoring(
            world, folder=folder / "monitoring", exporters=exporters
        )
        bot = BotProcess(
            world.process_environment, operations_url=world.operations_url, log=folder / "bot.log"
        )
        await exporters.start()
        try:
            async with world, WorkspaceClient(world.workspace.url) as slack:
                await bot.start()
                try:
                    return await _drilled(world, exporters, slack, waves)
                finally:
                    await bot.stop()
        finally:
            await exporters.stop()


async def _drilled(
    world: World,
    exporters: Exporters,
    slack: WorkspaceClient,
    waves: Sequence[Sequence[Scene]],
) -> list[Outcome]:
    if world.monitoring is None:
        raise NotStarted(HOW_TO_GET_THEM)
    await asyncio.sleep(SETTLES_S)
    done: list[Outcome] = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
        drill = Drill(world, exporters, slack, http, world.monitoring.prometheus_url)
        for wave in waves:
            print(f"drilling {', '.join(scene.alert for scene in wave)} …", file=sys.stderr)
            done += await drill.wave(wave)
    return done


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.drill", description=__doc__)
    parser.add_argument("alerts", nargs="*", metavar="ALERT", help="only these; without any, all")
    names = parser.parse_args().alerts
    if not Monitoring.available():
        print(HOW_TO_GET_THEM, file=sys.stderr)
        return 1
    began = time.monotonic()
    try:
        outcomes = asyncio.run(run(chosen(names)))
    except ValueError as exc:
        print(exc, file=sys.stderr)
        return 2
    print(f"\n{table(outcomes)}")
    complete = sum(outcome.is_complete for outcome in outcomes)
    print(f"\n{complete} of {len(outcomes)} alerts, in {time.monotonic() - began:.0f} s")
    return 0 if complete == len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
