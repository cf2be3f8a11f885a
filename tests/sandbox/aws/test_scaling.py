"""Application Auto Scaling: bounds act at once, policies follow the load, and all of it is told."""

from typing import Any

import pytest

from sandbox.aws import calls
from sandbox.aws.scaling import COOLDOWN_S, LOOK_EVERY_S
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import PROD_ACCOUNT, SERVICE
from tests.sandbox.aws.operator import CLUSTER, Operator
from tests.sandbox.aws.test_api import refusal

Json = dict[str, Any]

RESOURCE = f"service/{CLUSTER}/{SERVICE}"
PLACE = {
    "ServiceNamespace": "ecs",
    "ResourceId": RESOURCE,
    "ScalableDimension": "ecs:service:DesiredCount",
}
SETTLED_S = 30.0


@pytest.fixture
def scaling(world: AwsWorld) -> Any:
    return world.client("application-autoscaling", PROD_ACCOUNT)


def target(scaling: Any) -> Json:
    (found,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    return dict(found)


def activities(scaling: Any, **arguments: Any) -> list[Json]:
    answer = scaling.describe_scaling_activities(**PLACE, **arguments)
    return list(answer["ScalingActivities"])


def desired(prod: Operator) -> int:
    return int(prod.service()["desiredCount"])


def loaded(world: AwsWorld, usual_percent: float) -> None:
    """Have four tasks use so much of their CPU, and more tasks less."""
    world.utilisation = lambda _cluster, _service, tasks: usual_percent * 4 / tasks


def test_prod_begins_within_its_bounds_and_nothing_has_happened(
    scaling: Any, prod: Operator
) -> None:
    found = target(scaling)
    assert (found["MinCapacity"], found["MaxCapacity"], found["ResourceId"]) == (3, 10, RESOURCE)
    assert set(found["SuspendedState"].values()) == {False}
    policies = scaling.describe_scaling_policies(**PLACE)["ScalingPolicies"]
    assert [policy["PolicyName"] for policy in policies] == [
        f"{CLUSTER}-cpu",
        f"{CLUSTER}-requests",
    ]
    assert activities(scaling) == []
    assert desired(prod) == 4


@pytest.mark.parametrize(
    ("bounds", "count", "cause"),
    [
        ({"MinCapacity": 6}, 6, "minimum capacity was set to 6"),
        ({"MaxCapacity": 3}, 3, "maximum capacity was set to 3"),
    ],
)
def test_bounds_that_are_moved_move_the_service_at_once(
    scaling: Any, prod: Operator, clock: ManualClock, bounds: Json, count: int, cause: str
) -> None:
    scaling.register_scalable_target(**PLACE, **bounds)
    assert desired(prod) == count
    (activity,) = activities(scaling)
    assert activity["Description"] == f"Setting desired count to {count}."
    assert (activity["Cause"], activity["StatusCode"]) == (cause, "InProgress")
    clock.advance(SETTLED_S)
    (activity,) = activities(scaling)
    assert activity["StatusCode"] == "Successful"
    assert activity["EndTime"] > activity["StartTime"]
    assert prod.service()["runningCount"] == count


def test_what_is_not_named_is_left_as_it_is(scaling: Any) -> None:
    scaling.register_scalable_target(**PLACE, SuspendedState={"DynamicScalingInSuspended": True})
    found = target(scaling)
    assert (found["MinCapacity"], found["MaxCapacity"]) == (3, 10)
    assert found["SuspendedState"] == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }


@pytest.mark.parametrize(("count", "back"), [(2, 3), (11, 10)])
def test_a_count_outside_the_bounds_is_undone(
    scaling: Any, prod: Operator, clock: ManualClock, count: int, back: int
) -> None:
    prod.update(desiredCount=count)
    assert desired(prod) == count
    clock.advance(LOOK_EVERY_S)
    assert desired(prod) == back
    assert activities(scaling)[0]["Description"] == f"Setting desired count to {back}."


def test_a_count_within_the_bounds_is_left_alone(prod: Operator, clock: ManualClock) -> None:
    prod.update(desiredCount=6)
    clock.advance(SETTLED_S)
    assert desired(prod) == 6


def test_a_service_without_tasks_has_no_numbers_and_stays_so(
    prod: Operator, clock: ManualClock
) -> None:
    prod.update(desiredCount=0)
    clock.advance(SETTLED_S)
    assert desired(prod) == 0


def test_tasks_are_added_while_the_cpu_is_short_and_taken_away_after(
    world: AwsWorld, scaling: Any, prod: Operator, clock: ManualClock
) -> None:
    loaded(world, 90.0)
    clock.advance(LOOK_EVERY_S)
    assert desired(prod) == 6  # 4 tasks at 90 % are 6 at 60 %
    clock.advance(SETTLED_S)
    assert desired(prod) == 6
    loaded(world, 50.0)
    clock.advance(SETTLED_S)
    assert desired(prod) == 4
    newest, older = activities(scaling)
    assert "AlarmLow" in newest["Cause"]
    assert "AlarmHigh" in older["Cause"]
    assert older["Cause"].endswith(f"triggered policy {CLUSTER}-cpu")


def test_what_the_maximum_forbids_is_told_once_to_those_who_ask_for_it(
    world: AwsWorld, scaling: Any, prod: Operator, clock: ManualClock
) -> None:
    loaded(world, 400.0)
    clock.advance(COOLDOWN_S * 5)
    assert desired(prod) == 10
    assert len(activities(scaling)) == 1
    newest, _ = activities(scaling, IncludeNotScaledActivities=True)
    (reason,) = newest["NotScaledReasons"]
    assert reason == {"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 10, "CurrentCapacity": 10}


@pytest.mark.parametrize(
    ("switch", "percent"),
    [("DynamicScalingOutSuspended", 90.0), ("DynamicScalingInSuspended", 10.0)],
)
def test_a_suspended_policy_moves_nothing(
    world: AwsWorld,
    scaling: Any,
    prod: Operator,
    clock: ManualClock,
    switch: str,
    percent: float,
) -> None:
    scaling.register_scalable_target(**PLACE, SuspendedState={switch: True})
    loaded(world, percent)
    clock.advance(SETTLED_S)
    assert desired(prod) == 4
    scaling.register_scalable_target(**PLACE, SuspendedState={switch: False})
    clock.advance(SETTLED_S)
    assert desired(prod) != 4


def test_no_policy_moves_a_service_in_a_rollout(
    world: AwsWorld, prod: Operator, clock: ManualClock
) -> None:
    prod.deploy("v1.2.0")
    loaded(world, 90.0)
    clock.advance(LOOK_EVERY_S)
    assert desired(prod) == 4
    loaded(world, 52.0)
    prod.until_steady()


def test_a_move_somebody_else_undoes_is_overridden(
    scaling: Any, prod: Operator, clock: ManualClock
) -> None:
    scaling.register_scalable_target(**PLACE, MinCapacity=6)
    prod.update(desiredCount=7)
    clock.advance(LOOK_EVERY_S)
    assert [activity["StatusCode"] for activity in activities(scaling)] == ["Overridden"]


def test_schedules_are_kept_and_told(scaling: Any) -> None:
    scaling.put_scheduled_action(
        **PLACE,
        ScheduledActionName="morning",
        Schedule="cron(0 8 * * ? *)",
        ScalableTargetAction={"MinCapacity": 6},
    )
    scaling.put_scheduled_action(
        **PLACE, ScheduledActionName="morning", ScalableTargetAction={"MinCapacity": 7}
    )
    (action,) = scaling.describe_scheduled_actions(**PLACE)["ScheduledActions"]
    assert action["Schedule"] == "cron(0 8 * * ? *)"
    assert action["ScalableTargetAction"] == {"MinCapacity": 7}
    scaling.delete_scheduled_action(**PLACE, ScheduledActionName="morning")
    assert scaling.describe_scheduled_actions(**PLACE)["ScheduledActions"] == []


def test_a_policy_put_again_is_the_same_policy(scaling: Any) -> None:
    policy = {
        "PolicyName": f"{CLUSTER}-cpu",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
            },
        },
    }
    before = scaling.describe_scaling_policies(**PLACE)["ScalingPolicies"][0]
    again = scaling.put_scaling_policy(**PLACE, **policy)
    assert again["PolicyARN"] == before["PolicyARN"]
    assert len(again["Alarms"]) == 2
    after = scaling.describe_scaling_policies(**PLACE)["ScalingPolicies"][0]
    assert after["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 70
    scaling.delete_scaling_policy(**PLACE, PolicyName=f"{CLUSTER}-cpu")
    assert len(scaling.describe_scaling_policies(**PLACE)["ScalingPolicies"]) == 1


def test_a_service_nothing_scales_is_not_found_and_needs_both_bounds(scaling: Any) -> None:
    scaling.deregister_scalable_target(**PLACE)
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []
    for call, arguments in (
        (scaling.deregister_scalable_target, {}),
        (scaling.put_scheduled_action, {"ScheduledActionName": "x", "Schedule": "rate(1 hour)"}),
        (scaling.delete_scaling_policy, {"PolicyName": "x"}),
    ):
        assert refusal(call, **PLACE, **arguments)[0] == "ObjectNotFoundException"
    half = refusal(scaling.register_scalable_target, **PLACE, MinCapacity=1)
    assert half[0] == "ValidationException"


def test_what_is_no_longer_scaled_is_left_alone(
    scaling: Any, prod: Operator, clock: ManualClock
) -> None:
    scaling.deregister_scalable_target(**PLACE)
    prod.update(desiredCount=1)
    clock.advance(SETTLED_S)
    assert desired(prod) == 1


def test_activities_come_in_pages(scaling: Any) -> None:
    for count in (5, 6, 7):
        scaling.register_scalable_target(**PLACE, MinCapacity=count)
    first = scaling.describe_scaling_activities(**PLACE, MaxResults=2)
    assert [a["Description"][-2] for a in first["ScalingActivities"]] == ["7", "6"]
    second = scaling.describe_scaling_activities(**PLACE, NextToken=first["NextToken"])
    assert [a["Description"][-2] for a in second["ScalingActivities"]] == ["5"]
    wrong = refusal(scaling.describe_scaling_activities, **PLACE, NextToken="x")
    assert wrong[0] == "InvalidNextTokenException"


def test_calls_are_recorded_and_meet_faults_like_any(world: AwsWorld, scaling: Any) -> None:
    scaling.register_scalable_target(**PLACE, MinCapacity=5)
    target(scaling)
    (written,) = world.writes
    assert (written.service, written.operation) == (
        "application-autoscaling",
        "RegisterScalableTarget",
    )
    assert written.parameters["MinCapacity"] == 5
    world.faults.add(calls.access_denied("RegisterScalableTarget"))
    code, message = refusal(scaling.register_scalable_target, **PLACE, MinCapacity=6)
    assert code == "AccessDeniedException"
    assert "perform: application-autoscaling:RegisterScalableTarget because" in message
    assert target(scaling)["MinCapacity"] == 5


def test_a_world_made_anew_has_its_first_bounds(world: AwsWorld, scaling: Any) -> None:
    scaling.register_scalable_target(**PLACE, MinCapacity=5)
    world.reset()
    names = {
        t["ResourceId"]: t["MinCapacity"]
        for t in scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    }
    assert names == {RESOURCE: 3, f"service/credlink-eu/{SERVICE}": 2}
