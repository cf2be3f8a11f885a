"""The doctor on queues of ECS's events and on Slack's user groups."""

from pathlib import Path

import pytest

from sandbox import seeds
from sandbox.aws.calls import access_denied
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import CATALOG, World
from tests.doctor.examining import GROUPS, PLACE, QUEUE, findings, wrong


@pytest.mark.asyncio(loop_scope="module")
async def test_a_queue_is_proved_without_taking_its_message_away(world: World):
    sqs = world.aws.client("sqs", seeds.PROD_ACCOUNT)
    url = sqs.get_queue_url(QueueName="credlink-ecs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")

    said = {finding.name: finding for finding in await findings(world)}

    assert said[QUEUE].ok
    assert "credlink-ecs lets us receive and does not forbid deleting" in said[QUEUE].said
    assert "a message waits there" in said[QUEUE].said
    assert "is not proved" in said[QUEUE].said
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "{}"
    sqs.purge_queue(QueueUrl=url)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_queue_nobody_made_is_traced_to_its_key(world: World, tmp_path: Path):
    catalog = tmp_path / "credlink.yml"
    catalog.write_text(CATALOG.read_text().replace("/credlink-ecs", "/credlink-lost"))

    said = wrong(await findings(world, catalog))

    assert set(said) == {QUEUE}
    assert f"Check `events_queue` and `region` of {PLACE}." in said[QUEUE]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("operation", ["ReceiveMessage", "DeleteMessage"])
async def test_what_the_queue_does_not_permit_is_named(world: World, operation: str):
    world.aws.faults.add(access_denied(f"sqs:{operation}"))

    said = wrong(await findings(world))

    assert set(said) == {QUEUE}
    assert f"lacks sqs:{operation}" in said[QUEUE]
    assert f"that `role` of {PLACE} may sqs:ReceiveMessage and sqs:DeleteMessage" in said[QUEUE]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_group_of_nobody_is_told_with_what_nobody_may(world: World):
    before = list(world.workspace.store.user_groups["S0APPROVE"].members)
    async with WorkspaceClient(world.workspace.url) as people:
        await people.set_user_group("S0APPROVE", [])
        try:
            said = wrong(await findings(world))
        finally:
            await people.set_user_group("S0APPROVE", before)

    assert said == {
        GROUPS: "Nobody is in S0APPROVE, so nobody may approve, scale, restart, lock, freeze, "
        "force, silence, promql and mute through people.approvers. Add people to it in Slack."
    }


@pytest.mark.asyncio(loop_scope="module")
async def test_a_group_that_is_not_there_is_traced_to_its_people(world: World, tmp_path: Path):
    catalog = tmp_path / "credlink.yml"
    catalog.write_text(CATALOG.read_text().replace("S0DEPLOY", "S0LOST"))

    said = wrong(await findings(world, catalog))

    assert set(said) == {GROUPS}
    assert "S0LOST is not among the workspace's user groups, or is disabled, so" in said[GROUPS]
    assert "through people.deployers. Correct its `group`" in said[GROUPS]
    assert "approvers" not in said[GROUPS]


@pytest.mark.asyncio(loop_scope="module")
async def test_groups_that_may_not_be_read_are_named_with_the_scope(world: World):
    async with WorkspaceClient(world.workspace.url) as people:
        await people.fault("remove_scope", scope="usergroups:read")
    try:
        said = wrong(await findings(world))
    finally:
        world.workspace.app.scopes.add("usergroups:read")

    assert set(said) == {"Slack", GROUPS}
    assert "usergroups.list: missing_scope." in said[GROUPS]
    assert "with usergroups:read" in said[GROUPS]
