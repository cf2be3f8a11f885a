"""What a reader of the rows sees: groups, their cards as text, and their threads."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.alerts.group import GroupAlerts
from bot.alerts.join import JoinIncident
from bot.alerts.normalise import GroupUpdate
from bot.alerts.show import render
from bot.cards.blocks import Message
from bot.catalog import Catalog
from bot.domain.alert import AlertGroup
from bot.domain.incident import PagerDutyIncident
from bot.storage import alerts
from bot.storage.database import Database
from bot.storage.schema.alerts import alert_groups
from bot.storage.schema.cards import cards, pictures, thread_entries
from tests.alerts.builders import NOW


@dataclass(frozen=True, slots=True)
class Board:
    """Takes in what senders say, and shows what came of it."""

    database: Database
    catalog: Catalog

    async def hears(self, update: GroupUpdate, *, at: datetime = NOW) -> tuple[str, ...]:
        """Alertmanager's webhook was worked off; returns the looks it promised."""
        async with self.database.write() as connection:
            return await GroupAlerts(self.catalog)(connection, update, at=at)

    async def hears_of(self, incident: PagerDutyIncident, *, at: datetime = NOW) -> None:
        """PagerDuty's webhook was worked off."""
        async with self.database.write() as connection:
            await JoinIncident(self.catalog)(connection, incident, at=at)

    async def waits(self, length: timedelta) -> int:
        """The chore of unclaimed incidents is done that much later."""
        async with self.database.write() as connection:
            return await JoinIncident(self.catalog).open_unclaimed(connection, at=NOW + length)

    async def groups(self) -> list[AlertGroup]:
        """Every occurrence, the first one first."""
        async with self.database.read() as connection:
            rows = await connection.execute(
                select(alert_groups.c.id).order_by(alert_groups.c.started_at, alert_groups.c.id)
            )
            return [await alerts.get(connection, group_id) for group_id in rows.scalars()]

    async def card(self, group: AlertGroup, *, at: datetime = NOW) -> Message:
        async with self.database.read() as connection:
            return await render(connection, group.id, at)

    async def text(self, group: AlertGroup) -> str:
        """Everything a person reads on the card."""
        return "\n".join(_texts((await self.card(group)).blocks))

    async def buttons(self, group: AlertGroup) -> list[str]:
        shown = (await self.card(group)).blocks
        return [
            str(element["text"]["text"])
            for block in shown
            if block["type"] == "actions"
            for element in block["elements"]
            if element["type"] == "button"
        ]

    async def menu(self, group: AlertGroup) -> list[str]:
        """What the menu behind “…” offers."""
        return [
            str(option["text"]["text"])
            for block in (await self.card(group)).blocks
            if block["type"] == "actions"
            for element in block["elements"]
            if element["type"] == "overflow"
            for option in element["options"]
        ]

    async def thread(self, group: AlertGroup) -> list[str]:
        """The entries' texts in order; a picture by its name."""
        async with self.database.read() as connection:
            rows = await connection.execute(
                select(thread_entries.c.message, pictures.c.name)
                .join(cards, cards.c.id == thread_entries.c.card_id)
                .outerjoin(
                    pictures,
                    (pictures.c.card_id == thread_entries.c.card_id)
                    & (pictures.c.number == thread_entries.c.number),
                )
                .where(cards.c.subject_id == group.id)
                .order_by(thread_entries.c.number)
            )
            return [row.message["text"] if row.message else row.name for row in rows]

    async def entries(self, group: AlertGroup) -> list[Message]:
        """The entries of the thread that are no pictures, in order."""
        async with self.database.read() as connection:
            rows = await connection.execute(
                select(thread_entries.c.message)
                .join(cards, cards.c.id == thread_entries.c.card_id)
                .where(cards.c.subject_id == group.id, thread_entries.c.message.is_not(None))
                .order_by(thread_entries.c.number)
            )
            found = [row.message for row in rows if row.message]
        return [Message(one["text"], tuple(one["blocks"])) for one in found]

    async def thread_blocks(self, group: AlertGroup) -> str:
        """Everything a person reads in the thread."""
        shown = [block for entry in await self.entries(group) for block in entry.blocks]
        return "\n".join(_texts(shown))

    async def wanted(self, group: AlertGroup) -> int:
        """How often the card was asked for."""
        async with self.database.read() as connection:
            rows = await connection.execute(
                select(cards.c.wanted).where(cards.c.subject_id == group.id)
            )
            return int(rows.scalar_one())

    async def channels(self) -> list[str]:
        async with self.database.read() as connection:
            rows = await connection.execute(select(cards.c.channel).order_by(cards.c.channel))
            return list(rows.scalars())


def _texts(blocks: Any) -> list[str]:
    found = []
    for block in blocks:
        if "text" in block:
            found.append(block["text"]["text"])
        found += [e["text"] for e in block.get("elements", []) if isinstance(e.get("text"), str)]
    return found
