"""Story one, from the words somebody types to the outcome on the card."""

import asyncio

import pytest

from sandbox import seeds
from sandbox.actions import job
from sandbox.transcript import as_text, buttons
from tests.scenarios.scene import NAMES, PROD, STAGING, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_deployer_sees_what_would_change_and_nothing_has_changed_yet(play: Scene):
    before = len(play.world.aws.writes)

    said = await play.types(seeds.ALICE, PROD, "/credlink deploy prod v1.2.0 --reason fix")
    plan = await play.card(PROD, "Proposed", "v1.2.0", "v1.1.9", button="Confirm")

    assert "v1.2.0" in said
    assert "@alice" in as_text(plan, NAMES)
    assert buttons(plan) == ["Confirm", "Cancel"]
    assert len(play.world.aws.writes) == before
    await play.presses(seeds.ALICE, plan, "Cancel")
    await play.card(PROD, "v1.2.0", "Cancelled", ts=plan["ts"])


async def test_one_card_goes_from_plan_to_outcome_and_ecs_is_asked_once(play: Scene):
    before = play.updates()

    card = await play.deploys("v1.2.0", channel=PROD, environment="prod", says="Deployed")

    assert play.updates() == before + 1
    assert {task.tag for task in play.world.running("prod")} == {"v1.2.0"}
    assert "by @alice" in as_text(card, NAMES) or "@alice" in as_text(card, NAMES)


async def test_only_the_person_who_asked_confirms_and_everybody_else_is_told_so(play: Scene):
    await play.types(seeds.ALICE, PROD, "/credlink deploy prod v1.2.1")
    plan = await play.card(PROD, "v1.2.1", button="Confirm")

    await play.presses(seeds.BOB, plan, "Confirm")

    await play.told(seeds.BOB, PROD, "Only the person who asked")
    assert {task.tag for task in play.world.running("prod")} == {"v1.2.0"}
    await play.presses(seeds.ALICE, plan, "Cancel")
    await play.card(PROD, "v1.2.1", "Cancelled", ts=plan["ts"])


async def test_two_presses_are_one_act_and_a_button_of_yesterday_is_none(play: Scene):
    before = play.updates()
    await play.types(seeds.ALICE, STAGING, "/credlink deploy staging v1.2.0")
    plan = await play.card(STAGING, "v1.2.0", button="Confirm")

    await asyncio.gather(
        play.presses(seeds.ALICE, plan, "Confirm"), play.presses_old(seeds.ALICE, plan, "Confirm")
    )
    await play.card(STAGING, "v1.2.0", "Deployed", ts=plan["ts"])
    await play.presses_old(seeds.ALICE, plan, "Cancel")

    await play.told(seeds.ALICE, STAGING, "You did that already")
    assert play.updates() == before + 1


@pytest.mark.parametrize(
    ("person", "said", "answer"),
    [
        (seeds.ALICE, "/credlink deploy", "Write `/credlink deploy"),
        (seeds.ALICE, "/credlink deploy prod", "Which version"),
        (seeds.ALICE, "/credlink deploy prd v1.2.0", "prod"),
        (seeds.ALICE, "/credlink deploy prod v1.2.0 chekcout", "credlink-api"),
        (seeds.DAVE, "/credlink deploy prod v1.2.0", "Only `deployers`"),
        (seeds.ALICE, "/credlink deplyo prod v1.2.0", "deploy"),
        (seeds.ALICE, "/credlink", "deploy"),
        (seeds.MALLORY, "/credlink deploy prod <!channel>", "Only `deployers`"),
    ],
)
async def test_whoever_cannot_deploy_is_told_why_and_nothing_is_kept(
    play: Scene, person: seeds.Person, said: str, answer: str
):
    before = len(await play.slack.messages(seeds.ALICE.id, PROD))

    assert answer in await play.types(person, PROD, said)

    shown = [m for m in await play.slack.messages(seeds.ALICE.id, PROD) if not m.get("ephemeral")]
    assert len(shown) <= before


async def test_an_unknown_version_is_refused_on_the_card_and_nothing_is_changed(play: Scene):
    before = len(play.world.aws.writes)

    await play.types(seeds.ALICE, STAGING, "/credlink deploy staging v9.9.9")

    await play.card(STAGING, "v9.9.9", "Not possible")
    assert len(play.world.aws.writes) == before


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("v1.3.0-crash", "exit code 1"),
        ("v1.3.0-oom", "out of memory"),
        ("v1.3.0-nopull", "pull"),
        ("v1.3.0-unhealthy", "health"),
    ],
)
async def test_a_failed_rollout_says_why_in_plain_words_and_the_old_version_serves(
    play: Scene, version: str, why: str
):
    await play.types(seeds.ALICE, PROD, f"/credlink deploy prod {version}")
    plan = await play.card(PROD, version, button="Confirm")
    await play.presses(seeds.ALICE, plan, "Confirm")

    card = await play.until(
        lambda: _ended(play, plan["ts"]), f"an outcome of {version}", within_s=60
    )

    assert "Deployed" not in as_text(card, NAMES)
    assert why in as_text(card, NAMES).lower()
    assert {task.tag for task in play.world.running("prod") if task.healthy} == {"v1.2.0"}


async def _ended(play: Scene, ts: str) -> dict[str, object] | None:
    for message in await play.slack.messages(seeds.ALICE.id, PROD):
        if message["ts"] == ts and "🔵" not in as_text(message, NAMES):
            return message
    return None


async def test_a_rollback_returns_to_the_last_good_version(play: Scene):
    await play.deploys("v1.2.1", channel=PROD, environment="prod", says="Deployed")

    await play.types(seeds.BOB, PROD, "/credlink rollback prod")
    plan = await play.card(PROD, "v1.2.0", button="Confirm")
    await play.presses(seeds.BOB, plan, "Confirm")

    await play.card(PROD, "v1.2.0", ts=plan["ts"], without="🔵")
    assert {task.tag for task in play.world.running("prod") if task.healthy} == {"v1.2.0"}


async def test_a_pipeline_that_proves_itself_is_given_the_link_of_its_card(play: Scene):
    wish = {"environment": "staging", "version": "v1.2.1"}

    status, said = await job.ask(play.world.bot_url, play.world.actions.token(), wish, key="run-1")

    assert status == 202, said
    card = await play.card(
        STAGING, "v1.2.1", "Deployed", "the pipeline of example/credlink at main"
    )
    assert said["card"].endswith(f"/archives/{STAGING}/p{card['ts'].replace('.', '')}")
    assert {task.tag for task in play.world.running("staging")} == {"v1.2.1"}
    prod = await job.ask(
        play.world.bot_url, play.world.actions.token(), {**wish, "environment": "prod"}, key="run-2"
    )
    assert prod[0] == 403
    assert "Only" in prod[1]["error"]


async def test_status_says_what_runs_where(play: Scene):
    said = await play.types(seeds.DAVE, PROD, "/credlink status")

    assert "prod" in said
    assert "staging" in said
    assert "v1.2.0" in said


async def test_slack_refused_and_lost_nothing(play: Scene):
    await play.slack.settled()

    assert await play.slack.verdict() == []
