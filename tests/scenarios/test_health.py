"""How it is, asked of the whole world: one card that is complete, whoever hangs."""

import asyncio
import time

import pytest

from sandbox import seeds
from sandbox.standin import Fault
from sandbox.transcript import as_text, buttons
from tests.scenarios.scene import NAMES, PROD, STAGING, Card, Scene

pytestmark = [pytest.mark.prometheus, pytest.mark.asyncio(loop_scope="module")]
SCENE = {"with_monitoring": True}
COMPLETE = "Refresh"
LONGEST_S = 2.5
"""From the command to the complete card, whatever hangs."""


async def ask(play: Scene, words: str, *, channel: str = PROD) -> tuple[str, Card, float]:
    """What the complete card says, the card, and how long it took."""
    known = {message["ts"] for message in await play.slack.messages(seeds.ALICE.id, channel)}
    began = time.monotonic()
    assert await play.types(seeds.ALICE, channel, f"/credlink health {words}") == ""

    async def complete() -> Card | None:
        found = await play.slack.messages(seeds.ALICE.id, channel)
        fresh = (each for each in found if each["ts"] not in known)
        return next((each for each in fresh if COMPLETE in buttons(each)), None)

    card = await play.until(complete, "a complete card of health")
    return as_text(card, NAMES), card, time.monotonic() - began


async def ask_once_measured(play: Scene, words: str, *, channel: str = PROD) -> str:
    """What the card says when Prometheus has looked often enough to say something."""
    _, card, _ = await ask(play, words, channel=channel)

    async def measured() -> str | None:
        found = await play.card(channel, button=COMPLETE, ts=card["ts"])
        said = as_text(found, NAMES)
        if "⚪ no data" not in said and "errors no data" not in said and "too little" not in said:
            return said
        await play.presses(seeds.ALICE, found, COMPLETE)
        await asyncio.sleep(0.5)
        return None

    return str(await play.until(measured, "Prometheus has data"))


async def test_an_environment_nobody_knows_is_answered_with_the_nearest(play: Scene):
    answer = await play.types(seeds.ALICE, PROD, "/credlink health pord")

    assert "There is no environment pord (did you mean prod?)." in answer


async def test_one_card_tells_of_a_place_by_every_source(play: Scene):
    said = await ask_once_measured(play, "prod")

    assert "🟢 prod healthy · credlink-api v1.1.9" in said
    for part in (
        "*tasks* 4 of 4 (zones",
        "*targets* 4 healthy",
        "*scaling* 3–10",
        "*errors* 0",
        "budget ",
        "*alarms* 6 OK",
        "(bad above 1 s)",
        "*traffic*",
        "*alerts* none",
        "*incidents* none",
        "*on call* Carol Méndez until",
        "*new issues* none",
        "no lock",
        "Grafana",
    ):
        assert part in said
    assert "unknown" not in said
    assert "⚪ 1 without data (credlink-prod-queue-age)" in said  # and has been for weeks


async def test_two_that_hang_are_named_and_the_answer_stands_in_time(play: Scene):
    for stand_in in (play.world.pagerduty, play.world.sentry):
        stand_in.faults.append(Fault("*", times=6, delay_s=4.0))
    try:
        said, card, took_s = await ask(play, "prod")
    finally:
        play.world.pagerduty.faults.clear()
        play.world.sentry.faults.clear()

    assert took_s < LONGEST_S
    assert "⚪ *PagerDuty* did not answer within 2 s" in said
    assert "⚪ *Sentry* did not answer within 2 s" in said
    assert "*incidents* ⚪ unknown · *on call* ⚪ unknown" in said
    assert "*tasks* 4 of 4" in said

    await play.presses(seeds.ALICE, card, "Refresh")
    again = await play.card(PROD, "*incidents* none", "*new issues* none", ts=card["ts"])
    assert "did not answer" not in as_text(again, NAMES)


async def test_without_words_every_place_is_a_line_the_worst_first(play: Scene):
    said = await ask_once_measured(play, "", channel=STAGING)

    assert "🟢 All 3 places healthy" in said
    for place in ("*prod*", "*eu*", "*staging*"):
        assert f"🟢 {place}  credlink-api *v1.1.9*" in said


async def test_what_is_wrong_is_said_first_with_what_helps(play: Scene):
    play.world.sentry.new_error("prod", "v1.1.9", 12)
    await play.types(seeds.ALICE, PROD, '/credlink lock prod "looking into it"')

    said, _, _ = await ask(play, "prod")

    assert "🟠 prod needs a look" in said
    assert "*1 new Sentry issue in the last hour*" in said
    assert "(12 events, " in said
    assert "🟡 locked by @alice: “looking into it”" in said
