"""Deploys worth trusting: approved, judged while they run, held, promoted, and undone.

Prometheus is real and judges. Bakes, windows and traffic all follow the pace, so that a step is
judged by as many windows of as many requests as at pace 1.
"""

from collections import Counter

import pytest
import pytest_asyncio

from sandbox import seeds
from sandbox.monitoring import HOW_TO_GET_THEM, Monitoring
from sandbox.scenarios import scenarios
from sandbox.transcript import as_text, buttons
from tests.programs import require
from tests.scenarios.scene import EU, NAMES, PROD, STAGING, Card, Scene

pytestmark = [
    pytest.mark.slow,
    pytest.mark.prometheus,
    pytest.mark.asyncio(loop_scope="module"),
]

PACE = 3.0
SCENE = {"with_monitoring": True, "pace": PACE}


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def enough_traffic(play: Scene) -> None:
    """A window that is a third as long has as many requests."""
    if not Monitoring.available():
        require("prometheus", HOW_TO_GET_THEM)
    for environment in ("prod", "eu"):
        play.world.credlink_api.set_demand(environment, PACE)


async def test_what_was_not_good_in_staging_does_not_begin_in_eu_and_says_so(play: Scene):
    await play.types(seeds.BOB, EU, "/credlink deploy eu v1.2.1")

    plan = await play.card(EU, "Proposed", "v1.2.1", "staging", "0 of 1", button="Approve")

    await play.presses(seeds.BOB, plan, "Approve")
    await play.told(seeds.BOB, EU, "nobody approves their own")
    await play.presses(seeds.ALICE, plan, "Approve")
    await play.told(seeds.ALICE, EU, "Only `approvers`")
    await play.presses(seeds.BOB, plan, "Cancel")
    await play.card(EU, "v1.2.1", "Cancelled", ts=plan["ts"])


async def test_an_approval_does_not_follow_a_tag_that_was_moved(play: Scene):
    await play.deploys("v1.2.1", channel=STAGING, environment="staging", says="Deployed")
    await play.types(seeds.ALICE, EU, "/credlink deploy eu v1.2.1")
    plan = await play.card(EU, "Proposed", "asked by @alice", "0 of 1", button="Approve")
    digest = digest_on(plan)

    await happens(play, "move-tag")
    await play.presses(seeds.BOB, plan, "Approve")

    card = await play.card(EU, "Proposed", "the approval by @bob is void", ts=plan["ts"])
    assert "0 of 1" in as_text(card, NAMES)
    assert digest_on(card) != digest
    assert {task.tag for task in play.world.running("eu")} == {"v1.1.9"}
    assert play.updates() == 1  # staging's


async def test_approved_anew_by_a_second_person_it_is_deployed(play: Scene):
    waiting = await play.card(EU, "Proposed", "v1.2.1", "void")
    await happens(play, "pipeline-asks")  # by POST /api/changes, for staging
    await play.card(STAGING, "v1.2.1", "Deployed", "asked by the pipeline of example/credlink")

    card = await play.card(EU, "v1.2.1", ts=waiting["ts"], button="Approve")
    await play.presses(seeds.BOB, card, "Approve")

    card = await play.card(EU, "Baking", "approved by @bob", ts=card["ts"])
    card = await play.card(EU, "Deployed", "errors 0.", "✓", "[picture", ts=card["ts"])
    assert "asked by @alice" in as_text(card, NAMES)
    assert {task.tag for task in play.world.running("eu") if task.healthy} == {"v1.2.1"}


async def test_what_a_pipeline_deployed_is_judged_and_never_rolled_back_by_itself(play: Scene):
    updates = play.updates()

    await play.pipeline_deploys("v1.3.0-slow", "eu")

    card = await play.card(EU, "Rolling out by others", "v1.3.0-slow")
    card = await play.card(EU, "Held", "latency", "Shall it go back?", ts=card["ts"])
    assert {task.tag for task in play.world.running("eu") if task.healthy} == {"v1.3.0-slow"}
    assert play.updates() == updates + 1
    await play.presses(seeds.BOB, card, "Roll back")
    card = await play.card(EU, "v1.3.0-slow", "back on v1.2.1", ts=card["ts"], button="Clear lock")
    await play.presses(seeds.BOB, card, "Clear lock")
    assert {task.tag for task in play.world.running("eu") if task.healthy} == {"v1.2.1"}


async def test_a_canary_is_held_by_a_person_and_survives_a_power_cut(play: Scene):
    await play.types(seeds.ALICE, PROD, "/credlink deploy prod v1.2.0 --strategy canary")
    plan = await play.card(PROD, "v1.2.0", "canary", button="Confirm")
    await play.presses(seeds.ALICE, plan, "Confirm")
    card = await play.card(PROD, "25 % to", "75 % to", ts=plan["ts"], button="Hold")
    await play.presses(seeds.ALICE, card, "Hold")
    card = await play.card(PROD, "Held by @alice", "ECS rolls it back at", ts=plan["ts"])

    await play.bot.kill()
    await play.bot.start()

    card = await play.card(PROD, "Held by @alice", "errors", ts=plan["ts"], button="Promote")
    assert share_of(play, "prod", "v1.2.0") == pytest.approx(0.25)
    await play.presses(seeds.ALICE, card, "Promote")
    await play.card(PROD, "Baking", ts=plan["ts"])
    assert share_of(play, "prod", "v1.2.0") == pytest.approx(1.0)


async def test_killed_in_mid_bake_the_same_card_goes_on_and_nothing_happens_twice(play: Scene):
    baking = await play.card(PROD, "Baking", "v1.2.0")

    await play.bot.kill()
    await play.bot.start()

    card = await play.card(PROD, "Deployed", "errors", "✓", "[picture", ts=baking["ts"])
    assert await about(play, PROD, "v1.2.0") == [card["ts"]]
    entries = (await play.thread(card)).splitlines()
    assert [line for line, times in Counter(entries).items() if times > 1] == []
    asked = Counter(call.operation for call in play.world.aws.writes if "prod" in str(call))
    assert asked["UpdateService"] == 1
    assert asked["ContinueServiceDeployment"] == 2  # to 25 %, and on to all of it


async def test_an_error_only_sentry_knows_holds_a_deploy_until_somebody_keeps_it(play: Scene):
    held = await play.deploys(
        "v1.3.0-errors", channel=STAGING, environment="staging", says="new Sentry issues"
    )
    held = await play.card(STAGING, "Held", "CRED-", ts=held["ts"], button="Keep")

    await play.presses(seeds.CAROL, held, "Keep")

    await play.card(STAGING, "Deployed", "kept by @carol", ts=held["ts"])


async def test_a_bad_canary_is_rolled_back_by_itself_and_shows_why(play: Scene):
    await play.types(seeds.ALICE, EU, "/credlink deploy eu v1.3.0-errors --strategy canary")
    plan = await play.card(EU, "v1.3.0-errors", "0 of 1", button="Approve")
    await play.presses(seeds.CAROL, plan, "Approve")

    card = await play.card(
        EU, "Rolled back", "back on v1.2.1", "✗", "errors", "eu is locked", ts=plan["ts"]
    )

    assert "[picture: The evidence for v1.3.0-errors, drawn]" in as_text(card, NAMES)
    assert buttons(card) == ["Clear lock"]
    thread = await play.thread(card)
    assert "The evidence speaks against it" in thread
    assert "the old version at the same time" in thread
    assert {task.tag for task in play.world.running("eu") if task.healthy} == {"v1.2.1"}


async def test_the_place_is_locked_for_that_reason_until_somebody_clears_it(play: Scene):
    card = await play.card(EU, "v1.3.0-errors", "eu is locked", button="Clear lock")
    refused = await play.types(seeds.ALICE, EU, "/credlink deploy eu v1.3.0-errors")
    assert "v1.3.0-errors was rolled back" in refused

    await play.presses(seeds.BOB, card, "Clear lock")

    await play.card(EU, "Rolled back", "v1.3.0-errors", ts=card["ts"], without="is locked")
    said = await play.types(seeds.ALICE, EU, "/credlink can-i-deploy eu")
    assert "✓ not locked" in said


async def test_slack_refused_and_lost_nothing(play: Scene):
    await play.slack.settled()

    assert await play.slack.verdict() == []
    assert "Traceback" not in play.bot.log.read_text()


async def happens(play: Scene, scenario: str) -> None:
    """Choose an entry of the page's menu."""
    await next(one for one in scenarios(play.world, play.bot) if one.id == scenario).run()


def share_of(play: Scene, environment: str, version: str) -> float:
    """A version's share of the traffic, 0 to 1."""
    running = play.world.running(environment)
    return sum(task.traffic_weight for task in running if task.tag == version)


def digest_on(card: Card) -> str:
    """The image's digest as a proposal shows it."""
    lines = as_text(card, NAMES).splitlines()
    return next(line for line in lines if line.startswith("*image*"))


async def about(play: Scene, channel: str, words: str) -> list[str]:
    """Where the messages stand that everybody sees and that have these words."""
    return [
        message["ts"]
        for message in await play.slack.messages(seeds.ALICE.id, channel)
        if not message.get("ephemeral") and words in as_text(message, NAMES)
    ]
