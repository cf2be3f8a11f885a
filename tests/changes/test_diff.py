"""What a version would change: looked up while the person waits, and never longer than that."""

import asyncio
from dataclasses import replace

import pytest

from bot.changes.diff import TellDiff
from bot.errors import NotAllowed, NotKnown, UsageError
from sandbox.aws.calls import access_denied
from tests.changes.operator import ALICE, MALLORY, Operator, a_catalog


@pytest.fixture
def tell(prod: Operator) -> TellDiff:
    return TellDiff(prod.world)


@pytest.fixture
def policy():
    return {"bake": "1s"}


async def shown(tell: TellDiff, version: str) -> str:
    later = await tell("prod", version, None, by=MALLORY)
    assert later.first == f"Looking at what {version} would change in prod…"
    answer = await later.ask()
    return str([answer.text, *answer.blocks])


async def test_a_new_version_is_told_against_what_runs_and_nothing_is_written(
    prod: Operator, tell: TellDiff
):
    prod.aws.calls.clear()

    told = await shown(tell, "v1.2.0")

    assert "*v1.2.0* for credlink-api in prod, against *v1.1.9*" in told
    assert "https://github.com/example/credlink/compare/v1.1.9...v1.2.0" in told
    assert "pushed" in told
    assert "image only" in told
    assert "not known to have run there" in told
    assert prod.aws.writes == []
    assert len(prod.aws.calls) <= 5


async def test_a_version_that_ran_there_before_is_told_with_its_own_environment(
    prod: Operator, tell: TellDiff
):
    await prod.ends(await prod.deploys("v1.2.0"))
    definition = prod.definition("credlink-api:2")["taskDefinition"]
    container = definition["containerDefinitions"][0]
    container["image"] = container["image"].partition("@")[0] + ":v1.2.1"
    container["environment"] = [
        {"name": "LOG_LEVEL", "value": "debug"},
        {"name": "SIGNING_KEY", "value": "hush"},
    ]
    registered = await asyncio.to_thread(
        prod.ecs.register_task_definition,
        **{
            key: value
            for key, value in definition.items()
            if key in {"family", "containerDefinitions", "networkMode", "cpu", "memory",
                       "requiresCompatibilities", "executionRoleArn", "taskRoleArn"}
        },
    )  # fmt: skip
    arn = registered["taskDefinition"]["taskDefinitionArn"]
    await prod.somebody_else_updates(taskDefinition=arn)
    await prod.until_ecs_says("SUCCESSFUL")

    told = await shown(tell, "v1.2.0")

    assert "against *v1.2.1*" in told
    assert "credlink-api:2, which ran it before, differs" in told
    assert "env SIGNING_KEY removed" in told
    assert "hush" not in told
    assert "good there" in told


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("v9.9.9", "There is no image credlink-api:v9.9.9 in ECR"),
        ("v1.1.9", "prod already runs v1.1.9: the image is the same."),
    ],
)
async def test_what_cannot_be_compared_is_said(tell: TellDiff, version: str, said: str):
    assert said in await shown(tell, version)


async def test_when_aws_refuses_it_is_said_which_permission_is_missing(
    prod: Operator, tell: TellDiff
):
    prod.aws.faults.add(access_denied("DescribeServices", times=9))

    assert "ecs:DescribeServices" in await shown(tell, "v1.2.0")


async def test_nobody_waits_longer_than_the_deadline(prod: Operator, monkeypatch):
    async def never(*_):
        await asyncio.sleep(3600)

    monkeypatch.setattr("bot.changes.diff.find_running", never)
    told = await shown(TellDiff(prod.world, deadline_s=0.05), "v1.2.0")

    assert "AWS did not answer within 0.05 s." in told
    assert "`/credlink status prod` answers without it" in told


async def test_words_and_rights_are_checked_before_anything_is_looked_up(
    prod: Operator, tell: TellDiff
):
    prod.aws.calls.clear()
    with pytest.raises(NotKnown, match="There is no environment prd"):
        await tell("prd", "v1.2.0", None, by=ALICE)
    with pytest.raises((NotKnown, UsageError), match="web"):
        await tell("prod", "v1.2.0", "web", by=ALICE)
    closed = a_catalog().model_copy(update={"people": {}})
    with pytest.raises(NotAllowed):
        await TellDiff(replace(prod.world, catalog=closed))("prod", "v1.2.0", None, by=ALICE)
    assert prod.aws.calls == []
