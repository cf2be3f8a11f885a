"""From `/credlink health` to its complete card, with every source well and with two that hang.

The whole bot as a process in the whole sandbox, real Prometheus and Alertmanager where they are
installed, Slack's limits at their real size:

    python -m benchmarks.health [--quick] [--json FILE]
"""

import asyncio
import json
import math
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import shape
from bot.cards.answer_card import AGAIN
from bot.charts import Chart, Line, Marker, line_chart
from bot.domain.unit import Unit
from sandbox import ports, seeds
from sandbox.bot_process import BotProcess
from sandbox.standin import Fault
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import World

PROD = "C0PROD001"
NOTES = {
    "health_p50_ms": "/credlink health prod: typed → Slack has the complete card",
    "health_p99_ms": "",
    "health_two_hanging_ms": "the same while PagerDuty and Sentry hang; both are named on it",
    "chart_p50_ms": "one line chart after the first: three series of an hour, threshold, change",
}
SHOWS = frozenset({"chat.postMessage", "chat.update"})
HUNG = ("PagerDuty", "Sentry")
SILENT = "did not answer within 2 s"
HANGS_S = 8.0
BETWEEN_S = 1.4
"""Slack takes one message a second in a channel and 50 edits a minute: faster measures that."""
WITHIN_S = 10.0


async def main() -> None:
    """Measure, print, and write the figures."""
    options = shape.arguments(__doc__ or "")
    rounds, hanging, charts = (8, 2, 20) if options.quick else (120, 10, 100)
    with tempfile.TemporaryDirectory(prefix="credlink-benchmark-") as name:
        world = World(folder=Path(name), ports=ports.choose(None))
        bot = BotProcess(
            world.process_environment,
            operations_url=world.operations_url,
            log=Path(name) / "bot.log",
        )
        async with world, WorkspaceClient(world.workspace.url) as slack:
            await bot.start()
            try:
                await one_health(world, slack)  # makes boto3's clients, which live as long as it
                healthy_ms = await healths(world, slack, rounds)
                hanging_ms = await healths(world, slack, hanging, hang=HUNG)
            finally:
                await bot.stop()
    figures = {
        "health_p50_ms": shape.percentile(healthy_ms, 50),
        "health_p99_ms": shape.percentile(healthy_ms, 99),
        "health_two_hanging_ms": max(hanging_ms),
        "chart_p50_ms": shape.percentile(drawings(charts), 50),
    }
    title = f"health ({rounds} rounds, {hanging} with two sources hanging, {charts} charts)"
    shape.report(title, figures, notes=NOTES, to=options.json)


async def healths(
    world: World,
    slack: WorkspaceClient,
    rounds: int,
    *,
    hang: tuple[str, ...] = (),
) -> list[float]:
    """Milliseconds until the complete card, one command after another."""
    taken = []
    for _ in range(rounds):
        await asyncio.sleep(BETWEEN_S)
        for stand_in in (world.pagerduty, world.sentry):
            stand_in.faults[:] = [Fault("*", times=4, delay_s=HANGS_S)] if hang else []
        taken.append(await one_health(world, slack, naming=hang))
    return taken


async def one_health(
    world: World, slack: WorkspaceClient, *, naming: tuple[str, ...] = ()
) -> float:
    """Milliseconds from typing until Slack was sent the card that can be refreshed.

    Raises:
        RuntimeError: the card does not name what hangs.
    """
    before = len(world.workspace.calls)
    typed_at = time.time()
    await slack.say(seeds.ALICE.id, PROD, "/credlink health prod")
    async with asyncio.timeout(WITHIN_S):
        while True:
            for call in world.workspace.calls[before:]:
                shown = json.dumps(call.arguments)
                if call.operation not in SHOWS or AGAIN not in shown:
                    continue
                if any(f"*{name}* {SILENT}" not in shown for name in naming):
                    raise RuntimeError(f"the card does not name all of {naming}")
                return (call.at - typed_at) * 1000
            await asyncio.sleep(0.005)


def drawings(rounds: int) -> list[float]:
    """Milliseconds to draw the same chart again; the first one also imports matplotlib."""
    chart = a_chart()
    line_chart(chart)
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        line_chart(chart)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def a_chart() -> Chart:
    """An hour of three series by the minute, a threshold, a change."""
    end = datetime.now(UTC).replace(microsecond=0)
    start, step = end - timedelta(hours=1), timedelta(minutes=1)

    def series(base: float) -> list[tuple[datetime, float]]:
        return [(start + i * step, base * (1 + 0.2 * math.sin(i / 5))) for i in range(61)]

    lines = [Line(f"version {number}", series(number / 500)) for number in (1, 2, 3)]
    marker: Any = Marker(start + timedelta(minutes=40), "deploy v1.2.0")
    return Chart(
        title="errors: credlink-api in prod",
        lines=lines,
        start=start,
        end=end,
        step=step,
        unit=Unit.RATIO,
        threshold=0.01,
        markers=[marker],
    )


if __name__ == "__main__":
    asyncio.run(main())
