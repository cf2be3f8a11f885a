"""Webhooks are taken in together while nobody has tried them, and alone once somebody has."""

import asyncio

import pytest
from sqlalchemy import update

from bot.storage import inbox, storms
from bot.storage.database import Database
from bot.storage.schema.cards import cards
from tests.alerts.board import Board
from tests.alerts.builders import a_catalog
from tests.alerts.test_inbox import claimed, failed, finished, kept
from tests.alerts.test_receive import Bench, a_body, an_alert


async def together(database: Database, owner: str = "me", *, for_s: float = 30, at_most: int = 10):
    async with database.write() as connection:
        return await inbox.claim_fresh(connection, owner, for_s=for_s, at_most=at_most)


async def test_the_first_of_each_partition_are_taken_the_oldest_first(database: Database):
    for key, partition in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("c1", "c")]:
        await kept(database, key, partition)

    taken = await together(database, at_most=2)

    assert [one.body for one in taken] == [b"a1", b"b1"]
    assert [one.body for one in await together(database)] == [b"c1"]
    assert await together(database, "other") == ()


async def test_those_of_somebody_who_died_are_taken_one_by_one_and_have_failed_once(
    database: Database,
):
    await kept(database, "a1", "a")
    await kept(database, "b1", "b")
    assert len(await together(database, "dead", for_s=-1)) == 2

    assert await together(database, "alive") == ()
    first = await claimed(database, "alive")
    assert (first.body, first.failures) == (b"a1", 1)
    assert await finished(database, first)
    assert (await claimed(database, "alive")).body == b"b1"


async def test_one_that_failed_is_not_taken_with_others(database: Database):
    await kept(database, "a1", "a")
    (one,) = await together(database)
    await failed(database, one, put_aside=False)
    await kept(database, "b1", "b")

    assert [one.body for one in await together(database)] == [b"b1"]


async def test_two_workers_share_what_is_there(database: Database):
    for number in range(12):
        await kept(database, f"d{number}", f"p{number}")

    found = await asyncio.gather(
        *(together(database, f"worker {number}", at_most=4) for number in range(3))
    )

    bodies = [one.body for taken in found for one in taken]
    assert len(bodies) == len(set(bodies)) == 12


async def test_a_row_nobody_can_read_costs_the_others_nothing(database: Database):
    bench = Bench(database)
    for number in range(4):
        await bench.keeps(a_body(an_alert(f"f{number}"), groupKey=f"g{number}"), key=f"g{number}")
    await bench.keeps(b"not JSON", key="broken")

    assert await bench.receiver.work_off() == 4

    assert len(bench.looks) == 4
    waiting, aside = await bench.count()
    assert (waiting, aside) == (1, 0)  # the broken one waits for another try


async def test_what_begins_and_what_goes_on_in_one_transaction_comes_to_the_same(
    database: Database,
):
    bench = Bench(database)
    for number in range(8):
        body = a_body(an_alert(f"f{number}"), groupKey=f"g{number}")
        await bench.keeps(body, key=f"g{number}")
    await bench.receiver.work_off()
    for number in range(12):
        status = "resolved" if number < 4 else "firing"
        body = a_body(
            an_alert(f"f{number}", status=status), groupKey=f"g{number}", truncatedAlerts=1
        )
        await bench.keeps(body, key=f"g{number}")

    assert await bench.receiver.work_off() == 12

    groups = await Board(database, a_catalog()).groups()
    assert len(groups) == 12
    assert sum(group.is_final for group in groups) == 4
    assert await bench.count() == (0, 0)


async def test_taking_in_and_delivering_never_wait_for_each_other_for_ever(
    database: Database, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO")
    bench = Bench(database)
    for number in range(30):
        await bench.keeps(a_body(an_alert(f"f{number}"), groupKey=f"g{number}"), key=f"g{number}")
    await bench.receiver.work_off()
    for number in (half + one for one in range(30) for half in (0, 30)):  # known and new by turns
        body = a_body(an_alert(f"f{number}"), groupKey=f"g{number}", truncatedAlerts=1)
        await bench.keeps(body, key=f"g{number}")

    async def delivers() -> None:
        for _ in range(40):
            async with database.write() as connection:
                await storms.hold_channel(connection, "#credlink-alerts")
                await connection.execute(update(cards).values(failures=0))

    done, _ = await asyncio.gather(bench.receiver.work_off(), delivers())

    assert done == 60
    assert "taken_one_by_one" not in caplog.text
