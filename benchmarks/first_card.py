"""From a webhook to its card while every source of evidence hangs, and to the complete card.

The whole bot as a process in the whole sandbox with real Prometheus and Alertmanager, Slack's
limits at their real size. What hangs takes connections and answers nothing:

    python -m benchmarks.first_card [--quick] [--json FILE]
"""

import asyncio
import tempfile
import time
from pathlib import Path

import aiohttp

from benchmarks import fired, shape
from sandbox import ports
from sandbox.aws import calls as aws_calls
from sandbox.bot_process import BotProcess
from sandbox.standin import Fault
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import World

NOTES = {
    "first_card_p50_ms": "webhook sent → chat.postMessage, every source of evidence hanging",
    "first_card_p99_ms": "",
    "complete_p50_ms": "webhook sent → the card's last edit, every source answering",
    "complete_max_ms": "",
}
MANY = 1_000_000
HANGS_S = 30.0
QUIET_S = 9.0
"""A card that was not edited for so long is complete; sources that gave nothing are asked again
only after 15 s."""


async def main() -> None:
    """Measure, print, and write the figures."""
    options = shape.arguments(__doc__ or "")
    hanging, answering = (8, 2) if options.quick else (100, 12)
    with tempfile.TemporaryDirectory(prefix="credlink-benchmark-") as name:
        world = World(folder=Path(name), ports=ports.choose(None))
        bot = BotProcess(
            world.process_environment,
            operations_url=world.operations_url,
            log=Path(name) / "bot.log",
        )
        async with world, WorkspaceClient(world.workspace.url) as slack, fired.sender() as session:
            await bot.start()
            try:
                warm = await fired.one_card(world, slack, session, fired.payload("prod", 0))
                await last_edit(world, warm.ts)
                complete_ms = await completions(world, slack, session, answering)
                hang_everything(world)
                first_ms = await first_cards(world, slack, session, hanging)
            finally:
                release(world)
                await bot.stop()
    figures = {
        "first_card_p50_ms": shape.percentile(first_ms, 50),
        "first_card_p99_ms": shape.percentile(first_ms, 99),
        "complete_p50_ms": shape.percentile(complete_ms, 50),
        "complete_max_ms": shape.percentile(complete_ms, 100),
    }
    title = f"first card ({hanging} with everything hanging, {answering} complete)"
    shape.report(title, figures, notes=NOTES, to=options.json)


def hang_everything(world: World) -> None:
    """Let every source of evidence take questions and answer none."""
    for stand_in in (world.pagerduty, world.grafana, world.sentry):
        stand_in.faults.append(Fault("*", times=MANY, delay_s=HANGS_S))
    world.aws.faults.add(aws_calls.slow("*", HANGS_S, times=MANY))
    if world.monitoring is not None:
        world.monitoring.freeze()


def release(world: World) -> None:
    """Let them answer again."""
    for stand_in in (world.pagerduty, world.grafana, world.sentry):
        stand_in.faults.clear()
    world.aws.faults.clear()
    if world.monitoring is not None:
        world.monitoring.thaw()


async def first_cards(
    world: World, slack: WorkspaceClient, session: aiohttp.ClientSession, rounds: int
) -> list[float]:
    """Milliseconds until the card stood, one alert group after another."""
    taken = []
    for number in range(1000, 1000 + rounds):
        body = fired.payload("prod", number)
        taken.append((await fired.one_card(world, slack, session, body)).after_ms)
        await asyncio.sleep(fired.BETWEEN_POSTS_S)
    return taken


async def completions(
    world: World, slack: WorkspaceClient, session: aiohttp.ClientSession, rounds: int
) -> list[float]:
    """Milliseconds until the card's last edit, one alert group after another."""
    taken = []
    for number in range(1, rounds + 1):
        posted = await fired.one_card(world, slack, session, fired.payload("prod", number))
        taken.append((await last_edit(world, posted.ts) - posted.sent_at) * 1000)
    return taken


async def last_edit(world: World, ts: str) -> float:
    """When the card was edited last, in epoch seconds, once it has been left alone."""

    def edited_at() -> float:
        edits = world.workspace.calls_of("chat.update")
        return max((call.at for call in edits if call.arguments.get("ts") == ts), default=float(ts))

    async def left_alone() -> float | None:
        at = edited_at()
        return at if time.time() - at > QUIET_S else None

    return await fired.until(left_alone)


if __name__ == "__main__":
    asyncio.run(main())
