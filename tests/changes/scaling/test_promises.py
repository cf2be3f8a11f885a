"""What stands for a while goes back by itself, or is kept, hurried, handed over, given way with."""

import asyncio
from datetime import timedelta

import pytest

from bot.cards.scaling import CONFIRM, KEEP, REVERT
from bot.changes.scaling.promise import ScalingPromises
from bot.domain.lock import BOT
from bot.domain.scaling.scaling import ScalingState
from bot.errors import NotAllowed
from bot.storage import locks
from sandbox.aws.calls import dropped
from tests.changes.operator import ALICE, BOB, MALLORY, PACE, utc_now
from tests.changes.scaling.scaler import LONG, SHORT, Scaler
from tests.domain.situations import a_lock

S = ScalingState


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
    prod: Scaler,
):
    below = await prod.scales("5-10", LONG)
    above = await prod.scales("6-8", LONG, by=BOB)
    assert "stands on it" in await prod.card(below)

    await prod.presses(REVERT, await prod.now(below))
    ended = await prod.ends(below)

    assert ended.state is S.HANDED_OVER
    assert prod.bounds == (6, 8)
    assert f"<@{BOB.id}>'s 6–8" in await prod.card(ended)
    await prod.presses(REVERT, await prod.now(above), by=ALICE)
    ended = await prod.ends(above)
    assert ended.state is S.REVERTED
    assert f"<@{ALICE.id}> had it set back" in await prod.card(ended)
    assert prod.bounds == (3, 10)


async def test_what_is_kept_stays_and_ends_what_stood_beneath_it(prod: Scaler):
    below = await prod.scales("5-10", LONG)
    above = await prod.scales("6-8", LONG)

    await prod.presses(KEEP, above, by=BOB)

    assert (await prod.now(above)).state is S.KEPT
    gave_way = await prod.now(below)
    assert gave_way.state is S.GAVE_WAY
    assert f"<@{BOB.id}> kept 6–8" in await prod.card(gave_way)
    assert prod.bounds == (6, 8)
    assert ("keep", "kept") in await prod.audited(above)


async def test_a_scaling_for_good_ends_what_stands_and_says_so_before(prod: Scaler):
    standing = await prod.scales("5-10", LONG)
    proposed = await prod.proposes("4-9", by=BOB)
    assert "does not go back by itself then" in await prod.card(proposed)

    await prod.presses(CONFIRM, proposed, by=BOB)
    await prod.ends(proposed)

    gave_way = await prod.now(standing)
    assert gave_way.state is S.GAVE_WAY
    assert f"<@{BOB.id}> set 4–9 for good" in await prod.card(gave_way)
    assert prod.bounds == (4, 9)


async def test_it_gives_way_to_whoever_changed_it_outside_the_bot(prod: Scaler):
    standing = await prod.scales("5-10", LONG)
    await prod.somebody_else_sets(7, 9)

    await prod.presses(REVERT, standing)
    ended = await prod.ends(standing)

    assert ended.state is S.GAVE_WAY
    assert "Somebody outside the bot set 7–9 since. That stays." in await prod.card(ended)
    assert prod.bounds == (7, 9)


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


async def test_a_lock_of_a_rollback_is_not_in_the_way_and_one_of_a_person_is(prod: Scaler):
    at = utc_now()
    async with prod.world.database.write() as connection:
        await locks.add(
            connection, a_lock(service="credlink-api", owner=BOT, at=at, change_id="change-1")
        )
    proposed = await prod.proposes("6", LONG)

    async with prod.world.database.write() as connection:
        await locks.add(connection, a_lock(id="lock-2", service="*", at=at))
    with pytest.raises(NotAllowed, match="is locked by @U0BOB0001"):
        await prod.presses(CONFIRM, proposed)

    assert "is locked by" in await prod.card(proposed)
    assert prod.writes == []


async def test_a_proposal_that_nobody_confirms_expires(prod: Scaler):
    proposed = await prod.proposes("6")
    late = ScalingPromises(
        prod.world.database,
        prod.engine,
        lambda: proposed.expires_at,
        prod.world.wake,
        PACE,
    )

    assert await late.sweep() == 1

    assert (await prod.now(proposed)).state is S.EXPIRED
    assert "⚫ Expired scaling" in await prod.card(proposed)
