"""What the bot's log tells: one id from click to card, and no secret."""

import json
import re
from typing import Any

import pytest

from sandbox import seeds
from sandbox.transcript import as_text
from tests.scenarios.scene import ALERTS, NAMES, PROD, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCENE = {"pace": 8.0}
SECRETS = (
    seeds.BOT_TOKEN,
    seeds.APP_TOKEN,
    seeds.SIGNING_SECRET,
    seeds.PAGERDUTY_TOKEN,
    seeds.PAGERDUTY_ROUTING_KEY,
    seeds.PAGERDUTY_WEBHOOK_SECRET,
    seeds.ALERTMANAGER_WEBHOOK_TOKEN,
    seeds.GRAFANA_WEBHOOK_SECRET,
    seeds.GRAFANA_TOKEN,
    seeds.SENTRY_TOKEN,
)
TOKEN = re.compile(r"Bearer [0-9a-f]{40}")
"""Now and then the service logs one."""


async def test_one_id_goes_from_the_command_through_the_change_to_its_card(play: Scene):
    await play.deploys("v1.2.0", channel=PROD, environment="prod", says="Deployed")

    command = only(lines(play, "slack_request"), kind="command", name_of="deploy")
    # The last card stands a moment before the line about it.
    path = await play.until(lambda: _path(play, command["correlation_id"]), "the last card's line")
    assert path[0] == "change_accepted"
    expected = {"slack_request", "revision_registered", "rollout_started", "change_ended"}
    assert expected < set(path)
    assert path[-1] == "card_shown"


async def test_a_press_has_an_id_of_its_own_and_names_the_change(play: Scene):
    accepted = only(lines(play, "change_accepted"))
    pressed = only(lines(play, "change_pressed"), change_id=accepted["change_id"])
    taken = only(lines(play, "slack_request"), kind="action", name_of="change.confirm")

    assert pressed["correlation_id"] == taken["correlation_id"] != accepted["correlation_id"]


async def test_what_is_found_in_the_log_of_a_service_comes_without_its_secrets(play: Scene):
    await play.types(seeds.ALICE, PROD, "/credlink logs prod Authorization since 1h")

    card = await play.card(PROD, "“Authorization”:", "Authorization: ***", button="Refresh")
    said = f"{as_text(card, NAMES)} {await play.thread(card)}"
    assert "The newest" in said
    assert TOKEN.search(said) is None


async def test_an_alarm_is_muted_from_its_card_by_who_may(play: Scene):
    await play.types(seeds.ALICE, PROD, "/credlink alarms prod cpu-high")
    card = await play.card(PROD, "cpu-high is OK in prod", button="Refresh")

    await play.presses(seeds.ALICE, card, "Mute 1 h")
    await play.told(seeds.ALICE, PROD, "Only `approvers` may mute the alarms of credlink-api")
    await play.presses(seeds.BOB, card, "Mute 1 h")

    await play.card(PROD, "cpu-high is OK, muted in prod", "by @bob", ts=card["ts"])
    assert "mute credlink-prod-cpu-high → prod: done" in await play.types(
        seeds.BOB, PROD, "/credlink audit prod"
    )


async def test_every_line_is_json_and_none_holds_a_secret(play: Scene):
    await play.world.by_hand().fire("HighErrorRatio", "prod")
    card = await play.card(ALERTS, "HighErrorRatio", button="Acknowledge")
    await play.presses(seeds.CAROL, card, "Acknowledge")
    await play.card(ALERTS, "Acknowledged", ts=card["ts"])

    written = play.bot.log.read_text()

    assert all(isinstance(json.loads(line), dict) for line in written.splitlines())
    assert [secret for secret in SECRETS if secret in written] == []
    assert TOKEN.search(written) is None


def lines(play: Scene, action: str = "") -> list[dict[str, Any]]:
    """The log's lines of an action, or all; the last may be only half there, and is left out."""
    whole = play.bot.log.read_text().rpartition("\n")[0].splitlines()
    found = [json.loads(line) for line in whole]
    return [line for line in found if not action or line.get("action") == action]


def only(found: list[dict[str, Any]], **having: str) -> dict[str, Any]:
    fitting = [line for line in found if having.items() <= line.items()]
    assert len(fitting) == 1, fitting
    return fitting[0]


def _path(play: Scene, identity: str) -> list[str] | None:
    """The actions under this id, in order, once a card was shown after the change had ended."""
    path = [line["action"] for line in lines(play) if line.get("correlation_id") == identity]
    return path if "change_ended" in path and path[-1] == "card_shown" else None
