"""What others do past the bot: found, told with its version and verdict, adopted while it moves."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.cards.change import headline
from bot.changes.outside import SweepOthers
from bot.domain.change import Change, ChangeKind, ChangeState, Origin
from bot.domain.place import find_place
from bot.domain.rollout import Verdict
from bot.domain.shift import Strategy
from bot.storage import changes, history
from bot.storage.schema.cards import cards
from integrations.errors import Forbidden
from sandbox.aws.calls import access_denied
from sandbox.aws.images import Behaviour
from sandbox.aws.registry import digest_of, image_uri
from sandbox.aws.seeds import PROD
from sandbox.seeds import REGION, SERVICE
from tests.changes.operator import Operator, utc_now

S = ChangeState
PLACE = ("prod", "credlink-api")
POLICY = {"bake": "1s"}


@pytest.fixture
def policy():
    return POLICY


@pytest.fixture
def sweep(prod: Operator) -> SweepOthers:
    return SweepOthers(prod.world, prod.promises)


async def told(prod: Operator) -> list[Change]:
    """Everything that was begun in prod, newest first."""
    async with prod.world.database.read() as connection:
        found, count = await history.page(connection, [PLACE], newest=50)
    assert len(found) == count
    return list(found)


def looks(prod: Operator) -> int:
    """How often somebody looked at the service."""
    return sum(call.operation == "DescribeServices" for call in prod.aws.calls)


async def slowly(prod: Operator, sweep: SweepOthers) -> None:
    """From now on ECS replaces one task at a time, so that a warm bot can look meanwhile."""
    await sweep()
    one_at_a_time = {"maximumPercent": 125, "minimumHealthyPercent": 100}
    await prod.somebody_else_updates(deploymentConfiguration=one_at_a_time)


async def revisions_of_card(prod: Operator, change: Change) -> int | None:
    """How many revisions of its card were ever wanted; None where it has no card."""
    asked = select(cards.c.wanted).where(cards.c.subject_id == change.id)
    async with prod.world.database.read() as connection:
        return (await connection.execute(asked)).scalar_one_or_none()


async def test_what_a_pipeline_deployed_is_told_with_its_version_and_verdict(
    prod: Operator, sweep: SweepOthers
):
    await sweep()
    revision = await prod.somebody_else_deploys("v1.2.0")
    await prod.until_ecs_says("SUCCESSFUL")

    assert await sweep() == 1

    (change,) = await told(prod)
    assert (change.origin, change.kind) == (Origin.OUTSIDE, ChangeKind.DEPLOY)
    assert (change.state, change.verdict) == (S.SUCCEEDED, Verdict.SUCCEEDED)
    assert (change.version, change.asked_by) == ("v1.2.0", "")
    assert change.plan.running.name == "v1.1.9"
    assert change.plan.changed[0] == "image"
    assert change.rollout.task_definition.endswith(revision)
    assert change.started_at < change.finished_at <= utc_now()
    assert await revisions_of_card(prod, change) is None
    assert await sweep() == 0


async def test_one_that_ecs_rolled_back_says_so_and_why(prod: Operator, sweep: SweepOthers):
    await sweep()
    await prod.somebody_else_deploys("v1.3.0-crash")
    await prod.until_ecs_says("ROLLBACK_SUCCESSFUL")

    await sweep()

    (change,) = await told(prod)
    assert (change.state, change.verdict) == (S.ROLLED_BACK, Verdict.ROLLED_BACK_BY_ECS)
    assert change.version == "v1.3.0-crash"
    assert "circuit breaker" in change.why


async def test_one_that_ecs_gave_up_has_failed(prod: Operator, sweep: SweepOthers):
    await prod.somebody_else_updates(
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    )
    await prod.somebody_else_deploys("v1.3.0-crash")
    await prod.until_ecs_says("STOPPED")

    await sweep()

    (change,) = await told(prod)
    assert (change.state, change.verdict) == (S.FAILED, Verdict.FAILED)


async def test_of_two_at_once_the_first_was_superseded(prod: Operator, sweep: SweepOthers):
    await prod.somebody_else_deploys("v1.2.0")
    await prod.somebody_else_deploys("v1.2.1")
    await prod.until_ecs_says("SUCCESSFUL")

    assert await sweep() == 2

    newer, older = await told(prod)
    assert (older.version, older.state, older.verdict) == (
        "v1.2.0",
        S.SUPERSEDED,
        Verdict.SUPERSEDED,
    )
    assert (newer.version, newer.state) == ("v1.2.1", S.SUCCEEDED)


async def test_one_under_way_is_adopted_and_watched_to_its_end(prod: Operator, sweep: SweepOthers):
    await slowly(prod, sweep)
    await prod.somebody_else_deploys("v1.2.0")

    await sweep()

    (change,) = await told(prod)
    assert (change.origin, change.state) == (Origin.OUTSIDE, S.ROLLING_OUT)
    assert change.rollout.deployment_id is not None
    assert await revisions_of_card(prod, change) is not None
    ended = await prod.ends(change)
    assert (ended.state, ended.verdict) == (S.SUCCEEDED, Verdict.SUCCEEDED)
    assert ended.progress.healthy == 4
    assert "v1.2.0" in await prod.card(ended)
    assert await sweep() == 0
    assert len(await told(prod)) == 1


@pytest.mark.parametrize("policy", [{**POLICY, "on_bad": "roll-back", "rollout_timeout": "40s"}])
async def test_an_adopted_one_is_never_rolled_back_by_the_bot(prod: Operator, sweep: SweepOthers):
    await prod.somebody_else_updates(
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    )
    await prod.somebody_else_deploys("v1.3.0-crash")
    prod.aws.calls.clear()

    await sweep()

    (change,) = await told(prod)
    ended = await prod.ends(change)
    assert (ended.state, ended.verdict) == (S.FAILED, Verdict.TOO_SLOW)
    assert [call.operation for call in prod.aws.writes] == []


async def test_an_adopted_one_that_ecs_rolls_back_is_followed_back(
    prod: Operator, sweep: SweepOthers
):
    await prod.somebody_else_deploys("v1.3.0-crash")
    await sweep()
    (change,) = await told(prod)

    ended = await prod.ends(change)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ROLLED_BACK_BY_ECS)
    assert prod.versions() == ["v1.1.9"] * 4
    await sweep()
    assert len(await told(prod)) == 1


async def test_a_person_may_abort_an_adopted_one(prod: Operator, sweep: SweepOthers):
    prod.aws.images.behaviours["v1.2.0"] = Behaviour.STUCK
    await prod.somebody_else_deploys("v1.2.0")
    await sweep()
    (change,) = await told(prod)

    await prod.presses("change.abort", change)

    ended = await prod.ends(change)
    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ABORTED)
    assert prod.versions() == ["v1.1.9"] * 4
    await sweep()
    assert len(await told(prod)) == 1


async def test_one_that_waits_at_a_hook_is_answered_for_by_people_alone(
    prod: Operator, sweep: SweepOthers
):
    await prod.somebody_else_updates(
        deploymentConfiguration={
            "strategy": "CANARY",
            "canaryConfiguration": {"canaryPercent": 10, "canaryBakeTimeInMinutes": 1},
            "lifecycleHooks": [
                {
                    "targetType": "PAUSE",
                    "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"],
                    "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "ROLLBACK"},
                }
            ],
        }
    )
    await prod.somebody_else_deploys("v1.2.0")
    await sweep()
    (change,) = await told(prod)
    assert (change.origin, change.rollout.strategy) == (Origin.OUTSIDE, Strategy.CANARY)

    waiting = await prod.until_true(
        change, lambda now: now.stage is not None and now.stage.hook is not None
    )

    assert waiting.stage.hook.service_deployment == change.rollout.service_deployment
    assert waiting.rollout.deadline > utc_now()
    assert "v1.2.0" in await prod.card(waiting)
    before = looks(prod)
    await prod.until_true(change, lambda _: looks(prod) >= before + 3)
    assert "ContinueServiceDeployment" not in {call.operation for call in prod.aws.calls}
    assert (await prod.now(change)).stage.hook == waiting.stage.hook

    card = await prod.card(waiting)
    assert "Promote" in card
    assert "Hold" not in card
    await prod.presses("change.promote", waiting)
    await prod.until_true(change, lambda now: now.stage.weight == 10)
    (answer,) = [call for call in prod.aws.calls if call.operation == "ContinueServiceDeployment"]
    assert answer.parameters["action"] == "CONTINUE"


async def pipeline_deploys_tag(prod: Operator, tag: str) -> str:
    """Somebody else has the service run its image by this tag; returns the revision's ARN."""
    described = _registrable(prod.definition("credlink-api"))
    (container,) = described["containerDefinitions"]
    image = f"{image_uri(PROD.account, REGION, SERVICE)}:{tag}"
    named = {**described, "containerDefinitions": [{**container, "image": image}]}
    registered = await asyncio.to_thread(prod.ecs.register_task_definition, **named)
    arn = registered["taskDefinition"]["taskDefinitionArn"]
    await prod.somebody_else_updates(taskDefinition=arn)
    return arn


def digests(prod: Operator) -> set[str]:
    """What the running tasks' images are."""
    listed = prod.ecs.list_tasks(cluster=PROD.cluster, serviceName=SERVICE)["taskArns"]
    described = prod.ecs.describe_tasks(cluster=PROD.cluster, tasks=listed)["tasks"]
    return {one["imageDigest"] for task in described for one in task["containers"]}


async def test_going_back_to_a_tag_that_moved_runs_the_image_that_was_good(
    prod: Operator, sweep: SweepOthers
):
    prod.aws.push_image("stable", content="v1.2.0")
    await slowly(prod, sweep)
    await pipeline_deploys_tag(prod, "stable")
    await sweep()
    await prod.ends((await told(prod))[0])
    await prod.ends(await prod.deploys("v1.2.1"))
    prod.aws.push_image("stable", content="something else")

    proposed = await prod.until(await prod.asks_to_roll_back(), S.PROPOSED)
    await prod.presses("change.confirm", proposed)
    ended = await prod.ends(proposed)

    assert ended.state is S.SUCCEEDED
    assert digests(prod) == {digest_of("v1.2.0")} == {ended.plan.wanted.digest}


async def test_going_back_to_a_tag_that_moves_and_nobody_knows_what_it_was_is_refused(
    prod: Operator,
):
    prod.aws.push_image("stable", content="v1.2.0")
    await pipeline_deploys_tag(prod, "stable")
    await prod.until_ecs_says("SUCCESSFUL")
    await prod.ends(await prod.deploys("v1.2.1"))

    ended = await prod.ends(await prod.asks_to_roll_back())

    assert ended.state is S.REFUSED
    assert "which one that was is not known" in ended.why


async def test_a_tag_that_stays_is_looked_up_pinned_and_said_to_be_uncertain(prod: Operator):
    await pipeline_deploys_tag(prod, "v1.2.0")
    await prod.until_ecs_says("SUCCESSFUL")
    await prod.ends(await prod.deploys("v1.2.1"))

    proposed = await prod.until(await prod.asks_to_roll_back(), S.PROPOSED)
    assert "Whether v1.2.0 is still the image that ran then is not known" in str(
        proposed.plan.warnings
    )
    await prod.presses("change.confirm", proposed)
    ended = await prod.ends(proposed)

    assert (ended.state, digests(prod)) == (S.SUCCEEDED, {digest_of("v1.2.0")})


async def test_ours_are_never_told_twice(prod: Operator, sweep: SweepOthers):
    change = await prod.ends(await prod.deploys("v1.2.0"))

    assert await sweep() == 0
    assert await SweepOthers(prod.world, prod.promises)() == 0

    assert [one.id for one in await told(prod)] == [change.id]


async def test_neither_is_what_ecs_undid_of_ours(prod: Operator, sweep: SweepOthers):
    await prod.ends(await prod.deploys("v1.3.0-crash"))
    await prod.until_ecs_says("ROLLBACK_SUCCESSFUL")

    assert await sweep() == 0


async def test_neither_is_our_own_way_back(prod: Operator, sweep: SweepOthers):
    change = await prod.until(await prod.deploys("v1.2.0"), S.ROLLING_OUT)
    await prod.presses("change.abort", change)
    await prod.ends(change)

    assert len(prod.service_deployments()) >= 2
    assert await sweep() == 0


async def test_nor_one_whose_name_was_never_heard(prod: Operator, sweep: SweepOthers):
    change = await prod.ends(await prod.deploys("v1.2.0"))
    async with prod.world.database.write() as connection:
        nameless = replace(change.rollout, service_deployment=None)
        await changes.note(connection, change.id, rollout=nameless)

    assert await sweep() == 0


async def test_whoever_overtakes_ours_is_found_when_ours_has_ended(
    prod: Operator, sweep: SweepOthers
):
    ours = await prod.until(await prod.deploys("v1.2.0"), S.ROLLING_OUT)
    await prod.somebody_else_deploys("v1.2.1")
    prod.aws.calls.clear()
    assert await sweep() == 0

    ended = await prod.ends(ours)
    assert ended.state is S.SUPERSEDED
    await sweep()

    newest = (await told(prod))[0]
    assert (newest.version, newest.origin) == ("v1.2.1", Origin.OUTSIDE)
    assert (await prod.ends(newest)).state is S.SUCCEEDED


async def test_a_rollout_of_ours_that_is_watched_costs_no_call_more(
    prod: Operator, sweep: SweepOthers
):
    ours = await prod.until(await prod.deploys("v1.2.0"), S.ROLLING_OUT)

    await sweep()

    asked = {call.operation for call in prod.aws.calls}
    assert "ListServiceDeployments" not in asked
    await prod.ends(ours)


async def test_when_nothing_is_news_a_look_costs_one_call(prod: Operator, sweep: SweepOthers):
    await prod.ends(await prod.deploys("v1.2.0"))
    await sweep()
    prod.aws.calls.clear()

    await sweep()

    assert [call.operation for call in prod.aws.calls] == ["ListServiceDeployments"]


async def test_two_replicas_that_sweep_at_once_tell_it_once(prod: Operator, sweep: SweepOthers):
    await slowly(prod, sweep)
    await prod.somebody_else_deploys("v1.2.0")

    news = await asyncio.gather(sweep(), SweepOthers(prod.world, prod.promises)())

    assert sorted(news) == [0, 1]
    (change,) = await told(prod)
    assert (await prod.ends(change)).state is S.SUCCEEDED


async def test_back_to_an_older_revision_that_was_good_is_a_rollback(
    prod: Operator, sweep: SweepOthers
):
    ours = await prod.ends(await prod.deploys("v1.2.0"))
    await prod.somebody_else_deploys("v1.2.1")
    await prod.until_ecs_says("SUCCESSFUL")
    await prod.somebody_else_updates(taskDefinition=ours.rollout.task_definition)
    await prod.until_ecs_says("SUCCESSFUL")

    await sweep()

    newest = (await told(prod))[0]
    assert (newest.kind, newest.version) == (ChangeKind.ROLLBACK, "v1.2.0")
    assert newest.plan.running.name == "v1.2.1"


async def test_a_version_is_known_by_its_digest_and_not_by_a_tag_that_moves(
    prod: Operator, sweep: SweepOthers
):
    await slowly(prod, sweep)
    tags = [{"key": "credlink:version", "value": "v0.0.1"}]
    registered = await asyncio.to_thread(
        prod.ecs.register_task_definition,
        **{
            **_registrable(prod.definition("credlink-api")),
            "tags": tags,
        },
    )
    arn = registered["taskDefinition"]["taskDefinitionArn"]
    await prod.somebody_else_updates(taskDefinition=arn)
    await sweep()

    (change,) = await told(prod)

    assert change.version == "v1.1.9"
    await prod.ends(change)


def _registrable(described):
    return {
        key: value
        for key, value in described["taskDefinition"].items()
        if key in {"family", "containerDefinitions", "networkMode", "cpu", "memory",
                   "requiresCompatibilities", "executionRoleArn", "taskRoleArn"}
    }  # fmt: skip


async def test_while_aws_refuses_nothing_is_lost(prod: Operator, sweep: SweepOthers, caplog):
    await prod.somebody_else_deploys("v1.2.0")
    await prod.until_ecs_says("SUCCESSFUL")
    prod.aws.faults.add(access_denied("ListServiceDeployments", times=2))

    assert await sweep() == 0
    with pytest.raises(Forbidden):
        await sweep.look(find_place(prod.world.catalog, *PLACE))
    assert await sweep() == 1

    assert [r.message for r in caplog.records].count("others_not_seen") == 1


async def test_what_is_not_the_latest_any_more_is_drawn_again(prod: Operator, sweep: SweepOthers):
    ours = await prod.ends(await prod.deploys("v1.2.0"))
    assert "Roll back to v1.1.9" in await prod.card(ours)
    await prod.somebody_else_deploys("v1.2.1")
    await prod.until_ecs_says("SUCCESSFUL")
    before = await revisions_of_card(prod, ours)

    await sweep()

    assert await revisions_of_card(prod, ours) == before + 1
    assert "Roll back to" not in await prod.card(ours)


async def test_the_same_image_deployed_once_more_is_told_as_a_restart(
    prod: Operator, sweep: SweepOthers
):
    await prod.somebody_else_updates(forceNewDeployment=True)
    await prod.until_ecs_says("SUCCESSFUL")

    await sweep()

    (change,) = await told(prod)
    assert (change.kind, change.state) == (ChangeKind.RESTART, ChangeState.SUCCEEDED)
    assert headline(change).startswith("🟢 Restarted by others: credlink-api v1.1.9 in prod, took ")


async def test_a_restart_of_others_can_be_aborted_while_it_is_under_way(
    prod: Operator, sweep: SweepOthers
):
    await slowly(prod, sweep)
    prod.aws.images.behaviours["v1.1.9"] = Behaviour.STUCK
    await prod.somebody_else_updates(forceNewDeployment=True)
    await sweep()
    (found,) = await told(prod)

    await prod.presses("change.abort", found)
    ended = await prod.ends(found)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ABORTED)
    assert prod.aws.writes[-1].operation == "StopServiceDeployment"
    assert prod.versions() == ["v1.1.9"] * 4
