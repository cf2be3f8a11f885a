"""Events leave by the outbox, so that no step of the simulator waits or fails for them."""

import json
from typing import Any

from sandbox.aws.outbox import MAX_ENTRIES, Event, Outbox
from sandbox.aws.server import AwsWorld
from tests.sandbox.aws.operator import Operator


class Bus:
    """An event bus that keeps what it gets, or breaks."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.batches: list[list[dict[str, Any]]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> None:  # noqa: N803  boto3's own name
        if self.broken:
            raise ConnectionError("the bus is gone")
        self.batches.append(Entries)


def an_event(name: str = "x") -> Event:
    detail = {"eventName": name, "createdAt": 0.0}
    return Event("222222222222", "us-east-1", "ECS Service Action", "arn", detail, at=0.0)


def test_events_go_out_in_order_and_at_most_ten_at_once() -> None:
    bus = Bus()
    outbox = Outbox(lambda account, region: bus)
    for number in range(MAX_ENTRIES + 2):
        outbox.put(an_event(str(number)))
    outbox.flush()
    assert [len(batch) for batch in bus.batches] == [MAX_ENTRIES, 2]
    names = [json.loads(entry["Detail"])["eventName"] for batch in bus.batches for entry in batch]
    assert names == [str(number) for number in range(MAX_ENTRIES + 2)]


def test_moments_are_written_as_eventbridge_writes_them() -> None:
    bus = Bus()
    outbox = Outbox(lambda account, region: bus)
    outbox.put(an_event())
    outbox.flush()
    detail = json.loads(bus.batches[0][0]["Detail"])
    assert detail["createdAt"] == "1970-01-01T00:00:00.000+00:00"


def test_what_cannot_be_sent_is_counted_and_raises_nothing() -> None:
    outbox = Outbox(lambda account, region: Bus(broken=True))
    outbox.put(an_event())
    outbox.flush()
    assert (outbox.sent, outbox.failed) == (0, 1)
    assert str(outbox.last_error) == "the bus is gone"


def test_stopping_sends_what_is_left() -> None:
    bus = Bus()
    outbox = Outbox(lambda account, region: bus)
    outbox.start()
    outbox.put(an_event())
    outbox.stop()
    assert len(bus.batches) == 1


def test_a_crashing_deploy_is_told_in_deployment_state_changes(
    world: AwsWorld, prod: Operator
) -> None:
    bus = Bus()
    world.outbox = Outbox(lambda account, region: bus)
    world.ecs(prod.account, "us-east-1").outbox = world.outbox
    prod.deploy("v1.3.0-crash")
    prod.until_status("ROLLBACK_SUCCESSFUL")
    told = [
        json.loads(entry["Detail"])
        for batch in bus.batches
        for entry in batch
        if entry["DetailType"] == "ECS Deployment State Change"
    ]
    assert [(detail["eventType"], detail["eventName"]) for detail in told] == [
        ("INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS"),
        ("ERROR", "SERVICE_DEPLOYMENT_FAILED"),
        ("INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS"),
        ("INFO", "SERVICE_DEPLOYMENT_COMPLETED"),
    ]
    assert "rolling back to deploymentId" in told[2]["reason"]
