"""A dry run shows the same plan, marked, and asks AWS to change nothing."""

import pytest
from sqlalchemy import select

from bot.changes.audit.entries import asked_key, outcome_key
from bot.domain.change import ChangeState
from bot.errors import NotAllowed
from bot.storage import audit
from bot.storage.schema.audit import audit_entries
from tests.changes.operator import MALLORY, Operator

S = ChangeState


async def test_a_rehearsed_deploy_shows_the_plan_and_writes_nothing(prod: Operator):
    ended = await prod.ends(await prod.asks_to_deploy("v1.2.0", is_dry_run=True))

    assert ended.state is S.REHEARSED
    assert prod.aws.writes == []
    card = await prod.card(ended)
    assert "⚪ Dry run, plan: credlink-api v1.2.0 → prod" in card
    assert "image only" in card
    assert "checks" in card
    assert "button" not in card
    assert prod.revisions() == ["credlink-api:1"]


async def test_a_rehearsed_rollback_shows_the_plan_and_writes_nothing(prod: Operator):
    await prod.ends(await prod.deploys("v1.2.0"))
    prod.aws.calls.clear()

    ended = await prod.ends(await prod.asks_to_roll_back(is_dry_run=True))

    assert ended.state is S.REHEARSED
    assert prod.aws.writes == []
    assert "Dry run, plan: rollback of credlink-api in prod → v1.1.9" in await prod.card(ended)
    assert prod.versions() == ["v1.2.0"] * 4


async def test_a_rehearsal_takes_no_place_and_needs_the_same_right(prod: Operator):
    rehearsed = await prod.ends(await prod.asks_to_deploy("v1.2.0", is_dry_run=True))
    with pytest.raises(NotAllowed):
        await prod.asks_to_deploy("v1.2.0", by=MALLORY, is_dry_run=True)

    assert (await prod.ends(await prod.deploys("v1.2.0"))).state is S.SUCCEEDED

    async with prod.world.database.read() as connection:
        kept = await audit.with_keys(
            connection, [asked_key(rehearsed.id), outcome_key(rehearsed.id)]
        )
        denied = await connection.execute(
            select(audit_entries.c.actor).where(audit_entries.c.outcome == "denied")
        )
    assert len(kept) == 2
    assert denied.scalars().all() == [MALLORY.id]


async def test_a_rehearsal_of_what_cannot_be_done_says_why(prod: Operator):
    ended = await prod.ends(await prod.asks_to_deploy("v9.9.9", is_dry_run=True))

    assert ended.state is S.REFUSED
    assert "no image credlink-api:v9.9.9" in ended.why
