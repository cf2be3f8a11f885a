"""Somebody else deploys while our own request is lost: theirs is not overwritten."""

from bot.domain.change import ChangeState
from sandbox.aws.calls import Fault, dropped, server_error
from tests.changes.operator import Operator

S = ChangeState


async def test_a_request_that_never_arrived_is_not_made_again_over_somebody_elses_deploy(
    prod: Operator,
):
    proposed = await prod.until(await prod.asks_to_deploy("v1.2.0"), S.PROPOSED)
    prod.aws.faults.add(Fault("DescribeServices"))  # the look before the update is answered
    prod.aws.faults.add(server_error("DescribeServices", times=10_000))
    prod.aws.faults.add(dropped("UpdateService", when="before", times=100))
    await prod.presses("change.confirm", proposed)
    await prod.until_true(proposed, lambda now: now.silent_since is not None)
    prod.aws.faults.clear()
    prod.aws.faults.add(server_error("DescribeServices", times=10_000))
    theirs = await prod.somebody_else_deploys("v1.2.1")
    prod.aws.faults.clear()

    ended = await prod.ends(proposed)

    assert ended.state in {S.UNPROVEN, S.REFUSED}
    assert prod.updates[-1] == theirs
    assert "somebody else" in await prod.card(ended)
