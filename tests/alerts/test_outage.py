"""Our own failures do not stop what was promised: a workflow goes on when they are over."""

import asyncio
from typing import Any

import pytest

from bot.alerts import enrich, respond
from bot.alerts.sweep import BeginLooks
from bot.domain.finding import Phase
from bot.domain.incident import Response, ResponseKind, ResponseState
from bot.engine import Engine
from bot.storage import findings, responses
from bot.world import World
from tests.alerts.board import Board
from tests.alerts.builders import an_incident, an_update

DEADLINE_S = 10.0


class Away(Exception):
    """The database, for longer than a step tries."""


def failing(times: int, then: Any) -> Any:
    """A step that fails past its own attempts so many times, and is `then` after that."""
    left = iter(range(times))

    async def doing(*args: Any) -> Any:
        for _ in left:
            raise Away
        return await then(*args)

    return doing


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.engine.AGAIN_S", 0.05)


async def asked_for(world: World, board: Board) -> Response:
    """Somebody pressed, and the row promises it."""
    await board.hears(an_update())
    await board.hears_of(an_incident(id="Q1"))
    [group] = await board.groups()
    response = Response(
        id="response-1",
        group_id=group.id,
        incident_id="Q1",
        kind=ResponseKind.ACKNOWLEDGE,
        by="U0BOB0001",
        email="bob@credlink.example",
        asked_at=world.now(),
    )
    async with world.database.write() as connection:
        await responses.ask(connection, response)
    return response


async def ended(world: World, response: Response) -> Response:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            async with world.database.read() as connection:
                now = await responses.get(connection, response.id)
            if now.state is not ResponseState.PENDING:
                return now
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("broken", ["perform", "give_up"])
async def test_a_press_is_answered_after_our_database_was_away(
    world: World, board: Board, engine: Engine, monkeypatch: pytest.MonkeyPatch, broken: str
):
    response = await asked_for(world, board)
    monkeypatch.setattr(respond, broken, failing(2, getattr(respond, broken)))

    await engine.begin(respond.respond, response.id, response.id, [])

    # PagerDuty knows no such incident, which the card says and offers the button again.
    assert "not there any more" in (await ended(world, response)).why


async def test_a_bug_in_a_response_is_admitted_and_the_buttons_come_back(
    world: World, board: Board, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    async def buggy(*_: Any, **__: Any) -> None:
        raise KeyError("x")

    response = await asked_for(world, board)
    monkeypatch.setattr(respond, "ask", buggy)

    await engine.begin(respond.respond, response.id, response.id, [])

    now = await ended(world, response)
    assert now.state is ResponseState.FAILED
    assert "the bot made a mistake" in now.why


@pytest.mark.parametrize("broken", ["ask", "finish"])
async def test_a_look_ends_after_our_database_was_away(
    world: World, board: Board, engine: Engine, monkeypatch: pytest.MonkeyPatch, broken: str
):
    monkeypatch.setattr(enrich, broken, failing(2, getattr(enrich, broken)))
    looks = await board.hears(an_update())

    await BeginLooks(engine, world.pace)(looks)

    async with asyncio.timeout(DEADLINE_S):
        while True:
            async with world.database.read() as connection:
                if await findings.promised(connection, looks[0]) is None:
                    break
            await asyncio.sleep(0.02)


async def test_a_bug_in_one_source_costs_its_own_finding_and_no_other(
    world: World, board: Board, monkeypatch: pytest.MonkeyPatch
):
    asked = asyncio.Event()

    async def buggy(*_: Any) -> None:
        raise KeyError("x")

    async def slow(*_: Any) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asked.set()

    monkeypatch.setattr("bot.engine._world", world)
    sources = (
        enrich.Source("chart", "Prometheus", "chart", 1, buggy),
        enrich.Source("pagerduty", "PagerDuty", "incident", 1, slow),
    )
    monkeypatch.setattr(enrich, "SOURCES", sources)
    looks = await board.hears(an_update())
    [group] = await board.groups()

    again = await enrich.ask(["chart", "pagerduty"], looks[0])

    assert again == []
    assert asked.is_set()
    assert "No chart: the bot made a mistake." in await board.text(group)
    async with world.database.read() as connection:
        [finding] = await findings.of_group(connection, group.id)
    assert finding.phase is Phase.ONSET
