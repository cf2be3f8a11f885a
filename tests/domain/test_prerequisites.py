from datetime import UTC, datetime

import pytest

from bot.domain.verification import Level
from bot.domain.verification.needs import Keeper, LogGroupNeed, Platform, RoleNeed, SecretNeed
from bot.domain.verification.prerequisites import (
    ECS_TASKS,
    found_image,
    judged_cluster,
    judged_platform,
    judged_role,
    judged_secret,
    missing_image,
    missing_log_group,
    missing_role,
    missing_secret,
    no_execution_role,
)

AMD = Platform("linux", "amd64")
ARM = Platform("linux", "arm64")
ROLE = RoleNeed("task role", "arn:aws:iam::222222222222:role/credlink-api-task")
SECRET = SecretNeed(keeper=Keeper.SECRETS_MANAGER, names=("credlink/key",))
VERSIONS = {"v1": ("AWSPREVIOUS",), "v2": ("AWSCURRENT",)}


def test_an_image_is_told_by_the_beginning_of_its_digest():
    said = found_image("credlink-api", "sha256:" + "4b" * 32)
    assert said.text == "credlink-api is in ECR as sha256:4b4b4b4b4b4b."


def test_an_image_that_is_not_there_blocks():
    said = missing_image("credlink-api:v9", "222222222222")
    assert said.level is Level.BLOCK
    assert said.text == "There is no image credlink-api:v9 in ECR of account 222222222222."


def test_an_image_for_several_platforms_has_the_one_that_is_needed():
    assert judged_platform(AMD, [ARM, AMD]).level is Level.OK


def test_an_image_for_another_cpu_blocks_and_says_both():
    said = judged_platform(AMD, [ARM])
    assert said.level is Level.BLOCK
    assert said.text == "The image is built for linux/arm64, and the task needs linux/amd64."
    assert "Build it for linux/amd64" in said.mend


@pytest.mark.parametrize("offered", [[], [Platform("unknown", "unknown")]])
def test_a_platform_that_is_not_told_is_not_known(offered):
    assert judged_platform(AMD, offered).level is Level.UNKNOWN


def test_a_role_that_ecs_may_assume_is_fine():
    assert judged_role(ROLE, trusted={ECS_TASKS}).level is Level.OK


def test_a_role_that_ecs_may_not_assume_blocks_and_says_what_to_write():
    said = judged_role(ROLE, trusted={"lambda.amazonaws.com"})
    assert said.level is Level.BLOCK
    assert said.text == "ECS tasks may not assume the task role credlink-api-task."
    assert "ecs-tasks.amazonaws.com do sts:AssumeRole" in said.mend


def test_conditions_of_a_trust_policy_are_said_not_to_be_checked():
    said = judged_role(ROLE, trusted={ECS_TASKS}, conditional={ECS_TASKS})
    assert said.level is Level.OK
    assert "under conditions, which are not checked" in said.text


def test_a_role_that_anyone_may_assume_is_a_warning():
    assert judged_role(ROLE, trusted={ECS_TASKS}, trusts_anyone=True).level is Level.WARN


def test_a_role_that_is_missing_or_not_named_blocks():
    assert missing_role(ROLE).text == "The task role credlink-api-task does not exist."
    said = no_execution_role(["pull from ECR", "write logs"])
    assert said.level is Level.BLOCK
    assert "Fargate cannot pull from ECR and write logs" in said.text


def test_a_secret_that_is_missing_or_on_its_way_out_blocks():
    assert missing_secret(SECRET).text == "There is no credlink/key in Secrets Manager."
    said = judged_secret(SECRET, deleted_at=datetime(2026, 11, 23, tzinfo=UTC), versions=VERSIONS)
    assert said.level is Level.BLOCK
    assert "about to be deleted" in said.text


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"stage": "AWSPENDING"}, "credlink/key has no label AWSPENDING."),
        ({"version": "v3"}, "credlink/key has no version v3."),
    ],
)
def test_a_version_that_a_secret_does_not_have_blocks(asked, text):
    need = SecretNeed(keeper=Keeper.SECRETS_MANAGER, names=("credlink/key",), **asked)
    said = judged_secret(need, versions=VERSIONS)
    assert (said.level, said.text) == (Level.BLOCK, text)


@pytest.mark.parametrize("asked", [{}, {"stage": "AWSPREVIOUS"}, {"version": "v2"}])
def test_a_version_that_a_secret_has_is_fine(asked):
    need = SecretNeed(keeper=Keeper.SECRETS_MANAGER, names=("credlink/key",), **asked)
    assert judged_secret(need, versions=VERSIONS).level is Level.OK


def test_a_missing_log_group_blocks_unless_the_driver_makes_it():
    assert missing_log_group(LogGroupNeed(name="/ecs/a", region=None)).level is Level.BLOCK
    made = LogGroupNeed(name="/ecs/a", region=None, is_made=True)
    assert missing_log_group(made).level is Level.OK


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (None, "There is no cluster prod."),
        ("INACTIVE", "The cluster prod is INACTIVE, not ACTIVE."),
        ("DEPROVISIONING", "The cluster prod is DEPROVISIONING, not ACTIVE."),
    ],
)
def test_a_cluster_that_takes_no_tasks_blocks(status, text):
    said = judged_cluster("prod", status)
    assert (said.level, said.text) == (Level.BLOCK, text)
    assert judged_cluster("prod", "ACTIVE").level is Level.OK
