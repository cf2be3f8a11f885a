"""What was confirmed is looked up once more before ECS is asked: anything else begins nothing."""

from typing import Any

import pytest

from bot.domain.change import ChangeState
from bot.errors import NotAllowed
from bot.storage import locks
from sandbox.aws.calls import server_error
from tests.changes.operator import BOB, Operator
from tests.domain.situations import a_lock

S = ChangeState


async def test_a_tag_that_moved_goes_back_to_be_confirmed_anew(prod: Operator):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    prod.aws.push_image("v1.2.0", content="built again")

    await prod.presses("change.confirm", proposed)
    again = await prod.until_true(
        proposed, lambda now: now.state is S.PROPOSED and now.state_revision > 2
    )

    assert "the image is" in again.why
    assert again.plan.wanted.digest != proposed.plan.wanted.digest
    assert (prod.updates, again.confirmed_by) == ([], None)

    await prod.presses("change.confirm", again)
    ended = await prod.ends(again)

    assert (ended.state, ended.why) == (S.SUCCEEDED, None)


@pytest.mark.parametrize("policy", [{"rollout_timeout": "600s"}])
async def test_what_comes_into_the_way_while_aws_is_silent_stops_it_before_it_begins(
    prod: Operator,
):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    prod.aws.faults.add(server_error("RegisterTaskDefinition", times=10_000))
    await prod.presses("change.confirm", proposed)
    await prod.until_true(proposed, lambda now: now.silent_since is not None)
    async with prod.world.database.write() as connection:
        lock = a_lock(service="*", reason="AWS is down, hands off", at=prod.world.now())
        await locks.add(connection, lock)
    prod.aws.faults.clear()

    back = await prod.until(proposed, S.PROPOSED)

    assert (back.confirmed_by, prod.updates) == (None, [])
    card = await prod.card(back)
    assert "Before it could begin something came into its way." in card
    assert "AWS is down, hands off" in card
    with pytest.raises(NotAllowed, match="hands off"):
        await prod.presses("change.confirm", back)

    async with prod.world.database.write() as connection:
        await locks.release(connection, lock.id, by=BOB.id, at=prod.world.now())
    await prod.presses("change.confirm", back)
    assert (await prod.ends(back)).state is S.SUCCEEDED


@pytest.mark.parametrize("policy", [{"scan": {"block": ["CRITICAL"]}}])
async def test_a_tag_that_moved_to_what_the_catalogue_blocks_ends_the_change(
    prod: Operator, policy: dict[str, Any]
):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    prod.aws.push_image("v1.2.0", content="built again", findings={"CRITICAL": 2})

    await prod.presses("change.confirm", proposed)
    ended = await prod.ends(proposed)

    assert ended.state is S.REFUSED
    assert "What would run now is not what was confirmed" in ended.why
    assert "2 CRITICAL" in ended.why
    assert prod.updates == []
