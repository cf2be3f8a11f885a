"""Approvals in the database: one that stands for each person, void with what differed."""

import asyncio
from datetime import timedelta

from sqlalchemy import select

from bot.domain.card import Kind, Urgency
from bot.domain.change import Approval, ChangeState
from bot.domain.plan import Binding
from bot.storage import approvals, cards, changes
from bot.storage.schema.cards import cards as cards_table
from tests.changes.builders import NOW, a_change, a_plan

BOUND = Binding("sha256:4b", "hash-1")


def an_approval(by: str = "U0BOB0001", **said) -> Approval:
    return Approval(**{"change_id": "change-1", "by": by, "at": NOW, "binding": BOUND, **said})


async def kept(database, change, *some):
    async with database.write() as connection:
        await changes.add(connection, change)
        await cards.open_card(
            connection,
            kind=Kind.CHANGE,
            subject_id=change.id,
            channel=change.channel,
            urgency=Urgency.NEW,
        )
        return [await approvals.add(connection, approval) for approval in some]


async def wanted(database):
    async with database.read() as connection:
        return (await connection.execute(select(cards_table.c.wanted))).scalar_one()


async def of(database):
    async with database.read() as connection:
        return await approvals.of_change(connection, "change-1")


async def test_approvals_come_back_as_they_were_given_and_mark_the_card(database):
    some = (an_approval(), an_approval("U0CAROL01", at=NOW + timedelta(minutes=1)))

    assert await kept(database, a_change(), *some) == [True, True]

    assert await of(database) == some
    assert await wanted(database) == 3


async def test_ones_word_stands_once_however_often_it_is_given_at_once(database):
    await kept(database, a_change())

    async def give(number: int):
        async with database.write() as connection:
            at = NOW + timedelta(seconds=number)
            return await approvals.add(connection, an_approval(at=at))

    assert sorted(await asyncio.gather(*(give(n) for n in range(8)))) == [False] * 7 + [True]


async def test_what_differs_voids_an_approval_and_is_said(database):
    others = an_approval("U0CAROL01", binding=Binding("sha256:5c", "hash-1"))
    await kept(database, a_change(), an_approval(), others)

    async with database.write() as connection:
        assert await approvals.void_other(connection, "change-1", BOUND, at=NOW) == 1
        assert await approvals.void_other(connection, "change-1", BOUND, at=NOW) == 0

    stands, void = await of(database)
    assert stands == an_approval()
    assert (void.voided_at, void.void_why) == (NOW, "the image is sha256:4b now, not sha256:5c")


async def test_all_are_voided_for_one_reason_and_may_be_given_anew(database):
    await kept(database, a_change(), an_approval(), an_approval("U0CAROL01"))
    later = NOW + timedelta(minutes=5)

    async with database.write() as connection:
        voided = await approvals.void(connection, "change-1", at=later, why="it is another image")
        assert voided == 2
        assert await approvals.void(connection, "change-1", at=later, why="again") == 0
        assert await approvals.add(connection, an_approval(at=later))

    assert [(one.by, one.void_why) for one in await of(database)] == [
        ("U0BOB0001", "it is another image"),
        ("U0CAROL01", "it is another image"),
        ("U0BOB0001", None),
    ]
    assert await wanted(database) == 5


async def test_proposals_that_wait_are_found_by_their_place_the_oldest_first(database):
    proposed = {"state": ChangeState.PROPOSED, "plan": a_plan()}
    some = (
        a_change("second", asked_at=NOW + timedelta(minutes=1), **proposed),
        a_change("first", **proposed),
        a_change("another service's", service="web", **proposed),
        a_change("elsewhere", environment="staging", **proposed),
        a_change("still looked up", state=ChangeState.PROPOSING),
    )
    async with database.write() as connection:
        for change in some:
            await changes.add(connection, change)

    async with database.read() as connection:
        here = await approvals.waiting(connection, "prod", "credlink-api")
        everything = await approvals.waiting(connection, "prod", None)

    assert here == ("first", "second")
    assert everything == ("another service's", "first", "second")
