"""What stands for a while goes back by itself, or is kept, hurried, handed over, given way with."""

import asyncio
from datetime import timedelta

import pytest

from bot.cards.scaling import CONFIRM, KEEP
from bot.changes.scaling.promise import ScalingPromises
from bot.domain.lock import BOT
from bot.domain.scaling.scaling import ScalingState
from bot.errors import Conflict, NotAllowed
from bot.storage import locks, scalings
from integrations.errors import Forbidden
from sandbox.aws.calls import dropped
from tests.changes.operator import ALICE, BOB, MALLORY, PACE, utc_now
from tests.changes.scaling.pretended import FIRST, Pretended
from tests.changes.scaling.scaler import LONG, SHORT, Scaler
from tests.domain.scalings import bounds
from tests.domain.situations import a_lock

S = ScalingState


class Idle:
    """An engine that has nothing to do."""

    async def known(self, identities):
        return frozenset(identities)


IDLE = Idle()


async def test_it_says_until_when_goes_back_by_itself_and_says_that_it_did(prod: Scaler):
    standing = await prod.scales("5-10", SHORT)
    assert prod.bounds == (5, 10)
    assert "Goes back to *3–10* by itself at" in await prod.card(standing)
    with pytest.raises(NotAllowed, match="Only `deployers` may scale"):
        await prod.presses(KEEP, standing, by=MALLORY)

    ended = await prod.ends(standing)

    assert ended.state is S.REVERTED
    assert ended.finished_at - standing.until < timedelta(seconds=1)
    assert prod.bounds == (3, 10)
    assert "🟢 Set back: credlink-api in prod 5–10 → 3–10" in await prod.card(ended)
    assert await prod.audited(ended) == [
        ("scale", "accepted"),
        ("confirm", "done"),
        ("scale", "standing"),
        ("keep", "denied"),
        ("revert", "reverted"),
    ]


async def test_one_that_is_due_beneath_another_hands_over_and_the_last_goes_back_to_the_first(
    place: Pretended,
):
    below = await place.scales(bounds(5, 10), for_a_while=True)
    above = await place.scales(bounds(6, 8), for_a_while=True, by=BOB)
    assert "stands on it" in await place.card(below)

    ended = await place.is_due(below)

    assert ended.state is S.HANDED_OVER
    assert place.aws.capacity == bounds(6, 8)
    assert f"<@{BOB.id}>'s 6–8" in await place.card(ended)
    ended = await place.reverts(above, by=ALICE)
    assert ended.state is S.REVERTED
    assert f"<@{ALICE.id}> had it set back" in await place.card(ended)
    assert place.aws.capacity == FIRST


async def test_what_is_kept_stays_and_ends_what_stood_beneath_it(place: Pretended):
    below = await place.scales(bounds(5, 10), for_a_while=True)
    above = await place.scales(bounds(6, 8), for_a_while=True)

    await place.keeps(above, by=BOB)

    assert (await place.now(above)).state is S.KEPT
    gave_way = await place.now(below)
    assert gave_way.state is S.GAVE_WAY
    assert f"<@{BOB.id}> kept 6–8" in await place.card(gave_way)
    assert place.aws.capacity == bounds(6, 8)


async def test_a_scaling_for_good_ends_what_stands_and_says_so_before(place: Pretended):
    standing = await place.scales(bounds(5, 10), for_a_while=True)
    proposed = await place.asks(bounds(4, 9), for_a_while=False, by=BOB)
    assert "does not go back by itself then" in await place.card(proposed)

    await place.confirms(proposed, by=BOB)

    gave_way = await place.now(standing)
    assert gave_way.state is S.GAVE_WAY
    assert f"<@{BOB.id}> set 4–9 for good" in await place.card(gave_way)
    assert place.aws.capacity == bounds(4, 9)


async def test_it_gives_way_to_whoever_changed_it_outside_the_bot(place: Pretended):
    standing = await place.scales(bounds(5, 10), for_a_while=True)
    place.aws.capacity = bounds(7, 9)

    ended = await place.is_due(standing)

    assert ended.state is S.GAVE_WAY
    assert "Somebody outside the bot set 7–9 since. That stays." in await place.card(ended)
    assert place.aws.capacity == bounds(7, 9)


async def test_what_was_set_back_outside_the_bot_is_left_as_it_is_and_said(place: Pretended):
    standing = await place.scales(bounds(5, 10), for_a_while=True)
    place.aws.capacity, asked_for = FIRST, place.aws.asked_for

    ended = await place.is_due(standing)

    assert ended.state is S.REVERTED
    assert "had been set back already, outside the bot" in await place.card(ended)
    assert place.aws.asked_for == asked_for


async def test_aws_that_cannot_be_asked_for_a_day_is_said_to_still_have_it(place: Pretended):
    standing = await place.scales(bounds(5, 10), for_a_while=True)
    place.aws.refuses = Forbidden("aws", "register", "needs application-autoscaling:Register…")
    async with place.database.write() as connection:
        due = await scalings.move(connection, standing.id, S.DUE, of={S.STANDING}, at=place.at)
    for _ in range(3):
        await place.does_a_step(due)
    silent = await place.now(due)
    assert silent.state is S.REVERTING
    assert "Needs application-autoscaling:Register" in await place.card(due)

    place.at += timedelta(days=1)
    ended = await place.goes_on(due)

    assert ended.state is S.FAILED
    assert "It still stands.* Set it back yourself: `scale prod 3-10" in await place.card(ended)


async def test_of_two_confirmed_at_the_same_moment_one_is_set_and_the_other_proposed_anew(
    prod: Scaler,
):
    one, other = await asyncio.gather(prod.proposes("5-10", LONG), prod.proposes("6-8", LONG))

    await asyncio.gather(prod.presses(CONFIRM, one), prod.presses(CONFIRM, other))
    stood = [
        await prod.until_true(each, lambda now: now.run == 2 and now.is_at_rest)
        for each in (one, other)
    ]

    assert sorted(each.state for each in stood) == [S.PROPOSED, S.STANDING]
    won = next(each for each in stood if each.state is S.STANDING)
    assert prod.bounds == (won.wanted.minimum, won.wanted.maximum)
    again = next(each for each in stood if each.state is S.PROPOSED)
    assert "it is" in again.why
    await prod.presses(CONFIRM, again)
    on_top = await prod.until(again, S.STANDING)
    assert on_top.found == won.wanted


async def test_nothing_begun_and_an_answer_lost_the_sweep_keeps_the_promise(prod: Scaler):
    prod.aws.faults.add(dropped("RegisterScalableTarget", when="after"))
    with prod.powerless():
        asked_for = await prod.asks("5-10", SHORT)
    later = ScalingPromises(
        prod.world.database,
        prod.engine,
        lambda: utc_now() + timedelta(seconds=6),
        prod.world.wake,
        PACE,
    )
    assert await later.sweep() == 1
    proposed = await prod.until(asked_for, S.PROPOSED)
    with prod.powerless():
        await prod.presses(CONFIRM, proposed)
    await prod.until(proposed, S.STANDING)
    assert prod.bounds == (5, 10)
    prod.aws.faults.add(dropped("RegisterScalableTarget", when="after"))

    ended = await prod.ends(proposed)

    assert (ended.state, prod.bounds) == (S.REVERTED, (3, 10))


async def test_a_lock_of_a_rollback_is_not_in_the_way_and_one_of_a_person_is(place: Pretended):
    async with place.database.write() as connection:
        await locks.add(
            connection, a_lock(service="credlink-api", owner=BOT, at=place.at, change_id="change-1")
        )
    proposed = await place.asks(bounds(5, 10), for_a_while=True)

    async with place.database.write() as connection:
        await locks.add(connection, a_lock(id="lock-2", service="*", at=place.at))
    with pytest.raises(NotAllowed, match="is locked by @U0BOB0001"):
        await place.confirms(proposed)

    assert "is locked by" in await place.card(proposed)
    assert place.aws.asked_for == 0


async def test_a_lock_set_after_the_press_sends_it_back_to_be_confirmed(place: Pretended):
    proposed = await place.asks(bounds(5, 10), for_a_while=True)
    await place.presses.confirm(place.press(proposed))
    async with place.database.write() as connection:
        await locks.add(connection, a_lock(service="credlink-api", at=place.at))

    again = await place.goes_on(proposed)

    assert again.state is S.PROPOSED
    assert "something came into its way" in again.why
    assert place.aws.asked_for == 0


async def test_a_proposal_that_nobody_confirms_expires_and_is_not_confirmed_then(place: Pretended):
    proposed = await place.asks(bounds(5, 10), for_a_while=True)
    place.at = proposed.expires_at
    with pytest.raises(Conflict, match="The time to confirm this is over"):
        await place.confirms(proposed)

    promises = ScalingPromises(place.database, IDLE, place.world.now, place.world.wake)
    assert await promises.sweep() == 1

    assert (await place.now(proposed)).state is S.EXPIRED
    assert "⚫ Expired scaling" in await place.card(proposed)
