"""The service's numbers follow what runs, and keep the names CredLink's dashboards know."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from sandbox.clock import ManualClock
from sandbox.credlink_api import CredlinkApi
from sandbox.credlink_api.server import USUAL_REQUESTS_PER_S
from sandbox.standin import Fault

NAMES = {
    "http_requests_total",
    "http_request_duration_seconds_bucket",
    "http_request_duration_seconds_sum",
    "http_request_duration_seconds_count",
    "aws_rds_database_connections",
    "aws_rds_cpuutilization_average",
    "redis_memory_used_bytes",
    "redis_memory_max_bytes",
    "redis_connected_clients",
    "node_cpu_seconds_total",
    "node_memory_MemAvailable_bytes",
    "aws_ecs_running_task_count",
}


@dataclass(frozen=True)
class Task:
    tag: str
    traffic_weight: float = 1.0


class World:
    """What runs where, by hand; and what a scrape says then."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.tasks = {"prod": [Task("v1.1.9")] * 4, "staging": [Task("v1.1.9")], "eu": []}
        self.errors: list[tuple[str, str, int]] = []
        self.api = CredlinkApi(
            running=lambda environment: self.tasks[environment],
            clock=self.clock,
            on_errors=lambda *told: self.errors.append(told),
        )

    async def scrape(self, environment: str = "prod") -> "Scrape":
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.api.url}/metrics/{environment}") as response,
        ):
            assert response.status == 200
            assert response.content_type == "text/plain"
            return Scrape(await response.text())

    async def over(self, seconds: float, environment: str = "prod") -> "Scrape":
        """How much everything grew while the clock moved on."""
        before = await self.scrape(environment)
        self.clock.advance(seconds)
        return (await self.scrape(environment)).since(before)


class Scrape:
    def __init__(self, text: str) -> None:
        self.samples = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def since(self, before: "Scrape") -> "Scrape":
        grown = Scrape("")
        grown.samples = {k: v - before.samples.get(k, 0) for k, v in self.samples.items()}
        return grown

    def sum(self, name: str, **labels: str) -> float:
        return sum(
            value
            for (sample, own), value in self.samples.items()
            if sample == name and labels.items() <= dict(own).items()
        )

    def error_ratio(self, **labels: str) -> float:
        failed = sum(
            self.sum("http_requests_total", status_code=status, **labels)
            for status in ("500", "503")
        )
        return failed / self.sum("http_requests_total", **labels)

    def share_faster_than(self, bound: str, **labels: str) -> float:
        name = "http_request_duration_seconds"
        faster = self.sum(f"{name}_bucket", le=bound, **labels)
        return faster / self.sum(f"{name}_count", **labels)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.api.start()
    yield world
    await world.api.stop()


async def test_it_has_exactly_the_metrics_that_credlink_has(world: World):
    scrape = await world.over(10)
    assert {name for name, _ in scrape.samples} == NAMES
    labels = {key for _, own in scrape.samples for key, _ in own}
    assert labels == {"status_code", "method", "path", "version", "le", "cpu", "mode"}


async def test_an_ordinary_version_fails_one_request_in_a_thousand_and_is_quick(world: World):
    grown = await world.over(60)
    assert grown.sum("http_requests_total") / 60 == pytest.approx(
        USUAL_REQUESTS_PER_S["prod"], rel=0.15
    )
    assert grown.error_ratio() == pytest.approx(0.001, abs=0.0005)
    assert grown.share_faster_than("0.3") == pytest.approx(0.95, abs=0.01)


async def test_the_version_with_errors_begins_well_and_then_fails_one_in_twenty(world: World):
    world.tasks["prod"] = [Task("v1.3.0-errors")] * 4
    first_second = await world.over(1)
    assert first_second.error_ratio() < 0.02
    await world.over(10)
    assert 0.04 <= (await world.over(20)).error_ratio() <= 0.06


async def test_a_rollout_in_the_middle_shares_the_traffic_and_so_the_errors(world: World):
    world.tasks["prod"] = [Task("v1.1.9")] * 3 + [Task("v1.3.0-errors")]
    await world.over(10)
    assert (await world.over(40)).error_ratio() == pytest.approx(0.05 / 4, abs=0.004)


async def test_a_canary_gets_its_share_of_the_traffic_and_not_that_of_its_tasks(world: World):
    old, canary = Task("v1.1.9", 0.9 / 4), Task("v1.3.0-errors", 0.1 / 4)
    world.tasks["prod"] = [old] * 4 + [canary] * 4
    await world.over(10)
    grown = await world.over(120)
    share = grown.sum("http_requests_total", version=canary.tag) / grown.sum("http_requests_total")
    assert share == pytest.approx(0.1, abs=0.01)
    assert grown.error_ratio() == pytest.approx(0.1 * 0.05, abs=0.002)


async def test_old_and_new_are_told_apart_while_both_run(world: World):
    world.tasks["prod"] = [Task("v1.1.9"), Task("v1.3.0-slow")]
    grown = await world.over(60)
    assert grown.share_faster_than("0.3", version="v1.1.9") == pytest.approx(0.95, abs=0.02)
    assert grown.share_faster_than("1.0", version="v1.3.0-slow") < 0.95
    assert grown.error_ratio(version="v1.1.9") < 0.003


async def test_a_task_without_weight_gets_no_traffic_but_shows_its_counters(world: World):
    world.tasks["prod"] = [Task("v1.1.9")] * 3 + [Task("v1.3.0-errors", traffic_weight=0)]
    await world.over(10)
    assert (await world.over(40)).error_ratio() < 0.002
    waiting = {
        own: value
        for (name, own), value in (await world.scrape()).samples.items()
        if name == "http_requests_total" and ("version", "v1.3.0-errors") in own
    }
    assert {dict(own)["status_code"] for own in waiting} == {"200", "201", "500"}
    assert set(waiting.values()) == {0}


async def test_a_leak_grows_from_the_usual_to_three_percent_in_a_minute(world: World):
    world.tasks["prod"] = [Task("v1.4.0-leak")] * 4
    ratios = [(await world.over(15)).error_ratio() for _ in range(4)]
    assert ratios == sorted(ratios)
    assert ratios[0] < 0.007
    assert (await world.over(30)).error_ratio() == pytest.approx(0.03, abs=0.004)


async def test_going_back_ends_the_errors_and_a_second_try_ramps_up_again(world: World):
    world.tasks["prod"] = [Task("v1.3.0-errors")]
    await world.over(30)
    world.tasks["prod"] = [Task("v1.1.9")]
    assert (await world.over(20)).error_ratio() < 0.002
    world.tasks["prod"] = [Task("v1.3.0-errors")]
    assert (await world.over(1)).error_ratio() < 0.02


async def test_the_slow_version_takes_four_times_as_long(world: World):
    world.tasks["prod"] = [Task("v1.3.0-slow")] * 4
    grown = await world.over(60)
    assert grown.share_faster_than("1.0") < 0.95 < grown.share_faster_than("1.5")


async def test_with_nothing_running_every_request_fails_and_the_count_says_so(world: World):
    world.tasks["prod"] = []
    grown = await world.over(10)
    assert grown.error_ratio() == 1
    assert grown.sum("http_requests_total", version="") == grown.sum("http_requests_total")
    assert (await world.scrape()).sum("aws_ecs_running_task_count") == 0
    assert (await world.scrape("staging")).sum("aws_ecs_running_task_count") == 1


async def test_what_one_environment_runs_is_nothing_to_the_other(world: World):
    world.tasks["staging"] = [Task("v1.3.0-errors")]
    await world.over(10)
    assert (await world.over(20)).error_ratio() < 0.002
    assert (await world.over(20, "staging")).error_ratio() > 0.04


async def test_demand_makes_a_silent_night(world: World):
    world.api.set_demand("prod", 0)
    assert (await world.over(60)).sum("http_requests_total") == 0


async def test_the_same_seed_tells_the_same_story():
    stories = []
    for _ in range(2):
        world = World()
        world.clock.advance(30)
        world.api.advance()
        stories.append(world.api.traffic["prod"].requests)
    assert stories[0] == stories[1]


def test_a_faster_world_has_more_requests_and_the_same_ratio():
    clock = ManualClock()
    api = CredlinkApi(running=lambda _: [Task("v1.3.0-errors")], clock=clock, pace=10)
    clock.advance(6)
    api.advance()
    requests = api.traffic["prod"].requests
    assert requests.total() == pytest.approx(60 * USUAL_REQUESTS_PER_S["prod"], rel=0.15)
    failed = sum(count for key, count in requests.items() if key[0] == "500")
    assert failed / requests.total() == pytest.approx(0.05, abs=0.01)


async def test_whoever_asked_is_told_of_each_error_and_of_the_version_that_made_it(world: World):
    world.tasks["prod"] = [Task("v1.3.0-errors")]
    grown = await world.over(30)
    told = [count for environment, tag, count in world.errors if tag == "v1.3.0-errors"]
    assert sum(told) == grown.sum("http_requests_total", status_code="500")


async def test_scrapes_meet_faults_and_unknown_environments_are_not_found(world: World):
    world.api.faults.append(Fault("metrics", status=500))
    async with aiohttp.ClientSession(world.api.url) as session:
        assert (await session.get("/metrics/prod")).status == 500
        assert (await session.get("/metrics/prod")).status == 200
        assert (await session.get("/metrics/qa")).status == 404
