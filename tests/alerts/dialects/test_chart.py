"""The chart of an alarm's metric, asked of CloudWatch, and whether the alarm is muted."""

from datetime import timedelta

import pytest

from bot.alerts.dialects.chart import SOURCE, draw_alarm
from bot.alerts.enrich import SOURCES, ask_all
from bot.domain.alert import AlertGroup, Condition, Peak
from bot.domain.finding import CHART, Finding, Phase
from bot.storage import findings
from bot.world import World
from integrations.aws.cloudwatch_models import MuteRule, Point
from integrations.aws.mute_rules import NotOffered
from integrations.errors import Forbidden, IntegrationError, Unavailable
from tests.alerts.board import Board
from tests.alerts.builders import NOW, an_update
from tests.alerts.dialects.cloudwatch_says import NAME, CloudWatch
from tests.alerts.dialects.watching import Watching
from tests.alerts.holding import Clock
from tests.alerts.series import Prometheus

MINUTE = timedelta(minutes=1)
OURS = [source for source in SOURCES if source.name == SOURCE]
CHARTS = [source for source in SOURCES if source.name in {SOURCE, CHART}]


@pytest.fixture
async def group(
    there: Board, cloudwatch: CloudWatch, watching: Watching, clock: Clock
) -> AlertGroup:
    """One that fires, of which CloudWatch has forty minutes."""
    await cloudwatch.tells("ALARM", comparison=None, reason="who knows")
    watching.has("ALARM", NOW)
    watching.points = [Point(NOW + number * MINUTE, 74.0) for number in range(-40, 0)]
    watching.points += [Point(NOW, 195.0), Point(NOW + MINUTE, 198.0)]
    clock.goes_on(2 * MINUTE)
    [group] = await there.groups()
    return group


async def found(here: World, group: AlertGroup) -> dict[str, Finding]:
    async with here.database.read() as connection:
        return {one.source: one for one in await findings.of_group(connection, group.id)}


async def test_the_metric_is_drawn_and_gives_the_value_the_usual_and_the_peak(
    here: World, there: Board, group: AlertGroup, prometheus: Prometheus
):
    assert group.condition is None  # the event did not tell it

    assert await ask_all(here, CHARTS, group.id, Phase.ONSET) == []

    [group] = await there.groups()
    assert group.condition == Condition("", ">", 180.0)
    assert (group.value, group.normal) == (198.0, 74.0)
    assert group.peak == Peak(198.0, NOW + MINUTE)
    assert f"{NAME}-onset.png" in await there.thread(group)
    assert (await found(here, group))[CHART].picture is not None
    assert prometheus.asked == []  # it knows no such expression


async def test_a_value_of_the_end_is_drawn_until_the_end(
    here: World, there: Board, group: AlertGroup, cloudwatch: CloudWatch
):
    await cloudwatch.tells("OK", 2)

    await draw_alarm(here, group.id, Phase.END)

    [group] = await there.groups()
    assert group.peak == Peak(198.0, NOW + MINUTE)
    assert "peak *198*" in await there.text(group)


async def test_without_a_value_there_is_no_chart(
    here: World, there: Board, group: AlertGroup, watching: Watching
):
    watching.points = []

    assert await ask_all(here, OURS, group.id, Phase.ONSET) == []

    assert CHART not in await found(here, group)


async def test_a_composite_alarm_has_no_numbers_to_draw(
    here: World, group: AlertGroup, watching: Watching
):
    watching.has("ALARM", NOW, metric=None, threshold=None, is_composite=True, rule="ALARM(a)")

    assert await ask_all(here, OURS, group.id, Phase.ONSET) == []

    assert CHART not in await found(here, group)


@pytest.mark.parametrize(
    ("rules", "enabled", "says"),
    [
        ([], True, ""),
        ([], False, "switched off"),
        (["ACTIVE"], True, "this alarm is muted until 15:33 UTC, by the rule credlink-mute-1."),
        (["SCHEDULED"], True, ""),
    ],
)
async def test_a_muted_alarm_says_so(
    here: World, group: AlertGroup, watching: Watching, rules: list[str], enabled: bool, says: str
):
    watching.has("ALARM", NOW, actions_enabled=enabled)
    watching.rules = [
        MuteRule(
            name="credlink-mute-1",
            arn="arn",
            status=status,
            alarms=(NAME,),
            ends_at=NOW + timedelta(hours=1),
        )
        for status in rules
    ]

    await draw_alarm(here, group.id, Phase.ONSET)

    note = (await found(here, group))[SOURCE].note
    assert says in note if says else note == ""


@pytest.mark.parametrize(
    ("fails", "says"),
    [
        (NotOffered("aws", "list_alarm_mute_rules", "unknown"), ""),
        (Forbidden("aws", "list", "cloudwatch:ListAlarmMuteRules is missing"), "is not known: "),
    ],
)
async def test_whether_it_is_muted_may_be_unknown(
    here: World, group: AlertGroup, watching: Watching, fails: IntegrationError, says: str
):
    watching.fails_to_list_rules = fails

    await draw_alarm(here, group.id, Phase.ONSET)

    note = (await found(here, group))[SOURCE].note
    assert says in note if says else note == ""


async def test_a_cloudwatch_that_does_not_answer_is_named_on_the_card(
    here: World, there: Board, group: AlertGroup, watching: Watching
):
    watching.fails = Unavailable("aws", "describe_alarms", "no answer within 20 s")

    assert await ask_all(here, OURS, group.id, Phase.ONSET) == [SOURCE]

    assert "⚪ No chart: CloudWatch did not give it (no answer" in await there.text(group)


async def test_groups_of_others_are_not_its_business(here: World, there: Board, watching: Watching):
    await there.hears(an_update())
    [group] = await there.groups()

    await draw_alarm(here, group.id, Phase.ONSET)

    assert watching.asked == []
    assert await found(here, group) == {}
