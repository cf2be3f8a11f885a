"""The audit's rows: numbered without a gap whoever writes at once, and proved row by row."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from bot.domain.audit import GENESIS, Head, digest
from bot.domain.audit_proof import Fault
from bot.domain.card import Kind, Urgency
from bot.storage import audit, cards
from bot.storage.audit import Verified, Wanted
from bot.storage.database import Database
from bot.storage.schema.audit import audit_entries, audit_heads
from tests.domain.audit_builders import ALICE, BOB, NOW, an_entry
from tests.storage.tampering import unguard

WRITERS = 8
EACH = 20


async def add(database: Database, *keys: str, **said: Any) -> list[bool]:
    async with database.write() as connection:
        return [await audit.add(connection, an_entry(key, **said)) for key in keys]


async def verified(database: Database, *posted: Head) -> Verified:
    async with database.read() as connection:
        return await audit.verify(connection, posted)


async def faults(database: Database, *posted: Head) -> list[tuple[Fault, int, int]]:
    found = await verified(database, *posted)
    return [(one.fault, one.first, one.last) for one in found.problems]


async def numbers(database: Database) -> list[int]:
    async with database.read() as connection:
        asked = select(audit_entries.c.number).order_by(audit_entries.c.number)
        return list((await connection.execute(asked)).scalars())


async def change_row(database: Database, row: int, **columns: Any) -> None:
    async with database.write() as connection:
        await unguard(connection)
        await connection.execute(
            update(audit_entries).where(audit_entries.c.number == row).values(**columns)
        )


async def test_eight_writers_at_once_make_one_chain_without_a_gap(database: Database):
    async def write(writer: int) -> None:
        for n in range(EACH):
            async with database.write() as connection:
                await audit.add(connection, an_entry(f"{writer}:{n}"))

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))

    assert await numbers(database) == list(range(1, WRITERS * EACH + 1))
    found = await verified(database)
    assert found.problems == ()
    assert found.head.number == WRITERS * EACH


async def test_writers_of_cards_and_of_the_audit_do_not_block_each_other_for_ever(
    database: Database,
):
    """Cards in the order of their ids, then the head: the order that every transaction keeps."""
    async with database.write() as connection:
        for n in range(4):
            await cards.open_card(
                connection,
                kind=Kind.CHANGE,
                subject_id=f"change-{n}",
                channel="#ops",
                urgency=Urgency.NEW,
            )
            for m in range(n):
                await cards.show(
                    connection,
                    card_of=(Kind.CHANGE, f"change-{n}"),
                    kind=Kind.CHANGE,
                    subject_id=f"change-{m}",
                )

    async def write(writer: int) -> None:
        for n in range(EACH):
            async with database.write() as connection:
                await cards.mark(connection, Kind.CHANGE, f"change-{(writer + n) % 4}")
                await asyncio.sleep(0)
                await audit.add(connection, an_entry(f"{writer}:{n}"))
                await asyncio.sleep(0)

    async with asyncio.timeout(60):
        await asyncio.gather(*(write(writer) for writer in range(WRITERS)))

    assert await numbers(database) == list(range(1, WRITERS * EACH + 1))
    assert (await verified(database)).problems == ()


async def test_the_same_key_is_written_once_and_does_not_advance_the_chain(database: Database):
    assert await add(database, "press:1") == [True]
    assert await add(database, "press:1", actor=BOB) == [False]
    assert await add(database, "press:2", "press:2") == [True, False]

    assert await numbers(database) == [1, 2]
    assert (await verified(database)).problems == ()


async def test_of_eight_who_write_the_same_key_at_once_one_does(database: Database):
    added = await asyncio.gather(*(add(database, "press:1") for _ in range(WRITERS)))

    assert sum(one for (one,) in added) == 1
    assert await numbers(database) == [1]


async def test_a_transaction_that_fails_leaves_neither_an_entry_nor_a_gap(database: Database):
    await add(database, "a")
    with pytest.raises(RuntimeError, match="power cut"):
        async with database.write() as connection:
            await audit.add(connection, an_entry("b"))
            raise RuntimeError("power cut")
    await add(database, "c")

    assert await numbers(database) == [1, 2]
    assert (await verified(database)).problems == ()


async def test_an_entry_comes_back_as_it_was_given(database: Database):
    at = datetime(2026, 11, 23, 15, 4, 5, 123457, tzinfo=UTC)
    given = an_entry("a", at=at, environment=None, detail={"why": "“naïve” 🟠", "n": "1"})
    async with database.write() as connection:
        await audit.add(connection, given)

    async with database.read() as connection:
        link = await audit.find(connection, "a")

    assert link is not None
    assert link.entry == given
    assert (link.number, link.previous) == (1, GENESIS)


async def test_text_that_postgresql_could_not_hold_is_written_all_the_same(database: Database):
    await add(database, "a", detail={"why": "a\0b\ud800"}, source="\0")

    assert (await verified(database)).problems == ()


ALTERED: dict[str, Any] = {
    "key": "another",
    "at": NOW + timedelta(microseconds=1),
    "actor": "U0MALLORY",
    "act": "lock",
    "environment": None,
    "service": "other",
    "subject": None,
    "source": "elsewhere",
    "outcome": "denied",
    "detail": {},
}


@pytest.mark.parametrize("column", ALTERED)
async def test_any_column_of_a_row_that_was_altered_is_found(database: Database, column: str):
    await add(database, "a", "b", "c")

    await change_row(database, 2, **{column: ALTERED[column]})

    assert await faults(database) == [(Fault.CONTENT, 2, 2)]


@pytest.mark.parametrize("column", ["previous", "hash"])
async def test_an_altered_link_is_found(database: Database, column: str):
    await add(database, "a", "b", "c")

    await change_row(database, 2, **{column: "f" * 64})

    assert await faults(database) == [(Fault.LINK, 2, 2)]


async def test_a_row_given_another_number_is_missing_and_inserted(database: Database):
    await add(database, "a", "b", "c")

    await change_row(database, 2, number=9)

    assert await faults(database) == [(Fault.MISSING, 2, 2), (Fault.INSERTED, 9, 9)]


@pytest.mark.parametrize("at", [1e300, float("inf"), -1e300])
async def test_a_row_that_cannot_be_read_any_more_is_named_too(database: Database, at: float):
    await add(database, "a", "b", "c")

    await change_row(database, 2, at=at)

    assert await faults(database) == [(Fault.CONTENT, 2, 2)]


@pytest.mark.parametrize("detail", ["[1, 2]", "null", "7", '"text"'])
async def test_details_of_another_shape_are_named_too(database: Database, detail: str):
    await add(database, "a", "b", "c")

    async with database.write() as connection:
        await unguard(connection)
        await connection.execute(
            text(f"UPDATE audit_entries SET detail = '{detail}' WHERE number = 2")  # noqa: S608
        )

    assert await faults(database) == [(Fault.CONTENT, 2, 2)]


@pytest.mark.parametrize(
    "statement",
    [
        update(audit_entries).values(actor="U0MALLORY"),
        delete(audit_entries).where(audit_entries.c.number == 2),
    ],
    ids=["altered", "removed"],
)
async def test_the_database_itself_refuses_that_an_entry_is(database: Database, statement: Any):
    await add(database, "a", "b", "c")

    with pytest.raises(DBAPIError, match="append-only"):
        async with database.write() as connection:
            await connection.execute(statement)

    assert await faults(database) == []


async def test_a_removed_row_is_found(database: Database):
    await add(database, "a", "b", "c")
    async with database.write() as connection:
        await unguard(connection)
        await connection.execute(delete(audit_entries).where(audit_entries.c.number == 2))

    assert await faults(database) == [(Fault.MISSING, 2, 2)]


async def test_an_inserted_row_is_found(database: Database):
    await add(database, "a", "b")
    end = (await verified(database)).head
    entry = an_entry("inserted")
    async with database.write() as connection:
        await connection.execute(
            insert(audit_entries).values(
                number=3,
                key=entry.key,
                at=entry.at,
                actor=entry.actor,
                act=entry.act,
                environment=entry.environment,
                service=entry.service,
                subject=entry.subject,
                source=entry.source,
                outcome=entry.outcome,
                detail=dict(entry.detail),
                previous=end.hash,
                hash=digest(3, entry, end.hash),
            )
        )

    assert await faults(database) == [(Fault.INSERTED, 3, 3)]


async def test_a_tail_cut_off_is_found_even_with_its_head_when_a_head_was_posted(
    database: Database,
):
    await add(database, "a", "b", "c")
    posted = (await verified(database)).head
    async with database.write() as connection:
        await unguard(connection)
        await connection.execute(delete(audit_entries).where(audit_entries.c.number == 3))
    assert await faults(database) == [(Fault.CUT, 3, 3)]

    async with database.write() as connection:
        asked = select(audit_entries.c.hash).where(audit_entries.c.number == 2)
        newest = (await connection.execute(asked)).scalar_one()
        await connection.execute(update(audit_heads).values(number=2, hash=newest))

    assert await faults(database) == []
    assert await faults(database, posted) == [(Fault.CUT, 3, 3)]


async def test_a_head_that_was_removed_is_found(database: Database):
    await add(database, "a", "b")
    async with database.write() as connection:
        await connection.execute(delete(audit_heads))

    assert await faults(database) == [(Fault.HEAD, 2, 2)]


async def test_a_chain_of_several_pages_is_walked_to_its_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audit, "PAGE", 3)
    await add(database, *(f"key-{n}" for n in range(1, 9)))
    await change_row(database, 8, actor="U0MALLORY")

    assert await faults(database) == [(Fault.CONTENT, 8, 8)]


async def test_nothing_written_yet_is_nothing_wrong(database: Database):
    found = await verified(database)

    assert found == Verified(Head(), ())


async def asked_for(database: Database, at_most: int = 10, **wanted: Any) -> tuple[list[str], int]:
    async with database.read() as connection:
        links, count = await audit.newest(connection, Wanted(**wanted), at_most=at_most)
    return [link.entry.key for link in links], count


async def test_entries_are_found_newest_first_by_place_person_time_and_act(database: Database):
    hour = timedelta(hours=1)
    await add(database, "api", at=NOW)
    await add(database, "web", at=NOW + hour, service="credlink-web", actor=BOB)
    await add(database, "lock", at=NOW + 2 * hour, act="lock", service="*")
    await add(database, "staging", at=NOW + 3 * hour, environment="staging")
    await add(database, "nowhere", at=NOW + 4 * hour, environment=None, service=None)

    everything = ["nowhere", "staging", "lock", "web", "api"]
    assert await asked_for(database) == (everything, 5)
    assert await asked_for(database, at_most=2) == (["nowhere", "staging"], 5)
    assert await asked_for(database, actor=BOB) == (["web"], 1)
    assert await asked_for(database, actor=ALICE, act="lock") == (["lock"], 1)
    assert await asked_for(database, since=NOW + 3 * hour) == (["nowhere", "staging"], 2)
    api = frozenset({("prod", "credlink-api")})
    assert await asked_for(database, places=api) == (["lock", "api"], 2)
    assert await asked_for(database, places=frozenset()) == ([], 0)
