"""Deployments that shift traffic: blue/green, canary, linear, and people at their PAUSE hooks."""

from typing import Any

import pytest

from sandbox.aws.schedule import MINUTE_S
from sandbox.aws.server import AwsWorld
from sandbox.aws.traffic import SCALE_UP_REASON
from sandbox.clock import ManualClock
from sandbox.seeds import PROD_ACCOUNT, SERVICE
from tests.sandbox.aws.operator import CLUSTER, Operator

BLUE_GREEN = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1}
CANARY = {
    "strategy": "CANARY",
    "bakeTimeInMinutes": 1,
    "canaryConfiguration": {"canaryPercent": 25.0, "canaryBakeTimeInMinutes": 2},
}
LINEAR = {
    "strategy": "LINEAR",
    "linearConfiguration": {"stepPercent": 25.0, "stepBakeTimeInMinutes": 1},
}


def pause_at(stage: str, **timeout: Any) -> dict[str, Any]:
    hook: dict[str, Any] = {"targetType": "PAUSE", "lifecycleStages": [stage]}
    if timeout:
        hook["timeoutConfiguration"] = timeout
    return {"lifecycleHooks": [hook]}


def waiting_hook(prod: Operator) -> dict[str, Any] | None:
    hooks = prod.record().get("lifecycleHookDetails", [])
    return next((hook for hook in hooks if hook["status"] == "AWAITING_ACTION"), None)


def share_of(world: AwsWorld, tag: str) -> float:
    running = world.running(PROD_ACCOUNT, CLUSTER, SERVICE)
    return round(sum(task.traffic_weight for task in running if task.tag == tag), 6)


def stages_until_done(prod: Operator) -> list[str]:
    stages: list[str] = []

    def done() -> bool:
        record = prod.record()
        if record.get("lifecycleStage") not in {None, *stages}:
            stages.append(record["lifecycleStage"])
        return bool(record["status"] == "SUCCESSFUL")

    prod.until(done)
    return stages


def test_blue_green_goes_through_every_stage_and_then_uses_the_other_target_group(
    prod: Operator,
) -> None:
    balancer = prod.service()["loadBalancers"][0]
    other = balancer["advancedConfiguration"]["alternateTargetGroupArn"]
    assert prod.target_states(other) == []
    prod.deploy("v1.2.0", deploymentConfiguration=BLUE_GREEN)
    assert stages_until_done(prod) == [
        "RECONCILE_SERVICE",
        "PRE_SCALE_UP",
        "SCALE_UP",
        "POST_SCALE_UP",
        "TEST_TRAFFIC_SHIFT",
        "POST_TEST_TRAFFIC_SHIFT",
        "PRODUCTION_TRAFFIC_SHIFT",
        "POST_PRODUCTION_TRAFFIC_SHIFT",
        "BAKE_TIME",
        "CLEAN_UP",
    ]
    assert prod.target_states(other) == ["healthy"] * 4
    assert prod.target_states(balancer["targetGroupArn"]) == []

    prod.deploy("v1.2.1")
    prod.until_status("SUCCESSFUL")
    assert prod.target_states(balancer["targetGroupArn"]) == ["healthy"] * 4


def test_a_rolling_deployment_has_no_stage_and_one_that_shifts_has_no_rollout_state(
    prod: Operator,
) -> None:
    prod.deploy("v1.2.0", deploymentConfiguration={"strategy": "ROLLING"})
    prod.until(lambda: "v1.2.0" in prod.versions())
    assert "lifecycleStage" not in prod.record()
    assert prod.service()["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    prod.deploy("v1.2.1", deploymentConfiguration=BLUE_GREEN)
    prod.until(lambda: prod.record().get("lifecycleStage") == "SCALE_UP")
    assert "rolloutState" not in prod.service()["deployments"][0]


def test_both_revisions_say_their_share_of_a_canary(world: AwsWorld, prod: Operator) -> None:
    prod.deploy("v1.2.0", deploymentConfiguration=CANARY)
    prod.until(
        lambda: prod.record()["targetServiceRevision"]["requestedProductionTrafficWeight"] == 25.0
    )
    record = prod.record()
    assert record["lifecycleStage"] == "PRODUCTION_TRAFFIC_SHIFT"
    assert record["sourceServiceRevisions"][0]["requestedProductionTrafficWeight"] == 75.0
    assert record["targetServiceRevision"]["runningTaskCount"] == 4
    assert (share_of(world, "v1.2.0"), share_of(world, "v1.1.9")) == (0.25, 0.75)
    prod.until_status("SUCCESSFUL")
    assert share_of(world, "v1.2.0") == 1.0


def test_linear_moves_traffic_in_equal_steps(world: AwsWorld, prod: Operator) -> None:
    prod.deploy("v1.2.0", deploymentConfiguration=LINEAR)
    shares = [0.0]

    def done() -> bool:
        share = share_of(world, "v1.2.0")
        if share != shares[-1]:
            shares.append(share)
        return bool(prod.record()["status"] == "SUCCESSFUL")

    prod.until(done)
    assert shares == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_a_canary_waits_at_its_pause_hook_until_somebody_continues_it(
    world: AwsWorld, prod: Operator, clock: ManualClock
) -> None:
    hooked = CANARY | pause_at("POST_TEST_TRAFFIC_SHIFT")
    prod.deploy("v1.2.0", deploymentConfiguration=hooked)
    prod.until(lambda: waiting_hook(prod))
    clock.advance(120)
    hook = waiting_hook(prod)
    assert hook is not None
    assert hook["timeoutAction"] == "ROLLBACK"
    assert share_of(world, "v1.2.0") == 0.0

    prod.ecs.continue_service_deployment(
        serviceDeploymentArn=prod.record()["serviceDeploymentArn"],
        hookId=hook["hookId"],
        action="CONTINUE",
    )
    record = prod.until_status("SUCCESSFUL")
    assert [h["status"] for h in record["lifecycleHookDetails"]] == ["SUCCEEDED"]
    assert prod.versions() == ["v1.2.0"] * 4


def test_a_hook_before_production_traffic_stands_before_every_step(prod: Operator) -> None:
    prod.deploy("v1.2.0", deploymentConfiguration=CANARY | pause_at("PRE_PRODUCTION_TRAFFIC_SHIFT"))
    weights = []
    for _ in range(2):
        prod.until(lambda: waiting_hook(prod))
        hook = waiting_hook(prod)
        record = prod.record()
        assert hook is not None
        weights.append(record["targetServiceRevision"]["requestedProductionTrafficWeight"])
        prod.ecs.continue_service_deployment(
            serviceDeploymentArn=record["serviceDeploymentArn"], hookId=hook["hookId"]
        )
    prod.until_status("SUCCESSFUL")
    assert weights == [0.0, 25.0]


def test_a_hook_before_scale_up_holds_back_the_tasks(prod: Operator, clock: ManualClock) -> None:
    prod.deploy("v1.2.0", deploymentConfiguration=BLUE_GREEN | pause_at("PRE_SCALE_UP"))
    prod.until(lambda: waiting_hook(prod))
    clock.advance(60)
    assert prod.service()["deployments"][0]["runningCount"] == 0


def test_rolling_back_at_a_hook_returns_all_traffic(world: AwsWorld, prod: Operator) -> None:
    hooked = CANARY | pause_at("POST_PRODUCTION_TRAFFIC_SHIFT")
    prod.deploy("v1.2.0", deploymentConfiguration=hooked)
    prod.until(lambda: waiting_hook(prod))
    assert share_of(world, "v1.2.0") == 1.0
    hook = waiting_hook(prod)
    assert hook is not None
    arn = prod.record()["serviceDeploymentArn"]
    answer = {"serviceDeploymentArn": arn, "hookId": hook["hookId"]}
    prod.ecs.continue_service_deployment(**answer, action="ROLLBACK")
    assert share_of(world, "v1.1.9") == 1.0
    record = prod.until_status("ROLLBACK_SUCCESSFUL", arn=arn)
    assert record["statusReason"] == (
        "Service deployment rolled back because POST_PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) "
        "failed."
    )
    assert prod.versions() == ["v1.1.9"] * 4
    with pytest.raises(prod.ecs.exceptions.InvalidParameterException):
        prod.ecs.continue_service_deployment(**answer)


def test_a_canary_that_is_stopped_never_takes_more_traffic_on_its_way_back(
    world: AwsWorld, prod: Operator
) -> None:
    prod.deploy("v1.2.0", deploymentConfiguration=CANARY)
    prod.until(lambda: share_of(world, "v1.2.0") == 0.25)
    arn = prod.record()["serviceDeploymentArn"]
    shares = []

    def is_back() -> bool:
        shares.append((share_of(world, "v1.1.9"), share_of(world, "v1.2.0")))
        return bool(prod.record(arn)["status"] == "ROLLBACK_SUCCESSFUL")

    prod.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    prod.until(is_back)

    assert set(shares) == {(0.75, 0.25), (1.0, 0.0)}
    assert shares[-1] == (1.0, 0.0)


@pytest.mark.parametrize(
    ("action", "status"), [("ROLLBACK", "ROLLBACK_SUCCESSFUL"), ("CONTINUE", "SUCCESSFUL")]
)
def test_a_hook_nobody_answers_times_out(prod: Operator, action: str, status: str) -> None:
    hooked = CANARY | pause_at("POST_SCALE_UP", timeoutInMinutes=3, action=action)
    prod.deploy("v1.2.0", deploymentConfiguration=hooked)
    record = prod.until_status(status)
    assert [hook["status"] for hook in record["lifecycleHookDetails"]] == ["TIMED_OUT"]


def test_a_hook_says_what_it_is_and_when_its_time_is_over_but_not_its_stage(
    prod: Operator, clock: ManualClock
) -> None:
    hooked = CANARY | pause_at("POST_SCALE_UP", timeoutInMinutes=30)
    prod.deploy("v1.2.0", deploymentConfiguration=hooked)
    prod.until(lambda: waiting_hook(prod))
    hook = waiting_hook(prod)
    assert hook is not None
    assert set(hook) == {"hookId", "targetType", "status", "expiresAt", "timeoutAction"}
    assert hook["targetType"] == "PAUSE"
    assert 0 < hook["expiresAt"].timestamp() - clock.now() <= 30 * MINUTE_S


def test_no_circuit_breaker_ends_a_canary_that_crashes(world: AwsWorld, prod: Operator) -> None:
    prod.deploy("v1.3.0-crash", deploymentConfiguration=CANARY)
    prod.until(lambda: prod.service()["deployments"][0]["failedTasks"] > 12)
    record = prod.record()
    assert (record["status"], record["lifecycleStage"]) == ("IN_PROGRESS", "SCALE_UP")
    assert record["deploymentCircuitBreaker"]["status"] == "DISABLED"
    prod.ecs.stop_service_deployment(serviceDeploymentArn=record["serviceDeploymentArn"])
    prod.until_status("ROLLBACK_SUCCESSFUL", arn=record["serviceDeploymentArn"])
    assert prod.versions() == ["v1.1.9"] * 4


def test_a_stage_that_takes_longer_than_a_day_ends_the_deployment(
    prod: Operator, clock: ManualClock
) -> None:
    prod.deploy("v1.4.0-stuck", deploymentConfiguration=CANARY)
    arn = prod.record()["serviceDeploymentArn"]
    clock.advance(23 * 60 * MINUTE_S)
    assert prod.record(arn)["status"] == "IN_PROGRESS"
    clock.advance(2 * 60 * MINUTE_S)
    assert prod.record(arn)["status"] == "ROLLBACK_SUCCESSFUL"
    assert prod.record(arn)["statusReason"] == SCALE_UP_REASON


def test_old_and_new_weights_add_up_after_every_step(prod: Operator) -> None:
    prod.deploy("v1.2.0", deploymentConfiguration=LINEAR)
    arn = prod.record()["serviceDeploymentArn"]
    seen: list[tuple[float, float]] = []

    def done() -> bool:
        record = prod.record(arn)
        (source,), target = record["sourceServiceRevisions"], record["targetServiceRevision"]
        name = "requestedProductionTrafficWeight"
        if (source[name], target[name]) not in seen:
            seen.append((source[name], target[name]))
        return bool(record["status"] == "SUCCESSFUL")

    prod.until(done)
    assert seen == [(100, 0), (75, 25), (50, 50), (25, 75), (0, 100)]


def test_a_canary_replaced_half_way_gives_its_share_back(world: AwsWorld, prod: Operator) -> None:
    prod.deploy("v1.2.0", deploymentConfiguration=CANARY)
    prod.until(lambda: share_of(world, "v1.2.0") == 0.25)
    replaced = prod.record()
    prod.deploy("v1.2.1")
    assert prod.record(replaced["serviceDeploymentArn"])["status"] == "STOPPED"
    assert prod.record(replaced["serviceDeploymentArn"])["statusReason"] == (
        "Replaced by a new service deployment."
    )
    assert share_of(world, "v1.1.9") == 1.0
    weights = {
        source["arn"]: source["requestedProductionTrafficWeight"]
        for source in prod.record()["sourceServiceRevisions"]
    }
    assert weights[replaced["targetServiceRevision"]["arn"]] == 0
    assert sum(weights.values()) == 100

    prod.until(lambda: share_of(world, "v1.2.1") == 0.25)
    assert (share_of(world, "v1.2.0"), share_of(world, "v1.1.9")) == (0, 0.75)
    prod.until_status("SUCCESSFUL")
    assert prod.versions() == ["v1.2.1"] * 4
    other = prod.service()["loadBalancers"][0]["advancedConfiguration"]["alternateTargetGroupArn"]
    assert prod.target_states(other) == ["healthy"] * 4
