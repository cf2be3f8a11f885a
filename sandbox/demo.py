"""The whole story without a browser, in two minutes: `make demo`.

Starts the world and the bot, does what a person would through the workspace's control API, prints
every message of the bot as it is posted and edited, and ends non-zero if an expectation fails.
"""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import ports, seeds
from sandbox.bot_process import BotProcess
from sandbox.monitoring import HOW_TO_GET_THEM, Monitoring
from sandbox.transcript import as_text, buttons
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import World

PACE = 1.0
"""The bake's queries look back 15 s of real time: they follow no pace …"""
PACE_UNJUDGED = 4.0
"""… and without Prometheus there are none."""
WITHIN_S = 90.0
LOOK_EVERY_S = 0.05
PROD = "C0PROD001"
ALERTS = "C0ALERTS1"
NAMES = {person.id: person.name for person in seeds.PEOPLE} | {seeds.BOT_USER_ID: "credlink"}

Message = Mapping[str, Any]


class Unmet(Exception):
    """Something that should have happened did not."""


@dataclass(slots=True)
class Story:
    """The demo's eyes and hands."""

    slack: WorkspaceClient
    began: float = field(default_factory=time.monotonic)
    said: dict[tuple[str, str], str] = field(default_factory=dict)

    def tell(self, line: str) -> None:
        """Print one line of the story itself."""
        print(f"\n{self._clock()} ── {line}", flush=True)

    async def watch(self, *channels: str) -> None:
        """Print each message of the bot whenever what it says has changed."""
        while True:
            for channel in channels:
                for message in await self.slack.messages(seeds.ALICE.id, channel):
                    self._show(channel, message)
            await asyncio.sleep(LOOK_EVERY_S * 4)

    def _show(self, channel: str, message: Message) -> None:
        text = as_text(message, NAMES)
        key = channel, str(message["ts"])
        if self.said.get(key) == text:
            return
        how = "edited" if key in self.said else "posted"
        self.said[key] = text
        name = next(c.name for c in seeds.CHANNELS if c.id == channel)
        print(f"{self._clock()} #{name} ({how})")
        for line in text.splitlines():
            print(f"           │ {line}")
        sys.stdout.flush()

    async def card(
        self,
        channel: str,
        expected: str,
        that: Callable[[str, Message], bool],
        *,
        within_s: float = WITHIN_S,
    ) -> Message:
        """Wait for a message in `channel` of which `that(text, message)` is true.

        Raises:
            Unmet: there is none in time.
        """
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            for message in await self.slack.messages(seeds.ALICE.id, channel):
                if that(as_text(message, NAMES), message):
                    print(f"{self._clock()} ✓ {expected}", flush=True)
                    return message
            await asyncio.sleep(LOOK_EVERY_S)
        raise Unmet(f"not within {within_s:g} s: {expected}")

    def expect(self, true: bool, expected: str) -> None:
        """Say that something holds, or raise Unmet."""
        if not true:
            raise Unmet(expected)
        print(f"{self._clock()} ✓ {expected}", flush=True)

    async def until(self, expected: str, true: Callable[[], bool]) -> None:
        """Wait until `true` is, or raise Unmet."""
        deadline = time.monotonic() + WITHIN_S
        while not true():
            if time.monotonic() > deadline:
                raise Unmet(f"not within {WITHIN_S:g} s: {expected}")
            await asyncio.sleep(LOOK_EVERY_S)
        print(f"{self._clock()} ✓ {expected}", flush=True)

    def _clock(self) -> str:
        return f"{time.monotonic() - self.began:7.2f} s"


async def proposes(story: Story, world: World, version: str) -> Message:
    """Deploy a version to prod as alice: propose it, look, confirm; returns its card."""
    before = len(world.aws.writes)
    story.tell(f"alice types /credlink deploy prod {version}")
    await story.slack.say(seeds.ALICE.id, PROD, f"/credlink deploy prod {version}")
    plan = await story.card(
        PROD,
        f"a plan for {version} with what was checked, Confirm and Cancel",
        lambda text, card: (
            version in text and "✓ image" in text and {"Confirm", "Cancel"} <= set(buttons(card))
        ),
    )
    story.expect(len(world.aws.writes) == before, "nothing has been changed yet")
    story.tell("alice presses Confirm")
    await story.slack.press_button(seeds.ALICE.id, plan, "Confirm")
    return plan


async def tell(story: Story, world: World) -> None:
    """The story of the README, step by step."""
    good = await proposes(story, world, "v1.2.0")
    if world.monitoring is None:
        await without_evidence(story, world, good)
    else:
        await with_evidence(story, world, good)
    problems = await story.slack.verdict()
    story.expect(not problems, f"Slack refused and lost nothing {problems or ''}")


async def with_evidence(story: Story, world: World, good: Message) -> None:
    """A good version proves itself; a bad one is held, explained, and rolled back by button."""
    card = await story.card(
        PROD,
        "it bakes: what runs is compared with the time before",
        lambda text, _: "Baking" in text and "v1.2.0" in text,
    )
    story.expect(card["ts"] == good["ts"], "it is one message from plan to outcome")
    await story.card(
        PROD,
        "v1.2.0 is good: the card shows its evidence, drawn",
        lambda text, card: "Deployed" in text and "errors" in text and _has_picture(card),
    )

    bad = await proposes(story, world, "v1.3.0-errors")
    held = await story.card(
        PROD,
        "v1.3.0-errors is held: errors rose, and the card says from what to what",
        lambda text, card: "Shall it go back?" in text and "Roll back" in buttons(card),
    )
    story.expect(held["ts"] == bad["ts"] and _has_picture(held), "that is drawn, too")
    alert = await story.card(
        ALERTS,
        "the alert's card shows its chart and its PagerDuty incident",
        lambda text, card: "HighErrorRatio" in text and "PagerDuty" in text and _has_picture(card),
    )
    story.tell("carol, who is on call, presses Acknowledge")
    await story.slack.press_button(seeds.CAROL.id, alert, "Acknowledge")
    await story.until(
        "PagerDuty says that carol acknowledged",
        lambda: acknowledged_by(world) == {seeds.CAROL.name},
    )
    await story.card(
        ALERTS, "the card says that carol is on it", lambda text, _: "@carol is on it" in text
    )

    story.tell("bob presses Roll back on the held deploy")
    await story.slack.press_button(seeds.BOB.id, held, "Roll back")
    await is_back(story, world)
    locked = await story.card(
        PROD,
        "the same card says so, and that prod is locked until somebody clears that",
        lambda text, card: "back on v1.2.0" in text and "Clear lock" in buttons(card),
    )
    story.expect(locked["ts"] == bad["ts"], "it is still the same message")
    await is_resolved(story, alert)


async def without_evidence(story: Story, world: World, proposed: Message) -> None:
    """No data is never fine: the deploy is held, and a person decides."""
    held = await story.card(
        PROD,
        "v1.2.0 is held: nothing says whether it is good",
        lambda text, card: "no data" in text and {"Keep", "Roll back"} <= set(buttons(card)),
    )
    story.expect(held["ts"] == proposed["ts"], "it is one message from plan to outcome")
    story.tell("Prometheus is not installed, so the alert is fired by hand")
    by_hand = world.by_hand()
    await by_hand.fire("HighErrorRatio", "prod")
    alert = await story.card(
        ALERTS, "an alert card", lambda text, _: "HighErrorRatio" in text and "Resolved" not in text
    )
    story.tell("bob presses Roll back on the held deploy")
    await story.slack.press_button(seeds.BOB.id, held, "Roll back")
    await is_back(story, world, "v1.1.9")
    await by_hand.resolve("HighErrorRatio", "prod")
    await is_resolved(story, alert)


async def is_back(story: Story, world: World, version: str = "v1.2.0") -> None:
    """Wait until nothing but this version serves in prod."""
    await story.until(
        f"every task runs {version} again",
        lambda: {task.tag for task in world.running("prod") if task.healthy} == {version},
    )


async def is_resolved(story: Story, alert: Message) -> None:
    """Wait until the alert's card is green."""
    resolved = await story.card(
        ALERTS,
        "the same alert card turned green and still says how bad it was",
        lambda text, _: "Resolved" in text and "peak" in text,
    )
    story.expect(resolved["ts"] == alert["ts"], "it is one message from firing to resolved")


def acknowledged_by(world: World) -> set[str]:
    """The names of those who acknowledged an incident, as PagerDuty itself has them."""
    return {
        entry.user.email.split("@")[0]
        for incident in world.pagerduty.account.incidents.values()
        for entry in incident.acknowledgements
    }


def _has_picture(card: Message) -> bool:
    return any(block.get("type") == "image" for block in card.get("blocks") or [])


async def run(act: Callable[[Story, World], Awaitable[None]] = tell) -> int:
    """Play the story in a world of its own; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="credlink-demo-") as name:
        pace = PACE if Monitoring.available() else PACE_UNJUDGED
        world = World(folder=Path(name), ports=ports.choose(None), pace=pace)
        bot = BotProcess(
            world.process_environment,
            operations_url=world.operations_url,
            log=Path(name) / "bot.log",
        )
        if not Monitoring.available():
            print(HOW_TO_GET_THEM)
        try:
            async with world, WorkspaceClient(world.workspace.url) as slack:
                await bot.start()
                story = Story(slack)
                story.tell(
                    f"the world stands after {world.started_in_s:.1f} s, and the bot is ready"
                )
                watching = asyncio.create_task(story.watch(PROD, ALERTS))
                try:
                    await act(story, world)
                    await asyncio.sleep(4 * LOOK_EVERY_S)
                finally:
                    watching.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await watching
                story.tell("everything happened as it should")
        except Unmet as exc:
            print(f"\n✗ {exc}\n\nThe end of the bot's log:\n{_end(bot.log)}", file=sys.stderr)
            return 1
        finally:
            await bot.stop()
    return 0


def _end(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log.exists() else ""


if __name__ == "__main__":
    sys.exit(asyncio.run(run()))
