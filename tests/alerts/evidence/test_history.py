"""The last time an alert fired, and who would be paged now: a line each."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from bot.alerts.enrich import SOURCES, ask_all
from bot.cards.alert_evidence.on_call import CALM
from bot.domain.alert import AlertGroup
from bot.domain.change import ChangeKind, ChangeState
from bot.domain.evidence import history, on_call
from bot.domain.finding import Phase
from bot.domain.incident import IncidentStatus
from bot.storage import changes
from bot.storage.schema.cards import cards
from bot.world import World
from sandbox import seeds
from sandbox.pagerduty import PagerDuty
from sandbox.standin import Fault
from tests.alerts.board import Board
from tests.alerts.builders import NOW, ONSET, an_alert, an_incident, an_update
from tests.changes.builders import a_change, a_plan, a_rollout

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
_keys = itertools.count(1)


@pytest.fixture
def board(world: World) -> Board:
    return Board(world.database, world.catalog)


async def fires(board: Board, *, at: datetime = ONSET, **labels: str) -> AlertGroup:
    """It fires under a group key of its own, as after a route was changed."""
    key = f"{{}}:{next(_keys)}"
    await board.hears(an_update(an_alert(starts_at=at, **labels), groupKey=key), at=at)
    return (await board.groups())[-1]


async def fired(board: Board, *, at: datetime, ends_at: datetime, **labels: str) -> AlertGroup:
    group = await fires(board, at=at, **labels)
    over = an_alert(starts_at=at, status="resolved", ends_at=ends_at, **labels)
    await board.hears(an_update(over, groupKey=group.group_key), at=ends_at)
    return group


async def looked(world: World, group: AlertGroup, source: str) -> list[str]:
    asked = [one for one in SOURCES if one.name == source]
    return await ask_all(world, asked, group.id, Phase.ONSET)


async def test_the_last_time_says_when_for_how_long_what_ended_it_and_what_it_was(
    world: World, board: Board
):
    before = ONSET - DAY
    deploy = a_change(
        "bad",
        state=ChangeState.SUCCEEDED,
        started_at=before - 2 * MINUTE,
        steady_at=before - MINUTE,
        finished_at=before - MINUTE,
        plan=a_plan(),
        rollout=a_rollout(),
    )
    back = replace(
        deploy,
        id="back",
        kind=ChangeKind.ROLLBACK,
        version="v1.1.9",
        plan=None,
        started_at=before + 8 * MINUTE,
        steady_at=before + 9 * MINUTE,
        finished_at=before + 9 * MINUTE,
    )
    async with board.database.write() as connection:
        assert await changes.add(connection, deploy)
        assert await changes.add(connection, back)
    await fired(board, at=before - DAY, ends_at=before - DAY + MINUTE)
    await fired(board, at=before, ends_at=before + 11 * MINUTE)
    await fired(board, at=ONSET - MINUTE, ends_at=ONSET, alertname="Another")
    group = await fires(board)

    assert await looked(world, group, history.SOURCE) == []

    text = await board.text(group)
    assert "for 11 min, ended 2 min after rollback to v1.1.9" in text
    assert "likely cause deploy of v1.2.0" in text
    assert "nobody" not in text


async def test_a_deploy_that_was_undone_by_its_own_button_is_what_ended_it(
    world: World, board: Board
):
    before = ONSET - DAY
    deploy = a_change(
        "bad",
        state=ChangeState.ROLLED_BACK,
        started_at=before - 2 * MINUTE,
        steady_at=before - MINUTE,
        finished_at=before + 9 * MINUTE,
        plan=a_plan(),
        rollout=a_rollout(),
    )
    async with board.database.write() as connection:
        assert await changes.add(connection, deploy)
    earlier = await fired(board, at=before, ends_at=before + 11 * MINUTE)
    group = await fires(board)

    await looked(world, group, history.SOURCE)

    assert "ended 2 min after deploy of v1.2.0 was undone" in await board.text(group)
    assert ", 2 min after deploy of v1.2.0 was undone" in await board.text(earlier)


async def test_what_nobody_touched_says_so_and_its_card_is_linked(world: World, board: Board):
    world = replace(world, workspace_url="https://credlink.example/")
    earlier = await fired(board, at=ONSET - DAY, ends_at=ONSET - DAY + 5 * MINUTE)
    async with board.database.write() as connection:
        posted = {"channel_id": "C0ALERTS", "ts": "1795444375.000100"}
        await connection.execute(
            update(cards).where(cards.c.subject_id == earlier.id).values(**posted)
        )
    group = await fires(board)

    await looked(world, group, history.SOURCE)

    text = await board.text(group)
    assert "for 5 min, nobody acknowledged it" in text
    assert "<https://credlink.example/archives/C0ALERTS/p1795444375000100|its card>" in text


async def test_the_first_time_has_no_last_one(world: World, board: Board):
    group = await fires(board)

    assert await looked(world, group, history.SOURCE) == []

    assert "last time" not in await board.text(group)


async def test_who_is_on_call_is_named_without_a_ping_until_somebody_is_on_it(
    world: World, board: Board
):
    group = await fires(board)

    assert await looked(world, group, on_call.SOURCE) == []

    text = await board.text(group)
    assert "*on call*  Carol Méndez" in text
    assert CALM not in text
    assert f"<@{seeds.CAROL.id}>" not in text
    acknowledged = an_incident(IncidentStatus.ACKNOWLEDGED, incident_key=group.dedup_key)
    await board.hears_of(acknowledged, at=NOW)
    assert "*on call*" not in await board.text(group)


async def test_pagerduty_that_keeps_silent_about_it_is_named(
    world: World, board: Board, pagerduty: PagerDuty
):
    pagerduty.faults.append(Fault("list_oncalls", times=9, status=500))
    group = await fires(board)

    assert await looked(world, group, on_call.SOURCE) == [on_call.SOURCE]

    assert "No word of who is on call: PagerDuty did not give it" in await board.text(group)
