"""When AWS does not answer, answers late, or the bot stops in between: nothing is done twice."""

import pytest

from bot.domain.change import ChangeState
from bot.domain.rollout import Verdict
from bot.storage import acts, changes
from sandbox.aws.calls import Fault, access_denied, dropped, server_error, throttled
from sandbox.aws.images import Behaviour
from tests.changes.operator import Operator

S = ChangeState
FOR_A_WHILE = 6


async def test_a_silent_aws_while_proposing_is_said_on_the_card_and_borne(prod: Operator):
    prod.aws.faults.add(server_error("DescribeServices", times=FOR_A_WHILE))

    change = await prod.asks_to_deploy("v1.2.0")
    silent = await prod.until_true(change, lambda now: now.silent_since is not None)

    assert "AWS has not answered since" in await prod.card(silent)
    proposed = await prod.until(change, S.PROPOSED)
    assert (proposed.state, proposed.silent_since) == (S.PROPOSED, None)


@pytest.mark.parametrize("policy", [{"proposal_expires": "10s"}])
async def test_a_proposal_that_aws_never_answers_expires(prod: Operator):
    prod.aws.faults.add(server_error("DescribeServices", times=1000))

    ended = await prod.ends(await prod.asks_to_deploy("v1.2.0"))

    assert (ended.state, ended.why) == (S.EXPIRED, "AWS did not answer in time.")


async def test_a_silent_aws_during_the_rollout_is_said_and_the_rollout_watched_on(prod: Operator):
    prod.aws.images.behaviours["v1.2.0"] = Behaviour.STUCK
    change = await prod.until(await prod.deploys("v1.2.0"), S.ROLLING_OUT)
    prod.aws.faults.add(throttled("DescribeServices", times=FOR_A_WHILE))

    silent = await prod.until_true(change, lambda now: now.silent_since is not None)

    assert silent.state is S.ROLLING_OUT
    assert "AWS has not answered since" in await prod.card(silent)
    assert "still watching" in await prod.card(silent)
    heard = await prod.until_true(change, lambda now: now.silent_since is None)
    assert heard.state is S.ROLLING_OUT
    await prod.presses("change.abort", heard)
    await prod.ends(change)


@pytest.mark.parametrize("policy", [{"rollout_timeout": "5s"}])
async def test_when_aws_is_silent_for_too_long_nobody_claims_to_know(prod: Operator):
    prod.aws.images.behaviours["v1.2.0"] = Behaviour.STUCK
    change = await prod.until(await prod.deploys("v1.2.0"), S.ROLLING_OUT)
    prod.aws.faults.add(access_denied("DescribeServices", times=1000))

    ended = await prod.ends(change)

    assert (ended.state, ended.verdict) == (S.UNPROVEN, Verdict.UNSEEN)
    assert "⚪ Outcome unknown" in await prod.card(ended)


@pytest.mark.parametrize("operation", ["RegisterTaskDefinition", "UpdateService"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_answer_lost_on_the_way_makes_nothing_happen_twice(
    prod: Operator, operation: str, when: str
):
    prod.aws.faults.add(dropped(operation, when=when))

    ended = await prod.ends(await prod.deploys("v1.2.0"))

    assert ended.state is S.SUCCEEDED
    assert prod.revisions() == ["credlink-api:2", "credlink-api:1"]
    assert len(prod.service_deployments()) == 2  # the one that stood there, and ours
    assert prod.versions() == ["v1.2.0"] * 4


async def test_a_rollout_ecs_undid_while_its_answer_was_lost_is_not_begun_again(prod: Operator):
    proposed = await prod.until(await prod.asks_to_deploy("v1.3.0-crash"), S.PROPOSED)
    prod.aws.faults.add(dropped("UpdateService", when="after"))
    prod.aws.faults.add(Fault("DescribeServices"))  # the look before the update is answered
    prod.aws.faults.add(server_error("DescribeServices", times=10_000))
    await prod.presses("change.confirm", proposed)
    await prod.until_ecs_says("ROLLBACK_SUCCESSFUL")
    prod.aws.faults.clear()

    ended = await prod.ends(proposed)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ROLLED_BACK_BY_ECS)
    assert prod.updates == ["credlink-api:2"]


async def test_what_ecs_refuses_is_refused_and_the_place_is_free_again(prod: Operator):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    prod.aws.faults.add(access_denied("UpdateService"))
    await prod.presses("change.confirm", proposed)

    ended = await prod.ends(proposed)

    assert ended.state is S.REFUSED
    assert "ecs:UpdateService" in ended.why
    async with prod.world.database.read() as connection:
        assert await changes.under_way(connection, "prod", "credlink-api") is None


async def test_an_abort_before_ecs_was_asked_undoes_nothing(prod: Operator):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    prod.aws.faults.add(server_error("RegisterTaskDefinition", times=1000))
    await prod.presses("change.confirm", proposed)
    starting = await prod.until_true(proposed, lambda now: now.silent_since is not None)

    await prod.presses("change.abort", starting)
    ended = await prod.ends(proposed)

    assert ended.state is S.CANCELLED
    assert "before ECS was asked" in await prod.card(ended)
    assert prod.updates == []


VERIFICATION = {
    "BatchGetImage",
    "DescribeClusters",
    "DescribeImageScanFindings",
    "DescribeLogGroups",
    "DescribeRules",
    "DescribeScalableTargets",
    "DescribeSecret",
    "DescribeTargetGroups",
    "GetDownloadUrlForLayer",
    "GetRole",
}
"""What is asked about what a task will need, all at once."""
ONCE_AN_HOUR = {"AssumeRole"}
"""Credentials are kept for as long as they last."""


async def test_at_most_six_calls_are_made_before_the_rollout(prod: Operator):
    await prod.looks_at_everything()
    prod.aws.calls.clear()

    await prod.until(await prod.deploys("v1.2.0"), S.ROLLING_OUT)

    made = [
        call.operation
        for call in prod.aws.calls
        if call.operation not in VERIFICATION | ONCE_AN_HOUR
    ]
    until = made.index("UpdateService") + 1
    assert made[:until] == [
        "DescribeServices",
        "DescribeImages",
        # Confirmed; it is looked up once more what exactly would run.
        "DescribeServices",
        "DescribeImages",
        "RegisterTaskDefinition",
        "UpdateService",
    ]
    await prod.ends(await prod.latest())


async def test_a_bug_frees_the_place_and_is_admitted_on_the_card(prod: Operator, monkeypatch):
    async def broken(*_):
        raise KeyError("a bug")

    monkeypatch.setattr("bot.changes.propose.plan_deploy", broken)

    ended = await prod.ends(await prod.asks_to_deploy("v1.2.0"))

    assert (ended.state, ended.verdict) == (S.FAILED, Verdict.BROKEN)
    assert "The bot made a mistake" in await prod.card(ended)


async def test_a_change_goes_on_after_the_engine_stopped_in_the_middle(prod: Operator):
    prod.aws.images.behaviours["v1.2.0"] = Behaviour.STUCK
    change = await prod.until(await prod.deploys("v1.2.0"), S.ROLLING_OUT)

    await prod.engine.stop()
    await prod.engine.start()
    await prod.presses("change.abort", await prod.now(change))
    ended = await prod.ends(change)

    assert ended.state is S.ROLLED_BACK
    assert prod.updates == ["credlink-api:2", "credlink-api:1"]


async def test_the_sweep_begins_what_was_written_and_never_begun(prod: Operator):
    with prod.powerless():
        change = await prod.asks_to_deploy("v1.2.0")
    assert await prod.promises.sweep() == 0  # too young: whoever wrote it may be about to begin it

    await prod.sweeps_later()

    assert (await prod.until(change, S.PROPOSED)).state is S.PROPOSED
    assert await prod.sweeps_later() == 0


async def test_the_sweep_tells_of_a_press_whose_message_was_never_sent(prod: Operator):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    with prod.powerless():
        await prod.presses("change.confirm", proposed)
    async with prod.world.database.read() as connection:
        assert len(await acts.untold(connection, prod.world.now())) == 1

    assert await prod.sweeps_later() == 1

    assert (await prod.ends(proposed)).state is S.SUCCEEDED
    async with prod.world.database.read() as connection:
        assert await acts.untold(connection, prod.world.now()) == ()
