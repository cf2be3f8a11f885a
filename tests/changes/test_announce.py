"""Notices: what was forced, and the audit's head once a day, however many replicas there are."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from bot.catalog import Catalog
from bot.changes.audit.announce import PostHead, announce_forced, posted_heads, show_notice
from bot.domain.audit import Head
from bot.domain.card import Kind
from bot.domain.change import ChangeKind
from bot.storage import audit
from bot.storage.database import Database
from bot.storage.schema.audit import audit_entries, audit_heads
from bot.storage.schema.cards import cards
from bot.storage.schema.notices import notices
from tests.changes.builders import NOW, a_change
from tests.changes.test_audit import PLACE
from tests.domain.audit_builders import an_entry
from tests.storage.tampering import unguard


def a_catalog(**slack: Any) -> Catalog:
    return Catalog.model_validate(
        {
            "slack": slack,
            "people": {},
            "services": {"credlink-api": {"environments": {"prod": PLACE}}},
        }
    )


@dataclass
class Announcing:
    """The daily chore, at a time that the test says."""

    database: Database
    catalog: Catalog = field(default_factory=a_catalog)
    now: Any = NOW

    async def post(self) -> None:
        await PostHead(self.database, self.catalog, lambda: self.now, lambda: None)()

    async def add(self, *keys: str) -> Head:
        async with self.database.write() as connection:
            for key in keys:
                await audit.add(connection, an_entry(key))
            head = await audit.head(connection)
        assert head is not None
        return head

    async def said(self) -> list[tuple[str, str]]:
        """Each system card's channel, and what it says."""
        async with self.database.read() as connection:
            asked = select(cards.c.channel, cards.c.subject_id).where(
                cards.c.kind == Kind.SYSTEM.value
            )
            rows = await connection.execute(asked.order_by(cards.c.subject_id))
            return [
                (row.channel, _text(await show_notice(connection, row.subject_id, self.now)))
                for row in rows
            ]


def _text(message: Any) -> str:
    return "\n".join(
        block["text"]["text"] for block in message.blocks if block["type"] == "section"
    )


@pytest.fixture
async def announcing(database: Database) -> AsyncIterator[Announcing]:
    return Announcing(database)


async def test_what_was_forced_is_announced_once_with_everything_it_passed(announcing: Announcing):
    change = a_change(forced="<!channel> down", overridden=("prod is frozen.", "No approval."))
    for _ in range(2):
        async with announcing.database.write() as connection:
            await announce_forced(connection, announcing.catalog, change, at=NOW)

    ((channel, text),) = await announcing.said()

    assert channel == "#credlink-ops"
    assert text.splitlines() == [
        "*🟠 Forced: credlink-api v1.2.0 → prod*",
        "by <@U0ALICE01> because “&lt;!channel&gt; down”",
        "• overridden: prod is frozen.",
        "• overridden: No approval.",
        "listed for review: `/credlink audit forced`",
    ]


async def test_a_forced_rollback_says_that_it_is_one(announcing: Announcing):
    change = a_change(kind=ChangeKind.ROLLBACK, version=None, forced="now")
    async with announcing.database.write() as connection:
        await announce_forced(connection, announcing.catalog, change, at=NOW)

    ((_, text),) = await announcing.said()

    assert "Forced: credlink-api rollback to the last good revision → prod" in text


async def test_the_head_is_posted_once_a_day_so_that_it_can_be_pasted(announcing: Announcing):
    head = await announcing.add("a", "b")
    await announcing.post()
    await announcing.add("c")
    await announcing.post()

    ((channel, text),) = await announcing.said()

    assert channel == "#credlink-ops"
    assert f"`{head}`" in text
    assert f"`credlink audit verify --head {head}`" in text

    announcing.now += timedelta(days=1)
    await announcing.post()
    assert len(await announcing.said()) == 2


async def test_an_audit_channel_is_where_it_goes(announcing: Announcing):
    announcing.catalog = a_catalog(audit_channel="#audit")
    await announcing.add("a")
    await announcing.post()

    ((channel, _),) = await announcing.said()
    assert channel == "#audit"


async def test_an_empty_audit_has_no_head_to_post_until_there_is_an_entry(announcing: Announcing):
    await announcing.post()
    assert await announcing.said() == []

    await announcing.add("a")
    await announcing.post()
    assert len(await announcing.said()) == 1


async def test_of_several_replicas_one_posts(announcing: Announcing):
    await announcing.add("a")

    await asyncio.gather(*(announcing.post() for _ in range(8)))

    assert len(await announcing.said()) == 1


async def test_a_chain_that_lost_its_posted_head_is_announced_once(announcing: Announcing):
    posted = await announcing.add("a", "b")
    await announcing.post()
    async with announcing.database.write() as connection:
        await unguard(connection)
        await connection.execute(delete(audit_entries).where(audit_entries.c.number == 2))
        first = select(audit_entries.c.hash).where(audit_entries.c.number == 1)
        hash_ = (await connection.execute(first)).scalar_one()
        await connection.execute(update(audit_heads).values(number=1, hash=hash_))

    announcing.now += timedelta(days=1)
    await announcing.post()
    await announcing.post()

    texts = [text for _, text in await announcing.said() if "does not hold" in text]
    assert len(texts) == 1
    assert f"`credlink audit verify --head {posted}`" in texts[0]


async def test_a_chain_that_was_emptied_is_announced_too(announcing: Announcing):
    await announcing.add("a")
    await announcing.post()
    async with announcing.database.write() as connection:
        await unguard(connection)
        await connection.execute(delete(audit_entries))
        await connection.execute(delete(audit_heads))

    announcing.now += timedelta(days=1)
    await announcing.post()

    assert any("does not hold" in text for _, text in await announcing.said())


async def test_the_heads_that_were_posted_are_known_and_altered_notices_passed_over(
    announcing: Announcing,
):
    first = await announcing.add("a")
    await announcing.post()
    announcing.now += timedelta(days=1)
    await announcing.add("b")
    await announcing.post()
    async with announcing.database.write() as connection:
        await connection.execute(
            update(notices).where(notices.c.id.endswith("11-24")).values(lines=[])
        )

    async with announcing.database.read() as connection:
        assert [head for _, head in await posted_heads(connection)] == [first]
