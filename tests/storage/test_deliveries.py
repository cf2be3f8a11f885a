"""Claims, leases and what is due: one deliverer a channel, and none writes without its lease."""

import asyncio

from sqlalchemy import select

from bot.cards.blocks import Message
from bot.domain.card import Kind, Urgency
from bot.storage import budgets, cards, deliveries, threads
from bot.storage.budgets import Budget
from bot.storage.database import Database
from bot.storage.deliveries import Claim, Step
from bot.storage.schema import cards as tables

UPDATES = Budget("chat.update", capacity=2, every_s=3600.0, kept=1)
CHANGE = (Kind.CHANGE, "c1")


async def opened(
    database: Database, subject_id: str, channel: str, urgency: Urgency = Urgency.NEW
) -> str:
    async with database.write() as connection:
        return await cards.open_card(
            connection,
            kind=Kind.CHANGE,
            subject_id=subject_id,
            channel=channel,
            urgency=urgency,
        )


async def claimed(
    database: Database, owner: str, *, at_most: int = 8, lease_s: float = 30, busy=()
) -> list[str]:
    async with database.write() as connection:
        found = await deliveries.claim(
            connection, owner, UPDATES, lease_s=lease_s, busy=busy, at_most=at_most
        )
    return [claim.channel for claim in found]


async def work(database: Database, channel: str = "#a") -> deliveries.Work | None:
    async with database.read() as connection:
        return await deliveries.next_work(connection, channel, UPDATES)


async def posted(database: Database, card_id: str, *, revision: int = 1) -> None:
    async with database.write() as connection:
        await deliveries.shown(
            connection, card_id, revision=revision, channel_id="C1", ts="1.1", pause_s=0
        )


async def test_of_eight_deliverers_that_reach_at_once_each_channel_has_one(database: Database):
    for n in range(12):
        await opened(database, f"c{n}", f"#{n}")
    found = await asyncio.gather(*(claimed(database, f"d{n}", at_most=3) for n in range(8)))
    every = [channel for channels in found for channel in channels]
    assert len(every) == len(set(every))
    rest = await claimed(database, "last", at_most=12)
    assert sorted(every + rest) == sorted(f"#{n}" for n in range(12))


async def test_the_channel_with_the_most_urgent_card_is_claimed_first(database: Database):
    await opened(database, "c1", "#slow", Urgency.PROGRESS)
    await opened(database, "c2", "#outcome", Urgency.OUTCOME)
    await opened(database, "c3", "#new", Urgency.NEW)
    order = [(await claimed(database, "d", at_most=1, busy=()))[0]]
    order += await claimed(database, "e", at_most=1)
    order += await claimed(database, "e", at_most=1, busy=order)
    assert order == ["#outcome", "#new", "#slow"]


async def test_a_channel_without_anything_due_is_not_claimed(database: Database):
    await posted(database, await opened(database, "c1", "#a"))
    assert await claimed(database, "d") == []
    async with database.read() as connection:
        assert not await deliveries.is_any_due(connection, "d", UPDATES, busy=())


async def test_a_lease_that_ran_out_is_anybodys_and_its_old_owner_may_write_no_more(
    database: Database,
):
    await opened(database, "c1", "#a")
    assert await claimed(database, "old", lease_s=-1) == ["#a"]
    assert await claimed(database, "new") == ["#a"]
    async with database.write() as connection:
        assert not await deliveries.hold(connection, Claim("#a", "old", 30))
        assert await deliveries.hold(connection, Claim("#a", "new", 30))
        await deliveries.release(connection, Claim("#a", "old", 30))
        assert await deliveries.hold(connection, Claim("#a", "new", 30))


async def test_a_restarted_process_has_its_channels_back_at_once_but_not_those_it_works_in(
    database: Database,
):
    await opened(database, "c1", "#a")
    assert await claimed(database, "me") == ["#a"]
    assert await claimed(database, "me", busy=["#a"]) == []
    assert await claimed(database, "me") == ["#a"]
    assert await claimed(database, "other") == []


async def test_a_released_channel_is_anybodys(database: Database):
    await opened(database, "c1", "#a")
    await claimed(database, "a")
    async with database.write() as connection:
        await deliveries.release(connection, Claim("#a", "a", 30))
    assert await claimed(database, "b") == ["#a"]


async def test_a_card_is_posted_then_edited_and_its_thread_follows_its_message(database: Database):
    card_id = await opened(database, "c1", "#a")
    async with database.write() as connection:
        await cards.add_entry(connection, *CHANGE, key="k", message=Message("entry"))
    first = await work(database)
    assert (first.step, first.wanted, first.ts) == (Step.POST, 1, None)

    await posted(database, card_id)
    assert (await work(database)).step is Step.ENTRY

    async with database.write() as connection:
        await cards.mark(connection, *CHANGE)
    second = await work(database)
    assert (second.step, second.wanted, second.ts) == (Step.EDIT, 2, "1.1")


async def test_what_is_shown_is_the_revision_that_was_sent_and_not_what_is_wanted_by_now(
    database: Database,
):
    card_id = await opened(database, "c1", "#a")
    async with database.write() as connection:
        await cards.mark(connection, *CHANGE)
    await posted(database, card_id, revision=1)
    assert (await work(database)).step is Step.EDIT


async def test_without_a_token_for_it_an_edit_is_not_due_and_an_outcome_is(database: Database):
    await posted(database, await opened(database, "c1", "#a"))
    async with database.write() as connection:
        assert await budgets.take(connection, UPDATES, urgent=False)
        await cards.mark(connection, *CHANGE)
    assert await work(database) is None
    assert await claimed(database, "d") == []
    async with database.write() as connection:
        await cards.mark(connection, *CHANGE, urgency=Urgency.OUTCOME)
    assert (await work(database)).is_urgent
    assert await claimed(database, "d") == ["#a"]


async def test_a_post_that_began_is_not_due_while_slack_may_be_at_it_and_is_remembered(
    database: Database,
):
    card_id = await opened(database, "c1", "#a")
    claim = Claim("#a", "d", 30)
    async with database.write() as connection:
        assert await deliveries.begin_post(connection, claim, card_id, every_s=0, unknown_for_s=60)
        await cards.mark(connection, *CHANGE, urgency=Urgency.OUTCOME)
    assert await work(database) is None, "urgent or not"
    async with database.write() as connection:
        await deliveries.postpone(connection, card_id, for_s=0)
    first = (await work(database)).attempted_at
    assert first is not None
    async with database.write() as connection:
        assert await deliveries.begin_post(connection, claim, card_id, every_s=0, unknown_for_s=0)
    assert (await work(database)).attempted_at == first, "the search begins at the first attempt"


async def test_a_channel_has_one_post_at_a_time_by_its_pace(database: Database):
    await opened(database, "c1", "#a")
    async with database.write() as connection:
        assert await deliveries.take_post(connection, "#a", every_s=60)
        assert not await deliveries.take_post(connection, "#a", every_s=60)
    assert await work(database) is None


async def test_a_new_message_may_go_one_turn_ahead_and_then_everything_waits_the_longer(
    database: Database,
):
    await opened(database, "c1", "#a")
    async with database.write() as connection:
        assert await deliveries.take_post(connection, "#a", every_s=60)
        ahead = await deliveries.next_work(connection, "#a", UPDATES, ahead_s=60)
        assert ahead is not None
        assert await deliveries.is_any_due(connection, "d", UPDATES, busy=(), ahead_s=60)
        assert not await deliveries.is_any_due(connection, "d", UPDATES, busy=())
        assert await deliveries.take_post(connection, "#a", every_s=60, ahead_s=60)
        assert not await deliveries.take_post(connection, "#a", every_s=60, ahead_s=60)
        assert await deliveries.next_work(connection, "#a", UPDATES, ahead_s=60) is None
        assert await deliveries.take_post(connection, "#a", every_s=60, ahead_s=121)


async def test_what_is_said_in_a_thread_goes_in_its_turn(database: Database):
    await posted(database, await opened(database, "c1", "#a"))
    async with database.write() as connection:
        await cards.add_entry(connection, *CHANGE, key="k", message=Message("entry"))
        assert await deliveries.take_post(connection, "#a", every_s=60)
        assert await deliveries.next_work(connection, "#a", UPDATES, ahead_s=60) is None


async def test_a_picture_on_its_way_waits_for_no_post(database: Database):
    await posted(database, await opened(database, "c1", "#a"))
    async with database.write() as connection:
        chart = {"key": "chart", "png": b"png", "name": "chart.png", "alt": "A chart"}
        await cards.add_picture(connection, *CHANGE, **chart)
        await cards.add_entry(connection, *CHANGE, key="k", message=Message("entry"))
        assert await deliveries.take_post(connection, "#a", every_s=60)
    found = await work(database)
    assert found is not None
    assert found.step is Step.ENTRY

    async with database.write() as connection:
        entry = await threads.next_entry(connection, found.card_id)
        assert entry is not None
        assert entry.picture is not None
        await threads.delivered(connection, entry, "1.2")
    assert await work(database) is None


async def test_of_eight_who_post_at_once_in_a_channel_one_has_the_token(database: Database):
    await opened(database, "c1", "#a")

    async def take() -> bool:
        async with database.write() as connection:
            return await deliveries.take_post(connection, "#a", every_s=60)

    assert sum(await asyncio.gather(*(take() for _ in range(8)))) == 1


async def test_a_failure_is_kept_and_counted_and_forgotten_when_it_works(database: Database):
    card_id = await opened(database, "c1", "#a")
    async with database.write() as connection:
        await deliveries.postpone(connection, card_id, for_s=0, error="channel_not_found")
    failed = await work(database)
    assert failed.failures == 1
    await posted(database, card_id)
    async with database.read() as connection:
        card = (await connection.execute(select(tables.cards))).one()
    assert (card.failures, card.last_error) == (0, None)


async def test_entries_are_handed_out_one_after_the_other(database: Database):
    card_id = await opened(database, "c1", "#a")
    await posted(database, card_id)
    async with database.write() as connection:
        for key in ("first", "second"):
            await cards.add_entry(connection, *CHANGE, key=key, message=Message(key))
    seen = []
    for _ in range(2):
        async with database.write() as connection:
            entry = await threads.next_entry(connection, card_id)
            seen.append(entry.key)
            await threads.delivered(connection, entry, f"2.{entry.number}")
            await threads.delivered(connection, entry, f"2.{entry.number}")
    assert seen == ["first", "second"]
    assert await work(database) is None


async def test_a_refused_picture_is_known_as_such_once(database: Database):
    card_id = await opened(database, "c1", "#a")
    await posted(database, card_id)
    async with database.write() as connection:
        chart = {"key": "chart", "png": b"png", "name": "chart.png", "alt": "Errors"}
        await cards.add_picture(connection, *CHANGE, **chart)
        entry = await threads.next_entry(connection, card_id)
        assert entry.picture.png == b"png"
        await threads.uploaded(connection, entry, "F1")
        await threads.shared(connection, entry, "2.1", usable=True)
        assert await cards.picture_file_id(connection, *CHANGE, "chart") == "F1"
        kept = await connection.execute(select(tables.pictures.c.png))
        assert kept.scalar_one() is None, "Slack has it"
        assert await threads.refuse_pictures(connection, ["F1"])
        assert not await threads.refuse_pictures(connection, ["F1"])
        assert await cards.picture_file_id(connection, *CHANGE, "chart") is None
    assert (await work(database)).step is Step.EDIT, "the card wants to show it"


async def test_the_search_for_what_is_due_uses_the_index_of_what_is_owed(database: Database):
    """Cards stay for ever; those Slack shows as they are must cost nothing."""
    await opened(database, "c1", "#a")
    asked = select(tables.channels.c.name).where(deliveries._has_due(UPDATES, 1.0))
    async with database.read() as connection:
        if connection.dialect.name == "postgresql":
            return  # with so few rows its planner rightly reads the table
        written = asked.compile(connection.sync_engine, compile_kwargs={"literal_binds": True})
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}")
        assert "ix_cards_owed" in " ".join(str(row) for row in plan.all())
