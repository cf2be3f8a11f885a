"""What the page's menu makes happen, through the address the page uses."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from sandbox import ports, seeds, worldbar
from sandbox.aws import calls
from sandbox.aws.registry import digest_of
from sandbox.grafana import Renderer
from sandbox.scenarios import MOVING_TAG, scenarios
from sandbox.world import World

PACE = 10.0
WITHIN_S = 20.0
LOOK_EVERY_S = 0.05
PAGE = Path("docs/sandbox.md").read_text()

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A world without a bot and without Prometheus."""
    world = World(
        folder=tmp_path_factory.mktemp("world"),
        ports=ports.choose(ports.free_port()),
        pace=PACE,
        with_monitoring=False,
    )
    world.workspace.more_routes = worldbar.routes(world, None, scenarios(world, None))
    async with world:
        yield world


async def choose(world: World, scenario: str) -> dict[str, object]:
    """Choose a line of the menu; what the page is told."""
    async with (
        aiohttp.ClientSession(world.workspace.url) as page,
        page.post("/world/scenario", json={"id": scenario}) as answer,
    ):
        return dict(await answer.json())


async def until(true: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + WITHIN_S
    while not true():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(LOOK_EVERY_S)


def digest_in(world: World, account: str, tag: str = MOVING_TAG) -> str:
    answer = world.aws.client("ecr", account).describe_images(
        repositoryName=seeds.SERVICE, imageIds=[{"imageTag": tag}]
    )
    return str(answer["imageDetails"][0]["imageDigest"])


async def test_the_menu_says_of_each_what_it_does_and_why(world: World):
    async with (
        aiohttp.ClientSession(world.workspace.url) as page,
        page.get("/world") as answer,
    ):
        shown = await answer.json()
    assert len({scenario["id"] for scenario in shown["scenarios"]}) == len(shown["scenarios"])
    assert all(scenario["title"] and scenario["detail"] for scenario in shown["scenarios"])
    ids = {scenario["id"] for scenario in shown["scenarios"]}
    assert {identity for identity in ids if f"`{identity}`" not in PAGE} == set()
    assert [service["environment"] for service in shown["services"]] == ["prod", "eu", "staging"]
    assert {service["version"] for service in shown["services"]} == {seeds.RUNNING_TAG}


async def test_what_is_not_on_the_menu_is_refused(world: World):
    answer = await choose(world, "earthquake")
    assert answer["error"] == "unknown_scenario"


async def test_a_moved_tag_is_another_build_in_every_account(world: World):
    assert await choose(world, "move-tag") == {"ok": True}
    digests = {digest_in(world, account) for account in (seeds.MAIN_ACCOUNT, seeds.PROD_ACCOUNT)}
    assert len(digests) == 1
    assert digest_of(MOVING_TAG) not in digests
    assert await choose(world, "move-tag") == {"ok": True}
    assert digest_in(world, seeds.PROD_ACCOUNT) not in digests


async def test_a_pipeline_deploys_past_the_bot(world: World):
    seen = len(world.aws.calls)
    assert await choose(world, "pipeline") == {"ok": True}
    writes = [call for call in world.aws.calls[seen:] if call.is_ecs_write]
    assert [(call.operation, call.account) for call in writes] == [
        ("RegisterTaskDefinition", seeds.PROD_ACCOUNT),
        ("UpdateService", seeds.PROD_ACCOUNT),
    ]
    await until(lambda: {task.tag for task in world.running("prod")} == {MOVING_TAG})
    running = {task.digest for task in world.running("prod")}
    assert running == {digest_in(world, seeds.PROD_ACCOUNT)}


async def test_a_pipeline_that_is_refused_says_so_on_the_page(world: World):
    world.aws.faults.add(calls.access_denied("UpdateService"))
    answer = await choose(world, "pipeline")
    assert answer["error"] == "failed"
    assert "AccessDeniedException" in str(answer["detail"])


async def test_grafanas_renderer_goes_and_comes_back(world: World):
    assert await choose(world, "renderer-away") == {"ok": True}
    assert world.grafana.renderer is Renderer.MISSING
    assert await choose(world, "renderer-back") == {"ok": True}
    assert world.grafana.renderer is Renderer.INSTALLED


async def test_traffic_falls_silent_and_comes_back(world: World):
    traffic = world.credlink_api.traffic["prod"]
    assert await choose(world, "silence-traffic") == {"ok": True}
    silent_from_s, before = traffic.lived_s, traffic.requests.total()
    await until(lambda: traffic.lived_s > silent_from_s + 0.5)
    assert traffic.requests.total() == before
    assert await choose(world, "usual-traffic") == {"ok": True}
    await until(lambda: traffic.requests.total() > before)


async def test_a_new_error_belongs_to_the_version_that_runs(world: World):
    version = world.running("prod")[0].tag
    assert await choose(world, "new-sentry-error") == {"ok": True}
    assert world.sentry.issues.all()[-1].first_release == version


async def test_sentry_resolves_and_alerts_and_says_where_there_is_nothing_to_do(world: World):
    world.sentry.new_error("prod", seeds.RUNNING_TAG, 1)
    issue = world.sentry.issues.all()[-1]
    for scenario in ("sentry-alert", "sentry-resolve", "sentry-metric", "sentry-metric"):
        assert await choose(world, scenario) == {"ok": True}
    await world.sentry.hooks.drained()
    told = [(one.resource, one.action) for one in world.sentry.hooks.attempts]
    assert issue.status == "resolved"
    assert told[-4:] == [
        ("event_alert", "triggered"),
        ("issue", "resolved"),
        ("metric_alert", "critical"),
        ("metric_alert", "resolved"),
    ]
    for left in world.sentry.issues.all():
        left.status = "resolved"
    assert (await choose(world, "sentry-resolve"))["error"] == "failed"
