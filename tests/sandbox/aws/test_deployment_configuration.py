"""What ECS refuses of a deploymentConfiguration, with the field it names."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sandbox.aws.seeds import PROD
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import SERVICE
from tests.sandbox.aws.operator import CLUSTER, Operator
from tests.sandbox.aws.test_api import refusal

Json = dict[str, Any]
CANARY, LINEAR, BLUE_GREEN = (
    {"strategy": "CANARY"},
    {"strategy": "LINEAR"},
    {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1},
)


def canary(**configuration: float) -> Json:
    return CANARY | {"canaryConfiguration": configuration}


def linear(**configuration: float) -> Json:
    return LINEAR | {"linearConfiguration": configuration}


def hook(**changes: Any) -> Json:
    made = {"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"], **changes}
    return CANARY | {"lifecycleHooks": [made]}


def refused(prod: Operator, configuration: Json) -> str:
    code, message = refusal(
        prod.ecs.update_service,
        cluster=CLUSTER,
        service=SERVICE,
        deploymentConfiguration=configuration,
    )
    assert code == "InvalidParameterException"
    return message


@pytest.fixture
def rolling_only(clock: ManualClock) -> Iterator[Operator]:
    """A service that is not built to shift traffic."""
    environment = replace(PROD, shifts_traffic=False)
    with AwsWorld.in_process(clock, environments=[environment]) as world:
        yield Operator(world, clock)


@pytest.mark.parametrize(
    ("configuration", "names"),
    [
        ({"strategy": "SUDDEN"}, "strategy"),
        ({"strategy": "BLUE_GREEN"}, "bakeTimeInMinutes"),
        (BLUE_GREEN | {"bakeTimeInMinutes": 1441}, "bakeTimeInMinutes"),
        (canary(canaryPercent=0), "canaryPercent"),
        (canary(canaryPercent=100.1), "canaryPercent"),
        (canary(canaryPercent=0.15), "canaryPercent"),
        (canary(canaryBakeTimeInMinutes=-1), "canaryBakeTimeInMinutes"),
        (linear(stepPercent=2.9), "stepPercent"),
        (linear(stepBakeTimeInMinutes=1441), "stepBakeTimeInMinutes"),
        (CANARY | {"linearConfiguration": {"stepPercent": 10}}, "linearConfiguration"),
        (LINEAR | {"canaryConfiguration": {"canaryPercent": 10}}, "canaryConfiguration"),
        ({"canaryConfiguration": {"canaryPercent": 10}}, "canaryConfiguration"),
        (hook(targetType="PAGER"), "targetType"),
        (hook(targetType="AWS_LAMBDA"), "hookTargetArn"),
        (hook(lifecycleStages=[]), "lifecycleStages"),
        (hook(lifecycleStages=["BAKE_TIME"]), "lifecycleStages"),
        (hook(timeoutConfiguration={"timeoutInMinutes": 20161}), "timeoutInMinutes"),
        (hook(timeoutConfiguration={"action": "WAIT"}), "action"),
    ],
)
def test_what_ecs_does_not_take_is_refused_by_its_name(
    prod: Operator, configuration: Json, names: str
) -> None:
    before = prod.service()
    assert names in refused(prod, configuration)
    assert prod.service() == before


@pytest.mark.parametrize(
    "configuration",
    [
        canary(canaryPercent=0.1, canaryBakeTimeInMinutes=1440),
        linear(stepPercent=3, stepBakeTimeInMinutes=0),
        hook(timeoutConfiguration={"timeoutInMinutes": 20160, "action": "CONTINUE"}),
        BLUE_GREEN | {"bakeTimeInMinutes": 0},
    ],
)
def test_what_ecs_just_takes_is_taken_and_shown(prod: Operator, configuration: Json) -> None:
    prod.update(deploymentConfiguration=configuration)
    shown = prod.service()["deploymentConfiguration"]
    assert {key: shown[key] for key in configuration} == configuration


@pytest.mark.parametrize("configuration", [CANARY, LINEAR, BLUE_GREEN])
def test_a_service_not_built_to_shift_traffic_is_told_what_it_lacks(
    rolling_only: Operator, configuration: Json
) -> None:
    message = refused(rolling_only, configuration)
    for name in ("alternateTargetGroupArn", "productionListenerRule", "roleArn"):
        assert name in message


@pytest.mark.parametrize("lacks", ["alternateTargetGroupArn", "productionListenerRule", "roleArn"])
def test_only_what_is_missing_is_named(prod: Operator, lacks: str) -> None:
    balancers = prod.service()["loadBalancers"]
    del balancers[0]["advancedConfiguration"][lacks]
    prod.update(loadBalancers=balancers)
    message = refused(prod, CANARY)
    assert lacks in message
    assert message.count("Arn") + message.count("Rule") == 1


def test_without_a_load_balancer_there_is_no_traffic_to_shift(prod: Operator) -> None:
    prod.update(loadBalancers=[])
    assert "loadBalancers" in refused(prod, CANARY)


def test_a_service_cannot_be_made_with_what_it_could_not_be_updated_to(prod: Operator) -> None:
    code, message = refusal(
        prod.ecs.create_service,
        cluster=CLUSTER,
        serviceName="another",
        taskDefinition=SERVICE,
        deploymentConfiguration=CANARY,
    )
    assert (code, "loadBalancers" in message) == ("InvalidParameterException", True)


def test_a_service_of_codedeploys_shows_no_deployments_and_takes_no_revision(
    clock: ManualClock,
) -> None:
    environment = replace(PROD, controller="CODE_DEPLOY")
    with AwsWorld.in_process(clock, environments=[environment]) as world:
        prod = Operator(world, clock)
        service = prod.service()
        assert service["deployments"] == []
        assert "currentServiceDeployment" not in service
        assert service["runningCount"] == PROD.tasks
        listed = prod.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)
        assert listed["serviceDeployments"] == []
        code, message = refusal(
            prod.ecs.update_service,
            cluster=CLUSTER,
            service=SERVICE,
            taskDefinition=prod.register("v1.2.0"),
        )
        assert code == "InvalidParameterException"
        assert message == (
            "Unable to update task definition on services with a CODE_DEPLOY deployment "
            "controller. Use AWS CodeDeploy to trigger a new deployment."
        )
        assert "deploymentController" in refused(prod, CANARY)
        prod.update(desiredCount=5)
        prod.until(lambda: prod.service()["runningCount"] == 5)
