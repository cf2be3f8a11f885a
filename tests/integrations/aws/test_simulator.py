"""A canary held, promoted and rolled back through our client, against the rollout simulator."""

import pytest

from integrations.aws.client import AwsConnection
from integrations.aws.ecs import EcsClient
from integrations.aws.ecs_calls import Pacing
from integrations.aws.strategies import DeploymentConfiguration, PauseHook
from integrations.errors import NotFound, Rejected, Unavailable
from sandbox.aws.calls import dropped
from sandbox.aws.seeds import PROD
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import SERVICE
from tests.sandbox.aws.operator import Operator

CANARY = DeploymentConfiguration(
    strategy="CANARY",
    bake_minutes=1,
    canary_percent=25,
    canary_bake_minutes=1,
    hooks=(PauseHook(stages=("PRE_PRODUCTION_TRAFFIC_SHIFT",), timeout_minutes=30),),
)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def operator(clock):
    with AwsWorld.in_process(clock, environments=[PROD]) as world:
        yield Operator(world, clock)


@pytest.fixture
async def ecs(operator):
    connection = AwsConnection()
    role = f"arn:aws:iam::{PROD.account}:role/credlink-bot"
    at_once = Pacing(window_s=0.0, apart_s=0.0, turn_s=0.0)  # the simulator's time is not ours
    client = EcsClient(connection.session("us-east-1", role), pacing=at_once)
    yield client
    await client.aclose()
    await connection.aclose()


async def canary(ecs, operator, tag="v1.2.0"):
    """Begin a canary of `tag` and return the ARN of its service deployment."""
    revision = operator.register(tag)
    service = await ecs.update_service(PROD.cluster, SERVICE, revision, configuration=CANARY)
    return service.current_service_deployment


async def paused(ecs, clock, arn):
    """Turn the clock until the deployment waits, and return it."""
    for _ in range(400):
        one = (await ecs.describe_service_deployments([arn]))[arn]
        if one.awaited:
            return one
        clock.advance(0.25)
    raise AssertionError(one)


async def test_a_canary_waits_before_each_shift_and_ends_when_it_is_continued(ecs, operator, clock):
    arn = await canary(ecs, operator)
    first = await paused(ecs, clock, arn)
    assert (first.strategy, first.shift_percent, first.bake_minutes) == ("CANARY", 25, 1)
    assert (first.target.production_weight, first.sources[0].production_weight) == (0, 100)
    assert first.awaited.stage == "PRODUCTION_TRAFFIC_SHIFT"
    assert first.awaited.expires_at > first.created_at

    await ecs.continue_service_deployment(arn, first.awaited.id, action="CONTINUE")
    second = await paused(ecs, clock, arn)
    assert second.awaited.id != first.awaited.id
    assert second.target.production_weight == 25
    with pytest.raises(Rejected):  # an answer repeated does not pass the next stop
        await ecs.continue_service_deployment(arn, first.awaited.id, action="CONTINUE")
    assert (await paused(ecs, clock, arn)).awaited == second.awaited

    await ecs.continue_service_deployment(arn, second.awaited.id, action="CONTINUE")
    operator.until_status("SUCCESSFUL", arn=arn)
    with pytest.raises(Rejected):
        await ecs.continue_service_deployment(arn, second.awaited.id, action="ROLLBACK")


async def test_a_canary_refused_at_its_hook_is_rolled_back(ecs, operator, clock):
    before = operator.service()["taskDefinition"]
    arn = await canary(ecs, operator)
    one = await paused(ecs, clock, arn)
    await ecs.continue_service_deployment(arn, one.awaited.id, action="ROLLBACK")
    operator.until_status("ROLLBACK_SUCCESSFUL", arn=arn)
    service = await ecs.describe_service(PROD.cluster, SERVICE)
    assert service.primary.task_definition == before


async def test_a_deployment_or_hook_nobody_knows_is_told_apart(ecs, operator, clock):
    arn = await canary(ecs, operator)
    await paused(ecs, clock, arn)
    with pytest.raises(NotFound):
        await ecs.continue_service_deployment(f"{arn}x", "h", action="CONTINUE")
    with pytest.raises(Rejected):
        await ecs.continue_service_deployment(arn, "h", action="CONTINUE")


async def test_a_service_built_to_shift_shows_it(ecs):
    service = await ecs.describe_service(PROD.cluster, SERVICE)
    (balancer,) = service.balancers
    assert balancer.alternate_target_group not in {None, balancer.target_group}
    assert balancer.production_listener_rule
    assert balancer.role
    assert await ecs.describe_clusters([PROD.cluster, "nowhere"]) == {PROD.cluster: "ACTIVE"}


async def test_a_forced_deployment_whose_answer_is_lost_is_not_sent_again(ecs, operator):
    stands = operator.service()["taskDefinition"]
    operator.world.faults.add(dropped("UpdateService", when="after", times=5))

    with pytest.raises(Unavailable):
        await ecs.update_service(PROD.cluster, SERVICE, stands, force_new_deployment=True)

    assert [call.operation for call in operator.world.writes] == ["UpdateService"]
