"""A storm of alerts: what a person sees of it in Slack, beside Alertmanager's own Slack receiver.

A real Alertmanager tells both at the same moments: the bot as a process of its own, and by its own
receiver a second workspace. Both workspaces keep Slack's limits at their real size. What counts as
visible is read in Slack: the cards, and every page of the storm's list.

    python -m benchmarks.storm [--quick] [--json FILE]
"""

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import shape
from benchmarks.stormed_alertmanager import alertmanager
from benchmarks.stormed_eyes import Sight, look, native
from sandbox import ports
from sandbox.bot_process import BotProcess
from sandbox.monitoring.storm import Storm
from sandbox.workspace.client import WorkspaceClient
from sandbox.workspace.server import Workspace
from sandbox.world import MANIFEST, World

MOMENTS_S = (5, 30, 60)
RUNS = ((200, 2_000), (1_000, 10_000))
"""Alert groups, and alerts in all."""
NOTES = {
    "groups": "alert groups that begin at once, ten alerts each",
    "visible_5s": "groups a person can see 5 s after Alertmanager had the alerts",
    "visible_30s": "",
    "visible_60s": "",
    "missing": "alerts that neither a card nor the list says fire, at the end",
    "posts": "chat.postMessage that Slack took of the bot",
    "edits": "chat.update that Slack took of the bot",
    "rss_mb": "the bot's memory at its most",
    "native_visible_5s": "the same of Alertmanager's own Slack receiver",
    "native_visible_30s": "",
    "native_visible_60s": "",
}


@dataclass(slots=True)
class Figures:
    """What one run found; None for a moment that was not waited for."""

    groups: int
    visible: dict[int, int] = field(default_factory=dict)
    native: dict[int, int] = field(default_factory=dict)
    missing: int | None = None
    posts: int = 0
    edits: int = 0
    rss_mb: float | None = None

    def flat(self, suffix: str) -> dict[str, float | None]:
        """By the names of `NOTES`, each with the suffix of its run."""
        found: dict[str, float | None] = {"groups": self.groups}
        found |= {f"visible_{at}s": self.visible.get(at) for at in MOMENTS_S}
        found |= {
            "missing": self.missing,
            "posts": self.posts,
            "edits": self.edits,
            "rss_mb": self.rss_mb,
        }
        found |= {f"native_visible_{at}s": self.native.get(at) for at in MOMENTS_S}
        return {f"{name}{suffix}": value for name, value in found.items()}


async def main() -> None:
    """Measure, print, and write the figures."""
    options = shape.arguments(__doc__ or "")
    runs = RUNS[:1] if options.quick else RUNS
    moments = MOMENTS_S[:1] if options.quick else MOMENTS_S
    figures: dict[str, float | None] = {}
    for groups, alerts in runs:
        suffix = "" if groups == RUNS[0][0] else f"_{groups}"
        figures |= (await one_storm(groups, alerts, moments)).flat(suffix)
    title = " and ".join(f"{alerts:,} alerts in {groups:,} groups" for groups, alerts in runs)
    shape.report(f"storm ({title})", figures, notes=NOTES, to=options.json)


async def one_storm(groups: int, alerts: int, moments: tuple[int, ...]) -> Figures:
    """Let one storm come over a new world, and look at it at these moments, in seconds."""
    with tempfile.TemporaryDirectory(prefix="credlink-benchmark-") as name:
        folder = Path(name)
        world = World(folder=folder, ports=ports.choose(None), with_monitoring=False)
        other = Workspace(manifest=MANIFEST)
        await other.start(0)
        try:
            async with (
                world,
                WorkspaceClient(world.workspace.url) as slack,
                WorkspaceClient(other.url) as beside,
                alertmanager(
                    folder / "alertmanager",
                    webhook_url=world.alertmanager_webhook_url,
                    slack_url=other.url,
                ) as url,
            ):
                bot = BotProcess(
                    lambda: {**world.process_environment(), "ALERTMANAGER_URL": url},
                    operations_url=world.operations_url,
                    log=folder / "bot.log",
                )
                await bot.start()
                try:
                    storm = Storm(world.alertmanager_webhook_url, url)
                    return await watched(
                        storm, slack, beside, world, bot, Figures(groups), alerts, moments
                    )
                finally:
                    await bot.stop()
        finally:
            await other.stop()


async def watched(
    storm: Storm,
    slack: WorkspaceClient,
    beside: WorkspaceClient,
    world: World,
    bot: BotProcess,
    figures: Figures,
    alerts: int,
    moments: tuple[int, ...],
) -> Figures:
    """Blow, and look at each moment; the last look says what is missing."""
    before = len(world.workspace.calls)
    began = time.monotonic()
    await storm.blow(figures.groups, alerts)
    sight = Sight({}, {}, 0)
    for at in moments:
        await asyncio.sleep(max(0.0, began + at - time.monotonic()))
        figures.native[at] = await native(beside)
        sight = await look(slack)
        figures.visible[at] = sight.visible
    figures.missing = alerts - sight.alerts
    for call in world.workspace.calls[before:]:
        figures.posts += call.operation == "chat.postMessage" and call.status == 200
        figures.edits += call.operation == "chat.update" and call.status == 200
    figures.rss_mb = bot.most_memory_mb()
    return figures


if __name__ == "__main__":
    asyncio.run(main())
