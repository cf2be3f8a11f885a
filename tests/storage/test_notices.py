"""Notices: each is said once, whoever says it first."""

import asyncio

import pytest
from sqlalchemy import select

from bot.domain.card import Kind
from bot.domain.notice import Form, Notice, Piece, code, person
from bot.errors import NotKnown
from bot.storage import notices
from bot.storage.database import Database
from bot.storage.schema.cards import cards
from tests.domain.audit_builders import ALICE, NOW


async def announce(database: Database, identity: str, headline: str = "News") -> bool:
    async with database.write() as connection:
        return await notices.announce(
            connection,
            id=identity,
            channel="#ops",
            headline=headline,
            lines=["<!channel> as it is", ["by ", person(ALICE), ": ", code("1:ab")]],
            at=NOW,
        )


async def cards_of(database: Database) -> list[tuple[str, str, str]]:
    async with database.read() as connection:
        rows = await connection.execute(select(cards.c.kind, cards.c.subject_id, cards.c.channel))
        return [tuple(row) for row in rows]


async def test_a_notice_is_a_row_and_a_card(database: Database):
    assert await announce(database, "head:1")

    async with database.read() as connection:
        said = await notices.get(connection, "head:1")
    assert said == Notice(
        id="head:1",
        headline="News",
        lines=(
            (Piece(Form.PLAIN, "<!channel> as it is"),),
            (
                Piece(Form.PLAIN, "by "),
                Piece(Form.PERSON, ALICE),
                Piece(Form.PLAIN, ": "),
                Piece(Form.CODE, "1:ab"),
            ),
        ),
        at=NOW,
    )
    assert await cards_of(database) == [(Kind.SYSTEM.value, "head:1", "#ops")]


async def test_of_eight_who_announce_the_same_at_once_one_does(database: Database):
    said = await asyncio.gather(*(announce(database, "head:1", f"News {n}") for n in range(8)))

    assert sum(said) == 1
    assert len(await cards_of(database)) == 1


async def test_notices_are_found_by_how_their_ids_begin(database: Database):
    for identity in ("head:1", "head_2", "forced:1"):
        await announce(database, identity)

    async with database.read() as connection:
        found = await notices.latest(connection, "head:")

    assert [notice.id for notice in found] == ["head:1"]


async def test_a_notice_that_is_gone_is_said(database: Database):
    async with database.read() as connection:
        with pytest.raises(NotKnown, match="no such notice"):
            await notices.get(connection, "head:1")
