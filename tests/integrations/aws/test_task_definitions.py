import json
from datetime import UTC, datetime

import pytest

from integrations.errors import NotFound, RateLimited, Rejected
from tests.integrations.aws.answers import NEW, NOON, OLD

WRITABLE = {
    "family": "credlink-api",
    "taskRoleArn": "arn:aws:iam::222222222222:role/task",
    "executionRoleArn": "arn:aws:iam::222222222222:role/execution",
    "networkMode": "awsvpc",
    "containerDefinitions": [
        {
            "name": "app",
            "image": "222222222222.dkr.ecr.us-east-1.amazonaws.com/credlink-api:v1.1.9",
            "cpu": 0,
            "essential": True,
            "environment": [{"name": "LOG_LEVEL", "value": "info"}],
            "secrets": [{"name": "DATABASE_URL", "valueFrom": "arn:aws:secretsmanager:…"}],
        },
        {"name": "log-router", "image": "public.ecr.aws/fluent-bit:stable", "cpu": 0},
    ],
    "volumes": [],
    "placementConstraints": [],
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "512",
    "memory": "1024",
    "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    "enableFaultInjection": False,
}
READ_ONLY = {
    "taskDefinitionArn": OLD,
    "revision": 41,
    "status": "ACTIVE",
    "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.task-iam-role"}],
    "compatibilities": ["EC2", "FARGATE"],
    "registeredAt": NOON,
    "registeredBy": "arn:aws:iam::222222222222:user/terraform",
}
TAGS = [{"key": "team", "value": "core"}, {"key": "commit", "value": "abc"}]


async def described(ecs, stub):
    stub.add_response(
        "describe_task_definition",
        {"taskDefinition": WRITABLE | READ_ONLY, "tags": TAGS},
        {"taskDefinition": OLD, "include": ["TAGS"]},
    )
    return await ecs.describe_task_definition(OLD)


async def test_a_revision_is_read_with_its_tags_and_nothing_lost(ecs, stub):
    definition = await described(ecs, stub)
    assert (definition.arn, definition.family, definition.revision) == (OLD, "credlink-api", 41)
    assert definition.tags == {"team": "core", "commit": "abc"}
    assert definition.raw == WRITABLE | READ_ONLY
    assert definition.registered_at == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert definition.images["app"].endswith("credlink-api:v1.1.9")


async def test_what_can_be_registered_again_is_all_but_what_only_ecs_may_write(ecs, stub):
    definition = await described(ecs, stub)
    assert definition.registrable == WRITABLE
    assert json.loads(json.dumps(definition.registrable)) == WRITABLE


async def test_a_described_revision_can_be_registered_as_it_is(ecs, stub):
    definition = await described(ecs, stub)
    stub.add_response(
        "register_task_definition",
        {"taskDefinition": WRITABLE | {"taskDefinitionArn": NEW, "revision": 42}},
        WRITABLE | {"tags": TAGS},
    )
    registered = await ecs.register_task_definition(definition.raw, tags=definition.tags)
    assert (registered.arn, registered.revision) == (NEW, 42)
    assert registered.tags == definition.tags


async def test_without_tags_none_are_sent(ecs, stub):
    stub.add_response(
        "register_task_definition",
        {"taskDefinition": WRITABLE | {"taskDefinitionArn": NEW, "revision": 42}},
        WRITABLE,
    )
    await ecs.register_task_definition(WRITABLE, tags={})


async def test_an_unknown_revision_is_not_found(ecs, stub):
    stub.add_client_error(
        "describe_task_definition", "ClientException", "Unable to describe task definition.", 400
    )
    with pytest.raises(NotFound, match="there is no task definition credlink-api:9999"):
        await ecs.describe_task_definition("credlink-api:9999")


async def test_another_mistake_about_a_revision_stays_a_refusal(ecs, stub):
    stub.add_client_error("describe_task_definition", "ClientException", "Invalid revision", 400)
    with pytest.raises(Rejected, match="Invalid revision"):
        await ecs.describe_task_definition("credlink-api:x")


async def test_two_registrations_at_once_are_worth_another_try(ecs, stub):
    stub.add_client_error(
        "register_task_definition",
        "ClientException",
        "Too many concurrent attempts to create a new revision of the specified family.",
        400,
    )
    with pytest.raises(RateLimited):
        await ecs.register_task_definition(WRITABLE, tags={})


async def test_a_wrong_definition_is_refused_without_repeating_its_values(ecs):
    wrong = WRITABLE | {
        "containerDefinitions": [{"name": "app", "environment": [{"name": "K", "value": 5150}]}]
    }
    with pytest.raises(Rejected) as caught:
        await ecs.register_task_definition(wrong, tags={})
    assert "containerDefinitions[0].environment[0].value" in caught.value.detail
    assert "5150" not in caught.value.detail


async def test_revisions_are_listed_newest_first_over_as_many_pages_as_needed(ecs, stub):
    question = {
        "familyPrefix": "credlink-api",
        "status": "ACTIVE",
        "sort": "DESC",
        "maxResults": 3,
    }
    stub.add_response(
        "list_task_definitions",
        {"taskDefinitionArns": ["arn:42", "arn:41"], "nextToken": "more"},
        question,
    )
    stub.add_response(
        "list_task_definitions",
        {"taskDefinitionArns": ["arn:40", "arn:39"], "nextToken": "still more"},
        question | {"nextToken": "more"},
    )
    arns = await ecs.list_task_definitions("credlink-api", newest=3)
    assert arns == ("arn:42", "arn:41", "arn:40")
