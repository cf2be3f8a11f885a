"""A deliverer over rows that tests write, and one line of text as every card."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update

from bot.cards.blocks import Block, Message, image, section
from bot.domain.card import Kind, Urgency
from bot.slack.api import SlackApi
from bot.slack.channels import Channels
from bot.slack.deliver import Deliverer
from bot.slack.rhythm import Rhythm
from bot.storage import cards
from bot.storage.database import Connection, Database
from bot.storage.schema import cards as tables
from sandbox import seeds
from sandbox.workspace.client import WorkspaceClient
from sandbox.workspace.server import Workspace
from tests.slack.edge import until

CHANNEL = "#credlink-prod"
CHANNEL_ID = "C0PROD001"
TIMEOUT_S = 0.3
PACE = 50.0


@dataclass
class Story:
    """Rows a card is a view of: a text for each subject, and what else its card shows."""

    database: Database
    texts: dict[str, str] = field(default_factory=dict)
    extra: list[Block] = field(default_factory=list)
    renders: int = 0
    chart: str | None = None

    async def render(self, connection: Connection, subject_id: str, now: datetime) -> Message:
        self.renders += 1
        await asyncio.sleep(0)
        text = self.texts[subject_id]
        blocks = [section(text), *self.extra]
        if self.chart is not None:
            found = await cards.picture_file_id(connection, Kind.CHANGE, subject_id, self.chart)
            if found is not None:
                blocks.append(image(found, "A chart"))
        return Message(text, tuple(blocks))

    async def open(
        self,
        subject_id: str,
        text: str,
        *,
        channel: str = CHANNEL,
        urgency: Urgency = Urgency.NEW,
    ) -> None:
        self.texts[subject_id] = text
        async with self.database.write() as connection:
            await cards.open_card(
                connection,
                kind=Kind.CHANGE,
                subject_id=subject_id,
                channel=channel,
                urgency=urgency,
            )

    async def say(self, subject_id: str, text: str, *, urgency: Urgency = Urgency.PROGRESS) -> None:
        self.texts[subject_id] = text
        async with self.database.write() as connection:
            await cards.mark(connection, Kind.CHANGE, subject_id, urgency=urgency)

    async def add(self, subject_id: str, key: str, message: Message | None = None) -> None:
        async with self.database.write() as connection:
            entry = message or Message(key)
            await cards.add_entry(connection, Kind.CHANGE, subject_id, key=key, message=entry)

    async def add_picture(self, subject_id: str, key: str, png: bytes) -> None:
        async with self.database.write() as connection:
            await cards.add_picture(
                connection,
                Kind.CHANGE,
                subject_id,
                key=key,
                png=png,
                name=f"{key}.png",
                alt="A chart",
            )

    async def card(self, subject_id: str) -> Any:
        async with self.database.read() as connection:
            which = tables.cards.c.subject_id == subject_id
            return (await connection.execute(select(tables.cards).where(which))).one()

    async def change_card(self, subject_id: str, **values: Any) -> None:
        async with self.database.write() as connection:
            which = tables.cards.c.subject_id == subject_id
            await connection.execute(update(tables.cards).where(which).values(**values))

    async def settled(self, *, within_s: float = 8.0) -> None:
        """Wait until Slack is owed nothing."""

        async def owed_nothing() -> bool:
            async with self.database.read() as connection:
                return not (await connection.execute(select(1).where(tables.owed))).all()

        await until(owed_nothing, within_s=within_s)


def rhythm(**changed: float) -> Rhythm:
    return Rhythm(**{"pace": PACE, "timeout_s": TIMEOUT_S, "lease_s": 3.0, **changed})


@asynccontextmanager
async def delivering(
    api: SlackApi,
    story: Story,
    *,
    owner: str = "local",
    channels: tuple[str, ...] = (CHANNEL,),
    **changed: float,
) -> AsyncIterator[Deliverer]:
    known = Channels(api, channels)
    await known.start()
    await known.enter()
    deliverer = Deliverer(
        database=story.database,
        api=api,
        channels=known,
        renders={Kind.CHANGE: story.render},
        owner=owner,
        now=lambda: datetime.now(UTC),
        rhythm=rhythm(**changed),
    )
    await deliverer.start()
    try:
        yield deliverer
    finally:
        await deliverer.stop()


async def seen(people: WorkspaceClient, channel_id: str = CHANNEL_ID) -> list[dict[str, Any]]:
    """The channel's messages that the bot wrote."""
    found = await people.messages(seeds.ALICE.id, channel_id)
    return [message for message in found if message.get("user") == seeds.BOT_USER_ID]


async def thread(people: WorkspaceClient, ts: str) -> list[dict[str, Any]]:
    """A thread's replies, oldest first."""
    found = await people.messages(seeds.ALICE.id, CHANNEL_ID, ts)
    return [message for message in found if message["ts"] != ts]


def calls(workspace: Workspace, method: str) -> list[Any]:
    """The calls of a method that reached Slack, those met by a fault included."""
    return workspace.calls_of(method)


def rejected(workspace: Workspace) -> list[str]:
    """What Slack refused although no fault asked for it. (Nobody listens for events here.)"""
    return [problem for problem in workspace.verdict() if "rejected" in problem]
