"""A storm over a whole world: real webhooks, a bot that dies in the middle of it, Slack's face.

The scenes stand on each other: one storm comes, is looked at, taken on, and calms down.
"""

import asyncio

import pytest

from benchmarks.stormed_eyes import look
from sandbox import seeds
from sandbox.monitoring.storm import Storm
from sandbox.transcript import as_text, buttons
from tests.scenarios.scene import ALERTS, NAMES, Card, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")
SCENE = {"pace": 4.0}
GROUPS, EACH = 40, 3
SHOW = f"Show all {GROUPS}"


@pytest.fixture(scope="module")
def storm(play: Scene) -> Storm:
    return play.world.storm()


async def storm_cards(play: Scene) -> list[Card]:
    found = await play.slack.messages(seeds.ALICE.id, ALERTS)
    return [m for m in found if "Storm" in m["text"] and not m.get("ephemeral")]


async def top(play: Scene, callback_id: str) -> Card | None:
    """The form on top, once it is this one."""
    views = (await play.slack.state(seeds.ALICE.id))["views"]
    return views[-1] if views and views[-1]["callback_id"] == callback_id else None


async def test_a_bot_that_is_killed_in_mid_storm_counts_every_group_once(play: Scene, storm: Storm):
    blowing = asyncio.create_task(storm.blow(GROUPS, GROUPS * EACH))
    await play.card(ALERTS, "Storm:")
    await blowing
    await play.bot.kill()
    await play.bot.start()

    card = await play.card(ALERTS, f"{GROUPS} alert groups", button=SHOW)

    assert len(await storm_cards(play)) == 1
    assert "own cards: " in as_text(card, NAMES)
    seen = await look(play.slack)
    assert (seen.visible, seen.alerts) == (GROUPS, GROUPS * EACH)


async def test_one_group_can_be_silenced_from_the_list_which_stays_beneath(play: Scene):
    card = await play.card(ALERTS, "Storm", button=SHOW)
    await play.presses(seeds.ALICE, card, SHOW)
    page = await play.until(lambda: top(play, "storm.list"), "the list")

    await play.slack.press_button(seeds.ALICE.id, page, "Silence…")

    form = await play.until(lambda: top(play, "silence.submit"), "the form over the list")
    await play.slack.close_view(seeds.ALICE.id, form)
    beneath = await play.until(lambda: top(play, "storm.list"), "the list again")
    assert beneath["id"] == page["id"]
    await play.slack.close_view(seeds.ALICE.id, beneath)


async def test_all_of_them_are_acknowledged_and_the_card_says_by_whom(play: Scene):
    card = await play.card(ALERTS, "Storm", button="Acknowledge all")

    await play.presses(seeds.CAROL, card, "Acknowledge all")

    said = await play.card(ALERTS, f"{GROUPS:,} noted here", ts=card["ts"])
    assert "@carol acknowledged all" in as_text(said, NAMES)
    assert "Acknowledge all" not in buttons(said)


async def test_when_it_has_calmed_down_its_card_is_green_and_shows_them_still(
    play: Scene, storm: Storm
):
    await storm.calm(GROUPS * EACH)

    card = await play.card(ALERTS, f"Storm resolved: all {GROUPS} alert groups have ended")

    assert buttons(card) == [SHOW]
    assert await play.slack.verdict() == []
