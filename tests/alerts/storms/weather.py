"""Alert groups that begin by the dozen, and what becomes of their cards, without Slack."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import select, update

from bot.alerts.storms.list import ShowStorm
from bot.alerts.storms.show import look, render
from bot.alerts.storms.unfold import EndStorms
from bot.cards.blocks import Message
from bot.cards.storm import StormView
from bot.catalog import Catalog
from bot.domain.alert import AlertGroup
from bot.domain.asked import Actor, Asked, Press, Submission
from bot.domain.card import Kind
from bot.domain.storm import Storm, pages
from bot.slack.rhythm import Rhythm
from bot.storage import deliveries, stormed, storms
from bot.storage.database import Connection, Database
from bot.storage.deliveries import Work
from bot.storage.schema.cards import cards, owed
from bot.storage.schema.storms import storm_groups
from bot.storage.schema.storms import storms as storm_rows
from bot.world import World
from integrations.aws.accounts import Accounts
from sandbox.transcript import as_text
from tests.alerts.board import Board
from tests.alerts.builders import NOW, a_catalog, an_alert, an_update

CHANNEL = "#credlink-alerts"
ALICE = Actor("U0ALICE01", frozenset({"S0DEPLOY"}))
PAST = timedelta(minutes=3)
"""Longer than nothing must have joined for a storm to be over."""
_keys = itertools.count(1)


@dataclass
class Weather:
    """The rows of one channel; `later` is how far its clock is ahead."""

    database: Database
    catalog: Catalog = field(default_factory=a_catalog)
    later: timedelta = timedelta()
    looks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.board = Board(self.database, self.catalog)
        self.world = World(
            database=self.database,
            catalog=self.catalog,
            aws=cast(Accounts, None),
            now=lambda: NOW + self.later,
        )
        self.list = ShowStorm(world=self.world, workspace_url="https://team.example/")

    async def fires(self, *names: str, severity: str = "warning", alerts: int = 1) -> None:
        """A group of each of these names begins, or says the same again."""
        for name in names:
            self.looks += await self.board.hears(
                an_update(*_alerts(name, severity, alerts), groupKey=_key(name)),
                at=NOW + self.later,
            )

    async def resolves(self, *names: str, severity: str = "warning", alerts: int = 1) -> None:
        for name in names:
            ended = _alerts(name, severity, alerts, status="resolved")
            self.looks += await self.board.hears(
                an_update(*ended, groupKey=_key(name)), at=NOW + self.later
            )

    async def posts(self, *names: str) -> None:
        """Slack has taken the cards of these groups."""
        ids = [group.id for group in await self.board.groups() if group.name in names]
        await self._write(ids, ts="17.1", channel_id="C1", shown=cards.c.wanted)

    async def stands(self) -> None:
        """Slack has taken the last storm's card."""
        await self._write([(await self.storm()).id], ts="17.1", channel_id="C1")

    async def begins_to_post(self, name: str) -> None:
        ids = [group.id for group in await self.board.groups() if group.name == name]
        await self._write(ids, attempted_at=NOW)

    async def _write(self, ids: Sequence[str], **values: Any) -> None:
        async with self.database.write() as connection:
            which = cards.c.subject_id.in_(ids)
            await connection.execute(update(cards).where(which).values(**values))

    async def ends(self, *, is_seen: bool = True) -> int:
        """The chore is done once; Slack has taken the storms' cards before where `is_seen`."""
        if is_seen:
            await self._write([one.id for one in await self.storms()], ts="17.1", channel_id="C1")
        return await EndStorms(self.world, self._begin)()

    async def _begin(self, identities: Sequence[str]) -> None:
        self.looks += identities

    async def storms(self) -> list[Storm]:
        """Every storm, the first one first."""
        async with self.database.read() as connection:
            ids = await connection.execute(select(storm_rows.c.id).order_by(storm_rows.c.began_at))
            return [await storms.get(connection, storm_id) for storm_id in ids.scalars()]

    async def storm(self) -> Storm:
        (*_, last) = await self.storms()
        return last

    async def card(self) -> Message:
        """The last storm's."""
        storm = await self.storm()
        async with self.database.read() as connection:
            return await render(connection, storm.id, NOW + self.later)

    async def text(self) -> str:
        message = await self.card()
        return as_text({"text": message.text, "blocks": list(message.blocks)})

    async def owed(self) -> set[str]:
        """The names of what Slack is owed a card of: groups, and `storm`."""
        groups = {group.id: group.name for group in await self.board.groups()}
        async with self.database.read() as connection:
            rows = await connection.execute(select(cards.c.kind, cards.c.subject_id).where(owed))
            return {
                "storm" if row.kind == Kind.STORM.value else groups[row.subject_id] for row in rows
            }

    async def folded(self) -> set[str]:
        """The names of the groups that have no card of their own."""
        groups = {group.id: group.name for group in await self.board.groups()}
        async with self.database.read() as connection:
            rows = await connection.execute(
                select(storm_groups.c.group_id).where(storm_groups.c.is_folded)
            )
            return {groups[group_id] for group_id in rows.scalars()}

    async def shows_all(self) -> None:
        """Slack shows every card as it is."""
        async with self.database.write() as connection:
            await connection.execute(update(cards).values(shown=cards.c.wanted))

    async def next_work(self) -> Work | None:
        """What a deliverer would do first in the channel."""
        async with self.database.read() as connection:
            return await deliveries.next_work(connection, CHANNEL, Rhythm().updates)

    async def wanted(self, kind: Kind = Kind.STORM) -> int:
        async with self.database.read() as connection:
            rows = await connection.execute(
                select(cards.c.wanted).where(cards.c.kind == kind.value)
            )
            return int(sum(rows.scalars()))

    async def group(self, name: str) -> AlertGroup:
        return next(one for one in await self.board.groups() if one.name == name)

    def press(self, storm: Storm, *, by: Actor = ALICE, revision: int | None = None) -> Press:
        return Press(self.asked(by), "storm", storm.id, revision or storm.state_revision)

    def asked(self, by: Actor = ALICE) -> Asked:
        return Asked(by, "C0ALERTS1", f"key-{next(_keys)}", "c", NOW + self.later)

    async def look(self, connection: Connection, storm: Storm) -> StormView:
        """What a storm's card shows."""
        return await look(connection, storm.id, NOW + self.later)

    async def members(self, connection: Connection, storm: Storm) -> list[str]:
        """The ids of the groups on every page of a storm's list."""
        last = pages(await stormed.count(connection, storm.id))
        found = [await stormed.page(connection, storm.id, number + 1) for number in range(last)]
        return [group.id for page in found for group, _ in page]

    async def listed(self) -> list[str]:
        """The first line of every group on every page of the list, page after page."""
        storm = await self.storm()
        page = await (await self.list.open(self.press(storm))).ask()
        lines = []
        async with self.database.read() as connection:
            last = pages(await stormed.count(connection, storm.id))
        for _ in range(last):
            assert len(page.blocks) <= 100
            texts = [block["text"]["text"] for block in page.blocks if block["type"] == "section"]
            lines += [text.splitlines()[0].strip("*") for text in texts]
            page = await self.list.turn(
                Submission(self.asked(), page.callback_id, page.carried, {})
            )
        return lines


def names(many: int, *, of: str = "Alert") -> list[str]:
    return [f"{of}{number:03}" for number in range(many)]


def _key(name: str) -> str:
    return f'{{}}:{{alertname="{name}"}}'


def _alerts(name: str, severity: str, many: int, **said: Any) -> list[dict[str, Any]]:
    return [
        an_alert(f"{name}-{number}", alertname=name, severity=severity, **said)
        for number in range(many)
    ]
