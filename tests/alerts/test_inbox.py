"""The inbox: kept once, worked off once and in order; nobody waits for poison."""

import asyncio

from bot.storage import inbox
from bot.storage.database import Database


async def kept(
    database: Database, key: str, partition: str = "p1", known_for_s: float = 60
) -> bool:
    async with database.write() as connection:
        return await inbox.keep(
            connection,
            source="alertmanager",
            delivery_key=key,
            partition_key=partition,
            body=key.encode(),
            known_for_s=known_for_s,
        )


async def claimed(database: Database, owner: str = "me", for_s: float = 30):
    async with database.write() as connection:
        return await inbox.claim(connection, owner, for_s=for_s)


async def finished(database: Database, delivery: inbox.Delivery) -> bool:
    async with database.write() as connection:
        return await inbox.finish(connection, delivery)


async def failed(database: Database, delivery: inbox.Delivery, *, put_aside: bool) -> None:
    async with database.write() as connection:
        await inbox.fail(
            connection, delivery, error="ValueError: x", again_in_s=60, put_aside=put_aside
        )


async def test_a_delivery_sent_twice_is_kept_once(database: Database):
    assert [await kept(database, "d1"), await kept(database, "d1")] == [True, False]


async def test_the_same_body_much_later_may_be_news(database: Database):
    assert [await kept(database, "d1", known_for_s=-1), await kept(database, "d1")] == [True, True]


async def test_rows_of_one_partition_are_given_out_in_order_one_at_a_time(database: Database):
    for key in ("first", "second"):
        await kept(database, key)

    first = await claimed(database)
    meanwhile = await claimed(database, "other")
    await finished(database, first)
    second = await claimed(database, "other")

    assert (first.body, meanwhile, second.body) == (b"first", None, b"second")


async def test_partitions_do_not_wait_for_each_other(database: Database):
    await kept(database, "slow", "p1")
    await kept(database, "quick", "p2")

    assert (await claimed(database, "one")).body == b"slow"
    assert (await claimed(database, "two")).body == b"quick"


async def test_a_row_that_failed_holds_up_its_own_partition_only(database: Database):
    await kept(database, "bad", "p1")
    await kept(database, "behind it", "p1")
    await kept(database, "elsewhere", "p2")
    await failed(database, await claimed(database), put_aside=False)

    assert (await claimed(database)).body == b"elsewhere"
    assert await claimed(database, "other") is None


async def test_a_poisoned_row_is_kept_and_its_partition_goes_on(database: Database):
    await kept(database, "bad")
    await kept(database, "good")
    await failed(database, await claimed(database), put_aside=True)

    assert (await claimed(database)).body == b"good"
    async with database.read() as connection:
        assert await inbox.put_aside_rows(connection) == [("alertmanager", "ValueError: x")]
        assert await inbox.count(connection) == (1, 1)


async def test_a_row_whose_owner_died_is_taken_over_and_the_dead_cannot_finish_it(
    database: Database,
):
    await kept(database, "d1")
    lost = await claimed(database, "dead", for_s=-1)

    taken_over = await claimed(database, "alive")

    assert taken_over.id == lost.id
    assert await finished(database, lost) is False
    assert await finished(database, taken_over) is True
    assert await claimed(database) is None


async def test_eight_workers_take_every_row_once_and_in_order(database: Database):
    for number in range(24):
        await kept(database, f"{number:02}", f"p{number % 3}")
    seen: list[bytes] = []

    async def work(name: str) -> None:
        for _ in range(60):
            delivery = await claimed(database, name)
            if delivery is not None:
                seen.append(delivery.body)
                await finished(database, delivery)
            elif len(seen) == 24:
                return

    await asyncio.gather(*(work(f"w{n}") for n in range(8)))

    assert sorted(seen) == sorted(set(seen))
    assert len(seen) == 24
    for partition in range(3):
        mine = [body for body in seen if int(body) % 3 == partition]
        assert mine == sorted(mine)


async def test_rows_worked_off_long_ago_are_forgotten_and_poison_is_not(database: Database):
    for key in ("done", "poison", "waiting"):
        await kept(database, key, key)
    await finished(database, await claimed(database))
    await failed(database, await claimed(database), put_aside=True)

    async with database.write() as connection:
        assert await inbox.forget_done(connection, older_than_s=-1) == 1
        assert await inbox.count(connection) == (1, 1)
