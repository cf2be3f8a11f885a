from datetime import UTC

import pytest
from botocore.stub import Stubber

from integrations.aws.autoscaling import AutoscalingClient
from integrations.aws.scaling_models import ScalableTarget, Suspension
from integrations.errors import Forbidden, NotFound, Rejected, Unavailable
from tests.integrations.aws.answers import CLUSTER, NOON, SERVICE

RESOURCE = {
    "ServiceNamespace": "ecs",
    "ResourceId": f"service/{CLUSTER}/{SERVICE}",
    "ScalableDimension": "ecs:service:DesiredCount",
}
ASKED = {
    "ServiceNamespace": "ecs",
    "ResourceIds": [RESOURCE["ResourceId"]],
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
        **RESOURCE,
        "MinCapacity": 3,
        "MaxCapacity": 10,
        "RoleARN": "arn:aws:iam::222222222222:role/autoscaling",
        "CreationTime": NOON,
        **said,
    }


async def test_a_service_is_scaled_within_bounds(autoscaling, stub):
    stub.add_response("describe_scalable_targets", {"ScalableTargets": [a_target()]}, ASKED)
    assert await autoscaling.describe_target(CLUSTER, SERVICE) == ScalableTarget(
        minimum=3, maximum=10, suspended=Suspension()
    )


async def test_what_is_suspended_is_told_apart(autoscaling, stub):
    suspended = {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": True,
    }
    stub.add_response(
        "describe_scalable_targets", {"ScalableTargets": [a_target(SuspendedState=suspended)]}
    )
    target = await autoscaling.describe_target(CLUSTER, SERVICE)
    assert target.suspended == Suspension(scale_in=True, scale_out=False, scheduled=True)
    assert target.suspended.is_any
    assert not target.suspended.is_whole


async def test_a_service_nothing_scales_has_no_bounds(autoscaling, stub):
    stub.add_response("describe_scalable_targets", {"ScalableTargets": []})
    assert await autoscaling.describe_target(CLUSTER, SERVICE) is None


async def test_a_cluster_may_be_named_as_ecs_names_it(autoscaling, stub):
    stub.add_response("describe_scalable_targets", {"ScalableTargets": [a_target()]}, ASKED)
    arn = f"arn:aws:ecs:us-east-1:222222222222:cluster/{CLUSTER}"
    assert (await autoscaling.describe_target(arn, SERVICE)).minimum == 3


async def test_many_services_are_asked_about_fifty_at_a_time(autoscaling, stub):
    pairs = [(CLUSTER, f"api-{number}") for number in range(51)]
    for some in (pairs[:50], pairs[50:]):
        resources = [f"service/{cluster}/{service}" for cluster, service in some]
        stub.add_response(
            "describe_scalable_targets",
            {"ScalableTargets": [a_target(ResourceId=resources[-1])]},
            {**ASKED, "ResourceIds": resources},
        )
    found = await autoscaling.describe_targets(pairs)
    assert found.keys() == {pairs[49], pairs[50]}


async def test_bounds_are_moved_and_what_is_not_named_is_left_alone(autoscaling, stub):
    stub.add_response("describe_scalable_targets", {"ScalableTargets": [a_target()]})
    stub.add_response("register_scalable_target", {}, {**RESOURCE, "MinCapacity": 5})
    await autoscaling.register_target(CLUSTER, SERVICE, minimum=5)


async def test_scaling_is_suspended_without_moving_the_bounds(autoscaling, stub):
    stub.add_response("describe_scalable_targets", {"ScalableTargets": [a_target()]})
    switches = {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": True,
        "ScheduledScalingSuspended": False,
    }
    stub.add_response("register_scalable_target", {}, {**RESOURCE, "SuspendedState": switches})
    await autoscaling.register_target(
        CLUSTER, SERVICE, suspended=Suspension(scale_in=True, scale_out=True)
    )


async def test_a_service_nothing_scales_does_not_begin_to_be_scaled(autoscaling, stub):
    stub.add_response("describe_scalable_targets", {"ScalableTargets": []})
    with pytest.raises(NotFound, match=f"nothing scales {CLUSTER}/{SERVICE}"):
        await autoscaling.register_target(CLUSTER, SERVICE, minimum=3, maximum=10)


async def test_bounds_that_cross_are_refused_in_aws_s_words(autoscaling, stub):
    stub.add_response("describe_scalable_targets", {"ScalableTargets": [a_target()]})
    words = "Minimum capacity cannot be greater than maximum capacity"
    stub.add_client_error("register_scalable_target", "ValidationException", words, 400)
    with pytest.raises(Rejected, match=words):
        await autoscaling.register_target(CLUSTER, SERVICE, minimum=11)


async def test_somebody_moving_the_same_bounds_is_worth_another_try(autoscaling, stub):
    stub.add_response("describe_scalable_targets", {"ScalableTargets": [a_target()]})
    stub.add_client_error("register_scalable_target", "ConcurrentUpdateException", "", 500)
    with pytest.raises(Unavailable) as raised:
        await autoscaling.register_target(CLUSTER, SERVICE, minimum=5)
    assert raised.value.retryable


def tracking(value, **said):
    return {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": value, **said}}


def predefined(metric):
    return {"PredefinedMetricSpecification": {"PredefinedMetricType": metric}}


def steps(adjustment, *sizes):
    adjustments = [{"ScalingAdjustment": size} for size in sizes]
    return {
        "StepScalingPolicyConfiguration": {
            "AdjustmentType": adjustment,
            "StepAdjustments": adjustments,
        }
    }


def forecast(**said):
    pair = {"PredefinedMetricType": "ECSServiceCPUUtilization"}
    level = {"TargetValue": 60, "PredefinedMetricPairSpecification": pair}
    return {"PredictiveScalingPolicyConfiguration": {"MetricSpecifications": [level], **said}}


@pytest.mark.parametrize(
    ("kind", "configuration", "words"),
    [
        (
            "TargetTrackingScaling",
            tracking(60.0, **predefined("ECSServiceAverageCPUUtilization")),
            "CPU at 60 %",
        ),
        (
            "TargetTrackingScaling",
            tracking(72.5, **predefined("ECSServiceAverageMemoryUtilization")),
            "memory at 72.5 %",
        ),
        (
            "TargetTrackingScaling",
            tracking(1000, DisableScaleIn=True, **predefined("ALBRequestCountPerTarget")),
            "1000 requests per target, never scales in",
        ),
        (
            "TargetTrackingScaling",
            tracking(30, CustomizedMetricSpecification={"MetricName": "QueueDepth"}),
            "QueueDepth at 30",
        ),
        (
            "TargetTrackingScaling",
            tracking(30, CustomizedMetricSpecification={"Metrics": []}),
            "an expression of metrics at 30",
        ),
        ("StepScaling", steps("ChangeInCapacity", 2, -1), "steps of +2, −1 tasks"),
        ("StepScaling", steps("PercentChangeInCapacity", 10), "steps of +10 %"),
        ("StepScaling", steps("ExactCapacity", 5, 10), "steps to 5, 10 tasks"),
        ("PredictiveScaling", forecast(Mode="ForecastAndScale"), "forecast of CPU at 60 %"),
        ("PredictiveScaling", forecast(), "forecast of CPU at 60 %, scales nothing"),
        ("SomethingNew", {}, "SomethingNew"),
    ],
)
async def test_a_policy_says_in_words_what_it_does(autoscaling, stub, kind, configuration, words):
    raw = {
        **RESOURCE,
        "PolicyARN": "arn:aws:autoscaling:us-east-1:222222222222:scalingPolicy:1",
        "PolicyName": "keep-it-cool",
        "PolicyType": kind,
        "CreationTime": NOON,
        "Alarms": [{"AlarmName": "AlarmHigh", "AlarmARN": "arn:aws:cloudwatch:alarm"}],
        **configuration,
    }
    stub.add_response("describe_scaling_policies", {"ScalingPolicies": [raw]}, RESOURCE)
    [policy] = await autoscaling.list_policies(CLUSTER, SERVICE)
    assert (policy.name, policy.kind, policy.words) == ("keep-it-cool", kind, words)
    assert policy.alarms == ("AlarmHigh",)


async def test_what_autoscaling_could_not_do_is_told_with_the_reason(autoscaling, stub):
    raw = {
        **RESOURCE,
        "ActivityId": "a1",
        "Description": "Attempting to scale due to alarm triggered",
        "Cause": "monitor alarm AlarmHigh in state ALARM triggered policy keep-it-cool",
        "StartTime": NOON,
        "EndTime": NOON,
        "StatusCode": "Failed",
        "StatusMessage": "it did not work",
        "NotScaledReasons": [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 10}],
    }
    stub.add_response(
        "describe_scaling_activities",
        {"ScalingActivities": [raw, raw]},
        {**RESOURCE, "MaxResults": 1, "IncludeNotScaledActivities": True},
    )
    [activity] = await autoscaling.list_activities(CLUSTER, SERVICE, at_most=1)
    assert (activity.at, activity.ended_at) == (NOON, NOON)
    assert activity.at.tzinfo is UTC
    assert (activity.status, activity.message) == ("Failed", "it did not work")
    assert activity.cause.endswith("triggered policy keep-it-cool")
    assert activity.not_scaled == ("AlreadyAtMaxCapacity",)


async def test_schedules_are_listed_over_all_pages(autoscaling, stub):
    def raw(name, **action):
        return {
            **RESOURCE,
            "ScheduledActionName": name,
            "ScheduledActionARN": "arn:aws:autoscaling:us-east-1:222222222222:scheduledAction:1",
            "Schedule": "cron(0 8 * * ? *)",
            "CreationTime": NOON,
            "ScalableTargetAction": action,
        }

    morning = raw("morning", MinCapacity=6)
    stub.add_response(
        "describe_scheduled_actions", {"ScheduledActions": [morning], "NextToken": "2"}, RESOURCE
    )
    stub.add_response(
        "describe_scheduled_actions",
        {"ScheduledActions": [raw("night", MinCapacity=3, MaxCapacity=5)]},
        {**RESOURCE, "NextToken": "2"},
    )
    first, second = await autoscaling.list_scheduled_actions(CLUSTER, SERVICE)
    assert (first.name, first.minimum, first.maximum) == ("morning", 6, None)
    assert (second.schedule, second.maximum, second.starts_at) == ("cron(0 8 * * ? *)", 5, None)


@pytest.mark.parametrize(
    ("method", "operation", "permission"),
    [
        ("describe_target", "describe_scalable_targets", "DescribeScalableTargets"),
        ("list_policies", "describe_scaling_policies", "DescribeScalingPolicies"),
        ("list_activities", "describe_scaling_activities", "DescribeScalingActivities"),
        ("list_scheduled_actions", "describe_scheduled_actions", "DescribeScheduledActions"),
    ],
)
async def test_a_missing_permission_is_named(autoscaling, stub, method, operation, permission):
    stub.add_client_error(operation, "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match=f"lacks application-autoscaling:{permission}"):
        await getattr(autoscaling, method)(CLUSTER, SERVICE)


async def test_the_permission_to_move_bounds_is_named_when_missing(autoscaling, stub):
    stub.add_response("describe_scalable_targets", {"ScalableTargets": [a_target()]})
    stub.add_client_error("register_scalable_target", "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match="lacks application-autoscaling:RegisterScalableTarget"):
        await autoscaling.register_target(CLUSTER, SERVICE, minimum=5)
