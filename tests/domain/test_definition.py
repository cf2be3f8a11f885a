"""Task definitions: the container meant, the copy with another image, what differs."""

import pytest

from bot.domain.definition import (
    NoSuchContainer,
    changed_fields,
    container_named,
    definition_hash,
    memory_mib,
    with_image,
)

API = {
    "name": "api",
    "image": "api:1",
    "environment": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "KEY", "value": "hush"}],
    "secrets": [{"name": "DATABASE_URL", "valueFrom": "arn:1"}],
}
SIDECAR = {"name": "sidecar", "image": "envoy:1", "memory": 128}


def a_definition(*containers, **said):
    return {
        "family": "api",
        "cpu": "512",
        "memory": "1024",
        "containerDefinitions": list(containers or (API,)),
        **said,
    }


def test_the_only_container_needs_no_name():
    assert container_named(a_definition(), None)["name"] == "api"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (None, "The task has several containers: api and sidecar. Name the one to deploy"),
        ("web", "The task has no container web; it has api and sidecar."),
    ],
)
def test_a_container_that_cannot_be_told_is_asked_for_by_name(name, said):
    with pytest.raises(NoSuchContainer, match=said):
        container_named(a_definition(API, SIDECAR), name)


def test_a_copy_differs_in_the_one_image_and_leaves_the_original_alone():
    before = a_definition(API, SIDECAR, volumes=[{"name": "v"}])

    after = with_image(before, "api", "api@sha256:2")

    assert [c["image"] for c in after["containerDefinitions"]] == ["api@sha256:2", "envoy:1"]
    assert [c["image"] for c in before["containerDefinitions"]] == ["api:1", "envoy:1"]
    assert changed_fields(before, after) == ("api image",)
    assert after["volumes"] == before["volumes"]


def test_what_differs_is_named_and_no_secret_is_shown():
    changed = {
        **API,
        "environment": [{"name": "LOG_LEVEL", "value": "warn"}, {"name": "NEW", "value": "x"}],
        "secrets": [{"name": "DATABASE_URL", "valueFrom": "arn:2"}],
        "command": ["run"],
    }

    found = changed_fields(a_definition(), a_definition(changed, memory="2048"))

    assert found == (
        "command",
        "env KEY removed",
        "env LOG_LEVEL info→warn",
        "env NEW=x added",
        "secret DATABASE_URL changed",
        "memory 1024→2048",
    )
    assert "hush" not in str(found)


def test_a_container_that_comes_or_goes_is_named():
    assert changed_fields(a_definition(API), a_definition(API, SIDECAR)) == (
        "container sidecar added",
    )
    assert changed_fields(a_definition(API, SIDECAR), a_definition(API)) == (
        "container sidecar removed",
    )


def test_what_is_left_out_and_what_is_empty_are_the_same():
    assert changed_fields(a_definition(), a_definition(volumes=[])) == ()


def test_a_containers_memory_is_its_own_or_else_the_tasks():
    definition = a_definition(API, SIDECAR)

    assert memory_mib(definition, "sidecar") == 128
    assert memory_mib(definition, "api") == 1024
    assert memory_mib(a_definition(memory=None), "api") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (a_definition(API, SIDECAR), a_definition(SIDECAR, API)),
        (a_definition(API), a_definition({**API, "environment": API["environment"][::-1]})),
        (a_definition(API), a_definition({**API, "mountPoints": [], "command": None})),
        (a_definition(API), dict(reversed(a_definition(API).items()))),
        (
            a_definition(requiresCompatibilities=["EC2", "FARGATE"]),
            a_definition(requiresCompatibilities=["FARGATE", "EC2"]),
        ),
    ],
)
def test_definitions_that_ecs_takes_for_the_same_have_the_same_hash(one, other):
    assert definition_hash(one) == definition_hash(other)


@pytest.mark.parametrize(
    "other",
    [
        a_definition({**API, "image": "api:2"}),
        a_definition({**API, "environment": [{"name": "LOG_LEVEL", "value": "info"}]}),
        a_definition({**API, "environment": [*API["environment"], {"name": "X", "value": ""}]}),
        a_definition({**API, "secrets": [{"name": "DATABASE_URL", "valueFrom": "arn:2"}]}),
        a_definition({**API, "essential": False}),
        a_definition({**API, "command": ["b", "a"]}),
        a_definition(API, SIDECAR),
        a_definition(cpu="1024"),
    ],
)
def test_whatever_would_run_differently_has_another_hash(other):
    assert definition_hash(a_definition({**API, "command": ["a", "b"]})) != definition_hash(other)
    assert definition_hash(a_definition()) != definition_hash(other)


def test_a_hash_is_the_same_in_every_process():
    assert definition_hash({"family": "api", "containerDefinitions": []}) == (
        "64865477cfc43e94043b382254b0326cdb4b3e834ade5d6e58f2c0a8f95061d4"
    )
