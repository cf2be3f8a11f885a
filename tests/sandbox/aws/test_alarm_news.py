"""CloudWatch tells of its alarms by itself: topics where an action says so, EventBridge always."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.aws.outbox import Event
from sandbox.aws.seeded_alarms import DATABASE_TOPIC, hold_connections
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import PROD_ACCOUNT

NAME = "credlink-prod-rds-connections"


class Heard:
    """What was published, and what was put on the bus."""

    def __init__(self, world: AwsWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.events: list[Event] = []
        world.publish = lambda topic, told: self.published.append((topic, json.loads(told)))
        monkeypatch.setattr(world.outbox, "put", self.events.append)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def world(clock: ManualClock) -> Iterator[AwsWorld]:
    with AwsWorld.in_process(clock) as world:
        yield world


@pytest.fixture
def heard(world: AwsWorld, monkeypatch: pytest.MonkeyPatch) -> Heard:
    return Heard(world, monkeypatch)


def judged(world: AwsWorld, clock: ManualClock, seconds: float) -> None:
    clock.advance(seconds)
    with world.lock:
        world.settle()
        world.watch(PROD_ACCOUNT).alarms.judge(clock.now())


def test_a_full_database_is_told_to_its_topic_and_on_the_bus_with_the_same_moment(
    world: AwsWorld, clock: ManualClock, heard: Heard
) -> None:
    judged(world, clock, 10)
    heard.published.clear()
    heard.events.clear()
    hold_connections(world.watch(PROD_ACCOUNT), 195.0)
    judged(world, clock, 10)

    [(topic, told)] = heard.published
    [event] = [one for one in heard.events if one.resource.endswith(NAME)]
    assert topic == DATABASE_TOPIC
    assert (told["AlarmName"], told["NewStateValue"], told["OldStateValue"]) == (
        NAME,
        "ALARM",
        "OK",
    )
    assert told["Trigger"]["Statistic"] == "MAXIMUM"
    assert told["Trigger"]["Dimensions"] == [
        {"value": "credlink-prod", "name": "DBInstanceIdentifier"}
    ]
    assert event.source == "aws.cloudwatch"
    state = event.detail["state"]
    assert (state["value"], state["timestamp"]) == ("ALARM", told["StateChangeTime"])
    assert json.loads(state["reasonData"])["recentDatapoints"] == [195.0]

    hold_connections(world.watch(PROD_ACCOUNT), None)
    judged(world, clock, 120)
    assert [message["NewStateValue"] for _, message in heard.published] == ["ALARM", "OK"]


def test_a_muted_alarm_is_told_on_the_bus_alone(
    world: AwsWorld, clock: ManualClock, heard: Heard
) -> None:
    judged(world, clock, 10)
    client = world.client("cloudwatch", PROD_ACCOUNT)
    moment = datetime.fromtimestamp(clock.now() // 60 * 60 + 60, UTC)
    client.put_alarm_mute_rule(
        Name="quiet",
        Rule={"Schedule": {"Expression": f"at({moment:%Y-%m-%dT%H:%M})", "Duration": "PT1H"}},
        MuteTargets={"AlarmNames": [NAME]},
    )
    clock.advance(61)
    heard.published.clear()
    hold_connections(world.watch(PROD_ACCOUNT), 195.0)
    judged(world, clock, 10)

    assert heard.published == []
    assert any(one.resource.endswith(NAME) for one in heard.events)
