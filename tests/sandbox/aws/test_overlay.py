"""The simulator over the wire: what it leans on in moto, and that moto still has the rest."""

import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from moto.core.responses import ActionResult, BaseResponse

from sandbox.aws import calls
from sandbox.aws.seeds import DISTRIBUTION_ID
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import MAIN_ACCOUNT, PROD_ACCOUNT, PROD_ROLE, REGION, SERVICE
from tests.sandbox.aws.operator import CLUSTER, Operator

ONCE = Config(
    retries={"total_max_attempts": 1}, read_timeout=1, ignore_configured_endpoint_urls=True
)


@pytest.fixture(scope="module")
def virtual_clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def listening(virtual_clock: ManualClock) -> Iterator[AwsWorld]:
    """AWS on a loopback port, in virtual time."""
    with AwsWorld(clock=virtual_clock) as world:
        yield world


@pytest.fixture
def world(listening: AwsWorld) -> Iterator[AwsWorld]:
    listening.calls.clear()
    yield listening
    listening.faults.clear()


@pytest.fixture
def prod(world: AwsWorld, virtual_clock: ManualClock) -> Operator:
    return Operator(world, virtual_clock)


def client_of(world: AwsWorld, service: str, **credentials: str) -> Any:
    """A client as a program outside would make it."""
    keys = credentials or {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    return boto3.client(  # type: ignore[call-overload]
        service, region_name=REGION, endpoint_url=world.url, config=ONCE, **keys
    )


def test_what_the_overlay_leans_on_in_moto_is_there() -> None:
    response = BaseResponse(service_name="ecs")
    for attribute in ("call_action", "serialized", "_get_action", "boto3_service_name"):
        assert hasattr(response, attribute), attribute
    assert ActionResult({"a": 1}).result == {"a": 1}


def test_a_role_of_another_account_leads_to_that_account(world: AwsWorld) -> None:
    sts = client_of(world, "sts")
    assert sts.get_caller_identity()["Account"] == MAIN_ACCOUNT
    role = sts.assume_role(RoleArn=PROD_ROLE, RoleSessionName="credlink")["Credentials"]
    assumed = {
        "aws_access_key_id": role["AccessKeyId"],
        "aws_secret_access_key": role["SecretAccessKey"],
        "aws_session_token": role["SessionToken"],
    }
    clusters = client_of(world, "ecs", **assumed).list_clusters()["clusterArns"]
    assert f"arn:aws:ecs:{REGION}:{PROD_ACCOUNT}:cluster/{CLUSTER}" in clusters
    assert f"arn:aws:ecs:{REGION}:{PROD_ACCOUNT}:cluster/credlink-staging" not in clusters
    service = client_of(world, "ecs", **assumed).describe_services(
        cluster=CLUSTER, services=[SERVICE]
    )["services"][0]
    assert (service["runningCount"], len(service["deployments"])) == (4, 1)
    staging = client_of(world, "ecs").describe_services(
        cluster="credlink-staging", services=[SERVICE]
    )["services"][0]
    assert staging["runningCount"] == 2


def test_another_region_is_another_and_empty_world(world: AwsWorld) -> None:
    ecs = boto3.client(
        "ecs",
        region_name="eu-west-1",
        endpoint_url=world.url,
        config=ONCE,
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    with pytest.raises(ClientError) as caught:
        ecs.describe_services(cluster="credlink-staging", services=[SERVICE])
    assert caught.value.response["Error"]["Code"] == "ClusterNotFoundException"


def test_a_deploy_and_a_crash_over_the_wire(world: AwsWorld, prod: Operator) -> None:
    deployed = prod.deploy("v1.2.0")
    prod.until_status("SUCCESSFUL")
    assert [d["id"] for d in prod.service()["deployments"]] == [deployed]
    prod.deploy("v1.3.0-crash")
    prod.until_status("ROLLBACK_SUCCESSFUL")
    assert prod.versions() == ["v1.2.0"] * 4
    assert prod.target_states() == ["healthy"] * 4
    assert [call.operation for call in world.writes] == [
        "RegisterTaskDefinition",
        "UpdateService",
    ] * 2


def test_every_call_is_recorded_and_none_of_our_own(world: AwsWorld, prod: Operator) -> None:
    prod.service()
    prod.target_states()
    world.push_image("v1.2.2")
    names = [(c.service, c.operation, c.account, c.status) for c in world.calls]
    assert names == [
        ("ecs", "DescribeServices", PROD_ACCOUNT, 200),
        ("ecs", "DescribeServices", PROD_ACCOUNT, 200),
        ("elbv2", "DescribeTargetHealth", PROD_ACCOUNT, 200),
    ]
    assert world.calls[0].parameters == {"cluster": CLUSTER, "services": [SERVICE]}
    assert world.calls[2].parameters["TargetGroupArn"].startswith("arn:aws:elasticloadbalancing:")
    assert world.writes == []


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (calls.throttled("DescribeServices"), 400, "ThrottlingException"),
        (calls.access_denied("ecs:*"), 400, "AccessDeniedException"),
        (calls.server_error("*"), 500, "ServerException"),
    ],
)
def test_a_fault_is_an_answer_as_aws_gives_it_and_happens_once(
    world: AwsWorld, prod: Operator, fault: calls.Fault, status: int, code: str
) -> None:
    world.faults.add(fault)
    with pytest.raises(ClientError) as caught:
        prod.service()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert caught.value.response["Error"]["Code"] == code
    assert prod.service()["status"] == "ACTIVE"
    assert [call.status for call in world.calls] == [status, 200]


def test_a_denied_call_names_its_action_in_xml_too(world: AwsWorld) -> None:
    world.faults.add(calls.access_denied("elbv2:DescribeTargetGroups"))
    with pytest.raises(ClientError) as caught:
        client_of(world, "elbv2").describe_target_groups()
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert "perform: elasticloadbalancing:DescribeTargetGroups because" in error["Message"]


def test_a_call_dropped_before_has_no_effect_and_one_dropped_after_has(
    world: AwsWorld, prod: Operator
) -> None:
    wanted = prod.service()["desiredCount"] + 1
    world.faults.add(calls.dropped("UpdateService", when="before"))
    with pytest.raises(ConnectionClosedError):
        prod.update(desiredCount=wanted)
    assert prod.service()["desiredCount"] == wanted - 1
    world.faults.add(calls.dropped("UpdateService", when="after"))
    with pytest.raises(ConnectionClosedError):
        prod.update(desiredCount=wanted)
    assert prod.service()["desiredCount"] == wanted
    assert [call.status for call in world.writes] == [None, None]
    prod.update(desiredCount=wanted - 1)
    prod.until_steady()


def test_a_slow_call_outlasts_an_impatient_client(world: AwsWorld) -> None:
    world.faults.add(calls.slow("ListClusters", 1.5))
    with pytest.raises(ReadTimeoutError):
        client_of(world, "ecs").list_clusters()


def test_moto_has_what_is_not_simulated(world: AwsWorld) -> None:
    prod = PROD_ACCOUNT
    cluster = world.client("ecs", prod).describe_clusters(clusters=[CLUSTER])["clusters"][0]
    assert cluster["status"] == "ACTIVE"
    image = {"imageTag": "v1.2.0"}
    findings = world.client("ecr", prod).describe_image_scan_findings(
        repositoryName=SERVICE, imageId=image
    )
    assert findings["imageScanFindings"]["findingSeverityCounts"] == {"HIGH": 2, "MEDIUM": 4}
    distribution = world.client("cloudfront", prod).get_distribution(Id=DISTRIBUTION_ID)
    assert distribution["Distribution"]["ARN"].endswith(f"{prod}:distribution/{DISTRIBUTION_ID}")
    names = [s["Name"] for s in world.client("secretsmanager", prod).list_secrets()["SecretList"]]
    assert {"credlink/prod/database-url", "credlink/prod/signing-key"} <= set(names)
    roles = world.client("iam", prod).list_roles()["Roles"]
    assert "credlink-bot" in {role["RoleName"] for role in roles}


def test_only_one_world_fits_in_a_process(world: AwsWorld) -> None:
    second = AwsWorld(clock=ManualClock())
    with pytest.raises(RuntimeError, match="another AwsWorld"):
        second.start()
    second.stop()
    assert world.client("ecs", PROD_ACCOUNT).list_clusters()["clusterArns"]


def test_readers_and_writers_at_once_get_no_error(
    world: AwsWorld, prod: Operator, virtual_clock: ManualClock
) -> None:
    problems: list[Exception] = []
    finished = threading.Event()

    def read() -> None:
        while not finished.is_set():
            try:
                prod.service()
                prod.target_states()
                prod.stopped_tasks()
            except Exception as problem:  # noqa: BLE001  whatever it is, it must not be
                problems.append(problem)
                return

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for tag in ("v1.2.1", "v1.3.0-crash", "v1.2.0"):
        prod.deploy(tag)
        for _ in range(12):
            virtual_clock.advance(0.7)
            prod.record()
    finished.set()
    for reader in readers:
        reader.join(timeout=10)
    assert problems == []
    prod.until_steady()


def test_a_world_made_anew_has_forgotten_everything(world: AwsWorld, prod: Operator) -> None:
    prod.deploy("v1.2.1")
    world.faults.add(calls.throttled("*"))
    world.reset()
    assert (world.calls, list(world.faults)) == ([], [])
    assert prod.versions() == ["v1.1.9"] * 4
    assert prod.service()["taskDefinition"].endswith(":1")
