"""Locks and freezes: one wins, everybody is told, each has a card, old ones are asked about."""

import asyncio
from datetime import timedelta

import pytest

from bot.cards.guard import KEEP, LIFT, UNLOCK
from bot.catalog import ANY
from bot.changes.guards.freezing import FreezeRequest
from bot.changes.guards.keep import lock_of, show_freeze, show_lock, show_nudge
from bot.changes.guards.locking import LockRequest
from bot.domain.asked import Press
from bot.domain.card import Kind
from bot.errors import Conflict, NotAllowed, NotKnown, UsageError
from bot.storage import freezes, locks
from tests.changes.guarded import API, BOB, CAROL, MALLORY, WEB, Guarded, a_catalog, asked

HOUR = timedelta(hours=1)
WEEKEND = {"cron": "0 0 * * MON", "for": "48h", "reason": "quiet days"}


def a_lock_request(**said) -> LockRequest:
    return LockRequest(
        **{"environment": "prod", "service": API, "reason": "database migration", **said}
    )


def a_freeze_request(**said) -> FreezeRequest:
    return FreezeRequest(**{"environment": "prod", "reason": "sale", "length": 4 * HOUR, **said})


@pytest.fixture
async def prod(database) -> Guarded:
    return Guarded(database, a_catalog(freeze=[WEEKEND]))


async def locked(prod: Guarded, by=BOB, **said) -> str:
    """Lock, and return the lock's id."""
    await prod.locking.lock(a_lock_request(**said), asked=asked(by))
    [(subject, _, _), *_] = await prod.cards(Kind.LOCK)
    return subject


def pressed(action_id: str, subject_id: str, by=CAROL, key=None) -> Press:
    return Press(asked(by, key), action_id, subject_id, 1)


# Locks


async def test_a_lock_has_a_card_where_changes_of_the_place_are_shown(prod):
    answer = await prod.locking.lock(a_lock_request(length=2 * HOUR), asked=asked(BOB))

    [(subject, channel, _)] = await prod.cards(Kind.LOCK)
    card = await prod.text(show_lock, subject)
    assert answer.text.startswith("Locked credlink-api in prod until <!date^")
    assert channel == "#credlink-prod"
    assert "🟡 Locked: prod · credlink-api" in card
    assert "“database migration”" in card
    assert "<@U0BOB0001>" in card
    assert UNLOCK in card
    assert await prod.audited() == [(BOB.id, "lock", "done")]
    assert prod.woken == 1


async def test_a_lock_on_all_of_prod_is_shown_in_every_channel_of_prod(prod):
    answer = await prod.locking.lock(a_lock_request(service=None), asked=asked(BOB))

    shown = await prod.cards(Kind.LOCK)
    assert answer.text == "Locked all of prod until you clear it."
    assert [channel for _, channel, _ in shown] == ["#credlink-prod", "#credlink-web"]


async def test_of_eight_who_lock_at_once_one_wins_and_the_others_are_told_who(prod):
    answers = await asyncio.gather(
        *(prod.locking.lock(a_lock_request(), asked=asked(by)) for by in (BOB, CAROL) * 4)
    )

    won = [answer for answer in answers if answer.text.startswith("Locked ")]
    lost = [answer for answer in answers if "was faster" in answer.text]
    assert (len(won), len(lost)) == (1, 7)
    assert len({answer.text for answer in lost}) == 1
    assert len(await prod.cards(Kind.LOCK)) == 1
    assert len(await prod.audited()) == 1


async def test_the_same_command_delivered_twice_locks_once(prod):
    once = asked(BOB)

    answers = [await prod.locking.lock(a_lock_request(), asked=once) for _ in range(2)]

    assert answers[0] == answers[1]
    assert len(await prod.audited()) == 1


async def test_a_dry_run_says_what_it_would_do_and_writes_nothing(prod):
    would = await prod.locking.lock(a_lock_request(is_dry_run=True), asked=asked(BOB))
    await locked(prod)
    taken = await prod.locking.lock(a_lock_request(is_dry_run=True), asked=asked(CAROL))
    unlock = await prod.locking.unlock("prod", API, asked=asked(CAROL), is_dry_run=True)

    assert would.text == (
        "Dry run: I would lock credlink-api in prod until you clear it. Nothing was changed."
    )
    assert "<@U0BOB0001> was faster" in taken.text
    assert unlock.text.startswith("Dry run: I would unlock credlink-api in prod, which")
    assert len(await prod.audited()) == 1


@pytest.mark.parametrize("length", [timedelta(), timedelta(days=31)])
async def test_a_lock_of_no_time_or_of_more_than_a_month_is_refused(prod, length):
    with pytest.raises(UsageError, match="30 days at most"):
        await prod.locking.lock(a_lock_request(length=length), asked=asked(BOB))


async def test_whoever_may_not_lock_is_told_who_may_and_written_down(prod):
    with pytest.raises(NotAllowed, match="Only `approvers` may lock credlink-api in prod"):
        await prod.locking.lock(a_lock_request(), asked=asked(MALLORY))

    assert await prod.cards(Kind.LOCK) == []
    assert await prod.audited() == [(MALLORY.id, "lock", "denied")]


async def test_anybody_who_may_lock_clears_a_lock_by_its_button(prod):
    subject = await locked(prod)
    prod.later(hours=3)
    once = pressed(UNLOCK, subject)

    first = await prod.locking.press_unlock(once)
    second = await prod.locking.press_unlock(pressed(UNLOCK, subject, BOB))

    card = await prod.text(show_lock, subject)
    assert first.text.startswith("Unlocked credlink-api in prod, which <@U0BOB0001> locked for")
    assert "It is unlocked already, by <@U0CAROL01>" in second.text
    assert "🟢 Unlocked: prod · credlink-api" in card
    assert "held it for 3 h" in card
    assert UNLOCK not in card
    assert [(subject, "#credlink-prod", 2)] == await prod.cards(Kind.LOCK)
    assert (await prod.audited())[1:] == [(CAROL.id, "unlock", "done")]


async def test_whoever_may_not_lock_may_not_unlock(prod):
    subject = await locked(prod)

    with pytest.raises(NotAllowed):
        await prod.locking.press_unlock(pressed(UNLOCK, subject, MALLORY))

    assert (MALLORY.id, "unlock", "denied") in await prod.audited()


async def test_unlock_without_a_service_means_the_only_lock_there(prod):
    await locked(prod)

    answer = await prod.locking.unlock("prod", None, asked=asked(CAROL))

    assert answer.text.startswith("Unlocked credlink-api in prod")


async def test_unlock_says_what_is_locked_where_nothing_that_was_named_is(prod):
    with pytest.raises(Conflict, match="Nothing is locked: all of prod is free"):
        await prod.locking.unlock("prod", None, asked=asked(CAROL))
    await locked(prod)
    with pytest.raises(Conflict, match="locked: credlink-api in prod"):
        await prod.locking.unlock("prod", WEB, asked=asked(CAROL))
    await locked(prod, service=WEB)
    with pytest.raises(Conflict, match="credlink-api in prod and credlink-web in prod"):
        await prod.locking.unlock("prod", None, asked=asked(CAROL))
    await locked(prod, service=None)
    answer = await prod.locking.unlock("prod", None, asked=asked(CAROL))
    assert answer.text.startswith("Unlocked all of prod")


@pytest.mark.parametrize("environment", ["prdo", "<!channel>"])
async def test_an_environment_nobody_knows_is_said_with_what_there_is(prod, environment):
    with pytest.raises(NotKnown, match=f"There is no environment {environment}"):
        await prod.locking.lock(a_lock_request(environment=environment), asked=asked(BOB))


async def test_a_reason_calls_nobody(prod):
    evil = "<!channel> <!subteam^S0DEPLOY> <https://evil.example|x>"
    subject = await locked(prod, reason=evil)
    taken = await prod.locking.lock(a_lock_request(), asked=asked(CAROL))

    for said in (await prod.text(show_lock, subject), taken.text):
        assert "&lt;!channel&gt;" in said
        assert "<!channel>" not in said
        assert "<!subteam" not in said
        assert "<https" not in said


# What the chore does


async def test_a_lock_whose_time_is_over_is_released_and_its_card_says_so(prod):
    subject = await locked(prod, length=HOUR)
    prod.later(hours=1)

    await prod.keep_guards()

    card = await prod.text(show_lock, subject)
    assert "🟢 Unlocked: prod · credlink-api" in card
    assert "its time was over" in card
    assert [(subject, "#credlink-prod", 2)] == await prod.cards(Kind.LOCK)
    assert prod.woken == 2


async def test_the_owner_of_an_old_lock_is_asked_once_a_day_in_a_message_of_its_own(prod):
    subject = await locked(prod)
    await prod.keep_guards()
    assert await prod.cards(Kind.NUDGE) == []

    prod.later(hours=14)
    await prod.keep_guards()
    await prod.keep_guards()
    [(nudge, channel, _)] = await prod.cards(Kind.NUDGE)
    card = await prod.text(show_nudge, nudge)
    assert (channel, lock_of(nudge)) == (BOB.id, subject)
    assert "🟡 Locked: prod · credlink-api. Still needed?" in card
    assert "You locked it 14 h ago" in card
    assert KEEP in card
    assert UNLOCK in card

    prod.later(hours=23)
    await prod.keep_guards()
    assert len(await prod.cards(Kind.NUDGE)) == 1
    prod.later(hours=1)
    await prod.keep_guards()
    assert len(await prod.cards(Kind.NUDGE)) == 2
    assert KEEP not in await prod.text(show_nudge, nudge)


async def test_of_two_replicas_that_ask_an_owner_at_once_one_does(prod):
    await locked(prod)
    prod.later(hours=14)

    await asyncio.gather(prod.keep_guards(), prod.keep_guards())

    assert len(await prod.cards(Kind.NUDGE)) == 1


async def test_keeping_a_lock_puts_the_question_off_for_a_day(prod):
    await locked(prod)
    prod.later(hours=14)
    await prod.keep_guards()
    [(nudge, _, wanted)] = await prod.cards(Kind.NUDGE)
    prod.later(hours=10)

    others = await prod.locking.keep(pressed(KEEP, nudge, CAROL))
    assert await prod.locking.keep(pressed(KEEP, nudge, BOB)) is None
    again = await prod.locking.keep(pressed(KEEP, nudge, BOB))
    card = await prod.text(show_nudge, nudge)
    prod.later(hours=23)
    await prod.keep_guards()

    assert others.text == "Only whoever set the lock is asked about it."
    assert again.text == "You have answered that."
    assert "🟡 Kept: prod · credlink-api" in card
    assert KEEP not in card
    assert [(nudge, BOB.id, wanted + 1)] == await prod.cards(Kind.NUDGE)
    assert (BOB.id, "keep", "done") in await prod.audited()


async def test_a_lock_cleared_from_the_question_clears_both_cards(prod):
    subject = await locked(prod)
    prod.later(hours=14)
    await prod.keep_guards()
    [(nudge, _, _)] = await prod.cards(Kind.NUDGE)

    await prod.locking.press_unlock(pressed(UNLOCK, subject, BOB))
    too_late = await prod.locking.keep(pressed(KEEP, nudge, BOB))

    assert "🟢 Unlocked" in await prod.text(show_nudge, nudge)
    assert "unlocked already" in too_late.text
    [(_, _, wanted)] = await prod.cards(Kind.NUDGE)
    assert wanted == 2


async def test_the_card_of_a_freeze_is_drawn_anew_when_it_begins_and_when_it_ends(prod):
    await prod.freezing.freeze(a_freeze_request(begins_at=prod.at + HOUR), asked=asked(BOB))
    [(subject, _, _), _] = await prod.cards(Kind.FREEZE)
    assert "🔵 Freeze coming: prod · everything" in await prod.text(show_freeze, subject)

    wanted = []
    for _ in range(3):
        await prod.keep_guards()
        wanted.append((await prod.cards(Kind.FREEZE))[0][2])
        prod.later(hours=2)
        await prod.keep_guards()
        wanted.append((await prod.cards(Kind.FREEZE))[0][2])

    assert wanted == [1, 2, 2, 2, 2, 3]
    assert "🟢 Freeze over: prod · everything" in await prod.text(show_freeze, subject)


# Freezes


async def test_a_freeze_has_a_card_that_says_until_when_and_why(prod):
    answer = await prod.freezing.freeze(a_freeze_request(service=API), asked=asked(BOB))

    [(subject, channel, _)] = await prod.cards(Kind.FREEZE)
    card = await prod.text(show_freeze, subject)
    assert answer.text.startswith("Frozen: credlink-api in prod from <!date^")
    assert channel == "#credlink-prod"
    assert "🟡 Frozen: prod · credlink-api" in card
    assert "“sale”" in card
    assert LIFT in card
    assert await prod.audited() == [(BOB.id, "freeze", "done")]


async def test_the_same_freeze_delivered_twice_is_declared_once(prod):
    once = asked(BOB)

    for _ in range(2):
        await prod.freezing.freeze(a_freeze_request(), asked=once)

    async with prod.database.read() as connection:
        assert len(await freezes.ahead(connection, "prod", ANY, at=prod.at)) == 1
    assert len(await prod.audited()) == 1


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"length": None}, "Say until when"),
        ({"length": timedelta()}, "before it begins"),
        ({"length": timedelta(days=91)}, "90 days at most"),
        ({"length": None, "begins_at": 5, "ends_at": 4}, "before it begins"),
        ({"length": None, "begins_at": -5, "ends_at": -4}, "That is over already"),
        ({"begins_at": 24 * 400}, "check the year"),
    ],
)
async def test_a_freeze_at_an_impossible_time_is_refused_with_what_is_wrong(prod, said, text):
    moments = {name: prod.at + value * HOUR for name, value in said.items() if name.endswith("_at")}

    with pytest.raises(UsageError, match=text):
        await prod.freezing.freeze(a_freeze_request(**{**said, **moments}), asked=asked(BOB))


async def test_whoever_may_not_freeze_is_refused_and_written_down(prod):
    with pytest.raises(NotAllowed, match="Only `approvers` may freeze all of prod"):
        await prod.freezing.freeze(a_freeze_request(), asked=asked(MALLORY))

    assert await prod.audited() == [(MALLORY.id, "freeze", "denied")]


async def test_a_dry_run_of_a_freeze_writes_nothing(prod):
    answer = await prod.freezing.freeze(a_freeze_request(is_dry_run=True), asked=asked(BOB))

    assert answer.text.startswith("Dry run: I would freeze all of prod from")
    assert (await prod.cards(Kind.FREEZE), await prod.audited()) == ([], [])


async def test_a_freeze_is_lifted_by_its_button_once(prod):
    await prod.freezing.freeze(a_freeze_request(service=API), asked=asked(BOB))
    [(subject, _, _)] = await prod.cards(Kind.FREEZE)

    first = await prod.freezing.press_lift(pressed(LIFT, subject))
    second = await prod.freezing.press_lift(pressed(LIFT, subject, BOB))

    assert first.text == "Lifted the freeze of credlink-api in prod (“sale”)."
    assert second.text == "<@U0CAROL01> has lifted it already."
    assert "🟢 Freeze lifted: prod · credlink-api" in await prod.text(show_freeze, subject)
    with pytest.raises(NotAllowed):
        await prod.freezing.freeze(a_freeze_request(), asked=asked(MALLORY))


async def test_lifting_by_command_means_every_freeze_declared_for_exactly_that(prod):
    for said in (
        {"service": None},
        {"service": None, "begins_at": prod.at + HOUR},
        {"service": API},
    ):
        await prod.freezing.freeze(a_freeze_request(**said), asked=asked(BOB))

    would = await prod.freezing.lift("prod", None, asked=asked(CAROL), is_dry_run=True)
    answer = await prod.freezing.lift("prod", None, asked=asked(CAROL))

    assert would.text.startswith("Dry run: I would lift the freeze of all of prod")
    assert answer.text.count("all of prod") == 2
    async with prod.database.read() as connection:
        left = await freezes.ahead(connection, "prod", API, at=prod.at)
    assert [freeze.service for freeze in left] == [API]


async def test_what_cannot_be_lifted_is_said_with_where_it_stands(prod):
    with pytest.raises(Conflict, match="The catalogue freezes it until"):
        await prod.freezing.lift("prod", None, asked=asked(CAROL))
    prod.later(days=3)
    with pytest.raises(Conflict, match="There is no freeze of credlink-web in prod to lift"):
        await prod.freezing.lift("prod", WEB, asked=asked(CAROL))
    await prod.freezing.freeze(a_freeze_request(), asked=asked(BOB))
    with pytest.raises(Conflict, match="All of prod is: lift that with `freeze prod lift`"):
        await prod.freezing.lift("prod", WEB, asked=asked(CAROL))


async def test_a_lock_that_is_cleared_makes_way_for_another(prod):
    first = await locked(prod)
    await prod.locking.press_unlock(pressed(UNLOCK, first))

    answer = await prod.locking.lock(a_lock_request(reason="again"), asked=asked(CAROL))

    assert answer.text.startswith("Locked ")
    async with prod.database.read() as connection:
        [lock] = await locks.in_environment(connection, "prod", at=prod.at)
    assert (lock.owner, lock.reason) == (CAROL.id, "again")


async def test_the_card_of_a_proposal_follows_what_comes_in_its_way_and_goes_again(prod):
    await prod.proposes()
    await prod.proposes("change-2", service=WEB)

    async def wanted() -> list[int]:
        return [wanted for _, _, wanted in sorted(await prod.cards(Kind.CHANGE))]

    subject = await locked(prod)
    assert await wanted() == [2, 1]
    await prod.locking.press_unlock(pressed(UNLOCK, subject))
    assert await wanted() == [3, 1]
    await locked(prod, service=None, length=HOUR)
    prod.later(hours=1)
    await prod.keep_guards()
    assert await wanted() == [5, 3]
    await prod.freezing.freeze(a_freeze_request(service=WEB), asked=asked(BOB))
    await prod.freezing.lift("prod", WEB, asked=asked(BOB))
    assert await wanted() == [5, 5]
