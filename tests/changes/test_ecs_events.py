"""Events from a queue: what others do is known at once, and nothing in a queue can stop the bot."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot import metrics
from bot.alerts.dialects.keep import KeepAlarmEvent
from bot.catalog import Catalog
from bot.changes.outside import SweepOthers
from bot.changes.outside.events import EcsEvents, place_of_event
from bot.domain.change import Change, ChangeState, Origin
from bot.domain.place import find_place
from bot.storage import history, inbox
from sandbox.aws.calls import access_denied
from sandbox.aws.seeds import PROD
from sandbox.seeds import SERVICE
from tests.changes.operator import DEADLINE_S, Operator, a_catalog

S = ChangeState
PLACE = ("prod", SERVICE)
THERE = find_place(a_catalog(), *PLACE)
ARN = f"arn:aws:ecs:us-east-1:{PROD.account}:service/{PROD.cluster}/{SERVICE}"


@pytest.fixture
def policy():
    return {"bake": "1s"}


class Queue:
    """The queue EventBridge puts ECS's events in, in the simulator."""

    def __init__(self, prod: Operator) -> None:
        self.sqs = prod.aws.client("sqs", PROD.account)
        self.url = self.sqs.create_queue(
            QueueName="ecs-events", Attributes={"VisibilityTimeout": "0"}
        )["QueueUrl"]
        self.arn = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])[
            "Attributes"
        ]["QueueArn"]

    def is_fed_by(self, prod: Operator) -> None:
        """Rules as the infrastructure has them: ECS's events come here."""
        events = prod.aws.client("events", PROD.account)
        pattern = json.dumps({"source": ["aws.ecs"]})
        events.put_rule(Name="ecs", EventPattern=pattern, State="ENABLED")
        events.put_targets(Rule="ecs", Targets=[{"Id": "queue", "Arn": self.arn}])

    def gets(self, *bodies) -> None:
        for body in bodies:
            said = body if isinstance(body, str) else json.dumps(body)
            self.sqs.send_message(QueueUrl=self.url, MessageBody=said)

    def count(self) -> int:
        said = self.sqs.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(said["Attributes"]["ApproximateNumberOfMessages"])


def an_event(kind="ECS Deployment State Change", arn=ARN, **said):
    return {
        "source": "aws.ecs",
        "detail-type": kind,
        "account": PROD.account,
        "resources": [arn],
        "detail": {"eventName": "SERVICE_DEPLOYMENT_IN_PROGRESS"},
        **said,
    }


@pytest.fixture
def queue(prod: Operator) -> Queue:
    return Queue(prod)


@pytest.fixture
async def events(prod: Operator, queue: Queue) -> AsyncIterator[EcsEvents]:
    said = prod.world.catalog.model_dump(mode="json")
    said["services"][SERVICE]["environments"]["prod"]["events_queue"] = queue.url
    world = replace(prod.world, catalog=Catalog.model_validate(said))
    keep_alarm = KeepAlarmEvent(world.database, lambda: None)
    events = EcsEvents(world, prod.engine, SweepOthers(world, prod.promises), keep_alarm, wait_s=0)
    yield events
    await events.stop()


async def eventually(happened):
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while not (found := await happened()):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)
    return found


async def told(prod: Operator) -> list[Change]:
    async with prod.world.database.read() as connection:
        found, _ = await history.page(connection, [PLACE], newest=50)
    return list(found)


def count(outcome: str) -> float:
    (counted,) = metrics.ecs_events.labels(outcome).collect()
    return next(one.value for one in counted.samples if one.name.endswith("_total"))


async def until_empty(queue: Queue) -> None:
    async def is_empty():
        return await asyncio.to_thread(queue.count) == 0

    await eventually(is_empty)


async def test_what_others_deploy_is_known_by_its_event(
    prod: Operator, queue: Queue, events: EcsEvents
):
    queue.is_fed_by(prod)
    events.start()

    await prod.somebody_else_deploys("v1.2.0")

    async def found():
        return await told(prod)

    (change,) = await eventually(found)
    assert (change.origin, change.version) == (Origin.OUTSIDE, "v1.2.0")
    assert (await prod.ends(change)).state is S.SUCCEEDED
    await until_empty(queue)


async def test_a_change_under_way_is_woken_to_look(prod: Operator, queue: Queue, events: EcsEvents):
    ours = await prod.until(await prod.deploys("v1.2.0"), S.ROLLING_OUT)
    woken = []
    tell = prod.engine.tell
    prod.engine.tell = lambda identity, *said, **named: (
        woken.append(identity) or tell(identity, *said, **named)
    )
    prod.aws.calls.clear()
    queue.gets(an_event())
    events.start()

    await until_empty(queue)

    assert woken == [ours.id]
    assert "ListServiceDeployments" not in {call.operation for call in prod.aws.calls}
    await prod.ends(ours)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("no JSON", "unreadable"),
        ("[]", "unreadable"),
        ("{}", "unreadable"),
        (an_event(resources=None), "unreadable"),
        (an_event(resources=["nonsense"]), "unreadable"),
        (an_event(arn=ARN.replace("credlink-api", "web")), "ignored"),
        (an_event(arn=ARN.replace(PROD.account, "999999999999")), "ignored"),
        (an_event(arn=ARN.replace("service/", "task/")), "ignored"),
        (an_event("ECS Task State Change"), "ignored"),
        (an_event(source="aws.ec2"), "ignored"),
    ],
)
def test_what_is_of_no_use_says_why(body, outcome):
    said = body if isinstance(body, str) else json.dumps(body)

    assert place_of_event(said, [THERE]) == (None, outcome)


async def test_what_is_of_no_use_is_counted_and_never_comes_again(
    prod: Operator, queue: Queue, events: EcsEvents
):
    before = count("unreadable"), count("ignored")
    queue.gets("no JSON", "{}", an_event("ECS Task State Change"))
    prod.aws.calls.clear()
    events.start()

    async def counted():
        return (count("unreadable"), count("ignored")) == (before[0] + 2, before[1] + 1)

    await eventually(counted)
    await until_empty(queue)
    assert not [call for call in prod.aws.calls if call.operation == "ListServiceDeployments"]


def test_an_old_services_cluster_stands_in_the_detail():
    event = an_event(
        arn=f"arn:aws:ecs:us-east-1:{PROD.account}:service/{SERVICE}",
        detail={"clusterArn": f"arn:aws:ecs:us-east-1:{PROD.account}:cluster/{PROD.cluster}"},
    )

    assert place_of_event(json.dumps(event), [THERE])[0] is THERE


async def test_news_of_an_alarm_are_kept_for_who_hears_alerts_and_leave_the_queue(
    prod: Operator, queue: Queue, events: EcsEvents
):
    arn = f"arn:aws:cloudwatch:us-east-1:{PROD.account}:alarm:credlink-prod-5xx"
    before = count("alarm"), count("unreadable")
    told = {"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change"}
    state = {"value": "ALARM", "timestamp": "2026-11-25T17:00:00.123+0000"}
    detail = {"alarmName": "credlink-prod-5xx", "state": state}
    queue.gets(
        {**told, "id": "e1", "resources": [arn], "detail": detail},
        {**told, "id": "e2", "resources": [arn], "detail": {}},
    )

    events.start()
    await until_empty(queue)

    async with prod.world.database.write() as connection:
        kept = await inbox.claim(connection, "test", for_s=30)
        assert kept is not None
        assert (kept.source, kept.partition_key) == ("cloudwatch", arn)
        assert await inbox.count(connection) == (1, 1)
    assert (count("alarm"), count("unreadable")) == (before[0] + 1, before[1] + 1)


async def test_an_event_stays_in_the_queue_until_aws_could_be_asked(
    prod: Operator, queue: Queue, events: EcsEvents
):
    await prod.somebody_else_deploys("v1.2.0")
    await prod.until_ecs_says("SUCCESSFUL")
    prod.aws.faults.add(access_denied("ListServiceDeployments", times=2))
    queue.gets(an_event())
    events.start()

    await until_empty(queue)

    (change,) = await told(prod)
    assert change.version == "v1.2.0"


async def test_a_queue_that_is_away_is_asked_again(
    prod: Operator, queue: Queue, events: EcsEvents, caplog
):
    prod.aws.faults.add(access_denied("ReceiveMessage", times=2))
    queue.gets(an_event())
    events.start()

    await until_empty(queue)
