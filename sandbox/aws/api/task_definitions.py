"""Task definitions: registered, described with every field they came with, deregistered."""

from collections.abc import Mapping
from typing import Any

from sandbox.aws import shapes
from sandbox.aws.api.request import Moto, page
from sandbox.aws.ecs import Ecs
from sandbox.aws.errors import Refused
from sandbox.aws.model import Json, TaskDefinition

CONTAINER_DEFAULTS: Mapping[str, Any] = {
    "cpu": 0,
    "portMappings": [],
    "essential": True,
    "environment": [],
    "mountPoints": [],
    "volumesFrom": [],
    "systemControls": [],
}
FARGATE_MEMORY_MIB: Mapping[int, range | tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}
"""CPU units and the memory Fargate has for them.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"""

NOT_FOUND = "Unable to describe task definition."


def register_task_definition(ecs: Ecs, request: Json, moto: Moto) -> Json:
    if "FARGATE" in request.get("requiresCompatibilities", []):
        _check_fargate(request)
    revision = moto()["taskDefinition"]["revision"]
    family = request["family"]
    definition = TaskDefinition(
        arn=ecs.arn("task-definition", f"{family}:{revision}"),
        family=family,
        revision=revision,
        registered=_filled_in(request),
        tags=list(request.get("tags", [])),
        registered_at=ecs.now,
        registered_by=f"arn:aws:iam::{ecs.account}:root",
    )
    ecs.definitions[definition.name] = definition
    return {"taskDefinition": shapes.task_definition(definition), "tags": definition.tags}


def _check_fargate(request: Json) -> None:
    """Refuse what Fargate cannot run and moto would take."""
    cpu, memory = str(request.get("cpu", "")), str(request.get("memory", ""))
    if not (cpu.isdecimal() and memory.isdecimal()):
        raise Refused(
            "ClientException", "Fargate requires that 'cpu' be defined at the task level."
        )
    if int(memory) not in FARGATE_MEMORY_MIB.get(int(cpu), ()):
        raise Refused(
            "ClientException",
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. "
            "See the Amazon ECS documentation for the valid values.",
        )
    reads_secrets = any(c.get("secrets") for c in request["containerDefinitions"])
    if reads_secrets and not request.get("executionRoleArn"):
        raise Refused(
            "ClientException",
            "When you are specifying container secrets, you must also specify a value for "
            "'executionRoleArn'.",
        )


def _filled_in(request: Json) -> Json:
    """The request with the defaults that DescribeTaskDefinition shows."""
    return {
        "placementConstraints": [],
        "volumes": [],
        **{key: value for key, value in request.items() if key != "tags"},
        "containerDefinitions": [
            {**CONTAINER_DEFAULTS, **container} for container in request["containerDefinitions"]
        ],
        "compatibilities": ["EC2", "FARGATE"],
        "requiresAttributes": [{"name": "ecs.capability.task-eni"}],
    }


def describe_task_definition(ecs: Ecs, request: Json, moto: Moto) -> Json:
    definition = ecs.definition(request["taskDefinition"], missing=NOT_FOUND)
    answer: Json = {"taskDefinition": shapes.task_definition(definition)}
    if "TAGS" in request.get("include", []):
        answer["tags"] = definition.tags
    return answer


def deregister_task_definition(ecs: Ecs, request: Json, moto: Moto) -> Json:
    definition = ecs.definition(request["taskDefinition"], missing=NOT_FOUND)
    if definition.status == "ACTIVE":
        moto()
        definition.status, definition.deregistered_at = "INACTIVE", ecs.now
    return {"taskDefinition": shapes.task_definition(definition)}


def list_task_definitions(ecs: Ecs, request: Json, moto: Moto) -> Json:
    family, status = request.get("familyPrefix"), request.get("status", "ACTIVE")
    listed = sorted(
        (
            d
            for d in ecs.definitions.values()
            if d.status == status and (family is None or d.family == family)
        ),
        key=lambda d: (d.family, d.revision),
        reverse=request.get("sort") == "DESC",
    )
    return page("taskDefinitionArns", [d.arn for d in listed], request)
