"""Proposals: what they show, what cannot be done, and the buttons that decide on them."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.change import ActKind, ChangeKind, ChangeRequest, ChangeState
from bot.errors import NotAllowed, NotKnown
from bot.storage import acts
from sandbox.aws.calls import Fault
from tests.changes.operator import ALICE, BOB, MALLORY, Operator, asked

S = ChangeState
PARKED = ChangeState.PROPOSED


async def proposed(prod: Operator, version: str = "v1.2.0"):
    change = await prod.until(await prod.asks_to_deploy(version), PARKED)
    assert change.state is PARKED, change.why
    return change


async def test_a_proposal_shows_what_runs_and_what_would_run_and_changes_nothing(prod: Operator):
    change = await proposed(prod)

    card = await prod.card(change)
    assert "🔵 Proposed: credlink-api v1.2.0 → prod" in card
    assert "now *v1.1.9*" in card
    assert "4 tasks" in card
    assert "compare/v1.1.9...v1.2.0" in card
    assert "*changes*  image only" in card
    assert prod.aws.writes == []


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("v9.9.9", "There is no image credlink-api:v9.9.9 in ECR of account 222222222222."),
        ("v1.1.9", "prod already runs v1.1.9: the image is the same."),
    ],
)
async def test_what_cannot_be_deployed_is_refused_with_its_reason(
    prod: Operator, version: str, why: str
):
    ended = await prod.ends(await prod.asks_to_deploy(version))

    assert (ended.state, ended.why) == (S.REFUSED, why)
    assert "⚫ Not possible" in await prod.card(ended)
    assert prod.aws.writes == []


async def test_a_missing_version_is_refused_with_those_known_to_be_good(prod: Operator):
    await prod.ends(await prod.deploys("v1.2.0"))

    ended = await prod.ends(await prod.asks_to_deploy("v1.2.00"))

    assert "Known to be good there: v1.2.0." in ended.why


async def test_a_rollback_with_nowhere_to_go_is_refused(prod: Operator):
    ended = await prod.ends(await prod.asks_to_roll_back())

    assert ended.state is S.REFUSED
    assert "No earlier revision of credlink-api in prod is known to be good" in ended.why


async def test_what_aws_refuses_is_said_in_its_words(prod: Operator):
    prod.aws.faults.add(
        Fault("DescribeImages", 9, "AccessDeniedException", "not authorized to perform: {action}")
    )

    ended = await prod.ends(await prod.asks_to_deploy("v1.2.0"))

    assert ended.state is S.REFUSED
    assert "ecr:DescribeImages" in ended.why


@pytest.mark.parametrize("policy", [{"proposal_expires": "10s"}])
async def test_a_proposal_nobody_confirms_expires(prod: Operator):
    ended = await prod.ends(await prod.asks_to_deploy("v1.2.0"))

    assert ended.state is S.EXPIRED
    assert "Nobody confirmed it in time." in await prod.card(ended)
    proposed_then = replace(ended, state_revision=ended.state_revision - 1)
    answer = await prod.presses("change.confirm", proposed_then)
    assert "has changed since that button was drawn" in answer.text
    assert prod.aws.writes == []


async def test_a_cancelled_proposal_changes_nothing_and_says_who_cancelled(prod: Operator):
    change = await proposed(prod)

    await prod.presses("change.cancel", change)

    ended = await prod.ends(change)
    assert (ended.state, ended.ended_by) == (S.CANCELLED, ALICE.id)
    assert f"Cancelled by <@{ALICE.id}>" in await prod.card(ended)
    assert prod.aws.writes == []


async def test_only_the_person_who_asked_confirms_or_cancels(prod: Operator):
    change = await proposed(prod)

    for action in ("change.confirm", "change.cancel"):
        with pytest.raises(NotAllowed, match="Only the person who asked"):
            await prod.presses(action, change, by=BOB)

    assert (await prod.now(change)).state is PARKED


async def test_rights_lost_since_asking_count_at_the_press(prod: Operator):
    change = await proposed(prod)
    alice_who_left = type(ALICE)(ALICE.id)

    with pytest.raises(NotAllowed, match="Only `deployers` may deploy"):
        await prod.presses("change.confirm", change, by=alice_who_left)

    assert (await prod.now(change)).state is PARKED


async def test_two_presses_at_once_are_one_act_and_the_slower_is_told(prod: Operator):
    change = await proposed(prod)

    answers = await asyncio.gather(
        prod.presses("change.confirm", change), prod.presses("change.confirm", change)
    )

    told = [answer.text for answer in answers if answer is not None]
    assert len(told) == 1
    assert "You did that already. Confirmed by" in told[0]
    await prod.ends(change)
    assert prod.updates == ["credlink-api:2"]


async def test_the_same_press_delivered_twice_is_silently_one(prod: Operator):
    change = await proposed(prod)

    assert await prod.presses("change.cancel", change, key="trigger") is None
    assert await prod.presses("change.cancel", change, key="trigger") is None

    async with prod.world.database.read() as connection:
        act = await acts.done_to(connection, change.id, change.state_revision)
    assert act.kind is ActKind.CANCEL


async def test_of_confirm_and_cancel_at_once_one_counts(prod: Operator):
    change = await proposed(prod)

    answers = await asyncio.gather(
        prod.presses("change.confirm", change), prod.presses("change.cancel", change)
    )

    assert sum(answer is None for answer in answers) == 1
    ended = await prod.ends(change)
    assert ended.state in {S.SUCCEEDED, S.CANCELLED}


async def test_the_loser_of_two_confirmed_proposals_is_told_what_is_under_way(prod: Operator):
    first, second = await proposed(prod), await proposed(prod, "v1.2.1")

    await prod.presses("change.confirm", first)
    with pytest.raises(
        Exception, match=r"v1\.2\.0 is (starting|rolling out) for credlink-api in prod now"
    ):
        await prod.presses("change.confirm", second)

    assert (await prod.now(second)).state is PARKED
    await prod.ends(first)


async def test_a_proposal_that_no_longer_fits_what_runs_is_void(prod: Operator):
    change = await proposed(prod)
    await prod.somebody_else_deploys("v1.2.1")

    await prod.presses("change.confirm", change)
    ended = await prod.ends(change)

    assert ended.state is S.REFUSED
    assert "Since this was proposed somebody else changed what runs" in ended.why
    assert prod.updates == ["credlink-api:2"]


async def test_the_same_request_delivered_twice_is_one_change(prod: Operator):
    request = ChangeRequest(ChangeKind.DEPLOY, "prod", "v1.2.0")
    same = asked(key="trigger-same")

    first, second = await prod.accept(request, asked=same), await prod.accept(request, asked=same)

    assert first.id == second.id
    await prod.until(first, PARKED)


@pytest.mark.parametrize(
    ("environment", "service", "error", "said"),
    [
        (
            "prd",
            None,
            NotKnown,
            "There is no environment prd (did you mean prod?). There is only prod.",
        ),
        ("prod", "credlink", NotKnown, "There is no service credlink in prod (did you mean"),
    ],
)
async def test_what_is_not_in_the_catalogue_is_named_with_what_there_is(
    prod: Operator, environment: str, service: str | None, error: type[Exception], said: str
):
    request = ChangeRequest(ChangeKind.DEPLOY, environment, "v1.2.0", service)
    with pytest.raises(error) as told:
        await prod.accept(request, asked=asked())

    assert said in str(told.value)


async def test_somebody_without_the_right_is_refused_and_nothing_is_kept(prod: Operator):
    with pytest.raises(NotAllowed, match="Only `deployers` may deploy credlink-api in prod"):
        await prod.asks_to_deploy("v1.2.0", by=MALLORY)

    assert prod.aws.calls == []
