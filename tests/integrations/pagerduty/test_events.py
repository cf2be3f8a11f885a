import json
import traceback
from datetime import UTC, datetime

import pytest

from integrations.errors import RateLimited, Rejected
from integrations.pagerduty.events import EventsClient
from tests.integrations.vendor import Says

KEY = "routingkeynobodymaysee0000000001"
ACCEPTED = Says(status=202, json={"status": "success", "message": "Event processed"})


@pytest.fixture
async def events(vendor):
    vendor.says(ACCEPTED)
    opened = EventsClient(vendor.url, KEY, connect_timeout_s=1, deadline_s=5)
    yield opened
    await opened.aclose()


async def test_an_alert_is_triggered_acknowledged_and_resolved_by_its_key(events, vendor):
    await events.trigger(
        dedup_key="c0ffee",
        summary="The bot cannot reach Slack",
        source="credlink",
        severity="critical",
        details={"since": "11:00"},
    )
    await events.acknowledge("c0ffee")
    await events.resolve("c0ffee")

    bodies = [json.loads(received.body) for received in vendor.received]
    assert [received.path for received in vendor.received] == ["/v2/enqueue"] * 3
    assert [body["event_action"] for body in bodies] == ["trigger", "acknowledge", "resolve"]
    assert {body["dedup_key"] for body in bodies} == {"c0ffee"}
    assert {body["routing_key"] for body in bodies} == {KEY}
    assert bodies[0]["payload"] == {
        "summary": "The bot cannot reach Slack",
        "source": "credlink",
        "severity": "critical",
        "custom_details": {"since": "11:00"},
    }


async def test_a_change_is_sent_with_its_moment_and_links(events, vendor):
    await events.send_change(
        summary="v1.2.0 to prod",
        at=datetime(2026, 11, 23, 11, 0, tzinfo=UTC),
        links={"https://slack.example/p1": "the card"},
        details={"by": "alice"},
    )
    (received,) = vendor.received
    body = json.loads(received.body)
    assert received.path == "/v2/change/enqueue"
    assert body["payload"]["timestamp"] == "2026-11-23T11:00:00+00:00"
    assert body["links"] == [{"href": "https://slack.example/p1", "text": "the card"}]


async def test_a_summary_too_long_is_cut(events, vendor):
    await events.trigger(dedup_key="k", summary="x" * 2000, source="s", severity="info")
    assert len(json.loads(vendor.received[0].body)["payload"]["summary"]) == 1024


async def test_a_key_too_long_is_a_mistake_of_ours(events, vendor):
    with pytest.raises(ValueError, match="255"):
        await events.resolve("k" * 256)
    assert vendor.received == []


async def test_a_refusal_is_told_in_pagerdutys_words_without_the_key(events, vendor):
    errors = [f"'routing_key' {KEY} is invalid"]
    vendor.says(
        Says(
            status=400,
            json={"status": "invalid event", "message": "Event is invalid", "errors": errors},
        )
    )
    with pytest.raises(Rejected, match="'routing_key' \\*\\*\\* is invalid") as caught:
        await events.resolve("k")
    assert KEY not in "".join(traceback.format_exception(caught.value))


async def test_too_many_events_are_a_rate_limit(events, vendor):
    vendor.says(Says(status=429))
    with pytest.raises(RateLimited):
        await events.resolve("k")
