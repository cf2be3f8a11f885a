"""Other people's word: given once, never for one's own, and the last one needed begins it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.catalog import Verb
from bot.domain.change import ActKind, ChangeKind, ChangeState
from bot.domain.gate import Obstacle, may_begin
from bot.domain.plan import GoodRevision
from bot.errors import Conflict, NotAllowed, NotKnown
from bot.storage import acts, approvals, changes, locks, revisions
from tests.changes.builders import NEW_DIGEST, OLD_DIGEST, a_change, a_plan
from tests.changes.guarded import (
    ALICE,
    BOB,
    CAROL,
    MALLORY,
    WEB,
    Guarded,
    a_catalog,
    asked,
    press,
)
from tests.domain.situations import a_lock

S = ChangeState


@pytest.fixture
def needed() -> int:
    """How many must approve."""
    return 1


@pytest.fixture
async def prod(database, needed) -> Guarded:
    return Guarded(database, a_catalog(approvals=needed))


async def test_the_approval_that_was_missing_begins_the_change_in_the_same_moment(prod):
    change = await prod.proposes()

    answer = await prod.approving.approve(press(change, BOB))

    assert answer.text == "Approved, 1 of 1: credlink-api v1.2.0 begins in prod."
    now = await prod.change()
    assert (now.state, now.confirmed_by) == (S.STARTING, BOB.id)
    assert prod.promises.told == [(change.id, change.state_revision)]
    assert await prod.audited() == [(BOB.id, "approve", "done")]
    async with prod.database.read() as connection:
        act = await acts.done_to(connection, change.id, change.state_revision)
    assert (act.kind, act.by) == (ActKind.CONFIRM, BOB.id)


@pytest.mark.parametrize("needed", [2])
async def test_with_two_needed_the_first_changes_nothing_and_both_press_the_same_card(prod):
    change = await prod.proposes()

    first = await prod.approving.approve(press(change, BOB))
    between = await prod.change()
    second = await prod.approving.approve(press(change, CAROL))

    assert "1 of 2" in first.text
    assert "1 of 2 have" in first.text
    assert (between.state, between.state_revision) == (S.PROPOSED, change.state_revision)
    assert "2 of 2" in second.text
    assert (await prod.change()).state is S.STARTING
    assert prod.promises.told == [(change.id, change.state_revision)]


@pytest.mark.parametrize("needed", [2])
async def test_two_who_approve_at_once_begin_it_exactly_once(prod):
    change = await prod.proposes()

    answers = await asyncio.gather(
        *(prod.approving.approve(press(change, by)) for by in (BOB, CAROL))
    )

    assert sorted("begins in prod" in answer.text for answer in answers) == [False, True]
    assert (await prod.change()).state_revision == change.state_revision + 1
    assert prod.promises.told == [(change.id, change.state_revision)]
    assert await prod.approvals() == [(BOB.id, True), (CAROL.id, True)]


@pytest.mark.parametrize("needed", [2])
async def test_two_presses_of_one_person_are_one_approval(prod):
    change = await prod.proposes()

    again = press(change, BOB)
    answers = [
        await prod.approving.approve(press(change, BOB)),
        await prod.approving.approve(again),
        await prod.approving.approve(again),
    ]

    assert answers[1].text == "You have approved this already. It counts once."
    assert answers[2] is None
    assert await prod.approvals() == [(BOB.id, True)]
    assert await prod.audited() == [(BOB.id, "approve", "done")]


async def test_the_same_press_delivered_twice_does_nothing_more(prod):
    change = await prod.proposes()
    once = press(change, BOB)

    await prod.approving.approve(once)

    assert await prod.approving.approve(once) is None
    assert prod.promises.told == [(change.id, change.state_revision)]


async def test_nobody_approves_their_own_and_the_attempt_is_written_down(prod):
    change = await prod.proposes(asked_by=BOB.id)

    with pytest.raises(NotAllowed, match="nobody approves their own"):
        await prod.approving.approve(press(change, BOB))

    assert await prod.approvals() == []
    assert await prod.audited() == [(BOB.id, "approve", "denied")]


@pytest.mark.parametrize("act", ["approve", "refuse"])
async def test_whoever_may_not_approve_is_told_who_may_and_written_down(prod, act):
    change = await prod.proposes()

    with pytest.raises(NotAllowed, match="Only `approvers` may approve changes of credlink-api"):
        await getattr(prod.approving, act)(press(change, MALLORY))

    assert (await prod.change()).state is S.PROPOSED
    assert await prod.audited() == [(MALLORY.id, act, "denied")]


async def test_a_button_drawn_for_an_older_state_does_nothing(prod):
    change = await prod.proposes()

    answer = await prod.approving.approve(press(change, BOB, revision=1))
    refused = await prod.approving.refuse(press(change, BOB, revision=1))

    assert answer.text.startswith("This has changed since that button was drawn.")
    assert refused.text == answer.text
    assert await prod.approvals() == []


async def test_a_proposal_whose_time_is_over_is_not_approved(prod):
    change = await prod.proposes()
    prod.later(minutes=10)

    with pytest.raises(Conflict, match="The time to approve this is over"):
        await prod.approving.approve(press(change, BOB))

    assert await prod.approvals() == []


@pytest.mark.parametrize("needed", [0])
async def test_what_needs_no_approval_is_not_approved(prod):
    change = await prod.proposes()

    with pytest.raises(Conflict, match="This needs no approval"):
        await prod.approving.approve(press(change, BOB))


async def test_a_rollback_to_a_good_revision_needs_none(prod):
    change = await prod.proposes(kind=ChangeKind.ROLLBACK)

    with pytest.raises(Conflict, match="This needs no approval"):
        await prod.approving.approve(press(change, BOB))


async def test_while_the_gate_is_in_the_way_the_approval_is_kept_and_the_answer_says_what_is(prod):
    change = await prod.proposes()
    lock = a_lock(service=change.service, at=prod.at, owner=CAROL.id)
    async with prod.database.write() as connection:
        await locks.add(connection, lock)

    answer = await prod.approving.approve(press(change, BOB))

    assert "does not begin yet" in answer.text
    assert "is locked by <@U0CAROL01>" in answer.text
    assert (await prod.change()).state is S.PROPOSED
    assert await prod.approvals() == [(BOB.id, True)]
    assert prod.promises.told == []


async def test_whoever_asked_must_still_have_the_right_when_it_begins(prod):
    change = await prod.proposes()
    prod.groups[ALICE.id] = frozenset()

    answer = await prod.approving.approve(press(change, BOB))

    assert "Only `deployers` may deploy credlink-api in prod." in answer.text
    assert (await prod.change()).state is S.PROPOSED


async def test_a_rollout_under_way_keeps_the_approval_and_nothing_begins(prod):
    change = await prod.proposes()
    rolling = a_change("change-0", state=S.ROLLING_OUT, plan=a_plan(), started_at=prod.at)
    async with prod.database.write() as connection:
        await changes.add(connection, rolling)

    answer = await prod.approving.approve(press(change, BOB))

    assert "v1.2.0 is rolling out for credlink-api in prod now" in answer.text
    assert await prod.approvals() == [(BOB.id, True)]


async def test_another_digest_voids_what_was_approved_and_it_has_to_be_approved_anew(prod):
    change = await prod.proposes()
    async with prod.database.write() as connection:
        await locks.add(connection, a_lock(service=change.service, at=prod.at))
    await prod.approving.approve(press(change, BOB))

    rebuilt = a_plan(
        definition_hash="hash-1", wanted=replace(change.plan.wanted, digest=OLD_DIGEST)
    )
    async with prod.database.write() as connection:
        await changes.note(connection, change.id, plan=rebuilt)
    before = await prod.situation(await prod.change())
    await prod.approving.approve(press(change, CAROL))

    assert before.counted == ()
    assert await prod.approvals() == [(BOB.id, False), (CAROL.id, True)]
    async with prod.database.read() as connection:
        void, _ = await approvals.of_change(connection, change.id)
    assert void.void_why == "the image is sha256:1a1a…1a1a now, not sha256:4b4b…4b4b"


async def test_an_image_that_is_not_good_where_it_must_be_first_does_not_begin(database):
    prod = Guarded(database, a_catalog(approvals=1, after="staging"))
    change = await prod.proposes(service="credlink-api")

    answer = await prod.approving.approve(press(change, BOB))
    proved = GoodRevision(
        task_definition="arn:7", image="i", version="v1.2.0", digest=NEW_DIGEST,
        change_id="change-9", good_at=prod.at,
    )  # fmt: skip
    async with database.write() as connection:
        await revisions.add_good(connection, "staging", "credlink-api", proved)
    after = await prod.situation(change)

    assert "takes only an image that is good in staging; this one is not" in answer.text
    assert may_begin(after, ALICE, Verb.DEPLOY).allowed


async def test_a_refusal_ends_the_proposal_and_wakes_its_workflow(prod):
    change = await prod.proposes()
    once = press(change, CAROL)

    assert await prod.approving.refuse(once) is None
    assert await prod.approving.refuse(once) is None

    now = await prod.change()
    assert (now.state, now.ended_by) == (S.CANCELLED, CAROL.id)
    assert prod.promises.told == [(change.id, change.state_revision)]
    assert (CAROL.id, "refuse", "done") in await prod.audited()


async def test_nobody_refuses_their_own(prod):
    change = await prod.proposes(asked_by=BOB.id)

    with pytest.raises(NotAllowed, match="cancel it instead"):
        await prod.approving.refuse(press(change, BOB))


# By command


async def test_the_one_proposal_that_waits_is_approved_by_command(prod):
    await prod.proposes()

    answer = await prod.approving.by_command("prod", None, asked=asked(BOB))

    assert "begins in prod" in answer.text
    assert (await prod.change()).state is S.STARTING


async def test_a_dry_run_says_what_would_happen_and_writes_nothing(prod):
    await prod.proposes()

    answer = await prod.approving.by_command("prod", None, asked=asked(BOB), is_dry_run=True)

    assert answer.text.startswith("Dry run, nothing was changed: Approved, 1 of 1")
    assert (await prod.change()).state is S.PROPOSED
    assert (await prod.approvals(), await prod.audited()) == ([], [])


async def test_a_dry_run_of_somebody_who_may_not_writes_nothing_either(prod):
    await prod.proposes()

    with pytest.raises(NotAllowed):
        await prod.approving.by_command("prod", None, asked=asked(MALLORY), is_dry_run=True)

    assert await prod.audited() == []


async def test_several_proposals_are_named_and_none_is_taken(prod):
    await prod.proposes()
    await prod.proposes("change-2", service=WEB, version="v7", plan=a_plan())

    with pytest.raises(Conflict) as said:
        await prod.approving.by_command("prod", None, asked=asked(BOB))
    answer = await prod.approving.by_command("prod", WEB, asked=asked(BOB))

    assert str(said.value) == (
        "2 proposals wait in prod: credlink-api v1.2.0, asked for by @U0ALICE01; "
        "credlink-web v1.2.0, asked for by @U0ALICE01. Name the service, or press Approve on the "
        "card of the one you mean."
    )
    assert "credlink-web" in answer.text


async def test_where_nothing_waits_that_is_said_and_an_unknown_place_too(prod):
    change = await prod.proposes()
    prod.later(minutes=11)
    assert change.expires_at < prod.at

    with pytest.raises(Conflict, match="Nothing waits for an approval in prod"):
        await prod.approving.by_command("prod", None, asked=asked(BOB))
    with pytest.raises(NotKnown, match=r"did you mean prod\?"):
        await prod.approving.by_command("prdo", None, asked=asked(BOB))
    with pytest.raises(NotKnown, match=r"did you mean credlink-web\?"):
        await prod.approving.by_command("prod", "credlink-wbe", asked=asked(BOB))


async def test_the_situation_counts_only_what_belongs_to_this_change(prod):
    one, other = await prod.proposes(), await prod.proposes("change-2", asked_by=CAROL.id)
    async with prod.database.write() as connection:
        await locks.add(
            connection, a_lock(service=one.service, expires_at=prod.at, at=prod.at - timedelta(1))
        )

    await prod.approving.approve(press(one, BOB))

    now = await prod.situation(other)
    assert now.approvals == ()
    reasons = may_begin(now, ALICE, Verb.DEPLOY).reasons
    assert [reason.obstacle for reason in reasons] == [Obstacle.UNDER_WAY, Obstacle.APPROVAL]
