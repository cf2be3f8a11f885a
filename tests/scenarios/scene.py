"""A whole world with the bot in it, and the eyes and hands of the people in the workspace."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from sandbox import ports, seeds
from sandbox.aws import pipeline, registry
from sandbox.bot_process import BotProcess
from sandbox.transcript import as_text, buttons
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import CATALOG, PLACES, World

PROD, EU, STAGING = "C0PROD001", "C0EU00001", "C0STAGING"
ALERTS, OPS = "C0ALERTS1", "C0OPS0001"
NAMES = {person.id: person.name for person in seeds.PEOPLE} | {seeds.BOT_USER_ID: "credlink"}
WITHIN_S = 45.0
LOOK_EVERY_S = 0.05
WINDOW_S = 15
WINDOW = f"[{WINDOW_S}s]"
"""The range of the catalogue's queries."""

Card = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    world: World
    bot: BotProcess
    slack: WorkspaceClient
    environment: Callable[[], dict[str, str]]
    """What a bot process in this world is started with."""

    async def types(self, person: seeds.Person, channel: str, text: str) -> str:
        """Type a command; returns what the bot answered, as text only this person sees."""
        answer = await self.slack.say(person.id, channel, text)
        assert answer["ok"], answer
        shown = answer.get("ephemeral")
        return as_text(shown, NAMES) if shown else ""

    async def presses(self, person: seeds.Person, card: Mapping[str, Any], label: str) -> None:
        """Press a button; on the card as it now stands when it was drawn anew meanwhile."""
        answer = await self.slack.press_button(person.id, card, label)
        if answer.get("error") == "not_found":
            found = await self.card(card["channel"], button=label, ts=card["ts"], seen_by=person)
            answer = await self.slack.press_button(person.id, found, label)
        assert answer["ok"], answer

    async def presses_old(self, person: seeds.Person, card: Mapping[str, Any], label: str) -> None:
        """Press a button as it was drawn then, though the card has moved on."""
        answer = await self.slack.press_stale(person.id, card, label)
        assert answer["ok"], answer

    async def card(
        self,
        channel: str,
        *words: str,
        button: str | None = None,
        ts: str | None = None,
        without: str | None = None,
        seen_by: seeds.Person = seeds.ALICE,
    ) -> Card:
        """Wait for a card with all these words (and this button, at this place); newest first."""

        def fits(message: Card) -> bool:
            text = as_text(message, NAMES)
            return (
                all(word in text for word in words)
                and (button is None or button in buttons(message))
                and (ts is None or message["ts"] == ts)
                and (without is None or without not in text)
            )

        return await self.until(lambda: self._find(seen_by, channel, fits), f"a card with {words}")

    async def told(self, person: seeds.Person, channel: str, words: str) -> Card:
        """Wait for something only this person sees."""

        def fits(message: Card) -> bool:
            return bool(message.get("ephemeral")) and words in as_text(message, NAMES)

        return await self.until(lambda: self._find(person, channel, fits), f"{words!r} for them")

    async def _find(
        self, person: seeds.Person, channel: str, fits: Callable[[Card], bool]
    ) -> Card | None:
        found = await self.slack.messages(person.id, channel)
        return next((message for message in reversed(found) if fits(message)), None)

    async def until(self, look: Callable[[], Any], what: str, *, within_s: float = WITHIN_S) -> Any:
        """Look until there is something; fails with the bot's last words when there is not."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            found = look()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(LOOK_EVERY_S)
        raise AssertionError(f"not within {within_s:g} s: {what}\n{await self.everything()}")

    async def everything(self) -> str:
        """All that is said in the channels, and the end of the bot's log."""
        lines = []
        for channel in (PROD, EU, STAGING, ALERTS, OPS):
            for message in await self.slack.messages(seeds.ALICE.id, channel):
                lines += [f"--- {channel} {message['ts']}", as_text(message, NAMES)]
        log = self.bot.log.read_text(errors="replace").splitlines()[-25:]
        return "\n".join([*lines, "--- bot.log", *log])

    async def thread(self, card: Mapping[str, Any]) -> str:
        """All that a card's thread says."""
        replies = await self.slack.messages(seeds.ALICE.id, card["channel"], card["ts"])
        return "\n".join(as_text(reply, NAMES) for reply in replies[1:])

    async def deploys(self, version: str, *, channel: str, environment: str, says: str) -> Card:
        """Deploy as alice and wait until the card says so."""
        await self.types(seeds.ALICE, channel, f"/credlink deploy {environment} {version}")
        plan = await self.card(channel, version, button="Confirm")
        await self.presses(seeds.ALICE, plan, "Confirm")
        return await self.card(channel, version, says, ts=plan["ts"])

    async def pipeline_deploys(self, version: str, environment: str) -> None:
        """Deploy as CI does it, past the bot."""
        account, cluster = PLACES[environment]
        uri = registry.image_uri(account, seeds.REGION, seeds.SERVICE)
        await asyncio.to_thread(
            pipeline.deploy,
            self.world.aws.client("ecs", account),
            cluster=cluster,
            service=seeds.SERVICE,
            image=f"{uri}:{version}",
        )

    def updates(self) -> int:
        """How often ECS was asked to change a service."""
        return sum(call.operation == "UpdateService" for call in self.world.aws.writes)


@asynccontextmanager
async def scene(
    folder: Path,
    *,
    pace: float = 4.0,
    with_monitoring: bool = False,
    slack_mode: str = "socket",
    variables: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Scene]:
    """A world of its own, with the bot running in it; `variables` go before the world's own.

    Its catalogue is that of `written_catalog`.
    """
    world = World(
        folder=folder,
        ports=ports.choose(None),
        pace=pace,
        with_monitoring=with_monitoring,
        slack_mode=slack_mode,
    )
    catalog = written_catalog(folder, pace=pace, is_judged=with_monitoring)

    def environment() -> dict[str, str]:
        return world.process_environment() | {"CREDLINK_CONFIG": str(catalog), **variables}

    bot = BotProcess(
        environment,
        operations_url=world.operations_url,
        log=folder / "bot.log",
    )
    async with world, WorkspaceClient(world.workspace.url) as slack:
        try:
            await bot.start()
            yield Scene(world, bot, slack, environment)
        finally:
            await bot.stop()


def written_catalog(folder: Path, *, pace: float, is_judged: bool) -> Path:
    """Write the sandbox's catalogue for a scene; returns the file.

    Without monitoring nothing bakes: "no data" is never "fine", every deploy would be held. With
    it the windows of the queries become as short as the pace makes the bakes, so that a bake has
    as many as at pace 1.
    """
    text = CATALOG.read_text()
    if is_judged:
        text = text.replace(WINDOW, f"[{round(WINDOW_S / pace)}s]")
    document = yaml.safe_load(text)
    for environment in document["services"][seeds.SERVICE]["environments"].values():
        if not is_judged:
            environment["deploy"]["bake"] = "0s"
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "credlink.yml"
    written.write_text(yaml.safe_dump(document))
    return written
