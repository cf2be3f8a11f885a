"""Rollouts begun by people in the workspace, and what the records say of each afterwards."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from benchmarks.watched_fleet import ENVIRONMENT, OURS, Fleet, channel_of
from sandbox import seeds
from sandbox.aws.calls import AwsCall
from sandbox.workspace.api import ApiCall
from sandbox.workspace.client import WorkspaceClient
from sandbox.workspace.state import Message
from sandbox.world import World

UNDER_WAY = "🔵"
"""What the text of a card begins with until its change has ended."""
LOOK_EVERY_S = 0.05
WITHIN_S = 240.0
EDIT = "chat.update"

T = TypeVar("T")


@dataclass(slots=True)
class Deploy:
    """One service, asked for one version. Moments are epoch seconds."""

    name: str
    version: str
    asked_at: float
    card: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What became of it: as ECS has it, as the card says it. Moments are epoch seconds.

    `said` is the card's first line, `runs` the versions that run afterwards.
    """

    name: str
    version: str
    asked_at: float
    updated_at: float
    ended_at: float
    card_at: float
    said: str
    runs: str

    @property
    def end_to_card_s(self) -> float:
        return self.card_at - self.ended_at

    @property
    def took_s(self) -> float:
        return self.ended_at - self.updated_at


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who deploys, and reads the records of both sides."""

    world: World
    fleet: Fleet
    slack: WorkspaceClient

    async def propose(self, wanted: Iterable[tuple[str, str]]) -> list[Deploy]:
        """Ask for versions, by service, and wait until each card can be confirmed."""
        asked = []
        for name, version in wanted:
            at = time.time()
            text = f"/credlink deploy {ENVIRONMENT} {version} {name}"
            await self.slack.say(seeds.ALICE.id, channel_of(name)[0], text)
            asked.append((name, version, at))
        return [await until(partial(self._proposed, *one)) for one in asked]

    async def confirm(self, deploys: Sequence[Deploy], *, over_s: float = 0.0) -> None:
        """Press Confirm on every card, spread evenly over so many seconds."""
        began = time.monotonic()
        for number, deploy in enumerate(deploys):
            due = began + over_s * number / len(deploys)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            card = deploy.card
            shown = {"channel": card.channel, "ts": card.ts, "blocks": card.blocks}
            await self.slack.press_button(seeds.ALICE.id, shown, "Confirm")

    async def outcomes(self, deploys: Sequence[Deploy]) -> list[Watched]:
        """Wait until every card tells of its end, and gather when that was."""
        edits = [await until(partial(self._last_edit, deploy.card)) for deploy in deploys]
        return [self._watched(*each) for each in zip(deploys, edits, strict=True)]

    def _proposed(self, name: str, version: str, asked_at: float) -> Deploy | None:
        channel = self.world.workspace.platform.store.channels[channel_of(name)[0]]
        for message in reversed(channel.messages.values()):
            is_ours = f": {name} {version} →" in message.text and float(message.ts) >= asked_at
            if is_ours and not message.is_reply:
                if not message.text.startswith(UNDER_WAY):
                    raise RuntimeError(f"{message.text}: it cannot be deployed")
                is_ready = "Proposed" in message.text
                return Deploy(name, version, asked_at, message) if is_ready else None
        return None

    def _last_edit(self, card: Message) -> ApiCall | None:
        """The edit that told of the end: the first one that did."""
        if card.text.startswith(UNDER_WAY):
            return None
        return next(
            (
                edit
                for edit in edits_of(self.world.workspace.calls)
                if edit.message_ts == card.ts and not text_of(edit).startswith(UNDER_WAY)
            ),
            None,
        )

    def _watched(self, deploy: Deploy, edit: ApiCall) -> Watched:
        record = self.fleet.service(OURS, deploy.name).history[-1]
        ended_at = record.finished_at
        if ended_at is None:
            raise RuntimeError(f"{deploy.name}: the card says an end that ECS does not know")
        return Watched(
            name=deploy.name,
            version=deploy.version,
            asked_at=deploy.asked_at,
            updated_at=_updated_at(self.fleet.calls, deploy),
            ended_at=ended_at,
            card_at=edit.at,
            said=text_of(edit),
            runs=self.fleet.runs(OURS, deploy.name),
        )


def text_of(edit: ApiCall) -> str:
    """The text that a call gave its message."""
    return str(edit.arguments.get("text", ""))


def edits_of(calls: Iterable[object]) -> list[ApiCall]:
    """The edits that Slack took, oldest first."""
    return [
        call for call in calls if isinstance(call, ApiCall) and call.operation == EDIT and call.ok
    ]


def _updated_at(calls: Iterable[AwsCall], deploy: Deploy) -> float:
    return next(
        call.at
        for call in calls
        if call.operation == "UpdateService"
        and call.account == OURS
        and call.parameters["service"] == deploy.name
        and call.at >= deploy.asked_at
    )


async def until(look: Callable[[], T | None]) -> T:
    """Look until there is something; TimeoutError when there is nothing in time."""
    async with asyncio.timeout(WITHIN_S):
        while (found := look()) is None:  # noqa: ASYNC110  the records have no event to wait for
            await asyncio.sleep(LOOK_EVERY_S)
    return found
