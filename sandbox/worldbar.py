"""What the page shows of the world beside Slack: links, what runs where, and the scenarios."""

from collections.abc import Mapping, Sequence

import aiohttp
from aiohttp import web
from botocore.exceptions import BotoCoreError, ClientError

from sandbox import seeds
from sandbox.bot_process import BotProcess
from sandbox.scenarios import Scenario
from sandbox.world import PLACES, World


def routes(
    world: World, bot: BotProcess | None, scenarios: Sequence[Scenario]
) -> list[web.RouteDef]:
    """`GET /world` and `POST /world/scenario`, for the workspace's listener."""
    errors = RecentErrors()
    by_id = {scenario.id: scenario for scenario in scenarios}

    async def state(_: web.Request) -> web.Response:
        return web.json_response(
            {
                "links": _links(world),
                "services": [_service(world, errors, environment) for environment in PLACES],
                "scenarios": [
                    {"id": s.id, "title": s.title, "detail": s.detail} for s in scenarios
                ],
                "prometheus": world.monitoring is not None,
                "bot": None if bot is None else bot.is_running,
            }
        )

    async def run(request: web.Request) -> web.Response:
        asked = await request.json()
        scenario = by_id.get(str(asked.get("id")))
        if scenario is None:
            known = ", ".join(by_id)
            return web.json_response(
                {"ok": False, "error": "unknown_scenario", "detail": f"There is {known}."}
            )
        try:
            await scenario.run()
        except (RuntimeError, OSError, aiohttp.ClientError, BotoCoreError, ClientError) as exc:
            return web.json_response({"ok": False, "error": "failed", "detail": str(exc)})
        return web.json_response({"ok": True})

    return [web.get("/world", state), web.post("/world/scenario", run)]


def _links(world: World) -> list[dict[str, str]]:
    links = [
        {"name": "PagerDuty", "url": f"{world.pagerduty.url}/incidents"},
        {"name": "Grafana", "url": world.grafana.url},
        {"name": "Sentry", "url": world.sentry.url},
        {"name": "CredLink /metrics", "url": f"{world.credlink_api.url}/metrics/prod"},
        {"name": "Bot /readyz", "url": f"{world.operations_url}/readyz"},
    ]
    if world.monitoring is not None:
        links[:0] = [
            {"name": "Prometheus", "url": f"{world.monitoring.prometheus_url}/alerts"},
            {"name": "Alertmanager", "url": world.monitoring.alertmanager_url},
        ]
    return links


class RecentErrors:
    """The share of requests that failed since somebody last asked; None without requests."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[int, int]] = {}

    def ratio(
        self, requests: Mapping[tuple[str, str, str, str], int], environment: str
    ) -> float | None:
        """`requests` counts by status first, from the beginning of the world."""
        total = sum(requests.values())
        failed = sum(count for (status, *_), count in requests.items() if status >= "500")
        total_before, failed_before = self._before.get(environment, (0, 0))
        self._before[environment] = total, failed
        new = total - total_before
        return (failed - failed_before) / new if new else None


def _service(world: World, errors: RecentErrors, environment: str) -> dict[str, object]:
    tasks = world.running(environment)
    versions = sorted({task.tag for task in tasks if task.tag})
    return {
        "environment": environment,
        "service": seeds.SERVICE,
        "version": " + ".join(versions) or "nothing",
        "running": sum(task.healthy for task in tasks),
        "desired": world.desired(environment),
        "error_ratio": errors.ratio(world.credlink_api.traffic[environment].requests, environment),
    }
