"""Where something is not known, nobody is told that it is: no false outcome either way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.changes.look import Memory, look_at, ours_of
from bot.changes.press import PressChange
from bot.domain.asked import Press
from bot.domain.change import ChangeState
from bot.domain.rollout import Progress, Verdict, judge
from bot.errors import Conflict
from integrations.errors import NotFound
from sandbox.aws.calls import Fault, access_denied, dropped, server_error
from tests.changes.answers import PLACE, Aws, a_deployment, a_service, a_target, a_task, a_world
from tests.changes.builders import a_plan, a_rollout
from tests.changes.operator import Operator, asked, utc_now

S = ChangeState
BEHIND_A_BALANCER = a_plan(target_groups=("group",))


async def looks(aws: Aws, memory: Memory) -> tuple[object, Memory]:
    """The judgement of one look, and what it leaves to the next."""
    world, rollout = a_world(aws), a_rollout()
    sight = await look_at(world, PLACE, BEHIND_A_BALANCER, rollout, memory)
    return judge(sight.look, ours_of(world, rollout)), sight.memory


async def test_a_task_whose_target_is_not_well_yet_is_waited_for_although_ecs_is_done():
    aws = Aws(
        a_service(a_deployment(running=2, rollout_state="COMPLETED"), desired=2),
        running_tasks=(a_task("10.0.0.1"), a_task("10.0.0.2")),
        describe_target_health=(a_target("10.0.0.1", "healthy"), a_target("10.0.0.2", "initial")),
    )
    early, memory = await looks(aws, Memory())
    assert isinstance(early, Progress)

    aws.answers["describe_target_health"] = (
        a_target("10.0.0.1", "healthy"),
        a_target("10.0.0.2", "healthy"),
    )
    late, _ = await looks(aws, memory)

    assert late.verdict is Verdict.SUCCEEDED


async def test_a_healthy_target_of_somebody_elses_task_does_not_stand_in_for_ours():
    """The old version's task is still there: two healthy targets are not two of ours."""
    aws = Aws(
        a_service(
            a_deployment(running=2, rollout_state="COMPLETED"),
            a_deployment("old", "ACTIVE", 41, running=1),
        ),
        running_tasks=(a_task("10.0.0.1"), a_task("10.0.0.2"), a_task("10.0.0.9", 41)),
        describe_target_health=(
            a_target("10.0.0.1", "healthy"),
            a_target("10.0.0.2", "unhealthy"),
            a_target("10.0.0.9", "healthy"),
        ),
    )

    seen, _ = await looks(aws, Memory())

    assert isinstance(seen, Progress)
    assert seen.targets == {"healthy": 1, "unhealthy": 1}


async def test_tasks_without_an_address_of_their_own_are_not_waited_for_for_ever():
    aws = Aws(
        a_service(a_deployment(running=1, rollout_state="COMPLETED"), desired=1),
        running_tasks=(replace(a_task("10.0.0.1"), private_ip=None),),
        describe_target_health=(a_target("i-0abc", "healthy"),),
    )

    ended, _ = await looks(aws, Memory())

    assert ended.verdict is Verdict.SUCCEEDED


async def test_what_may_have_begun_is_not_called_refused(prod: Operator):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    prod.aws.faults.add(dropped("UpdateService", when="after"))
    prod.aws.faults.add(Fault("DescribeServices"))  # the look before it begins is answered
    prod.aws.faults.add(access_denied("DescribeServices", times=5))

    await prod.presses("change.confirm", proposed)
    ended = await prod.ends(proposed)

    assert ended.state is S.SUCCEEDED
    assert prod.updates == ["credlink-api:2"]


@pytest.mark.parametrize("policy", [{"rollout_timeout": "5s"}])
async def test_what_may_have_begun_and_is_never_seen_again_is_unproven(prod: Operator):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    prod.aws.faults.add(dropped("UpdateService", when="after"))
    prod.aws.faults.add(Fault("DescribeServices"))
    prod.aws.faults.add(access_denied("DescribeServices", times=10_000))

    await prod.presses("change.confirm", proposed)
    ended = await prod.ends(proposed)

    assert (ended.state, ended.verdict) == (S.UNPROVEN, Verdict.UNSEEN)
    assert "Outcome unknown" in await prod.card(ended)


@pytest.mark.parametrize("policy", [{"rollout_timeout": "5s"}])
async def test_a_start_that_aws_never_answers_ends_and_frees_the_place(prod: Operator):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    prod.aws.faults.add(server_error("RegisterTaskDefinition", times=10_000))

    await prod.presses("change.confirm", proposed)
    ended = await prod.ends(proposed)

    assert ended.state is S.REFUSED
    assert "AWS did not answer" in ended.why
    assert prod.updates == []


async def test_the_button_never_rolls_back_from_what_somebody_else_deployed(prod: Operator):
    deployed = await prod.ends(await prod.deploys("v1.2.0"))
    assert deployed.state is S.SUCCEEDED
    theirs = await prod.somebody_else_deploys("v1.2.1")
    before = list(prod.updates)

    await prod.presses("change.rollback", deployed)
    ended = await prod.ends(await prod.latest())

    assert ended.state is S.REFUSED
    assert theirs in ended.why or "v1.2.1" in ended.why
    assert prod.updates == before


async def test_a_proposal_whose_time_is_over_is_not_confirmed_before_the_clock_says_so(
    prod: Operator,
):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    late = PressChange(
        prod.world.database,
        prod.world.catalog,
        prod.promises,
        lambda: utc_now() + timedelta(hours=1),
        prod.world.wake,
    )

    with pytest.raises(Conflict, match="time to confirm this is over"):
        await late.confirm(Press(asked(), "change.confirm", proposed.id, proposed.state_revision))
    assert (await prod.now(proposed)).state is S.PROPOSED


async def test_a_target_group_that_is_gone_does_not_mean_that_the_service_is(
    prod: Operator, monkeypatch
):
    missing = iter([NotFound("aws", "describe_target_health", "no such group")] * 3)

    async def blind(*known):
        for trouble in missing:
            raise trouble
        return await look_at(*known)

    monkeypatch.setattr("bot.changes.watch.look_at", blind)

    ended = await prod.ends(await prod.deploys("v1.2.0"))

    assert ended.state is S.SUCCEEDED
