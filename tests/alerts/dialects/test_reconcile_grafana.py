"""Cards of Grafana's rules end when Grafana holds them no longer: silenced ones send no end."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.dialects.grafana import from_grafana
from bot.alerts.dialects.reconcile_grafana import ReconcileGrafana
from bot.alerts.missed import GONE_FOR
from bot.domain.alert import AlertGroup, GroupState
from bot.storage import notices
from bot.world import World
from integrations.grafana import webhook
from integrations.grafana.client import GrafanaClient
from sandbox import seeds
from sandbox.grafana.alerting import Alerting
from sandbox.grafana.server import Grafana
from sandbox.standin import Fault
from tests.alerts.board import Board
from tests.alerts.builders import NOW, ONSET
from tests.alerts.holding import Clock

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def grafana() -> AsyncIterator[Grafana]:
    server = Grafana()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def look(here: World, grafana: Grafana) -> AsyncIterator[ReconcileGrafana]:
    async def begin(identities: Sequence[str]) -> None:
        assert all(identity.endswith(":end") for identity in identities)

    client = GrafanaClient(grafana.url, seeds.GRAFANA_TOKEN)
    yield ReconcileGrafana(replace(here, grafana=client), begin)
    await client.aclose()


async def fires(there: Board, grafana: Grafana) -> None:
    """A rule of the sandbox's fires, and Grafana holds it."""
    alerting = Alerting(grafana_url=grafana.url, webhook_url="", held=grafana.alerts)
    told = alerting.payload(has_data=True, started_at=ONSET.timestamp())
    alerting.hold(told)
    await there.hears(from_grafana(webhook.parse(json.dumps(told).encode()), at=NOW))


async def the_group(board: Board) -> AlertGroup:
    [group] = await board.groups()
    return group


async def test_what_grafana_holds_no_longer_ends_when_its_end_could_have_come(
    there: Board, grafana: Grafana, look: ReconcileGrafana, clock: Clock
):
    await fires(there, grafana)
    assert await look() == 0
    grafana.alerts.clear()

    assert await look() == 0
    clock.goes_on(GONE_FOR - MINUTE)
    assert await look() == 0
    clock.goes_on(MINUTE)
    assert await look() == 1

    group = await the_group(there)
    assert group.state is GroupState.RESOLVED
    assert "Grafana no longer has it, and sent no end." in await there.text(group)
    assert (await there.thread(group))[-1].startswith("Grafana no longer has it, and sent no end")


async def test_what_it_was_never_seen_to_hold_is_left_alone(
    there: Board, grafana: Grafana, look: ReconcileGrafana, clock: Clock
):
    await fires(there, grafana)
    grafana.alerts.clear()

    for _ in range(3):
        assert await look() == 0
        clock.goes_on(GONE_FOR)

    assert (await the_group(there)).state is GroupState.FIRING


async def test_a_token_that_may_not_ask_is_said_once_and_ends_nothing(
    there: Board, grafana: Grafana, look: ReconcileGrafana, clock: Clock, here: World
):
    await fires(there, grafana)
    await look()
    grafana.faults.append(Fault("list_firing", times=3, status=403))

    for _ in range(3):
        assert await look() == 0
        clock.goes_on(GONE_FOR)

    async with here.database.read() as connection:
        [said] = await notices.latest(connection, "")
    assert said.headline == "⚪ Grafana does not tell which of its alerts fire"
    assert any("alert.instances:read" in piece.text for line in said.lines for piece in line)
    assert (await the_group(there)).state is GroupState.FIRING


async def test_nothing_is_asked_while_nothing_of_grafanas_is_open(
    grafana: Grafana, look: ReconcileGrafana
):
    assert await look() == 0

    assert grafana.calls_of("list_firing") == []
