"""After a restart the same evidence is measured; whatever it says, the same runs as before."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.change import ChangeState, HoldKind
from bot.storage import revisions
from bot.world import World
from tests.changes.measured import SLO, Measured, well
from tests.changes.operator import Operator, utc_now

S = ChangeState


@pytest.fixture
def policy() -> dict[str, Any]:
    return {"bake": "60s", "judge_every": "15s", "on_bad": "roll-back", "slo": SLO}


@pytest.fixture
def measured() -> Measured:
    return well()


@pytest.fixture
async def world(world: World, measured: Measured) -> World:
    return replace(world, prometheus=measured)


async def good(prod: Operator) -> int:
    async with prod.world.database.read() as connection:
        return len(await revisions.good(connection, "prod", "credlink-api"))


async def test_what_gets_worse_after_it_is_held_and_asked_about_and_never_rolled_back(
    prod: Operator, measured: Measured
):
    now = utc_now()
    measured.stories["errors"] = lambda at: 0.001 if at <= now else 0.05
    baking = await prod.until(await prod.restarts(), S.BAKING)
    card = await prod.card(baking)
    assert "🔵 Restarted, baking: credlink-api v1.1.9 in prod" in card
    assert "End the watch" in card
    assert "Roll back" not in card
    assert "has changed since" in (await prod.presses("change.abort", baking)).text

    back = await prod.ends(await prod.asks_to_roll_back())  # to abort the restart leads nowhere
    assert "No earlier revision" in back.why
    held = await prod.until(baking, S.HELD)

    assert held.hold.kind is HoldKind.BAD
    card = await prod.card(held)
    assert "🔴 Held: restart of credlink-api v1.1.9 in prod" in card
    assert "there is nothing to go back to" in card
    assert all(label in card for label in ("End the watch", "Measure"))
    assert "Roll back" not in card

    await prod.presses("change.keep", held)
    ended = await prod.ends(held)

    assert (ended.state, ended.kept_by) == (S.SUCCEEDED, "U0ALICE01")
    assert await good(prod) == 0
    assert "watch ended by <@U0ALICE01>" in await prod.card(ended)
    assert len(prod.updates) == 1


async def test_what_cannot_be_judged_ends_with_what_is_not_known_said(
    prod: Operator, measured: Measured
):
    measured.is_away = True

    ended = await prod.ends(await prod.restarts())

    assert ended.state is S.SUCCEEDED
    assert await good(prod) == 0
    assert "Prometheus did not give it" in await prod.card(ended)
