"""Drives alerts, one wave after another, and looks what Slack shows of each."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import aiohttp

from sandbox import seeds
from sandbox.drill.exporters import Exporters
from sandbox.drill.scenes import PROD, Scene
from sandbox.drill.shipped import alerts
from sandbox.transcript import as_text
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import ROOT, World

PLACE = f"in {PROD}"
"""Where all of it is drilled."""
CHANNELS = ("C0ALERTS1", "C0BUSINES")
WITHIN_S = 120.0
LOOK_EVERY_S = 0.2
RUNBOOKS = ROOT / "docs" / "runbooks"
NAMES = {person.id: person.name for person in seeds.PEOPLE} | {seeds.BOT_USER_ID: "credlink"}


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """What was seen, and when, by the monotonic clock."""

    what: T
    at: float


@dataclass(slots=True)
class Outcome:
    """What became of one alert: seconds since it was provoked, None for what did not happen."""

    alert: str
    severity: str
    fired_s: float | None = None
    card_s: float | None = None
    runbook: str = ""
    """The runbook's file where the card links it and it is there; empty otherwise."""
    resolved_s: float | None = None

    @property
    def is_complete(self) -> bool:
        return bool(self.fired_s and self.card_s and self.runbook and self.resolved_s)


@dataclass(frozen=True, slots=True)
class Drill:
    """A world whose monitoring is the shipped one, and eyes on its workspace."""

    world: World
    exporters: Exporters
    slack: WorkspaceClient
    http: aiohttp.ClientSession
    prometheus_url: str

    async def wave(self, scenes: Sequence[Scene]) -> list[Outcome]:
        """Drive these alerts at once; each is mended as soon as its card stands.

        One that has not come in two minutes has not come.
        """
        return await asyncio.gather(*(self._drive(scene) for scene in scenes))

    async def _drive(self, scene: Scene) -> Outcome:
        rule = alerts()[scene.alert]
        outcome = Outcome(scene.alert, rule["labels"]["severity"])
        began = time.monotonic()
        scene.spoil(self.world.credlink_api, self.exporters)
        try:
            fired, card = await asyncio.gather(
                self._within(lambda: self._fires(scene)),
                self._within(lambda: self._card(scene, is_over=False)),
            )
        finally:
            scene.mend(self.world.credlink_api, self.exporters)
        outcome.fired_s = fired.at - began if fired is not None else None
        if card is None:
            return outcome
        outcome.card_s = card.at - began
        outcome.runbook = _runbook(str(card.what), rule["annotations"]["runbook_url"])
        resolved = await self._within(lambda: self._card(scene, is_over=True, ts=card.what["ts"]))
        outcome.resolved_s = resolved.at - began if resolved is not None else None
        return outcome

    async def _within(self, look: Callable[[], Awaitable[T | None]]) -> "Seen[T] | None":
        """Look until there is something; None when there is nothing in time."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            found = await look()
            if found is not None:
                return Seen(found, time.monotonic())
            await asyncio.sleep(LOOK_EVERY_S)
        return None

    async def _fires(self, scene: Scene) -> dict[str, Any] | None:
        """The alert as Prometheus itself has it, once it fires."""
        async with self.http.get(f"{self.prometheus_url}/api/v1/alerts") as reply:
            answer = await reply.json()
        for alert in answer["data"]["alerts"]:
            labels = alert["labels"]
            is_this = labels["alertname"] == scene.alert and labels["env"] == PROD
            if alert["state"] == "firing" and is_this:
                found: dict[str, Any] = alert
                return found
        return None

    async def _card(
        self, scene: Scene, *, is_over: bool, ts: str | None = None
    ) -> dict[str, Any] | None:
        """The message of that alert in that environment: of one that fires, or is over."""
        for channel in CHANNELS:
            for message in await self.slack.messages(seeds.ALICE.id, channel):
                head = as_text(message, NAMES).partition("\n")[0]
                is_this = re.search(rf"\b{scene.alert}\b", head) and PLACE in head
                if is_this and ("Resolved" in head) is is_over and ts in {None, message["ts"]}:
                    return message
        return None


def _runbook(card: str, url: str) -> str:
    """The runbook's file, if the card leads to it and it is there."""
    file = RUNBOOKS / url.rpartition("/")[2]
    return file.name if url in card and file.exists() else ""


def table(outcomes: Sequence[Outcome]) -> str:
    """One line for each alert: when it fired, had its card, and was over, in seconds."""
    rows = [("alert", "severity", "fired", "card", "runbook", "resolved")]
    rows += [
        (
            each.alert,
            each.severity,
            _seconds(each.fired_s),
            _seconds(each.card_s),
            each.runbook or "–",
            _seconds(each.resolved_s),
        )
        for each in outcomes
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _seconds(length: float | None) -> str:
    return "never" if length is None else f"{length:.1f} s"
