"""Somebody with boto3 who deploys CredLink, and turns the clock while he waits."""

from collections.abc import Callable
from typing import Any

from sandbox.aws.registry import digest_of
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import PROD_ACCOUNT, SERVICE

CLUSTER = "credlink-prod"
READ_ONLY = {
    "taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities",
    "registeredAt", "registeredBy", "deregisteredAt",
}  # fmt: skip
WAITS_S = 120.0
LOOKS_EVERY_S = 0.25

Json = dict[str, Any]


class Operator:
    """Works on one environment of a world in virtual time."""

    def __init__(
        self,
        world: AwsWorld,
        clock: ManualClock,
        *,
        account: str = PROD_ACCOUNT,
        cluster: str = CLUSTER,
    ) -> None:
        self.world, self.clock = world, clock
        self.account, self.cluster = account, cluster
        self.ecs = world.client("ecs", account)
        self.balancing = world.client("elbv2", account)

    # Doing

    def register(self, tag: str) -> str:
        """Register a revision like the running one but with another image; return its ARN."""
        running = self.ecs.describe_task_definition(
            taskDefinition=self.service()["taskDefinition"], include=["TAGS"]
        )
        definition = {k: v for k, v in running["taskDefinition"].items() if k not in READ_ONLY}
        repository = f"{self.account}.dkr.ecr.us-east-1.amazonaws.com/{SERVICE}"
        definition["containerDefinitions"][0]["image"] = f"{repository}@{digest_of(tag)}"
        registered = self.ecs.register_task_definition(**definition, tags=running["tags"])
        return str(registered["taskDefinition"]["taskDefinitionArn"])

    def update(self, **changes: Any) -> Json:
        answer = self.ecs.update_service(cluster=self.cluster, service=SERVICE, **changes)
        return dict(answer["service"])

    def deploy(self, tag: str, **changes: Any) -> str:
        """Begin to deploy; return the id of the new deployment."""
        service = self.update(taskDefinition=self.register(tag), **changes)
        return str(service["deployments"][0]["id"])

    # Looking

    def service(self) -> Json:
        answer = self.ecs.describe_services(cluster=self.cluster, services=[SERVICE])
        return dict(answer["services"][0])

    def record(self, arn: str | None = None) -> Json:
        """The service deployment `arn`, or the current one."""
        wanted = arn or self.service()["currentServiceDeployment"]
        answer = self.ecs.describe_service_deployments(serviceDeploymentArns=[wanted])
        return dict(answer["serviceDeployments"][0])

    def messages(self) -> list[str]:
        """What ECS said, oldest first, without the service's name."""
        events = reversed(self.service()["events"])
        return [event["message"].removeprefix(f"(service {SERVICE}) ") for event in events]

    def target_states(self, group_arn: str | None = None) -> list[str]:
        group = group_arn or self.service()["loadBalancers"][0]["targetGroupArn"]
        answer = self.balancing.describe_target_health(TargetGroupArn=group)
        return sorted(t["TargetHealth"]["State"] for t in answer["TargetHealthDescriptions"])

    def stopped_tasks(self, **filters: Any) -> list[Json]:
        arns = self.ecs.list_tasks(
            cluster=self.cluster, serviceName=SERVICE, desiredStatus="STOPPED", **filters
        )["taskArns"]
        if not arns:
            return []
        return list(self.ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"])

    def versions(self) -> list[str]:
        """The tags of the tasks that serve."""
        running = self.world.running(self.account, self.cluster, SERVICE)
        return sorted(task.tag for task in running if task.healthy)

    # Waiting

    def until(self, happened: Callable[[], Any]) -> None:
        """Turn the clock until `happened()` holds."""
        deadline = self.clock.now() + WAITS_S
        while not happened():
            assert self.clock.now() < deadline, (self.service()["deployments"], self.messages())
            self.clock.advance(LOOKS_EVERY_S)

    def until_status(self, status: str, *, arn: str | None = None) -> Json:
        """Turn the clock until the service deployment has `status`; return it."""
        self.until(lambda: self.record(arn)["status"] == status)
        return self.record(arn)

    def until_steady(self) -> None:
        """Turn the clock until the AWS CLI's waiter would call the service stable."""
        self.until(lambda: is_stable(self.service()))


def is_stable(service: Json) -> bool:
    """boto3's own rule for `services_stable`: one deployment, and as many running as desired."""
    return len(service["deployments"]) == 1 and service["runningCount"] == service["desiredCount"]
