"""What a team's CI does beside the bot: register a revision, update the service, look no more."""

from typing import Any

from sandbox.aws.model import Json

KEPT = frozenset(
    {"family", "networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn"}
    | {"taskRoleArn", "runtimePlatform", "volumes", "containerDefinitions"}
)
"""Fields of a revision that the next one takes over."""


def deploy(ecs: Any, *, cluster: str, service: str, image: str) -> str:
    """Deploy `image` (by tag, as pipelines name them) to a service; return the revision's ARN.

    `ecs` is a boto3 client with the credentials of the service's own account.
    """
    (found,) = ecs.describe_services(cluster=cluster, services=[service])["services"]
    described = ecs.describe_task_definition(
        taskDefinition=found["taskDefinition"], include=["TAGS"]
    )
    definition: Json = {k: v for k, v in described["taskDefinition"].items() if k in KEPT}
    definition["containerDefinitions"][0]["image"] = image
    registered = ecs.register_task_definition(**definition, tags=described["tags"])
    arn = str(registered["taskDefinition"]["taskDefinitionArn"])
    ecs.update_service(cluster=cluster, service=service, taskDefinition=arn)
    return arn
