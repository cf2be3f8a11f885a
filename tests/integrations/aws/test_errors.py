"""Every error AWS's own model names for what we call, and where in the family it belongs."""

import pytest
from botocore.exceptions import ClientError

from integrations.aws import ecs as ecs_module
from integrations.aws.errors import translated
from integrations.aws.strategies import DeploymentConfiguration
from integrations.errors import Forbidden, NotFound, Rejected, Unavailable
from tests.integrations.aws.answers import CLUSTER, NEW, SERVICE

CALLED = {
    "ecs": (
        "UpdateService",
        "ContinueServiceDeployment",
        "StopServiceDeployment",
        "ListServiceDeployments",
        "DescribeServiceDeployments",
        "DescribeServiceRevisions",
        "DescribeServices",
        "DescribeClusters",
        "ListTasks",
        "DescribeTasks",
        "RegisterTaskDefinition",
        "DescribeTaskDefinition",
        "ListTaskDefinitions",
    ),
    "ecr": (
        "DescribeImages",
        "DescribeImageScanFindings",
        "BatchGetImage",
        "GetDownloadUrlForLayer",
    ),
}
MEANS = {
    "AccessDeniedException": Forbidden,
    "ClientException": Rejected,
    "ClusterNotFoundException": NotFound,
    "ConflictException": Rejected,
    "ImageNotFoundException": NotFound,
    "InvalidParameterException": Rejected,
    "LayerInaccessibleException": Rejected,
    "LayersNotFoundException": NotFound,
    "LimitExceededException": Rejected,
    "NamespaceNotFoundException": Rejected,
    "PlatformTaskDefinitionIncompatibilityException": Rejected,
    "PlatformUnknownException": Rejected,
    "RepositoryNotFoundException": NotFound,
    "ScanNotFoundException": NotFound,
    "ServerException": Unavailable,
    "ServiceDeploymentNotFoundException": NotFound,
    "ServiceNotActiveException": Rejected,
    "ServiceNotFoundException": NotFound,
    "UnableToGetUpstreamImageException": Rejected,
    "UnableToGetUpstreamLayerException": Rejected,
    "UnsupportedFeatureException": Rejected,
    "ValidationException": Rejected,
}


@pytest.mark.parametrize(
    ("service", "operation"), [(s, o) for s, operations in CALLED.items() for o in operations]
)
def test_every_error_aws_names_for_a_call_has_its_place(session, service, operation):
    model = session.client(service).meta.service_model.operation_model(operation)
    for shape in model.error_shapes:
        status = shape.metadata.get("error", {}).get("httpStatusCode", 400)
        answer = {
            "Error": {"Code": shape.name, "Message": "in AWS's words"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        refused = ClientError(answer, operation)
        error = translated(refused, service=service, operation=operation)
        assert type(error) is MEANS[shape.name], shape.name


# ECS has one code for all that is wrong with a configuration; these words are not its own.
@pytest.mark.parametrize(
    "words",
    [
        "The deployment strategy BLUE_GREEN requires advancedConfiguration on the load balancer.",
        "Deployment configuration bakeTimeInMinutes is required.",
        "canaryConfiguration can only be specified with the CANARY deployment strategy.",
    ],
)
async def test_what_is_wrong_with_a_strategy_is_told_as_ecs_tells_it(ecs, stub, words):
    stub.add_client_error("update_service", "InvalidParameterException", words, 400)
    canary = DeploymentConfiguration(strategy="CANARY")
    with pytest.raises(Rejected) as caught:
        await ecs.update_service(CLUSTER, SERVICE, NEW, configuration=canary)
    assert caught.value.detail == f"InvalidParameterException: {words}"
    assert not caught.value.retryable


async def test_a_strategy_botocore_is_too_old_for_is_refused_and_not_sent(ecs, monkeypatch):
    monkeypatch.setattr(ecs_module, "written", lambda _: {"newConfiguration": {}})
    with pytest.raises(Rejected, match="Unknown parameter in deploymentConfiguration"):
        await ecs.update_service(
            CLUSTER, SERVICE, NEW, configuration=DeploymentConfiguration(strategy="CANARY")
        )


async def test_an_update_that_may_have_arrived_says_so_by_being_retryable(ecs, stub):
    stub.add_client_error("update_service", "ServerException", "Service Unavailable.", 500)
    with pytest.raises(Unavailable) as caught:
        await ecs.update_service(
            CLUSTER, SERVICE, NEW, configuration=DeploymentConfiguration(strategy="ROLLING")
        )
    assert caught.value.retryable
