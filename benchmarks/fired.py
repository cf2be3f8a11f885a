"""An alert group nobody has seen, by webhook, and when Slack was asked to show it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp

from sandbox import seeds
from sandbox.monitoring import by_hand
from sandbox.monitoring.rules import RULES
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import World

ALERTS = "C0ALERTS1"
BETWEEN_POSTS_S = 2.5
"""Slack takes one message a second in a channel, and each card is followed by its runbook's steps:
faster would measure Slack's limit, which then makes a card wait for a second."""
WITHIN_S = 60.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Posted:
    """A card, when its webhook was sent (epoch seconds), and how long after that it was posted."""

    ts: str
    sent_at: float
    after_ms: float


def payload(environment: str, number: int) -> dict[str, Any]:
    """A webhook of an alert group nobody has seen."""
    rule = next(rule for rule in RULES if rule.name == "HighErrorRatio")
    body = by_hand.payload(
        rule, environment, status="firing", value=0.042, started_at=time.time() - 5
    )
    body["groupKey"] += f"/{number}"
    body["alerts"][0]["fingerprint"] = f"{number:016x}"
    return body


def sender() -> aiohttp.ClientSession:
    """Alertmanager's connection to the bot."""
    headers = {"Authorization": f"Bearer {seeds.ALERTMANAGER_WEBHOOK_TOKEN}"}
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10), headers=headers)


async def one_card(
    world: World, slack: WorkspaceClient, session: aiohttp.ClientSession, body: dict[str, Any]
) -> Posted:
    """Send the webhook and wait for its card."""
    before = {message["ts"] for message in await slack.messages(seeds.ALICE.id, ALERTS)}
    sent_at = time.time()
    async with session.post(world.alertmanager_webhook_url, json=body) as reply:
        reply.raise_for_status()

    async def card() -> str | None:
        found = await slack.messages(seeds.ALICE.id, ALERTS)
        return next((each["ts"] for each in found if each["ts"] not in before), None)

    ts = await until(card)
    return Posted(ts, sent_at, (float(ts) - sent_at) * 1000)


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """Look until there is something; TimeoutError when there is nothing in time."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            found = await look()
            if found is not None:
                return found
            await asyncio.sleep(0.01)
