"""Rolling deployments in virtual time: every way they end."""

import pytest

from sandbox.aws.images import Behaviour
from sandbox.aws.registry import digest_of
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import PROD_ACCOUNT, SERVICE
from tests.sandbox.aws.operator import CLUSTER, Operator, is_stable

NO_ROLLBACK = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
NO_BREAKER = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}


def test_a_healthy_version_replaces_the_old_one_without_a_gap(prod: Operator) -> None:
    deployment = prod.deploy("v1.2.0")
    serving = []

    def done() -> bool:
        serving.append(len(prod.versions()))
        return prod.record()["status"] == "SUCCESSFUL"

    prod.until(done)
    service = prod.service()
    assert [d["id"] for d in service["deployments"]] == [deployment]
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    assert service["deployments"][0]["rolloutStateReason"] == (
        f"ECS deployment {deployment} completed."
    )
    assert prod.versions() == ["v1.2.0"] * 4
    assert min(serving) == 4  # minimumHealthyPercent 100
    assert max(serving) <= 6  # maximumPercent 150


def test_ecs_tells_the_rollout_in_its_own_words_and_order(prod: Operator) -> None:
    told_before = len(prod.messages())
    deployment = prod.deploy("v1.2.0", deploymentConfiguration={"maximumPercent": 200})
    prod.until_status("SUCCESSFUL")
    messages = prod.messages()[told_before:]
    assert [_without_ids(message) for message in messages] == [
        "has started 4 tasks:",
        "registered 4 targets in",
        "has begun draining connections on 4 tasks.",
        "deregistered 4 targets in",
        "has stopped 4 running tasks:",
        f"(deployment {deployment}) deployment completed.",
        "has reached a steady state.",
    ]


def _without_ids(message: str) -> str:
    return message.split(" (task", 1)[0].split(" (target-group", 1)[0]


def test_targets_go_from_initial_to_healthy_and_old_ones_drain(prod: Operator) -> None:
    prod.deploy("v1.2.0", deploymentConfiguration={"maximumPercent": 200})
    prod.until(lambda: prod.target_states() == ["healthy"] * 4 + ["initial"] * 4)
    prod.until(
        lambda: prod.target_states() == ["healthy"] * 8 or "draining" in prod.target_states()
    )
    prod.until(lambda: prod.target_states() == ["draining"] * 4 + ["healthy"] * 4)
    prod.until_status("SUCCESSFUL")
    assert prod.target_states() == ["healthy"] * 4


@pytest.mark.parametrize(
    ("tag", "stop_code", "reason", "exit_code", "container_reason"),
    [
        ("v1.3.0-crash", "EssentialContainerExited", "Essential container in task exited", 1, None),
        (
            "v1.3.0-oom",
            "EssentialContainerExited",
            "Essential container in task exited",
            137,
            "OutOfMemoryError: Container killed due to memory usage",
        ),
        ("v1.3.0-nopull", "TaskFailedToStart", "CannotPullContainerError: ", None, None),
        (
            "v1.3.0-unhealthy",
            "ServiceSchedulerInitiated",
            "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:",
            0,
            None,
        ),
    ],
)
def test_a_version_that_cannot_run_is_rolled_back_and_says_why(
    prod: Operator,
    tag: str,
    stop_code: str,
    reason: str,
    exit_code: int | None,
    container_reason: str | None,
) -> None:
    before = prod.service()["deployments"][0]
    failed = prod.deploy(tag)
    record = prod.until_status("ROLLBACK_SUCCESSFUL")

    task = next(t for t in prod.stopped_tasks(startedBy=failed) if t["stopCode"] == stop_code)
    assert task["stoppedReason"].startswith(reason)
    assert task["containers"][0].get("exitCode") == exit_code
    assert task["containers"][0].get("reason") == container_reason
    assert record["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert record["statusReason"] == (
        "Service deployment rolled back because the circuit breaker threshold was exceeded."
    )
    assert prod.service()["taskDefinition"] == before["taskDefinition"]
    assert prod.versions() == ["v1.1.9"] * 4
    assert f"(deployment {failed}) deployment failed: tasks failed to start." in prod.messages()
    assert f"rolling back to deployment {before['id']}." in prod.messages()


def test_while_rolling_back_the_failed_deployment_drains_and_a_new_id_is_primary(
    prod: Operator,
) -> None:
    good = prod.service()["deployments"][0]["id"]
    failed = prod.deploy("v1.3.0-crash")
    prod.until_status("ROLLBACK_IN_PROGRESS")
    primary, draining = prod.service()["deployments"]
    assert primary["id"] not in {good, failed}
    assert primary["rolloutStateReason"] == (
        f"ECS deployment circuit breaker: rolling back to deploymentId {good}."
    )
    assert (draining["id"], draining["status"], draining["rolloutState"]) == (
        failed,
        "DRAINING",
        "FAILED",
    )
    assert draining["failedTasks"] >= 3


def test_stable_is_not_success(prod: Operator) -> None:
    """The rule of boto3's waiter is satisfied though the version asked for never ran."""
    failed = prod.deploy("v1.3.0-crash")
    prod.until_status("ROLLBACK_SUCCESSFUL")
    service = prod.service()
    assert is_stable(service)
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    assert failed not in {deployment["id"] for deployment in service["deployments"]}


def test_without_rollback_the_breaker_leaves_the_old_version_serving(prod: Operator) -> None:
    failed = prod.deploy("v1.3.0-crash", deploymentConfiguration=NO_ROLLBACK)
    record = prod.until_status("STOPPED")
    primary, old = prod.service()["deployments"]
    assert (primary["id"], primary["rolloutState"]) == (failed, "FAILED")
    assert record["statusReason"] == primary["rolloutStateReason"]
    assert primary["rolloutStateReason"] == (
        "ECS deployment circuit breaker: tasks failed to start."
    )
    assert (old["status"], old["runningCount"]) == ("ACTIVE", 4)
    assert prod.versions() == ["v1.1.9"] * 4


def test_without_a_breaker_ecs_tries_for_ever(prod: Operator, clock: ManualClock) -> None:
    prod.deploy("v1.3.0-crash", deploymentConfiguration=NO_BREAKER)
    prod.until(lambda: prod.service()["deployments"][0]["failedTasks"] > 12)
    assert prod.record()["status"] == "IN_PROGRESS"
    assert prod.record()["deploymentCircuitBreaker"]["status"] == "DISABLED"


def test_a_count_as_threshold_trips_the_breaker_at_that_count(prod: Operator) -> None:
    threshold = {"type": "COUNT", "value": 5}
    breaker = {"enable": True, "rollback": False, "thresholdConfiguration": threshold}
    prod.deploy("v1.3.0-crash", deploymentConfiguration={"deploymentCircuitBreaker": breaker})
    record = prod.until_status("STOPPED")
    assert record["deploymentCircuitBreaker"]["threshold"] == 5
    assert record["deploymentCircuitBreaker"]["failureCount"] >= 5


def test_a_version_that_never_gets_healthy_stays_in_progress(
    world: AwsWorld, prod: Operator, clock: ManualClock
) -> None:
    world.push_image("v1.4.0-stuck")
    prod.deploy("v1.4.0-stuck")
    clock.advance(600)
    primary = prod.service()["deployments"][0]
    assert (primary["rolloutState"], primary["pendingCount"], primary["failedTasks"]) == (
        "IN_PROGRESS",
        2,
        0,
    )
    assert prod.versions() == ["v1.1.9"] * 4


def test_a_version_may_be_told_how_to_behave(world: AwsWorld, prod: Operator) -> None:
    world.images.behaviours["v1.2.0"] = Behaviour.CRASH
    prod.deploy("v1.2.0")
    prod.until_status("ROLLBACK_SUCCESSFUL")


def test_an_image_that_ecr_does_not_have_cannot_be_pulled(prod: Operator) -> None:
    deployment = prod.deploy("v9.9.9")
    prod.until(lambda: prod.stopped_tasks(startedBy=deployment))
    task = prod.stopped_tasks(startedBy=deployment)[0]
    assert task["stopCode"] == "TaskFailedToStart"
    assert digest_of("v9.9.9") in task["stoppedReason"]


def test_a_second_deploy_replaces_the_first(prod: Operator) -> None:
    prod.deploy("v1.2.0")
    first = prod.service()["currentServiceDeployment"]
    prod.until(lambda: "v1.2.0" in prod.versions())
    second = prod.deploy("v1.2.1")
    replaced = prod.record(first)
    assert replaced["status"] == "STOPPED"
    assert replaced["statusReason"] == "Replaced by a new service deployment."
    assert len(prod.service()["deployments"]) == 3
    assert len(prod.record()["sourceServiceRevisions"]) == 2
    prod.until_status("SUCCESSFUL")
    assert [d["id"] for d in prod.service()["deployments"]] == [second]
    assert prod.versions() == ["v1.2.1"] * 4


def test_with_nothing_desired_a_deployment_completes_and_nothing_runs(prod: Operator) -> None:
    prod.update(desiredCount=0)
    prod.until_steady()
    prod.deploy("v1.2.0")
    prod.until_status("SUCCESSFUL")
    service = prod.service()
    assert is_stable(service)
    assert service["runningCount"] == 0
    assert prod.versions() == []


def test_scaling_starts_no_deployment(prod: Operator) -> None:
    before = prod.service()["deployments"][0]["id"]
    prod.update(desiredCount=6)
    prod.until(lambda: len(prod.versions()) == 6)
    prod.update(desiredCount=3)
    prod.until(lambda: prod.service()["runningCount"] == 3)
    assert [d["id"] for d in prod.service()["deployments"]] == [before]
    assert "has stopped 3 running tasks" in " ".join(prod.messages())


def test_the_same_revision_starts_a_deployment_only_when_forced(prod: Operator) -> None:
    before = prod.service()
    same = prod.update(taskDefinition=before["taskDefinition"])
    assert same["deployments"][0]["id"] == before["deployments"][0]["id"]
    forced = prod.update(forceNewDeployment=True)
    assert forced["deployments"][0]["id"] != before["deployments"][0]["id"]
    assert forced["taskDefinition"] == before["taskDefinition"]
    prod.until_status("SUCCESSFUL")


def test_a_stopped_service_deployment_goes_back(prod: Operator) -> None:
    good = prod.service()["deployments"][0]
    stopped = prod.deploy("v1.2.0", deploymentConfiguration=NO_BREAKER)
    prod.until(lambda: "v1.2.0" in prod.versions())
    arn = prod.service()["currentServiceDeployment"]
    prod.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert prod.record(arn)["status"] == "ROLLBACK_REQUESTED"
    record = prod.until_status("ROLLBACK_SUCCESSFUL", arn=arn)
    assert record["rollback"]["serviceRevisionArn"] == record["sourceServiceRevisions"][0]["arn"]
    assert prod.service()["taskDefinition"] == good["taskDefinition"]
    assert stopped not in {d["id"] for d in prod.service()["deployments"]}
    assert prod.versions() == ["v1.1.9"] * 4
    with pytest.raises(prod.ecs.exceptions.ConflictException):
        prod.ecs.stop_service_deployment(serviceDeploymentArn=arn)


def test_a_first_deployment_that_fails_has_nowhere_to_go_back_to(
    world: AwsWorld, prod: Operator
) -> None:
    prod.ecs.create_service(
        cluster=CLUSTER,
        serviceName="worker",
        taskDefinition=prod.register("v1.3.0-crash"),
        desiredCount=3,
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
    )

    def record() -> dict[str, str]:
        listed = prod.ecs.list_service_deployments(cluster=CLUSTER, service="worker")
        return dict(listed["serviceDeployments"][0])

    prod.until(lambda: record()["status"] == "ROLLBACK_FAILED")
    assert record()["statusReason"] == "No rollback candidate was found to run the rollback."


def test_without_a_balancer_the_health_check_of_the_container_decides(prod: Operator) -> None:
    service = prod.ecs.create_service(
        cluster=CLUSTER,
        serviceName="worker",
        taskDefinition=prod.register("v1.3.0-unhealthy"),
        desiredCount=1,
    )["service"]
    started_by = service["deployments"][0]["id"]

    def stopped() -> list[str]:
        listed = prod.ecs.list_tasks(cluster=CLUSTER, startedBy=started_by, desiredStatus="STOPPED")
        return list(listed["taskArns"])

    prod.until(stopped)
    (task,) = prod.ecs.describe_tasks(cluster=CLUSTER, tasks=stopped()[:1])["tasks"]
    assert task["stoppedReason"] == "Task failed container health checks"
    assert task["healthStatus"] == "UNHEALTHY"


def test_stopped_tasks_are_kept_for_an_hour(prod: Operator, clock: ManualClock) -> None:
    failed = prod.deploy("v1.3.0-crash")
    prod.until_status("ROLLBACK_SUCCESSFUL")
    clock.advance(3500)
    assert prod.stopped_tasks(startedBy=failed)
    clock.advance(120)
    assert prod.stopped_tasks() == []


def test_a_task_that_is_stopped_is_replaced(prod: Operator) -> None:
    arn = prod.ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"][0]
    prod.ecs.stop_task(cluster=CLUSTER, task=arn, reason="to see what happens")
    prod.until(lambda: len(prod.versions()) == 4 and prod.stopped_tasks())
    assert prod.stopped_tasks()[0]["stoppedReason"] == "to see what happens"
    assert prod.record()["status"] == "SUCCESSFUL"


def test_somebody_who_looks_seldom_sees_the_true_times(prod: Operator, clock: ManualClock) -> None:
    began = clock.now()
    prod.deploy("v1.2.0")
    clock.advance(1000)
    finished = prod.record()["finishedAt"].timestamp()
    assert began + 5 < finished < began + 30


def test_every_task_has_an_address_and_zone_of_its_share(world: AwsWorld, prod: Operator) -> None:
    running = world.running(PROD_ACCOUNT, CLUSTER, SERVICE)
    assert len({task.ip for task in running}) == 4
    assert {task.zone for task in running} == {"us-east-1a", "us-east-1b", "us-east-1c"}
    assert sum(task.traffic_weight for task in running) == pytest.approx(1.0)
    assert {task.digest for task in running} == {digest_of("v1.1.9")}
