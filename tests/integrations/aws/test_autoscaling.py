import pytest
from botocore.stub import Stubber

from integrations.aws.autoscaling import AutoscalingClient
from integrations.errors import Forbidden
from tests.integrations.aws.answers import CLUSTER, NOON, SERVICE

ASKED = {
    "ServiceNamespace": "ecs",
    "ResourceIds": [f"service/{CLUSTER}/{SERVICE}"],
    "ScalableDimension": "ecs:service:DesiredCount",
}


@pytest.fixture
def stub(session):
    with Stubber(session.client("application-autoscaling")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def autoscaling(session):
    return AutoscalingClient(session)


def a_target(**said):
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{CLUSTER}/{SERVICE}",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 3,
        "MaxCapacity": 10,
        "RoleARN": "arn:aws:iam::222222222222:role/autoscaling",
        "CreationTime": NOON,
        **said,
    }


async def test_a_service_is_scaled_within_bounds(autoscaling, stub):
    stub.add_response("describe_scalable_targets", {"ScalableTargets": [a_target()]}, ASKED)
    target = await autoscaling.describe_scalable_target(CLUSTER, SERVICE)
    assert (target.min, target.max) == (3, 10)
    assert (target.is_suspended_in, target.is_suspended_out) == (False, False)
    assert not target.is_suspended_scheduled


async def test_what_is_suspended_is_told_apart(autoscaling, stub):
    suspended = {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": True,
    }
    stub.add_response(
        "describe_scalable_targets", {"ScalableTargets": [a_target(SuspendedState=suspended)]}
    )
    target = await autoscaling.describe_scalable_target(CLUSTER, SERVICE)
    assert (target.is_suspended_in, target.is_suspended_out) == (True, False)
    assert target.is_suspended_scheduled


async def test_a_service_nothing_scales_has_no_bounds(autoscaling, stub):
    stub.add_response("describe_scalable_targets", {"ScalableTargets": []})
    assert await autoscaling.describe_scalable_target(CLUSTER, SERVICE) is None


async def test_a_missing_permission_is_named(autoscaling, stub):
    stub.add_client_error("describe_scalable_targets", "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match="lacks application-autoscaling:DescribeScalableTargets"):
        await autoscaling.describe_scalable_target(CLUSTER, SERVICE)
