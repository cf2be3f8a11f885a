"""Marks in the database: promised once, ended once, and on the card when they look different."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.card import Kind, Urgency
from bot.domain.mark import Mark, MarkKind, MarkState
from bot.storage import cards, changes, marks
from bot.storage.database import Database
from bot.storage.schema.cards import cards as cards_table
from tests.changes.builders import NOW, a_change

K = MarkKind


@pytest.fixture(autouse=True)
async def _change(database: Database) -> None:
    async with database.write() as connection:
        change = a_change()
        assert await changes.add(connection, change)
        await cards.open_card(
            connection,
            kind=Kind.CHANGE,
            subject_id=change.id,
            channel=change.channel,
            urgency=Urgency.HOME,
        )


async def wanted(database: Database) -> int:
    """The revision the change's card wants."""
    async with database.read() as connection:
        return int((await connection.execute(select(cards_table.c.wanted))).scalar_one())


async def promised(database: Database, *kinds: MarkKind) -> bool:
    async with database.write() as connection:
        return await marks.want(connection, "change-1", kinds, at=NOW)


async def noted(database: Database, kind: MarkKind, **news: Any) -> bool:
    async with database.write() as connection:
        return await marks.note(connection, "change-1", kind, **news)


async def kept(database: Database) -> dict[MarkKind, Mark]:
    async with database.read() as connection:
        return {mark.kind: mark for mark in await marks.marks_of(connection, "change-1")}


async def test_what_is_promised_twice_is_promised_once(database: Database):
    assert await promised(database, K.SENTRY)
    assert await noted(database, K.SENTRY, state=MarkState.DONE, done_at=NOW, reference="7")

    assert not await promised(database, K.SENTRY)
    assert await promised(database, K.SENTRY, K.PAGERDUTY)

    found = await kept(database)
    assert found[K.SENTRY].state is MarkState.DONE
    assert found[K.PAGERDUTY] == Mark(change_id="change-1", kind=K.PAGERDUTY, asked_at=NOW)


async def test_nothing_to_promise_writes_nothing(database: Database):
    before = await wanted(database)

    assert not await promised(database)

    assert await kept(database) == {}
    assert await wanted(database) == before


async def test_what_has_ended_does_not_change_any_more(database: Database):
    await promised(database, K.SENTRY)
    await noted(database, K.SENTRY, state=MarkState.FAILED, done_at=NOW, detail="HTTP 403")

    assert not await noted(database, K.SENTRY, state=MarkState.DONE, done_at=NOW, detail="")

    assert (await kept(database))[K.SENTRY].detail == "HTTP 403"


async def test_the_card_is_marked_by_what_a_person_would_notice(database: Database):
    steps: list[dict[str, Any]] = [
        {"detail": "HTTP 503", "attempts": 1},
        {"reference": "I1", "detail": ""},
        {"state": MarkState.DONE, "done_at": NOW},
    ]
    before = await wanted(database)
    await promised(database, K.CLOUDFRONT)
    for news in steps:
        assert await noted(database, K.CLOUDFRONT, **news)
    assert await wanted(database) == before + 1 + len(steps)

    await promised(database, K.SENTRY)
    marked = await wanted(database)
    await noted(database, K.SENTRY, attempts=3)
    assert await wanted(database) == marked


async def test_only_open_marks_that_are_old_enough_are_owed(database: Database):
    await promised(database, K.CLOUDFRONT, K.SENTRY)
    await noted(database, K.SENTRY, state=MarkState.SKIPPED, done_at=NOW)

    async with database.read() as connection:
        assert await marks.owed(connection, NOW - timedelta(seconds=1)) == ()
        assert await marks.owed(connection, NOW) == (("change-1", K.CLOUDFRONT),)
