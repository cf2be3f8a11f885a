"""What PagerDuty promises the receivers of its webhooks, and what it does to bad ones."""

import hashlib
import hmac
import itertools
import json

from sandbox import seeds
from sandbox.clock import ManualClock
from sandbox.pagerduty import PagerDuty
from sandbox.pagerduty.account import PRIORITIES, USERS
from sandbox.pagerduty.records import Incident
from sandbox.pagerduty.webhooks import DISABLED_FOR_S, RETRIED_FOR_S, retry_delays_s, signature
from tests.sandbox.pagerduty.conftest import Receiver, eventually

ALICE, BOB, CAROL = USERS


def an_incident(server: PagerDuty, key: str = "k1") -> Incident:
    return server.account.trigger(key=key, summary="Errors", severity="critical", body={})


def told(receiver: Receiver) -> list[str]:
    return [json.loads(body)["event"]["event_type"] for body in receiver.bodies]


def test_the_signature_is_the_documented_hmac_of_the_bytes():
    # The digest is what `printf '{"a": 1}' | openssl dgst -sha256 -hmac secret` prints.
    assert signature(b'{"a": 1}', "secret") == (
        "v1=9efa14a18410a57a432fbf0ce38d4bc33339036a64e57b8c86da0bb1e122d972"
    )


async def test_a_webhook_is_signed_over_the_bytes_that_arrive(server, receiver):
    an_incident(server)
    await server.webhooks_drained()

    expected = hmac.new(
        seeds.PAGERDUTY_WEBHOOK_SECRET.encode(), receiver.bodies[0], hashlib.sha256
    ).hexdigest()
    assert receiver.headers[0]["X-PagerDuty-Signature"] == f"v1={expected}"
    assert receiver.headers[0]["X-Webhook-Id"]


async def test_every_change_is_told_with_who_made_it(server, receiver):
    incident = an_incident(server)
    server.account.acknowledge(incident, BOB)
    server.account.annotate(incident, "Looking.", BOB)
    server.account.set_priority(incident, PRIORITIES[0], ALICE)
    server.account.reassign(incident, (ALICE,), BOB)
    server.account.make_triggered(incident, CAROL)
    server.account.resolve(incident, CAROL)
    await server.webhooks_drained()

    events = [json.loads(body)["event"] for body in receiver.bodies]
    assert [(e["event_type"], (e["agent"] or {}).get("summary")) for e in events] == [
        ("incident.triggered", None),
        ("incident.acknowledged", BOB.name),
        ("incident.annotated", BOB.name),
        ("incident.priority_updated", ALICE.name),
        ("incident.reassigned", BOB.name),
        ("incident.unacknowledged", CAROL.name),
        ("incident.resolved", CAROL.name),
    ]
    assert events[0]["data"]["incident_key"] == "k1"
    assert events[0]["data"]["status"] == "triggered"
    assert events[1]["data"]["assignees"][0]["id"] == BOB.id
    assert events[2]["data"]["type"] == "incident_note"
    assert events[2]["data"]["content"] == "Looking."


async def test_a_body_shows_the_incident_as_it_was_then_even_if_it_arrives_late(
    server, receiver, clock: ManualClock
):
    receiver.statuses = [503]
    incident = an_incident(server)
    await eventually(lambda: receiver.bodies)
    server.account.resolve(incident, BOB)
    clock.advance(60)
    await server.webhooks_drained()

    statuses = [json.loads(body)["event"]["data"]["status"] for body in receiver.bodies]
    assert statuses == ["triggered", "triggered", "resolved"]


async def test_a_failing_webhook_is_tried_again_with_the_same_id_and_bytes(
    server, receiver, clock: ManualClock
):
    receiver.statuses = [500, 429, 0]
    an_incident(server)
    for tries in (1, 2, 3, 4):
        await eventually(lambda: len(server.subscriptions[0].attempts) == tries)  # noqa: B023
        clock.advance(60)
    await server.webhooks_drained()

    assert [attempt.status for attempt in server.subscriptions[0].attempts] == [500, 429, None, 202]
    assert len(set(receiver.bodies)) == 1
    assert len({headers["X-Webhook-Id"] for headers in receiver.headers}) == 1


def test_it_waits_longer_after_each_failure_up_to_half_an_hour():
    delays = list(itertools.islice(retry_delays_s(), 12))
    assert delays[:4] == [2, 4, 8, 16]
    assert delays[-2:] == [1800, 1800]


async def test_later_events_of_an_incident_wait_behind_a_failing_one_and_others_do_not(
    server, receiver, clock: ManualClock
):
    receiver.statuses = [500]
    incident = an_incident(server)
    await eventually(lambda: receiver.bodies)
    server.account.acknowledge(incident, BOB)
    other = an_incident(server, "k2")
    server.account.acknowledge(other, BOB)
    await eventually(lambda: len(receiver.bodies) == 3)
    assert told(receiver) == ["incident.triggered", "incident.triggered", "incident.acknowledged"]

    clock.advance(60)
    await server.webhooks_drained()
    assert told(receiver)[3:] == ["incident.triggered", "incident.acknowledged"]


async def test_a_refusal_is_not_tried_again(server, receiver):
    receiver.statuses = [401]
    an_incident(server)
    await server.webhooks_drained()
    assert len(receiver.bodies) == 1
    assert len(server.subscriptions[0].dropped) == 1


async def test_three_refusals_in_a_row_disable_the_subscription_for_a_day(
    server, api, receiver, clock: ManualClock
):
    receiver.statuses = [404, 404, 202, 404, 404, 404]
    for number in range(6):
        an_incident(server, str(number))
        await server.webhooks_drained()
    an_incident(server, "lost")
    await server.webhooks_drained()
    assert len(receiver.bodies) == 6
    answer = await (await api.get("/webhook_subscriptions")).json()
    assert answer["webhook_subscriptions"][0]["delivery_method"]["temporarily_disabled"] is True

    clock.advance(DISABLED_FOR_S)
    an_incident(server, "tomorrow")
    await server.webhooks_drained()
    assert len(receiver.bodies) == 7


async def test_enabling_a_subscription_brings_back_the_new_and_not_the_lost(server, api, receiver):
    receiver.statuses = [404, 404, 404]
    for number in range(4):
        an_incident(server, str(number))
        await server.webhooks_drained()
    subscription = server.subscriptions[0]
    assert subscription.is_disabled

    answer = await api.post(f"/webhook_subscriptions/{subscription.id}/enable")

    assert answer.status == 200
    an_incident(server, "new")
    await server.webhooks_drained()
    data = [json.loads(body)["event"]["data"] for body in receiver.bodies]
    assert [d["incident_key"] for d in data] == ["0", "1", "2", "new"]


async def test_what_was_waiting_to_be_tried_again_is_lost_when_the_subscription_is_disabled(
    server, receiver
):
    receiver.statuses = [500, 404, 404, 404]
    an_incident(server, "waiting")
    await eventually(lambda: receiver.bodies)
    for number in range(3):
        an_incident(server, str(number))
        await eventually(lambda: len(receiver.bodies) == number + 2)  # noqa: B023
    await server.webhooks_drained()
    assert len(receiver.bodies) == 4
    assert len(server.subscriptions[0].dropped) == 4


async def test_after_two_days_it_gives_up(server, receiver, clock: ManualClock):
    receiver.statuses = [500] * 100
    an_incident(server)
    subscription = server.subscriptions[0]
    started = clock.now()
    while not subscription.dropped:
        tries = len(subscription.attempts)
        clock.advance(1800)
        await eventually(
            lambda: len(subscription.attempts) > tries or subscription.dropped  # noqa: B023
        )
    assert RETRIED_FOR_S - 1800 <= clock.now() - started <= RETRIED_FOR_S + 1800


async def test_a_snooze_ends_by_itself(server, api, receiver, clock: ManualClock):
    incident = an_incident(server)
    await api.post(
        f"/incidents/{incident.id}/snooze", json={"duration": 60}, headers={"From": BOB.email}
    )
    assert incident.status == "acknowledged"
    clock.advance(60)
    await eventually(lambda: incident.status == "triggered")
    await server.webhooks_drained()
    assert told(receiver)[-1] == "incident.unacknowledged"


async def test_a_ping_arrives_signed(server, api, receiver):
    await api.post(f"/webhook_subscriptions/{server.subscriptions[0].id}/ping")
    await server.webhooks_drained()
    assert told(receiver) == ["pagey.ping"]


async def test_a_receiver_that_is_not_there_is_tried_again(clock: ManualClock, receiver):
    server = PagerDuty(clock=clock, webhook_url="http://127.0.0.1:9/webhooks/pagerduty")
    await server.start()
    an_incident(server)
    [subscription] = server.subscriptions
    await eventually(lambda: subscription.attempts)
    assert subscription.attempts[0].status is None
    subscription.url = receiver.url
    clock.advance(5)
    await server.webhooks_drained()
    assert told(receiver) == ["incident.triggered"]
    await server.stop()


async def test_pace_shortens_every_wait(clock: ManualClock, receiver):
    server = PagerDuty(clock=clock, webhook_url=receiver.url, pace=10)
    await server.start()
    receiver.statuses = [500]
    an_incident(server)
    await eventually(lambda: server.subscriptions[0].attempts)
    clock.advance(0.2)
    await server.webhooks_drained()
    assert len(receiver.bodies) == 2
    await server.stop()
