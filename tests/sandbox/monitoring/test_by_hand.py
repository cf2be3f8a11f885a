"""Alerts fired by hand look like Alertmanager's, and say that they are not."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox import seeds
from sandbox.clock import ManualClock
from sandbox.monitoring import ByHand
from sandbox.monitoring.by_hand import dedup_key, fingerprint
from sandbox.monitoring.rules import RULES
from sandbox.pagerduty import PagerDuty
from tests.sandbox.monitoring.conftest import Receiver


@pytest.fixture
async def pagerduty() -> AsyncIterator[PagerDuty]:
    pagerduty = PagerDuty()
    await pagerduty.start()
    yield pagerduty
    await pagerduty.stop()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def by_hand(receiver: Receiver, pagerduty: PagerDuty, clock: ManualClock) -> ByHand:
    return ByHand(webhook_url=receiver.url, pagerduty_url=pagerduty.url, clock=clock)


async def test_it_is_marked_and_says_what_the_real_alert_would(by_hand: ByHand, receiver: Receiver):
    await by_hand.fire("HighErrorRatio", "prod", value=0.048)

    [payload] = receiver.payloads
    assert payload["version"] == "4"
    assert payload["receiver"] == "by hand"
    assert "by hand" in payload["commonAnnotations"]["by_hand"]
    assert payload["commonAnnotations"]["summary"] == (
        f"4.8% of requests to {seeds.SERVICE} in prod fail"
    )
    assert payload["commonAnnotations"]["value"] == "0.048"
    assert payload["commonLabels"]["severity"] == "critical"
    assert receiver.authorizations == [f"Bearer {seeds.ALERTMANAGER_WEBHOOK_TOKEN}"]


async def test_a_critical_alert_is_joined_to_its_incident_by_the_key(
    by_hand: ByHand, receiver: Receiver, pagerduty: PagerDuty
):
    await by_hand.fire("ApiDown", "prod")

    incident = pagerduty.account.open_incident(dedup_key(receiver.payloads[0]["groupKey"]))
    assert incident is not None
    await by_hand.resolve("ApiDown", "prod")
    assert incident.status == "resolved"


async def test_a_warning_pages_nobody(by_hand: ByHand, pagerduty: PagerDuty):
    await by_hand.fire("LowTraffic", "prod")
    assert not pagerduty.account.incidents


async def test_firing_again_is_the_same_occurrence_until_it_is_resolved(
    by_hand: ByHand, receiver: Receiver, clock: ManualClock
):
    await by_hand.fire("LowTraffic", "staging")
    clock.advance(60)
    await by_hand.fire("LowTraffic", "staging")
    await by_hand.resolve("LowTraffic", "staging")
    await by_hand.resolve("LowTraffic", "staging")
    clock.advance(60)
    await by_hand.fire("LowTraffic", "staging")

    seen = [(p["status"], p["alerts"][0]["startsAt"]) for p in receiver.payloads]
    assert [status for status, _ in seen] == ["firing", "firing", "resolved", "firing"]
    assert seen[0][1] == seen[1][1] == seen[2][1] != seen[3][1]
    assert receiver.payloads[2]["alerts"][0]["endsAt"] > seen[2][1]


async def test_an_alert_that_is_not_there_is_told_with_those_that_are(by_hand: ByHand):
    with pytest.raises(ValueError, match="HighErrorRatio"):
        await by_hand.fire("HighErorRatio", "prod")


async def test_a_bot_that_refuses_is_told(by_hand: ByHand, receiver: Receiver):
    receiver.url = ""
    refused = ByHand(webhook_url="http://127.0.0.1:9/webhooks/alertmanager")
    with pytest.raises(aiohttp.ClientError):
        await refused.fire("HighErrorRatio", "prod")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_says_who_it_is_for_and_what_to_do(rule):
    annotations = rule.annotations(environment="prod", value=rule.example)
    assert rule.severity in {"critical", "warning"}
    assert not any("{" in text for text in annotations.values())
    assert annotations["runbook_url"].startswith("https://")


def test_the_fingerprint_is_alertmanagers():
    # The real Alertmanager's answer for these labels; test_end_to_end compares live ones.
    assert fingerprint({}) == "cbf29ce484222325"
