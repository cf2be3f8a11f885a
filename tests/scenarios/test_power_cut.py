"""The bot's power is cut at the worst moments; what people were promised still happens, once."""

import time

import pytest

from sandbox import seeds
from sandbox.standin import Fault
from sandbox.transcript import as_text
from sandbox.world import PLACES
from tests.scenarios.scene import ALERTS, NAMES, PROD, STAGING, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

LEAVES_WITHIN_S = 20.0
BACK_WITHIN_S = 6.0


async def test_killed_in_the_middle_of_a_rollout_the_same_card_goes_on(play: Scene):
    asked = writes(play)
    await play.types(seeds.ALICE, PROD, "/credlink deploy prod v1.2.0")
    plan = await play.card(PROD, "v1.2.0", button="Confirm")
    await play.presses(seeds.ALICE, plan, "Confirm")
    await play.until(
        lambda: writes(play)["UpdateService"] > asked["UpdateService"], "an UpdateService"
    )

    await play.bot.kill()
    assert {task.tag for task in play.world.running("prod")} != {"v1.2.0"}
    await play.bot.start()

    card = await play.card(PROD, "v1.2.0", "Deployed", ts=plan["ts"])
    assert card["ts"] == plan["ts"]
    assert {task.tag for task in play.world.running("prod")} == {"v1.2.0"}
    assert writes(play) == {name: count + 1 for name, count in asked.items()}
    assert await cards(play, PROD, "v1.2.0") == [plan["ts"]]
    assert twice(await thread(play, card)) == []


async def test_killed_right_after_the_command_was_answered_the_card_still_appears(play: Scene):
    await play.types(seeds.ALICE, STAGING, "/credlink deploy staging v1.2.1")

    await play.bot.kill()
    await play.bot.start()

    plan = await play.card(STAGING, "v1.2.1", button="Confirm")
    assert await cards(play, STAGING, "v1.2.1") == [plan["ts"]]
    await play.presses(seeds.ALICE, plan, "Cancel")
    await play.card(STAGING, "v1.2.1", "Cancelled", ts=plan["ts"])


async def test_killed_while_a_scaling_stands_it_goes_back_on_time_all_the_same(play: Scene):
    await play.types(seeds.ALICE, PROD, "/credlink scale prod 5-10 for 32s")
    plan = await play.card(PROD, "3–10 → 5–10", button="Confirm")
    await play.presses(seeds.ALICE, plan, "Confirm")
    await play.card(PROD, "3–10 → 5–10", "Goes back", ts=plan["ts"], button="Keep")
    over = time.monotonic() + 32 / play.world.pace

    await play.bot.kill()
    assert bounds(play) == (5, 10)
    await play.bot.start()

    card = await play.card(PROD, "Set back: credlink-api in prod 5–10 → 3–10", ts=plan["ts"])
    assert bounds(play) == (3, 10)
    assert time.monotonic() - over < BACK_WITHIN_S
    assert await cards(play, PROD, "5–10") == [plan["ts"]]
    assert twice(await thread(play, card)) == []


async def test_killed_after_a_webhook_was_taken_its_alert_appears_once(play: Scene):
    hand = play.world.by_hand()
    await hand.fire("HighErrorRatio", "prod")

    await play.bot.kill()
    await play.bot.start()

    card = await play.card(ALERTS, "HighErrorRatio", "prod", button="Acknowledge")
    assert await cards(play, ALERTS, "HighErrorRatio") == [card["ts"]]
    # While it is open nothing may be deployed there.
    await hand.resolve("HighErrorRatio", "prod")
    await play.card(ALERTS, "Resolved: HighErrorRatio", ts=card["ts"])


async def test_killed_while_pagerduty_has_a_note_and_has_not_said_so_it_is_there_once(
    play: Scene,
):
    hand, pagerduty = play.world.by_hand(), play.world.pagerduty
    await hand.fire("ApiDown", "prod")
    card = await play.card(ALERTS, "ApiDown", "prod", "PagerDuty", button="Acknowledge")
    page = next(one for one in pagerduty.account.incidents.values() if "ApiDown" in one.title)
    await play.slack.say(seeds.BOB.id, ALERTS, "the pool is full", thread_ts=card["ts"])
    message = (await play.slack.messages(seeds.CAROL.id, ALERTS, card["ts"]))[-1]
    pagerduty.faults.append(Fault("create_incident_note", drop="after"))

    await play.slack.react(seeds.CAROL.id, message, "memo")
    await play.until(lambda: page.notes, "a note in PagerDuty")
    await play.bot.kill()
    await play.bot.start()
    await hand.resolve("ApiDown", "prod")
    await play.card(ALERTS, "Resolved: ApiDown", ts=card["ts"])

    # Whether it looks for the note or PagerDuty's webhook is faster: it is known to be there.
    await play.until(lambda: audited(play, "note", "done"), "the note in the audit")
    await pagerduty.webhooks_drained()
    assert len(page.notes) == 1
    assert len(pagerduty.calls_of("create_incident_note")) == 1
    assert [said for said in await thread(play, card) if "the pool is full" in said] == [
        "the pool is full"
    ]


async def test_a_card_that_slack_took_without_saying_so_is_not_posted_again(play: Scene):
    await play.slack.fault("drop_after", method="chat.postMessage")

    await play.types(seeds.ALICE, STAGING, "/credlink deploy staging v1.2.0")

    plan = await play.card(STAGING, "v1.2.0", button="Confirm")
    await play.presses(seeds.ALICE, plan, "Cancel")
    # Only a bot that knows which message is its card can bring it here.
    await play.card(STAGING, "v1.2.0", "Cancelled", ts=plan["ts"])
    assert await cards(play, STAGING, "v1.2.0") == [plan["ts"]]


async def test_asked_to_leave_in_the_middle_of_a_rollout_it_leaves_and_takes_it_up_later(
    play: Scene,
):
    asked = writes(play)
    await play.types(seeds.ALICE, PROD, "/credlink deploy prod v1.2.1")
    plan = await play.card(PROD, "v1.2.1", button="Confirm")
    await play.presses(seeds.ALICE, plan, "Confirm")
    await play.until(
        lambda: writes(play)["UpdateService"] > asked["UpdateService"], "an UpdateService"
    )
    began = time.monotonic()

    status = await play.bot.stop()

    assert status == 0
    assert time.monotonic() - began < LEAVES_WITHIN_S
    await play.bot.start()
    await play.card(PROD, "v1.2.1", "Deployed", ts=plan["ts"])
    assert writes(play) == {name: count + 1 for name, count in asked.items()}
    assert await cards(play, PROD, "v1.2.1") == [plan["ts"]]


def writes(play: Scene) -> dict[str, int]:
    """How often AWS was asked for each change a deploy makes."""
    operations = [call.operation for call in play.world.aws.writes]
    return {name: operations.count(name) for name in ("RegisterTaskDefinition", "UpdateService")}


def bounds(play: Scene) -> tuple[int, int]:
    """Within which autoscaling keeps prod."""
    account, cluster = PLACES["prod"]
    found = play.world.aws.client("application-autoscaling", account).describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[f"service/{cluster}/{seeds.SERVICE}"]
    )
    (target,) = found["ScalableTargets"]
    return target["MinCapacity"], target["MaxCapacity"]


async def cards(play: Scene, channel: str, word: str) -> list[str]:
    """Where the bot's messages that name it stand, oldest first; not those for one person."""
    return [
        message["ts"]
        for message in await play.slack.messages(seeds.ALICE.id, channel)
        if not message.get("ephemeral") and word in as_text(message, NAMES)
    ]


async def audited(play: Scene, *words: str) -> bool:
    """Whether a line of the audit has all these words."""
    said = await play.types(seeds.CAROL, ALERTS, "/credlink audit prod")
    return any(all(word in line for word in words) for line in said.splitlines())


async def thread(play: Scene, card: dict[str, object]) -> list[str]:
    replies = await play.slack.messages(seeds.ALICE.id, str(card["channel"]), str(card["ts"]))
    return [as_text(reply, NAMES) for reply in replies[1:]]


def twice(entries: list[str]) -> list[str]:
    return [entry for entry in set(entries) if entries.count(entry) > 1]
