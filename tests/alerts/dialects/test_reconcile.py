"""Cards of alarms follow CloudWatch itself: most alarms tell only that they fire."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.dialects.reconcile import ReconcileAlarms
from bot.domain.alert import AlertGroup, GroupState
from bot.storage import notices
from bot.world import World
from integrations.errors import Forbidden
from tests.alerts.board import Board
from tests.alerts.builders import NOW, an_update
from tests.alerts.dialects.cloudwatch_says import NAME, CloudWatch
from tests.alerts.dialects.watching import Watching
from tests.alerts.holding import Clock

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def begun() -> list[str]:
    return []


@pytest.fixture
def look(here: World, begun: list[str]) -> ReconcileAlarms:
    async def begin(identities: Sequence[str]) -> None:
        begun.extend(identities)

    return ReconcileAlarms(here, begin)


async def the_group(board: Board) -> AlertGroup:
    [group] = await board.groups()
    return group


async def test_an_end_that_no_action_tells_is_found(
    there: Board,
    cloudwatch: CloudWatch,
    watching: Watching,
    look: ReconcileAlarms,
    begun: list[str],
):
    await cloudwatch.tells("ALARM")
    watching.has("ALARM", NOW)
    assert await look() == 0

    watching.has("OK", LATER)
    assert await look() == 1

    group = await the_group(there)
    assert (group.state, group.resolved_at) == (GroupState.RESOLVED, LATER)
    assert begun == [f"enrich:{group.id}:end"]
    assert await look() == 0


async def test_an_alarm_that_lost_its_data_is_blind_and_not_over(
    there: Board, cloudwatch: CloudWatch, watching: Watching, look: ReconcileAlarms
):
    await cloudwatch.tells("ALARM")
    watching.has("INSUFFICIENT_DATA", LATER)

    assert await look() == 1

    group = await the_group(there)
    assert (group.state, group.is_blind) == (GroupState.FIRING, True)


async def test_an_alarm_that_is_gone_ends_its_card_and_says_that_it_proves_nothing(
    there: Board, cloudwatch: CloudWatch, watching: Watching, look: ReconcileAlarms
):
    await cloudwatch.tells("ALARM")
    watching.has("ALARM", NOW)
    await look()
    watching.alarms.clear()

    assert await look() == 1

    group = await the_group(there)
    assert group.state is GroupState.RESOLVED
    text = await there.text(group)
    assert "gone from CloudWatch: that is no sign that it is well" in text
    assert NAME in text


async def test_an_alarm_of_a_kind_that_is_not_listed_is_left_alone(
    there: Board, cloudwatch: CloudWatch, look: ReconcileAlarms
):
    await cloudwatch.tells("ALARM")

    assert await look() == 0

    assert (await the_group(there)).state is GroupState.FIRING


async def test_while_cloudwatch_does_not_answer_nothing_ends_and_that_is_said_once(
    there: Board,
    cloudwatch: CloudWatch,
    watching: Watching,
    look: ReconcileAlarms,
    here: World,
    clock: Clock,
):
    await cloudwatch.tells("ALARM")
    watching.fails = Forbidden("aws", "describe_alarms", "cloudwatch:DescribeAlarms is missing")

    for _ in range(3):
        assert await look() == 0
        clock.goes_on(timedelta(minutes=1))
    watching.fails = None
    watching.has("ALARM", NOW)
    await look()

    assert (await the_group(there)).state is GroupState.FIRING
    async with here.database.read() as connection:
        said = [notice.headline for notice in await notices.latest(connection, "")]
    assert len(said) == 2
    assert any("does not tell of its alarms" in headline for headline in said)
    assert any("tells of its alarms again" in headline for headline in said)


async def test_nothing_is_asked_about_groups_of_others_or_of_accounts_nobody_named(
    there: Board, cloudwatch: CloudWatch, watching: Watching, look: ReconcileAlarms, here: World
):
    await there.hears(an_update())
    await cloudwatch.tells("ALARM", arn=f"arn:aws:cloudwatch:us-east-1:999999999999:alarm:{NAME}")

    assert await replace(look, world=here)() == 0
    assert watching.asked == []
