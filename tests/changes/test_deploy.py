"""A change from asking to outcome: the real engine, the real client, the simulator's ECS."""

from bot.domain.change import ChangeState
from bot.domain.rollout import Verdict
from bot.storage import revisions

S = ChangeState


async def test_a_healthy_version_is_deployed_and_is_good_from_then_on(prod):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    assert prod.aws.writes == []
    await prod.presses("change.confirm", proposed)

    ended = await prod.ends(proposed)

    assert (ended.state, ended.verdict) == (S.SUCCEEDED, Verdict.SUCCEEDED)
    assert prod.versions() == ["v1.2.0"] * 4
    assert len(prod.updates) == 1
    async with prod.world.database.read() as connection:
        (good,) = await revisions.good(connection, "prod", "credlink-api")
    assert good.version == "v1.2.0"
    assert good.task_definition == ended.rollout.task_definition
