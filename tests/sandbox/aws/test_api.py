"""The API's small print: pages, filters, refusals, and fields that must survive."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.model import Json
from sandbox.aws.seeds import PROD, task_definition
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import PROD_ACCOUNT, SERVICE
from tests.sandbox.aws.operator import CLUSTER, Operator


def refusal(call: Any, /, **arguments: Any) -> tuple[str, str]:
    """The code and words of the error that a call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_task_definition_keeps_every_field_and_tag(prod: Operator) -> None:
    request: Json = task_definition(PROD, "v1.2.0") | {
        "ephemeralStorage": {"sizeInGiB": 30},
        "enableFaultInjection": True,
    }
    made = prod.ecs.register_task_definition(**request)["taskDefinition"]
    described = prod.ecs.describe_task_definition(
        taskDefinition=made["taskDefinitionArn"], include=["TAGS"]
    )
    assert described["tags"] == request["tags"]
    for field in request.keys() - {"tags", "containerDefinitions"}:
        assert described["taskDefinition"][field] == request[field], field
    container = described["taskDefinition"]["containerDefinitions"][0]
    for field, value in request["containerDefinitions"][0].items():
        assert container[field] == value, field


def test_revisions_are_numbered_as_moto_numbers_its_own(prod: Operator) -> None:
    arns = [prod.register("v1.2.0") for _ in range(3)]
    prod.ecs.deregister_task_definition(taskDefinition=arns[-1])
    assert [arn.rpartition(":")[2] for arn in arns] == ["2", "3", "4"]
    assert prod.register("v1.2.1").endswith(":5")


def test_revisions_are_listed_newest_first_in_pages(prod: Operator) -> None:
    for _ in range(4):
        prod.register("v1.2.0")
    numbers: list[str] = []
    pages = 0
    token: Json = {}
    while True:
        answer = prod.ecs.list_task_definitions(
            familyPrefix=SERVICE, sort="DESC", maxResults=2, **token
        )
        numbers += [arn.rpartition(":")[2] for arn in answer["taskDefinitionArns"]]
        pages += 1
        if "nextToken" not in answer:
            break
        token = {"nextToken": answer["nextToken"]}
    assert (numbers, pages) == (["5", "4", "3", "2", "1"], 3)


def test_a_deregistered_revision_cannot_be_deployed(prod: Operator) -> None:
    arn = prod.register("v1.2.0")
    prod.ecs.deregister_task_definition(taskDefinition=arn)
    assert refusal(
        prod.ecs.update_service, cluster=CLUSTER, service=SERVICE, taskDefinition=arn
    ) == ("ClientException", "TaskDefinition is inactive")


def test_a_family_alone_means_its_newest_active_revision(prod: Operator) -> None:
    kept, gone = prod.register("v1.2.0"), prod.register("v1.2.1")
    prod.ecs.deregister_task_definition(taskDefinition=gone)
    described = prod.ecs.describe_task_definition(taskDefinition=SERVICE)
    assert described["taskDefinition"]["taskDefinitionArn"] == kept


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cpu": "17"}, "No Fargate configuration exists for given values: 17 CPU, 1024 memory."),
        ({"memory": ""}, "Fargate requires that 'cpu' be defined at the task level."),
        ({"executionRoleArn": ""}, "When you are specifying container secrets"),
    ],
)
def test_what_fargate_cannot_run_is_refused(prod: Operator, change: Json, words: str) -> None:
    request = task_definition(PROD, "v1.2.0") | change
    code, message = refusal(prod.ecs.register_task_definition, **request)
    assert code == "ClientException"
    assert message.startswith(words)


def test_what_is_not_there_is_refused_in_ecs_words(prod: Operator) -> None:
    ecs = prod.ecs
    assert refusal(ecs.describe_services, cluster="nowhere", services=["x"])[0] == (
        "ClusterNotFoundException"
    )
    assert refusal(ecs.update_service, cluster=CLUSTER, service="nobody") == (
        "ServiceNotFoundException",
        "Service not found.",
    )
    assert refusal(
        ecs.update_service, cluster=CLUSTER, service=SERVICE, taskDefinition="nothing:1"
    ) == ("ClientException", "TaskDefinition not found.")
    assert refusal(ecs.describe_task_definition, taskDefinition="nothing:1") == (
        "ClientException",
        "Unable to describe task definition.",
    )
    described = ecs.describe_services(cluster=CLUSTER, services=["nobody"])
    assert described["failures"][0]["reason"] == "MISSING"


def test_no_more_than_ten_services_are_described_at_once(prod: Operator) -> None:
    code, _ = refusal(prod.ecs.describe_services, cluster=CLUSTER, services=["x"] * 11)
    assert code == "InvalidParameterException"


def test_tasks_are_listed_by_who_started_them_and_in_pages(prod: Operator) -> None:
    prod.update(desiredCount=7)
    prod.until(lambda: len(prod.versions()) == 7)
    started_by = prod.service()["deployments"][0]["id"]
    found: list[str] = []
    pages = prod.ecs.get_paginator("list_tasks").paginate(
        cluster=CLUSTER, startedBy=started_by, PaginationConfig={"PageSize": 3}
    )
    sizes = []
    for page in pages:
        sizes.append(len(page["taskArns"]))
        found += page["taskArns"]
    assert (len(set(found)), sizes) == (7, [3, 3, 1])
    nobody = prod.ecs.list_tasks(cluster=CLUSTER, startedBy="ecs-svc/0")
    assert nobody["taskArns"] == []


def test_a_task_alone_runs_until_it_is_stopped(prod: Operator, clock: ManualClock) -> None:
    answer = prod.ecs.run_task(
        cluster=CLUSTER, taskDefinition=SERVICE, count=1, startedBy="migrate", launchType="FARGATE"
    )
    (task,) = answer["tasks"]
    assert task["group"] == f"family:{SERVICE}"

    def status() -> str:
        described = prod.ecs.describe_tasks(cluster=CLUSTER, tasks=[task["taskArn"]])
        return str(described["tasks"][0]["lastStatus"])

    prod.until(lambda: status() == "RUNNING")
    prod.ecs.stop_task(cluster=CLUSTER, task=task["taskArn"])
    prod.until(lambda: status() == "STOPPED")
    in_service = prod.ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]
    assert task["taskArn"] not in in_service


def test_service_deployments_are_listed_newest_first_by_status(prod: Operator) -> None:
    prod.deploy("v1.2.0")
    newest = prod.service()["currentServiceDeployment"]
    listed = prod.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)
    briefs = listed["serviceDeployments"]
    assert [brief["status"] for brief in briefs] == ["IN_PROGRESS", "SUCCESSFUL"]
    assert briefs[0]["serviceDeploymentArn"] == newest
    running = prod.ecs.list_service_deployments(
        cluster=CLUSTER, service=SERVICE, status=["IN_PROGRESS"]
    )
    assert len(running["serviceDeployments"]) == 1
    one = prod.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE, maxResults=1)
    assert "nextToken" in one


def test_a_service_revision_names_the_digest_that_ran(world: AwsWorld, prod: Operator) -> None:
    arn = prod.record()["targetServiceRevision"]["arn"]
    answer = prod.ecs.describe_service_revisions(serviceRevisionArns=[arn, arn + "0"])
    (revision,) = answer["serviceRevisions"]
    running = world.running(PROD_ACCOUNT, CLUSTER, SERVICE)[0]
    assert revision["containerImages"][0]["imageDigest"] == running.digest
    assert answer["failures"] == [{"arn": arn + "0", "reason": "MISSING"}]


def test_abort_is_a_stop_type_that_ecs_does_not_have(prod: Operator) -> None:
    prod.deploy("v1.2.0")
    code, _ = refusal(
        prod.ecs.stop_service_deployment,
        serviceDeploymentArn=prod.service()["currentServiceDeployment"],
        stopType="ABORT",
    )
    assert code == "UnsupportedFeatureException"


def test_tags_are_added_and_taken_away(prod: Operator) -> None:
    arn = prod.service()["serviceArn"]
    prod.ecs.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "new"}])
    prod.ecs.untag_resource(resourceArn=arn, tagKeys=["environment"])
    assert prod.ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [
        {"key": "team", "value": "new"}
    ]


def test_a_deleted_service_drains_and_is_then_inactive(prod: Operator) -> None:
    code, _ = refusal(prod.ecs.delete_service, cluster=CLUSTER, service=SERVICE)
    assert code == "InvalidParameterException"
    prod.ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)
    assert prod.service()["status"] == "DRAINING"
    prod.until(lambda: prod.service()["status"] == "INACTIVE")
    assert refusal(prod.ecs.update_service, cluster=CLUSTER, service=SERVICE)[0] == (
        "ServiceNotActiveException"
    )


def test_a_target_that_is_not_registered_is_unused(prod: Operator) -> None:
    group = prod.service()["loadBalancers"][0]["targetGroupArn"]
    answer = prod.balancing.describe_target_health(
        TargetGroupArn=group, Targets=[{"Id": "10.9.9.9", "Port": 8080}]
    )
    (described,) = answer["TargetHealthDescriptions"]
    assert described["TargetHealth"]["State"] == "unused"
    assert described["TargetHealth"]["Reason"] == "Target.NotRegistered"


def test_a_cluster_counts_what_runs_in_it(prod: Operator) -> None:
    (cluster,) = prod.ecs.describe_clusters(clusters=[CLUSTER])["clusters"]
    counted = ("runningTasksCount", "pendingTasksCount", "activeServicesCount")
    assert [cluster[count] for count in counted] == [4, 0, 1]
