"""From a command to its answer, from a webhook to its card, from ECS's end to the card's.

The whole bot as a process in the whole sandbox, Slack's limits at their real size:

    python -m benchmarks.first_light [--quick] [--json FILE]
"""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import fired, shape
from sandbox import ports, seeds
from sandbox.bot_process import BotProcess
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import World

STAGING = "C0STAGING"
NOTES = {
    "command_ack_p50_ms": "/credlink deploy: typed → answered, row and card written",
    "command_ack_p99_ms": "",
    "card_after_webhook_p50_ms": "Alertmanager's webhook sent → chat.postMessage received",
    "card_after_webhook_p99_ms": "",
    "rollout_end_to_card_s": "ECS COMPLETED → the card says Deployed",
    "aws_calls_per_deploy": "from the command to the outcome",
}


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
    async with fired.sender() as session:
        for number in range(rounds):
            posted = await fired.one_card(world, slack, session, fired.payload("staging", number))
            taken.append(posted.after_ms)
            await asyncio.sleep(fired.BETWEEN_POSTS_S)
    return taken


async def one_deploy(world: World, slack: WorkspaceClient) -> tuple[float | None, float | None]:
    """Seconds from ECS's end to the card's, and the AWS calls of the whole deploy."""
    await slack.say(seeds.ALICE.id, STAGING, "/credlink deploy staging v1.2.0")

    async def saying(words: str) -> dict[str, Any] | None:
        found = await slack.messages(seeds.ALICE.id, STAGING)
        return next((each for each in found if words in each["text"]), None)

    plan = await fired.until(lambda: saying("Proposed"))
    await slack.press_button(seeds.ALICE.id, plan, "Confirm")
    service = world.aws.ecs(seeds.MAIN_ACCOUNT, seeds.REGION).services[
        "credlink-staging", seeds.SERVICE
    ]

    async def completed() -> float | None:
        newest = service.deployments[0]
        done = newest.definition.revision > 1 and newest.rollout_state == "COMPLETED"
        return time.time() if done else None

    ended_at = await fired.until(completed)
    await fired.until(lambda: saying("Deployed"))
    calls = len([call for call in world.aws.calls if call.service in {"ecs", "ecr", "elbv2"}])
    return time.time() - ended_at, float(calls)


if __name__ == "__main__":
    asyncio.run(main())
