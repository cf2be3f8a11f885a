"""Every way a rollout ends, against the simulator: the verdict, the card, what ECS was asked."""

import pytest

from bot.changes.accept import UnderWay
from bot.domain.change import ChangeState
from bot.domain.rollout import Verdict
from bot.storage import locks, revisions
from sandbox.aws.images import Behaviour
from tests.changes.operator import BOB, Operator

S = ChangeState
NO_BREAKER = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
NO_ROLLBACK = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}


async def test_a_healthy_version_is_deployed_and_is_good_from_then_on(prod: Operator):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    assert prod.aws.writes == []
    await prod.presses("change.confirm", proposed)

    ended = await prod.ends(proposed)

    assert (ended.state, ended.verdict) == (S.SUCCEEDED, Verdict.SUCCEEDED)
    assert prod.versions() == ["v1.2.0"] * 4
    assert prod.updates == ["credlink-api:2"]
    async with prod.world.database.read() as connection:
        (good,) = await revisions.good(connection, "prod", "credlink-api")
    assert (good.version, good.task_definition) == ("v1.2.0", ended.rollout.task_definition)
    card = await prod.card(ended)
    assert "🟢 Deployed: credlink-api v1.2.0 → prod in" in card
    assert "Roll back to v1.1.9" in card


async def test_the_new_revision_differs_in_nothing_but_its_image_and_our_tags(prod: Operator):
    before = prod.definition("credlink-api:1")

    await prod.ends(await prod.deploys("v1.2.0"))

    after = prod.definition("credlink-api:2")
    image = after["taskDefinition"]["containerDefinitions"][0].pop("image")
    assert "@sha256:" in image
    before["taskDefinition"]["containerDefinitions"][0].pop("image")
    for definition in (before, after):
        for written_by_ecs in ("taskDefinitionArn", "revision", "registeredAt", "registeredBy"):
            definition["taskDefinition"].pop(written_by_ecs, None)
    assert after["taskDefinition"] == before["taskDefinition"]
    tags = {tag["key"]: tag["value"] for tag in after["tags"]}
    assert tags.pop("credlink:version") == "v1.2.0"
    assert tags.pop("credlink:change").startswith("change-")
    assert tags == {tag["key"]: tag["value"] for tag in before["tags"]}


async def test_update_service_is_asked_for_the_revision_and_never_for_a_count(prod: Operator):
    await prod.ends(await prod.deploys("v1.2.0"))

    (update,) = [call for call in prod.aws.writes if call.operation == "UpdateService"]
    assert set(update.parameters) == {"cluster", "service", "taskDefinition"}
    assert update.parameters["taskDefinition"].startswith("arn:aws:ecs:")


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("v1.3.0-crash", "stopped with exit code 1"),
        ("v1.3.0-nopull", "cannot pull the image"),
        ("v1.3.0-oom", "out of memory (1024 MiB)"),
        ("v1.3.0-unhealthy", "load balancer's health check failed"),
    ],
)
async def test_a_version_that_does_not_start_is_rolled_back_by_ecs_and_its_card_says_why(
    prod: Operator, tag: str, said: str
):
    ended = await prod.ends(await prod.deploys(tag))

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ROLLED_BACK_BY_ECS)
    assert prod.versions() == ["v1.1.9"] * 4
    assert prod.updates == ["credlink-api:2"]
    assert said in ended.failure.what
    card = await prod.card(ended)
    assert "🔴 Rolled back by ECS" in card
    assert "back on v1.1.9" in card
    assert said in card
    async with prod.world.database.read() as connection:
        assert await revisions.good(connection, "prod", "credlink-api") == ()


async def test_the_first_stopped_task_is_explained_while_the_rollout_still_goes_on(prod: Operator):
    await prod.somebody_else_updates(deploymentConfiguration=NO_BREAKER)
    change = await prod.deploys("v1.3.0-crash")

    seen = await prod.until_true(change, lambda now: now.failure is not None or now.is_final)

    assert seen.state is S.ROLLING_OUT
    assert "exit code 1" in await prod.card(seen)
    assert "exitCode 1" in (await prod.thread(change))["stopped"]
    await prod.presses("change.abort", seen)
    await prod.ends(change)


async def test_a_breaker_that_does_not_roll_back_leaves_a_failure_and_the_way_back(prod: Operator):
    await prod.somebody_else_updates(deploymentConfiguration=NO_ROLLBACK)

    ended = await prod.ends(await prod.deploys("v1.3.0-crash"))

    assert (ended.state, ended.verdict) == (S.FAILED, Verdict.FAILED)
    assert "circuit breaker" in ended.why
    card = await prod.card(ended)
    assert "🔴 Failed: credlink-api v1.3.0-crash → prod" in card
    assert "Roll back to v1.1.9" in card


@pytest.mark.parametrize("policy", [{"on_bad": "roll-back"}])
async def test_where_policy_says_so_a_failure_is_rolled_back_without_asking(prod: Operator):
    await prod.somebody_else_updates(deploymentConfiguration=NO_ROLLBACK)

    ended = await prod.ends(await prod.deploys("v1.3.0-crash"))

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.FAILED)
    assert prod.updates == ["credlink-api:2", "credlink-api:1"]


async def test_somebody_else_who_deploys_meanwhile_supersedes(prod: Operator):
    change = await prod.until(await prod.deploys("v1.2.0"), S.ROLLING_OUT)
    theirs = await prod.somebody_else_deploys("v1.2.1")

    ended = await prod.ends(change)

    assert (ended.state, ended.verdict) == (S.SUPERSEDED, Verdict.SUPERSEDED)
    assert theirs in await prod.card(ended)


async def test_a_service_that_wants_no_task_proves_nothing(prod: Operator):
    await prod.somebody_else_updates(desiredCount=0)

    ended = await prod.ends(await prod.deploys("v1.2.0"))

    assert (ended.state, ended.verdict) == (S.UNPROVEN, Verdict.NOTHING_RUNNING)
    assert "⚪ Nothing runs" in await prod.card(ended)
    async with prod.world.database.read() as connection:
        assert await revisions.good(connection, "prod", "credlink-api") == ()


@pytest.mark.parametrize("policy", [{"rollout_timeout": "20s"}])
async def test_a_rollout_that_never_gets_anywhere_is_too_slow(prod: Operator):
    prod.aws.images.behaviours["v1.2.0"] = Behaviour.STUCK

    ended = await prod.ends(await prod.deploys("v1.2.0"))

    assert (ended.state, ended.verdict) == (S.FAILED, Verdict.TOO_SLOW)
    assert "0 of 4 tasks were healthy" in await prod.card(ended)


async def test_an_abort_goes_back_and_says_who_aborted(prod: Operator):
    prod.aws.images.behaviours["v1.2.0"] = Behaviour.STUCK
    change = await prod.until(await prod.deploys("v1.2.0"), S.ROLLING_OUT)

    await prod.presses("change.abort", change, by=BOB)
    ended = await prod.ends(change)

    assert (ended.state, ended.verdict, ended.ended_by) == (
        S.ROLLED_BACK,
        Verdict.ABORTED,
        BOB.id,
    )
    assert prod.updates == ["credlink-api:2", "credlink-api:1"]
    assert prod.versions() == ["v1.1.9"] * 4
    assert "⚫ Aborted" in await prod.card(ended)


async def test_a_rollback_from_the_card_goes_back_at_once_and_forgets_that_it_was_good(
    prod: Operator,
):
    deployed = await prod.ends(await prod.deploys("v1.2.0"))

    answer = await prod.presses("change.rollback", deployed, by=BOB)
    rollback = await prod.ends(await prod.latest())

    assert "Rolling back" in answer.text
    assert (rollback.state, rollback.version) == (S.SUCCEEDED, "v1.1.9")
    assert (rollback.asked_by, rollback.undoes) == (BOB.id, deployed.id)
    assert prod.updates == ["credlink-api:2", "credlink-api:1"]
    assert prod.versions() == ["v1.1.9"] * 4
    assert "🟢 Rolled back: credlink-api in prod → v1.1.9" in await prod.card(rollback)
    async with prod.world.database.read() as connection:
        good = await revisions.good(connection, "prod", "credlink-api")
    assert good == ()  # v1.1.9 ran before the bot came: to run once more proves nothing


async def test_a_rollback_to_what_was_good_stays_good(prod: Operator):
    await prod.ends(await prod.deploys("v1.2.0"))
    later = await prod.ends(await prod.deploys("v1.2.1"))
    await prod.presses("change.rollback", later)
    back = await prod.ends(await prod.latest())

    assert back.version == "v1.2.0"
    async with prod.world.database.read() as connection:
        good = await revisions.good(connection, "prod", "credlink-api")
    assert [one.version for one in good] == ["v1.2.0"]


async def test_a_rollback_by_command_asks_first_and_finds_the_last_good_revision(prod: Operator):
    await prod.ends(await prod.deploys("v1.2.0"))
    await prod.ends(await prod.deploys("v1.2.1"))

    proposed = await prod.until(await prod.asks_to_roll_back(), S.PROPOSED)
    assert "now *v1.2.1*" in await prod.card(proposed)
    assert proposed.version == "v1.2.0"
    await prod.presses("change.confirm", proposed)
    ended = await prod.ends(proposed)

    assert ended.state is S.SUCCEEDED
    assert prod.versions() == ["v1.2.0"] * 4
    assert prod.updates == ["credlink-api:2", "credlink-api:3", "credlink-api:2"]


async def test_a_rollback_that_cannot_begin_locks_nothing(prod: Operator):
    await prod.ends(await prod.deploys("v1.2.0"))
    proposed = await prod.until(await prod.asks_to_roll_back(), S.PROPOSED)
    await prod.somebody_else_deploys("v1.2.1")
    await prod.presses("change.confirm", proposed)
    ended = await prod.ends(proposed)

    assert ended.state is S.REFUSED
    async with prod.world.database.read() as connection:
        assert await locks.in_environment(connection, "prod", at=prod.world.now()) == ()


async def test_a_rollback_locks_the_place_once_ecs_was_asked(prod: Operator):
    await prod.ends(await prod.deploys("v1.2.0"))
    proposed = await prod.until(await prod.asks_to_roll_back(), S.PROPOSED)
    await prod.presses("change.confirm", proposed)
    ended = await prod.ends(proposed)

    async with prod.world.database.read() as connection:
        (lock,) = await locks.in_environment(connection, "prod", at=prod.world.now())
    assert (lock.reason, lock.owner) == ("v1.2.0 was rolled back", "U0ALICE01")
    assert "credlink-api in prod is locked" in await prod.card(ended)


async def test_a_rollback_while_something_rolls_out_is_told_to_abort_that(prod: Operator):
    prod.aws.images.behaviours["v1.2.0"] = Behaviour.STUCK
    change = await prod.until(await prod.deploys("v1.2.0"), S.ROLLING_OUT)

    with pytest.raises(UnderWay) as told:
        await prod.asks_to_roll_back(by=BOB)

    assert told.value.change.id == change.id
    await prod.presses("change.abort", await prod.now(change))
    await prod.ends(change)
