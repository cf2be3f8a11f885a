"""Webhooks that come together share a commit, and none of them pays for another."""

import asyncio

import pytest
from sqlalchemy import event, select

from bot.storage.database import Database
from bot.storage.schema.inbox import inbox
from bot.web.keeping import TOGETHER, Keeping, Letter


def letter(number: int, **said: object) -> Letter:
    return Letter(
        **{
            "delivery_key": f"d{number}",
            "partition_key": f"p{number}",
            "body": b"{}",
            "known_for_s": 60.0,
            **said,
        }
    )


async def kept(database: Database) -> int:
    async with database.read() as connection:
        return len((await connection.execute(select(inbox.c.id))).all())


async def test_each_is_on_disk_when_its_sender_is_answered_and_they_share_transactions(
    database: Database,
):
    keep, commits = Keeping(database), []
    event.listen(database._writer.sync_engine, "commit", lambda _: commits.append(1))

    new = await asyncio.gather(*(keep("alertmanager", letter(n)) for n in range(3 * TOGETHER)))

    assert all(new)
    assert await kept(database) == 3 * TOGETHER
    assert len(commits) <= 6


async def test_the_same_one_twice_at_once_is_kept_once(database: Database):
    keep = Keeping(database)

    new = await asyncio.gather(*(keep("alertmanager", letter(1)) for _ in range(4)))

    assert sorted(new) == [False, False, False, True]
    assert await kept(database) == 1


async def test_one_that_cannot_be_kept_fails_alone(database: Database):
    keep = Keeping(database)
    broken = letter(2, body=None)

    found = await asyncio.gather(
        keep("alertmanager", letter(1)),
        keep("alertmanager", broken),
        keep("alertmanager", letter(3)),
        return_exceptions=True,
    )

    assert (found[0], found[2]) == (True, True)
    assert isinstance(found[1], Exception)
    assert await kept(database) == 2
    assert await keep("alertmanager", letter(4))


async def test_a_sender_that_goes_away_takes_no_other_with_it(database: Database):
    keep = Keeping(database)
    first = asyncio.create_task(keep("alertmanager", letter(1)))
    second = asyncio.create_task(keep("alertmanager", letter(2)))
    await asyncio.sleep(0)

    first.cancel()

    assert await second
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await kept(database) == 2
