"""What runs where: seen by the chore, told at once, with its age and its gaps."""

import pytest

from bot.changes.observe import Observe
from bot.changes.status import TellStatus
from bot.domain.change import ChangeState
from bot.errors import NotAllowed, NotKnown
from sandbox.aws.calls import access_denied
from tests.changes.operator import ALICE, MALLORY, Operator, a_catalog


@pytest.fixture
def tell(prod: Operator) -> TellStatus:
    return TellStatus(prod.world.database, prod.world.catalog, prod.world.now)


async def test_before_anything_was_seen_nothing_is_claimed(tell: TellStatus):
    assert "not known yet" in (await tell(None, None, by=ALICE)).text


async def test_what_was_seen_is_told_without_asking_aws(prod: Operator, tell: TellStatus):
    await Observe(prod.world)()
    prod.aws.calls.clear()

    answer = await tell("prod", "credlink-api", by=MALLORY)

    assert "🟢 *prod*  credlink-api  *v1.1.9* since" in answer.text
    assert "4 of 4 tasks running" in answer.text
    assert prod.aws.calls == []


async def test_a_second_look_costs_one_call(prod: Operator):
    await Observe(prod.world)()
    prod.aws.calls.clear()

    await Observe(prod.world)()

    assert [call.operation for call in prod.aws.calls] == ["DescribeServices"]


async def test_a_deploy_shows_while_it_rolls_out_and_at_once_when_it_ended(
    prod: Operator, tell: TellStatus
):
    change = await prod.until(await prod.deploys("v1.2.0"), ChangeState.ROLLING_OUT)
    during = str((await tell("prod", None, by=ALICE)).blocks)
    await prod.ends(change)
    after = (await tell("prod", None, by=ALICE)).text

    assert "Rolling out: v1.2.0 · " in during
    assert "🟢 *prod*  credlink-api  *v1.2.0* since" in after


async def test_when_aws_refuses_the_last_sight_stays_with_why(prod: Operator, tell: TellStatus):
    await Observe(prod.world)()
    prod.aws.faults.add(access_denied("DescribeServices", times=9))

    await Observe(prod.world)()

    shown = str((await tell("prod", None, by=ALICE)).blocks)
    assert "v1.1.9" in shown
    assert "ecs:DescribeServices" in shown


async def test_unknown_places_and_missing_rights_are_said(prod: Operator, tell: TellStatus):
    with pytest.raises(NotKnown, match="There is no environment prd"):
        await tell("prd", None, by=ALICE)
    with pytest.raises(NotKnown, match="There is no service web in prod"):
        await tell("prod", "web", by=ALICE)

    closed = TellStatus(
        prod.world.database,
        a_catalog().model_copy(update={"people": {}}),
        prod.world.now,
    )
    with pytest.raises(NotAllowed, match="Nobody may see the status of credlink-api in prod"):
        await closed(None, None, by=ALICE)
