"""The routes of Grafana and SNS, from the bytes on the wire to the row, and to the card."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot import metrics
from bot.alerts.dialects.hear import hear_dialect
from bot.alerts.dialects.keep import KeepAlarmEvent
from bot.alerts.group import GroupAlerts
from bot.alerts.topics import PATH as SNS_PATH
from bot.alerts.topics import TellTopic
from bot.storage import inbox, notices
from bot.web.senders import GRAFANA_BYTES, GRAFANA_PATH, GrafanaSender
from bot.web.server import Listener
from bot.web.sns import SNS_BYTES, SnsSender
from bot.web.webhooks import Webhooks
from bot.world import World
from integrations.aws.sns import Sns
from sandbox.aws import alarm_news
from sandbox.aws import sns as sandbox
from sandbox.aws.alarms import Alarm, Left
from sandbox.grafana.alerting import Alerting
from sandbox.standin import Fault
from tests.alerts.board import Board
from tests.alerts.dialects.cloudwatch_says import ACCOUNT, ARN, CROSSED, NAME, REGION

SECRET, TOKEN = "contact-point-secret", "contact-point-token"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:credlink-oncall"
RAW = {
    "AlarmName": NAME,
    "AlarmDescription": "The database allows 200 connections.",
    "Namespace": "AWS/RDS",
    "MetricName": "DatabaseConnections",
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 180.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


@dataclass
class Doors:
    """The listener, what it kept and counted, and the stand-ins that send to it."""

    here: World
    url: str
    session: aiohttp.ClientSession
    amazon: sandbox.Sns
    grafana: Alerting
    woken: list[None] = field(default_factory=list)

    async def post(
        self, path: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str]]:
        async with self.session.post(self.url + path, data=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def sns(self, message: Mapping[str, Any]) -> tuple[int, dict[str, str]]:
        return await self.post(SNS_PATH, json.dumps(message))

    async def kept(self) -> tuple[int, int]:
        async with self.here.database.read() as connection:
            return await inbox.count(connection)

    async def worked_off(self) -> list[str]:
        """Take in what was kept, as the receiver does; returns the sources in order."""
        sources = []
        while True:
            async with self.here.database.write() as connection:
                delivery = await inbox.claim(connection, "test", for_s=30)
                if delivery is None:
                    return sources
                group = GroupAlerts(self.here.catalog)
                await hear_dialect(connection, group, delivery, at=self.here.now())
                await inbox.finish(connection, delivery)
            sources.append(delivery.source)

    async def said(self) -> list[str]:
        async with self.here.database.read() as connection:
            return [notice.headline for notice in await notices.latest(connection, "")]


def alarm(state: str = "ALARM") -> dict[str, Any]:
    """What CloudWatch publishes."""
    one = Alarm(RAW, ARN, 0.0, 1_795_000_060.25, state=state, reason=CROSSED)
    before = Left("OK", "", 1_795_000_000.0)
    return alarm_news.message(one, before, account=ACCOUNT, region=REGION)


def event(state: str = "ALARM", event_id: str = "event-1") -> str:
    """What EventBridge puts into the queue for the same."""
    one = Alarm(RAW, ARN, 0.0, 1_795_000_060.25, state=state, reason=CROSSED)
    told = alarm_news.event(one, Left("OK", "", 0.0), account=ACCOUNT, region=REGION)
    return json.dumps(
        {
            "id": event_id,
            "source": told.source,
            "detail-type": told.detail_type,
            "resources": [told.resource],
            "detail": told.detail,
        }
    )


def counted(source: str, outcome: str) -> float:
    return metrics.webhooks.labels(source, outcome)._value.get()


def real_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def doors(here: World) -> AsyncIterator[Doors]:
    amazon = sandbox.Sns(pace=100.0)
    await amazon.start()
    woken: list[None] = []
    sns = Sns({TOPIC}, amazon.url)
    topic = TellTopic(here.database, "#credlink-ops", real_now, lambda: None)
    senders = (
        GrafanaSender(real_now, (TOKEN,), (SECRET,)),
        SnsSender(sns, topic, real_now),
    )
    app = web.Application()
    app.add_routes(Webhooks(here.database, lambda: woken.append(None), senders).routes())
    listener = Listener(app, "127.0.0.1:0")
    await listener.start()
    grafana = Alerting(
        grafana_url="https://grafana.example",
        webhook_url=listener.url + GRAFANA_PATH,
        secret=SECRET,
    )
    async with aiohttp.ClientSession() as session:
        yield Doors(here, listener.url, session, amazon, grafana, woken)
    await amazon.stop()
    await listener.stop()
    await sns.aclose()


async def test_grafanas_contact_point_is_heard(doors: Doors, there: Board):
    await doors.grafana.fire()

    assert len(doors.woken) == 1
    assert await doors.worked_off() == ["grafana"]
    [group] = await there.groups()
    assert group.name == "RedisMemoryHigh"


async def test_a_token_in_the_header_opens_grafanas_door_as_well(doors: Doors):
    body = json.dumps(doors.grafana.payload(has_data=True, started_at=1.0))

    status, _ = await doors.post(GRAFANA_PATH, body, {"Authorization": f"Bearer {TOKEN}"})

    assert status == 202
    again, said = await doors.post(GRAFANA_PATH, body, {"Authorization": f"Bearer {TOKEN}"})
    assert (again, said) == (202, {"outcome": "duplicate"})


@pytest.mark.parametrize(
    ("headers", "status", "outcome"),
    [
        ({}, 401, "unproved"),
        ({"Authorization": "Bearer wrong"}, 401, "unproved"),
        ({"X-Grafana-Alerting-Signature": "00"}, 400, "malformed"),
        (
            {"X-Grafana-Alerting-Signature": "00", "X-Grafana-Alerting-Timestamp": "1"},
            401,
            "unproved",
        ),
    ],
)
async def test_nothing_unproved_is_kept_as_grafanas(
    doors: Doors, headers: dict[str, str], status: int, outcome: str
):
    before = counted("grafana", outcome)

    assert (await doors.post(GRAFANA_PATH, b"{}", headers))[0] == status

    assert await doors.kept() == (0, 0)
    assert counted("grafana", outcome) == before + 1


async def test_what_is_proved_and_not_grafanas_is_refused_in_words(doors: Doors):
    status, said = await doors.post(GRAFANA_PATH, b"{}", {"Authorization": f"Bearer {TOKEN}"})

    assert status == 400
    assert "orgId" in said["error"]


@pytest.mark.parametrize(
    ("path", "most", "advice"),
    [(GRAFANA_PATH, GRAFANA_BYTES, "maximum of alerts"), (SNS_PATH, SNS_BYTES, "sends none")],
)
async def test_a_huge_body_is_refused_before_it_is_taken_in(
    doors: Doors, path: str, most: int, advice: str
):
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(most // 65536 + 2):
            yield b" " * 65536

    headers = {"Authorization": f"Bearer {TOKEN}"}

    status, said = await doors.post(path, endless(), headers)

    assert status == 413
    assert advice in said["error"]


async def test_a_subscription_of_the_catalogues_topic_is_confirmed_and_said_once(doors: Doors):
    subscription = doors.amazon.subscribe(TOPIC, doors.url + SNS_PATH)

    await doors.amazon.settled()

    assert subscription.is_confirmed
    assert await doors.said() == ["🟢 Alarms of the topic credlink-oncall reach me now"]


async def test_a_subscription_of_another_topic_is_never_confirmed(doors: Doors):
    other = sandbox.Subscription(TOPIC.replace("oncall", "other"), doors.url)
    before = counted("sns", "unwanted")

    status, said = await doors.sns(doors.amazon.confirmation(other, sandbox.SUBSCRIPTION))

    assert status == 403
    assert "alerts.cloudwatch.topics" in said["error"]
    assert not other.is_confirmed
    assert doors.amazon.calls == []
    assert counted("sns", "unwanted") == before + 1


async def test_a_confirmation_that_sns_cannot_take_now_is_asked_for_again(doors: Doors):
    doors.amazon.faults.append(Fault("ConfirmSubscription", status=500))

    subscription = doors.amazon.subscribe(TOPIC, doors.url + SNS_PATH)
    await doors.amazon.settled()

    assert subscription.is_confirmed
    assert [one.status for one in doors.amazon.deliveries] == [503, 202]


async def test_an_alarm_over_sns_and_over_eventbridge_is_one_card(doors: Doors, there: Board):
    subscription = doors.amazon.subscribe(TOPIC, doors.url + SNS_PATH)
    await doors.amazon.settled()
    doors.amazon.publish(subscription.topic, json.dumps(alarm()), subject="ALARM")
    await doors.amazon.settled()
    keep = KeepAlarmEvent(doors.here.database, lambda: None)
    assert await keep(event())
    assert await keep(event())  # a queue delivers now and then twice

    assert await doors.worked_off() == ["sns", "cloudwatch"]

    [group] = await there.groups()
    assert group.group_key == ARN
    assert await there.thread(group) == []


async def test_a_message_sent_twice_is_kept_once(doors: Doors):
    message = doors.amazon.notification(TOPIC, json.dumps(alarm()))

    answers = [(await doors.sns(message))[1]["outcome"] for _ in range(3)]

    assert answers == ["accepted", "duplicate", "duplicate"]
    assert await doors.kept() == (1, 0)


async def test_a_forged_message_is_401_and_kept_nowhere(doors: Doors):
    forged = {**doors.amazon.notification(TOPIC, json.dumps(alarm())), "Message": "other"}

    assert (await doors.sns(forged))[0] == 401
    assert await doors.kept() == (0, 0)


async def test_an_old_message_is_refused(doors: Doors):
    old = {**doors.amazon.notification(TOPIC, "a"), "Timestamp": "2026-01-01T00:00:00.000Z"}

    status, said = await doors.sns(doors.amazon.signed(old))

    assert status == 400
    assert "too long ago" in said["error"]


@pytest.mark.parametrize("headers", [{"x-amz-sns-rawdelivery": "true"}, {}])
async def test_raw_delivery_is_refused_with_what_to_change(doors: Doors, headers: dict[str, str]):
    status, said = await doors.post(SNS_PATH, json.dumps(alarm()), headers)

    assert status == 400
    assert "raw" in said["error"]
    assert "for this subscription" in said["error"]


async def test_what_else_is_published_to_the_topic_is_kept_aside_for_a_person(doors: Doors):
    for _ in range(2):
        assert (await doors.sns(doors.amazon.notification(TOPIC, "The budget is spent.")))[0] == 202

    assert await doors.kept() == (0, 2)


async def test_an_unreadable_event_is_kept_aside(doors: Doors):
    keep = KeepAlarmEvent(doors.here.database, lambda: None)
    broken = json.dumps({**json.loads(event()), "detail": {}})

    assert not await keep(broken)
    assert not await keep(broken)

    assert await doors.kept() == (0, 1)


async def test_the_end_of_a_subscription_is_shouted_about(doors: Doors):
    subscription = doors.amazon.subscribe(TOPIC, doors.url + SNS_PATH)
    await doors.amazon.settled()

    doors.amazon.unsubscribe(subscription)
    await doors.amazon.settled()

    assert "🔴 Alarms of the topic credlink-oncall no longer reach me" in await doors.said()


async def test_without_topics_and_secrets_both_doors_are_closed(here: World):
    sns = Sns(())
    topic = TellTopic(here.database, "#credlink-ops", real_now, lambda: None)
    senders = (GrafanaSender(real_now), SnsSender(sns, topic, real_now))
    app = web.Application()
    app.add_routes(Webhooks(here.database, lambda: None, senders).routes())
    listener = Listener(app, "127.0.0.1:0")
    await listener.start()
    async with aiohttp.ClientSession() as session:
        answers = []
        for path in (GRAFANA_PATH, SNS_PATH):
            async with session.post(listener.url + path, data=b"{}") as answer:
                answers.append(answer.status)
    await listener.stop()

    assert answers == [401, 400]
