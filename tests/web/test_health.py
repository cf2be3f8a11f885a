"""The operations listener: alive, ready with reasons, and metrics, on a port of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest

from bot import metrics
from bot.errors import ConfigurationError
from bot.web import health
from bot.web.health import Check
from bot.web.server import Listener


async def fine() -> str | None:
    return None


async def slack_is_away() -> str | None:
    return "no socket is connected"


async def hangs() -> str | None:
    await asyncio.sleep(60)
    return None


@pytest.fixture
async def ask() -> AsyncIterator[object]:
    started: list[Listener] = []

    async def answer(path: str, ready: Mapping[str, Check]) -> tuple[int, str]:
        listener = Listener(health.application(alive={"loop": fine}, ready=ready), "127.0.0.1:0")
        await listener.start()
        started.append(listener)
        async with aiohttp.ClientSession() as session, session.get(listener.url + path) as reply:
            return reply.status, await reply.text()

    yield answer
    for listener in started:
        await listener.stop()


async def test_a_bot_that_lives_but_cannot_work_is_healthy_and_not_ready_and_says_why(ask):
    assert (await ask("/healthz", {"slack": slack_is_away}))[0] == 200

    status, said = await ask("/readyz", {"slack": slack_is_away, "database": fine})

    assert status == 503
    assert "no socket is connected" in said
    assert "database" not in said


async def test_a_check_that_hangs_is_a_reason_and_holds_nobody_up(ask, monkeypatch):
    monkeypatch.setattr(health, "CHECK_TIMEOUT_S", 0.05)

    status, said = await ask("/readyz", {"database": hangs})

    assert status == 503
    assert "no answer within 0.05 s" in said


async def test_a_check_that_breaks_is_a_reason_without_its_secrets(ask):
    async def refused() -> str | None:
        raise ConnectionRefusedError("postgresql://bot:hunter2@db refused")

    status, said = await ask("/readyz", {"database": refused, "slack": fine})

    assert status == 503
    assert "ConnectionRefusedError" in said
    assert "hunter2" not in said


async def test_metrics_are_prometheus_text(ask):
    metrics.webhooks.labels(source="alertmanager", outcome="accepted").inc()

    status, said = await ask("/metrics", {})

    assert status == 200
    assert 'credlink_webhooks_total{outcome="accepted",source="alertmanager"}' in said


async def test_a_taken_port_and_a_bad_address_are_said_in_words():
    first = Listener(health.application(alive={}, ready={}), "127.0.0.1:0")
    await first.start()
    second = Listener(health.application(alive={}, ready={}), first.url.removeprefix("http://"))
    with pytest.raises(ConfigurationError, match=r"Cannot listen on 127\.0\.0\.1:"):
        await second.start()
    await first.stop()

    with pytest.raises(ConfigurationError, match="write host:port"):
        Listener(health.application(alive={}, ready={}), "8080")
