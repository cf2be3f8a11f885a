"""CloudWatch's alarms become the same kind of card, in whichever way and order they are told."""

import pytest

from bot.alerts.dialects.cloudwatch import from_cloudwatch, mapped
from bot.domain.alert import Condition, GroupState, Severity, Source
from bot.domain.unit import Unit
from tests.alerts.board import Board
from tests.alerts.builders import NOW
from tests.alerts.dialects.cloudwatch_says import ACCOUNT, ARN, NAME, CloudWatch, catalog, news


@pytest.fixture
def board(there: Board) -> Board:
    return there


async def test_an_alarm_has_a_card_that_says_what_crossed_which_threshold_and_where(
    board: Board, cloudwatch: CloudWatch
):
    [look] = await cloudwatch.tells("ALARM")

    [group] = await board.groups()
    text = await board.text(group)
    assert look
    assert (group.source, group.group_key) == (Source.CLOUDWATCH, ARN)
    assert f"🔴 {NAME}: credlink-api in prod · critical" in text
    assert "*195* (threshold 180)" in text
    assert "The database allows 200 connections." in text
    assert "CloudWatch: Maximum DatabaseConnections, 195 in the last period." in text
    assert f"#alarmsV2:alarm/{NAME}|Alarm in CloudWatch>" in text
    assert "Silence…" not in await board.buttons(group)


async def test_the_same_told_in_two_ways_is_one_card_with_one_entry(
    board: Board, cloudwatch: CloudWatch
):
    assert await cloudwatch.tells("ALARM")
    # EventBridge tells no comparison, and may round its moments otherwise.
    assert not await cloudwatch.tells("ALARM", comparison=None)
    assert not await cloudwatch.tells("ALARM", 0.00001, comparison=None)

    [group] = await board.groups()
    assert await board.thread(group) == []
    assert group.condition == Condition("", ">", 180.0)

    assert await cloudwatch.tells("OK", 5)
    assert not await cloudwatch.tells("OK", 5)
    [group] = await board.groups()
    assert group.state is GroupState.RESOLVED
    assert await board.thread(group) == ["every alert resolved after 5 min"]
    assert "peak *195*" in await board.text(group)


async def test_news_that_come_out_of_order_leave_the_newest_state(
    board: Board, cloudwatch: CloudWatch
):
    await cloudwatch.tells("OK", 5)
    await cloudwatch.tells("ALARM", 0)
    assert await board.groups() == []

    await cloudwatch.tells("ALARM", 10)
    await cloudwatch.tells("OK", 5)
    [group] = await board.groups()
    assert group.state is GroupState.FIRING


async def test_an_alarm_that_fires_anew_has_another_card(board: Board, cloudwatch: CloudWatch):
    for state, minutes in (("ALARM", 0), ("OK", 5), ("ALARM", 9)):
        await cloudwatch.tells(state, minutes)

    assert [group.occurrence for group in await board.groups()] == [1, 2]


async def test_an_alarm_that_loses_its_data_neither_fires_nor_is_over(
    board: Board, cloudwatch: CloudWatch
):
    await cloudwatch.tells("ALARM")
    await cloudwatch.tells("INSUFFICIENT_DATA", 5)

    [group] = await board.groups()
    text = await board.text(group)
    assert group.state is GroupState.FIRING
    assert f"⚪ No data: {NAME}" in text
    assert "neither a failure nor a sign that it is well" in text
    assert await board.thread(group) == [
        "⚪ CloudWatch has no data: whether it still fires, nobody can tell"
    ]

    await cloudwatch.tells("ALARM", 9)
    [group] = await board.groups()
    assert "🔴" in await board.text(group)
    assert group.started_at == NOW  # one occurrence, seen or not

    await cloudwatch.tells("OK", 12)
    [group] = await board.groups()
    assert "lasted 12 min" in await board.text(group)


async def test_no_data_alone_opens_a_card_only_where_a_topic_was_asked_to_tell_it(
    board: Board, cloudwatch: CloudWatch
):
    await cloudwatch.tells("INSUFFICIENT_DATA")
    assert await board.groups() == []

    await cloudwatch.tells("INSUFFICIENT_DATA", is_asked_for=True)
    [group] = await board.groups()
    assert "⚪ No data" in await board.text(group)

    await cloudwatch.tells("OK", 3)
    [group] = await board.groups()
    assert group.state is GroupState.RESOLVED


async def test_a_composite_alarm_says_which_others_it_follows(board: Board, cloudwatch: CloudWatch):
    rule = 'ALARM("credlink-prod-5xx") OR ALARM("credlink-prod-latency-p95")'
    await cloudwatch.tells(
        "ALARM", name="credlink-prod-degraded", rule=rule, metric=None, threshold=None, reason="a"
    )

    [group] = await board.groups()
    text = await board.text(group)
    assert "Follows other alarms: 5xx fires or latency-p95 fires." in text
    assert group.severity is Severity.WARNING  # no pattern of the catalogue names it
    assert group.condition is None


async def test_secrets_in_an_alarms_own_words_are_kept_back(board: Board, cloudwatch: CloudWatch):
    await cloudwatch.tells(
        "ALARM", description="postgres://u:hush-hush@db", reason="token=hush-hush"
    )

    [group] = await board.groups()
    assert "hush-hush" not in await board.text(group)


def test_milliseconds_of_a_balancer_are_told_in_seconds_and_percents_as_such():
    slow = news(metric="Latency", unit="Milliseconds", threshold=1500.0)
    busy = news(metric="CPUUtilization", comparison="LessThanThreshold", threshold=5.0)

    told = from_cloudwatch(slow, catalog(), begun=None)
    assert told.condition == Condition("", ">", 1.5, unit=Unit.SECONDS)
    assert told.alerts[0].value == pytest.approx(0.195)
    assert from_cloudwatch(busy, catalog(), begun=None).condition == Condition(
        "", "<", 5.0, unit=Unit.PERCENT
    )


@pytest.mark.parametrize(
    "said",
    [
        {"threshold": None},
        {"comparison": "LessThanLowerOrGreaterThanUpperThreshold"},
        {"comparison": None, "reason": "who knows"},
    ],
)
def test_what_is_compared_is_none_where_it_is_not_told(said):
    assert from_cloudwatch(news(**said), catalog(), begun=None).condition is None


def test_an_event_says_how_it_compares_in_its_reason():
    told = from_cloudwatch(news(comparison=None), catalog(), begun=None)

    assert told.condition == Condition("", ">", 180.0)


def test_the_longest_beginning_of_a_name_decides_whose_alarm_it_is():
    known = catalog(rds={"alarms": "credlink-prod-rds-"})

    assert mapped(known, ARN).service == "rds"
    assert mapped(known, ARN.replace("rds-", "5xx")).service == "credlink-api"


@pytest.mark.parametrize(
    "arn",
    [
        ARN.replace(NAME, "other-alarm"),
        ARN.replace(ACCOUNT, "111111111111"),
        ARN.replace("us-east-1", "eu-west-1"),
    ],
)
def test_an_alarm_of_elsewhere_is_nobodys(arn: str):
    there = mapped(catalog(), arn)

    assert (there.service, there.environment) == (None, None)


def test_an_alarm_of_several_services_names_the_environment_alone():
    there = mapped(catalog(other={}), ARN)

    assert (there.service, there.environment) == (None, "prod")


async def test_an_alarm_of_nobodys_stands_in_the_default_channel_and_says_so(
    board: Board, cloudwatch: CloudWatch
):
    await cloudwatch.tells("ALARM", name="other-alarm")

    [group] = await board.groups()
    assert (group.service, group.channel) == (None, "#credlink-ops")
    assert "No route of the catalogue matches" in await board.text(group)
