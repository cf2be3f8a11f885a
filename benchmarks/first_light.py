"""From a command to its answer, from a webhook to its card, from ECS's end to the card's.

The whole bot as a process in the whole sandbox, Slack's limits at their real size:

    python -m benchmarks.first_light [--quick] [--json FILE]
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from benchmarks import shape
from sandbox import ports, seeds
from sandbox.bot_process import BotProcess
from sandbox.monitoring import by_hand
from sandbox.monitoring.rules import RULES
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import World

STAGING, ALERTS = "C0STAGING", "C0ALERTS1"
NOTES = {
    "command_ack_p50_ms": "/credlink deploy: typed → answered, row and card written",
    "command_ack_p99_ms": "",
    "card_after_webhook_p50_ms": "Alertmanager's webhook sent → chat.postMessage received",
    "card_after_webhook_p99_ms": "",
    "rollout_end_to_card_s": "ECS COMPLETED → the card says Deployed",
    "aws_calls_per_deploy": "from the command to the outcome",
}
BETWEEN_POSTS_S = 1.1
"""Slack takes one message a second in a channel; faster would measure Slack's limit."""
WITHIN_S = 60.0

T = TypeVar("T")


async def main() -> None:
    """Measure, print, and write the figures."""
    options = shape.arguments(__doc__ or "")
    commands, webhooks = (30, 8) if options.quick else (200, 60)
    with tempfile.TemporaryDirectory(prefix="credlink-benchmark-") as name:
        world = World(folder=Path(name), ports=ports.choose(None), with_monitoring=False)
        bot = BotProcess(
            world.process_environment,
            operations_url=world.operations_url,
            log=Path(name) / "bot.log",
        )
        async with world, WorkspaceClient(world.workspace.url) as slack:
            await bot.start()
            try:
                rollout_s, calls = await one_deploy(world, slack)
                cards_ms = await cards_after_webhooks(world, slack, webhooks)
                acks_ms = await acknowledgements(slack, commands)
            finally:
                await bot.stop()
    figures = {
        "command_ack_p50_ms": shape.percentile(acks_ms, 50),
        "command_ack_p99_ms": shape.percentile(acks_ms, 99),
        "card_after_webhook_p50_ms": shape.percentile(cards_ms, 50),
        "card_after_webhook_p99_ms": shape.percentile(cards_ms, 99),
        "rollout_end_to_card_s": rollout_s,
        "aws_calls_per_deploy": calls,
    }
    rounds = f"{commands} commands, {webhooks} webhooks, 1 deploy"
    shape.report(f"first light ({rounds})", figures, notes=NOTES, to=options.json)


async def acknowledgements(slack: WorkspaceClient, rounds: int) -> list[float]:
    """Milliseconds until Slack had its answer to a deploy command, each of them a new change."""
    taken = []
    for _ in range(rounds):
        answer = await slack.say(seeds.ALICE.id, STAGING, "/credlink deploy staging v1.2.1")
        taken.append(float(answer["acked_ms"]))
    return taken


async def cards_after_webhooks(world: World, slack: WorkspaceClient, rounds: int) -> list[float]:
    """Milliseconds from sending a webhook of a new alert group until Slack was asked to post."""
    taken = []
    headers = {"Authorization": f"Bearer {seeds.ALERTMANAGER_WEBHOOK_TOKEN}"}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        for number in range(rounds):
            body = payload(number)
            before = {message["ts"] for message in await slack.messages(seeds.ALICE.id, ALERTS)}
            sent_at = time.time()
            async with session.post(
                world.alertmanager_webhook_url, json=body, headers=headers
            ) as reply:
                reply.raise_for_status()

            async def card(known: set[str] = before) -> dict[str, Any] | None:
                found = await slack.messages(seeds.ALICE.id, ALERTS)
                return next((each for each in found if each["ts"] not in known), None)

            posted = await until(card)
            taken.append((float(posted["ts"]) - sent_at) * 1000)
            await asyncio.sleep(BETWEEN_POSTS_S)
    return taken


def payload(number: int) -> dict[str, Any]:
    """A webhook of an alert group nobody has seen."""
    rule = next(rule for rule in RULES if rule.name == "HighErrorRatio")
    body = by_hand.payload(
        rule, "staging", status="firing", value=0.042, started_at=time.time() - 5
    )
    body["groupKey"] += f"/{number}"
    body["alerts"][0]["fingerprint"] = f"{number:016x}"
    return body


async def one_deploy(world: World, slack: WorkspaceClient) -> tuple[float | None, float | None]:
    """Seconds from ECS's end to the card's, and the AWS calls of the whole deploy."""
    await slack.say(seeds.ALICE.id, STAGING, "/credlink deploy staging v1.2.0")

    async def saying(words: str) -> dict[str, Any] | None:
        found = await slack.messages(seeds.ALICE.id, STAGING)
        return next((each for each in found if words in each["text"]), None)

    plan = await until(lambda: saying("Proposed"))
    await slack.press_button(seeds.ALICE.id, plan, "Confirm")
    service = world.aws.ecs(seeds.MAIN_ACCOUNT, seeds.REGION).services[
        "credlink-staging", seeds.SERVICE
    ]

    async def completed() -> float | None:
        newest = service.deployments[0]
        done = newest.definition.revision > 1 and newest.rollout_state == "COMPLETED"
        return time.time() if done else None

    ended_at = await until(completed)
    await until(lambda: saying("Deployed"))
    calls = len([call for call in world.aws.calls if call.service in {"ecs", "ecr", "elbv2"}])
    return time.time() - ended_at, float(calls)


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """Look until there is something; TimeoutError when there is nothing in time."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            found = await look()
            if found is not None:
                return found
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main())
