"""From a bad version to PagerDuty and the bot, through real Prometheus and real Alertmanager."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox import seeds
from sandbox.credlink_api import CredlinkApi
from sandbox.monitoring import Monitoring, NotStarted
from sandbox.monitoring.by_hand import fingerprint
from sandbox.monitoring.rules import RULES
from sandbox.pagerduty import PagerDuty
from tests.programs import require
from tests.sandbox.monitoring.conftest import Receiver

HOW = "apt-get install prometheus prometheus-alertmanager"
DEADLINE_S = 45.0

pytestmark = pytest.mark.prometheus
# A new Prometheus waits five seconds before it scrapes its first targets.
slow = pytest.mark.slow


@pytest.fixture(autouse=True)
def _programs() -> None:
    require("prometheus", HOW)
    require("prometheus-alertmanager", HOW)


@dataclass(frozen=True)
class Task:
    tag: str
    traffic_weight: float = 1.0


class World:
    def __init__(self, folder: Path, receiver: Receiver) -> None:
        self.tasks = {place: [Task("v1.1.9")] for place in ("prod", "eu", "staging")}
        # Ten times the usual pace: the ramp of a bad version is not what is tested here.
        self.api = CredlinkApi(running=lambda environment: self.tasks[environment], pace=10)
        self.pagerduty = PagerDuty()
        self.receiver = receiver
        self.folder = folder
        self.monitoring: Monitoring | None = None

    async def start(self) -> None:
        await self.api.start()
        await self.pagerduty.start()
        self.monitoring = Monitoring(
            folder=self.folder,
            api_url=self.api.url,
            pagerduty_url=self.pagerduty.url,
            webhook_url=self.receiver.url,
        )
        await self.monitoring.start()

    async def stop(self) -> None:
        if self.monitoring is not None:
            await self.monitoring.stop()
        await self.pagerduty.stop()
        await self.api.stop()


@pytest.fixture
async def world(tmp_path: Path, receiver: Receiver) -> AsyncIterator[World]:
    world = World(tmp_path / "monitoring", receiver)
    try:
        await world.start()
        yield world
    finally:
        await world.stop()


async def eventually(find: Callable[[], Any]) -> Any:
    async with asyncio.timeout(DEADLINE_S):
        while not (found := find()):  # noqa: ASYNC110  it comes from another process
            await asyncio.sleep(0.05)
    return found


@slow
async def test_a_bad_version_fires_pages_and_resolves_with_one_key_for_both(world: World):
    world.tasks["prod"] = [Task("v1.3.0-errors")]
    [payload, *_] = await eventually(lambda: world.receiver.of("HighErrorRatio", "firing"))

    assert payload["version"] == "4"
    assert payload["receiver"] == "credlink"
    assert payload["groupLabels"] == {
        "alertname": "HighErrorRatio",
        "env": "prod",
        "service": seeds.SERVICE,
    }
    [alert] = payload["alerts"]
    assert alert["labels"]["severity"] == "critical"
    assert alert["labels"]["component"] == "api"
    assert alert["fingerprint"] == fingerprint(alert["labels"])
    annotations = alert["annotations"]
    assert 0.01 < float(annotations["value"]) < 0.1
    assert f"% of requests to {seeds.SERVICE} in prod fail" in annotations["summary"]
    assert annotations["runbook_url"].startswith("https://")
    assert annotations["__dashboardUid__"] == "credlink-prod"
    assert annotations["__panelId__"] == "2"
    assert alert["generatorURL"].startswith(world.monitoring.prometheus_url)
    assert set(world.receiver.authorizations) == {f"Bearer {seeds.ALERTMANAGER_WEBHOOK_TOKEN}"}

    # What joins the two: PagerDuty's incident key is the hash of the group key the bot was sent.
    key = hashlib.sha256(payload["groupKey"].encode()).hexdigest()
    incident = await eventually(lambda: world.pagerduty.account.open_incident(key))
    assert incident.title.startswith("HighErrorRatio: ")
    assert incident.urgency == "high"

    # Going back: more traffic, so that the window forgets the errors sooner.
    world.tasks["prod"] = [Task("v1.1.9")]
    world.api.set_demand("prod", 10)
    [resolved, *_] = await eventually(lambda: world.receiver.of("HighErrorRatio", "resolved"))
    assert resolved["groupKey"] == payload["groupKey"]
    assert resolved["alerts"][0]["startsAt"] == alert["startsAt"]
    await eventually(lambda: incident.status == "resolved")

    # Every rule was judged, and the environment that nobody touched fired none.
    async with aiohttp.ClientSession(world.monitoring.prometheus_url) as session:
        answer = await (await session.get("/api/v1/rules")).json()
    [group] = answer["data"]["groups"]
    assert {(rule["name"], rule["health"]) for rule in group["rules"]} == {
        (rule.name, "ok") for rule in RULES
    }
    assert {p["groupLabels"]["env"] for p in world.receiver.payloads} == {"prod"}


@slow
async def test_a_warning_reaches_the_bot_and_pages_nobody_and_an_outage_does_both(world: World):
    world.api.set_demand("staging", 0.001)
    world.tasks["prod"] = [Task("v1.3.0-slow")]
    [traffic, *_] = await eventually(lambda: world.receiver.of("LowTraffic", "firing"))
    [latency, *_] = await eventually(lambda: world.receiver.of("HighLatencyP95", "firing"))

    assert traffic["commonLabels"]["component"] == "business"
    assert traffic["groupLabels"]["env"] == "staging"
    assert latency["receiver"] == "credlink-warnings"
    assert latency["commonLabels"]["severity"] == "warning"
    assert 1.0 < float(latency["commonAnnotations"]["value"]) < 2.0
    assert not world.pagerduty.account.incidents

    world.tasks["prod"] = []
    [payload, *_] = await eventually(lambda: world.receiver.of("ApiDown", "firing"))
    assert payload["commonAnnotations"]["summary"] == f"{seeds.SERVICE} in prod is down"
    key = hashlib.sha256(payload["groupKey"].encode()).hexdigest()
    await eventually(lambda: world.pagerduty.account.open_incident(key))


async def test_a_configuration_that_is_refused_is_told_with_the_programs_own_words(tmp_path: Path):
    monitoring = Monitoring(
        folder=tmp_path,
        api_url="http://127.0.0.1:9",
        pagerduty_url="not a url",
        webhook_url="http://127.0.0.1:9",
    )
    with pytest.raises(NotStarted, match="unsupported scheme"):
        await monitoring.start()


async def test_ending_it_frees_its_ports(tmp_path: Path):
    monitoring = Monitoring(
        folder=tmp_path,
        api_url="http://127.0.0.1:9",
        pagerduty_url="http://127.0.0.1:9",
        webhook_url="http://127.0.0.1:9",
    )
    await monitoring.start()
    await monitoring.stop()
    async with aiohttp.ClientSession() as session:
        for url in (monitoring.prometheus_url, monitoring.alertmanager_url):
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(url)
