"""Cards as rows: opened once, marked without losing a mark, threads in the order of commits."""

import asyncio

from sqlalchemy import select, update

from bot.cards.blocks import Message, section
from bot.domain.card import Kind, Place, Urgency
from bot.storage import cards as store
from bot.storage.database import Database
from bot.storage.schema.cards import cards, pictures, thread_entries

TASKS = 8
CHANGE = (Kind.CHANGE, "c1")


async def opened(database: Database, *, channel: str = "#prod") -> str:
    async with database.write() as connection:
        return await store.open_card(
            connection, kind=Kind.CHANGE, subject_id="c1", channel=channel, urgency=Urgency.NEW
        )


async def row(database: Database):
    async with database.read() as connection:
        return (await connection.execute(select(cards))).one()


async def entries(database: Database):
    async with database.read() as connection:
        found = select(thread_entries).order_by(thread_entries.c.number)
        return (await connection.execute(found)).all()


async def showing(database: Database, revision: int) -> None:
    async with database.write() as connection:
        await connection.execute(update(cards).values(shown=revision))


async def test_the_same_subject_in_the_same_channel_is_one_card(database: Database):
    first = await opened(database)
    assert await opened(database) == first
    assert await opened(database, channel="#elsewhere") != first


async def test_of_eight_tasks_that_open_a_card_at_once_all_get_the_same(database: Database):
    assert len(set(await asyncio.gather(*(opened(database) for _ in range(TASKS))))) == 1


async def test_a_new_card_wants_its_first_revision(database: Database):
    await opened(database)
    card = await row(database)
    assert (card.wanted, card.shown, card.ts, card.urgency) == (1, 0, None, Urgency.NEW)


async def test_no_mark_of_eight_tasks_is_lost(database: Database):
    await opened(database)

    async def ten_marks() -> None:
        for _ in range(10):
            async with database.write() as connection:
                await store.mark(connection, *CHANGE)

    await asyncio.gather(*(ten_marks() for _ in range(TASKS)))

    assert (await row(database)).wanted == 1 + TASKS * 10


async def test_a_mark_of_a_row_reaches_every_card_that_shows_it(database: Database):
    await opened(database)
    async with database.write() as connection:
        alert = {"kind": Kind.ALERT_GROUP, "subject_id": "g1"}
        await store.show(connection, card_of=CHANGE, **alert)
        await store.show(connection, card_of=CHANGE, **alert)
        await store.mark(connection, Kind.ALERT_GROUP, "g1")
        await store.mark(connection, Kind.ALERT_GROUP, "another")
    assert (await row(database)).wanted == 2


async def test_two_transactions_that_mark_the_same_cards_do_not_block_each_other_for_ever(
    database: Database,
):
    for channel in ("#a", "#b", "#c", "#d"):
        await opened(database, channel=channel)

    async def mark() -> None:
        for _ in range(5):
            async with database.write() as connection:
                await store.mark(connection, *CHANGE)

    await asyncio.gather(*(mark() for _ in range(TASKS)))

    async with database.read() as connection:
        assert set((await connection.execute(select(cards.c.wanted))).scalars()) == {41}


async def test_what_is_owed_keeps_its_urgency_and_its_age_until_it_is_shown(database: Database):
    await opened(database)
    before = await row(database)
    async with database.write() as connection:
        await store.mark(connection, *CHANGE, urgency=Urgency.OUTCOME)
        await store.mark(connection, *CHANGE, urgency=Urgency.PROGRESS)
    marked = await row(database)
    assert (marked.urgency, marked.wanted_at) == (Urgency.OUTCOME, before.wanted_at)

    await showing(database, marked.wanted)
    async with database.write() as connection:
        await store.mark(connection, *CHANGE, urgency=Urgency.PROGRESS)
    again = await row(database)
    assert again.urgency == Urgency.PROGRESS
    assert again.wanted_at > before.wanted_at


async def test_the_order_of_commits_is_the_order_of_entries(database: Database):
    await opened(database)
    committed: list[str] = []

    async def add(key: str) -> None:
        async with database.write() as connection:
            await store.add_entry(connection, *CHANGE, key=key, message=Message(key))
            await asyncio.sleep(0)
            committed.append(key)

    await asyncio.gather(*(add(f"e{n}") for n in range(TASKS)))

    kept = await entries(database)
    assert [entry.number for entry in kept] == list(range(1, TASKS + 1))
    assert [entry.key for entry in kept] == committed
    assert (await row(database)).entries == TASKS


async def test_an_entry_with_the_same_key_is_added_once_even_by_eight_at_once(database: Database):
    await opened(database)

    async def add() -> None:
        async with database.write() as connection:
            message = Message("joined", (section("joined"),))
            await store.add_entry(connection, *CHANGE, key="joined", message=message)

    await asyncio.gather(*(add() for _ in range(TASKS)))

    (entry,) = await entries(database)
    assert entry.message == {"text": "joined", "blocks": [section("joined")]}
    assert (await row(database)).entries == 1


async def test_a_subject_without_a_card_has_no_thread(database: Database):
    async with database.write() as connection:
        await store.add_entry(connection, *CHANGE, key="k", message=Message("lost"))
    assert await entries(database) == []


async def test_a_picture_is_an_entry_and_has_a_file_id_only_once_a_block_may_show_it(
    database: Database,
):
    await opened(database)
    chart = {"key": "chart", "png": b"\x89PNG", "name": "chart.png", "alt": "Errors over time"}
    async with database.write() as connection:
        await store.add_picture(connection, *CHANGE, **chart)
        await store.add_picture(connection, *CHANGE, **chart)
    (entry,) = await entries(database)
    assert (entry.number, entry.key, entry.message) == (1, "chart", None)

    async with database.write() as connection:
        await connection.execute(update(pictures).values(file_id="F1"))
    async with database.read() as connection:
        assert await store.picture_file_id(connection, *CHANGE, "chart") is None

    async with database.write() as connection:
        await connection.execute(update(pictures).values(usable=True))
    async with database.read() as connection:
        assert await store.picture_file_id(connection, *CHANGE, "chart") == "F1"


async def test_where_a_card_stands_is_known_once_it_is_posted(database: Database):
    await opened(database)
    async with database.read() as connection:
        assert await store.card_channel_and_ts(connection, *CHANGE) is None
        assert await store.count_owed(connection) == 1
    async with database.write() as connection:
        await connection.execute(update(cards).values(channel_id="C1", ts="1.2", shown=1))
    async with database.read() as connection:
        assert await store.card_channel_and_ts(connection, *CHANGE) == Place("C1", "1.2")
        assert await store.count_owed(connection) == 0
