"""The world as it stands when the sandbox starts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.aws.seeds import ENVIRONMENTS, EU, PROD, Environment
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import RUNNING_TAG, SERVICE, TAGS
from tests.sandbox.aws.operator import Operator, is_stable


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda environment: environment.name)
def test_every_environment_has_run_the_first_version_for_days(environment: Environment) -> None:
    clock = ManualClock()
    with AwsWorld.in_process(clock, environments=[environment]) as world:
        operator = Operator(world, clock, account=environment.account, cluster=environment.cluster)
        service = operator.service()
        assert is_stable(service)
        assert service["deployments"][0]["rolloutState"] == "COMPLETED"
        now = datetime.fromtimestamp(clock.now(), UTC)
        age = now - service["deployments"][0]["updatedAt"]
        assert timedelta(days=5) < age < timedelta(days=7)
        assert operator.versions() == [RUNNING_TAG] * environment.tasks
        assert operator.target_states() == ["healthy"] * environment.tasks
        assert service["events"][0]["message"].endswith("has reached a steady state.")
        assert world.calls[0].operation == "DescribeServices"  # seeding leaves no trace

        images = world.client("ecr", environment.account).describe_images(repositoryName=SERVICE)
        details = images["imageDetails"]
        assert sorted(tag for image in details for tag in image["imageTags"]) == sorted(TAGS)
        assert all(image["imagePushedAt"] < now for image in details)
        groups = world.client("elbv2", environment.account).describe_target_groups(
            Names=[environment.target_group]
        )["TargetGroups"]
        assert groups[0]["TargetGroupArn"] == service["loadBalancers"][0]["targetGroupArn"]


def test_environments_of_one_account_share_its_images_and_nothing_that_is_deployed() -> None:
    clock = ManualClock()
    with AwsWorld.in_process(clock) as world:
        prod, eu = (
            Operator(world, clock, account=environment.account, cluster=environment.cluster)
            for environment in (PROD, EU)
        )
        eu_before = eu.service()["taskDefinition"]
        prod.deploy("v1.2.0")
        prod.until_status("SUCCESSFUL")
        assert eu.service()["taskDefinition"] == eu_before
        assert eu.versions() == [RUNNING_TAG] * EU.tasks
        families = world.client("ecs", PROD.account).list_task_definition_families()["families"]
        assert sorted(families) == [SERVICE, f"{SERVICE}-eu"]


def test_a_service_can_be_had_that_only_knows_rolling_updates(clock: ManualClock) -> None:
    environment = replace(PROD, shifts_traffic=False)
    with AwsWorld.in_process(clock, environments=[environment]) as world:
        prod = Operator(world, clock)
        (balancer,) = prod.service()["loadBalancers"]
        assert "advancedConfiguration" not in balancer
        prod.deploy("v1.2.0")
        prod.until_status("SUCCESSFUL")


def test_at_rest_nothing_changes(world: AwsWorld, prod: Operator, clock: ManualClock) -> None:
    before = prod.service()
    clock.advance(600)
    assert prod.service() == before | {"events": before["events"]}
    assert prod.stopped_tasks() == []
