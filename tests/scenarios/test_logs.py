"""The log tells one story under one id, from the click to the card, and keeps every secret."""

import json
from typing import Any

import pytest

from sandbox import seeds
from tests.scenarios.scene import STAGING, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRETS = (
    seeds.BOT_TOKEN,
    seeds.APP_TOKEN,
    seeds.SIGNING_SECRET,
    seeds.PAGERDUTY_TOKEN,
    seeds.PAGERDUTY_WEBHOOK_SECRET,
    seeds.ALERTMANAGER_WEBHOOK_TOKEN,
    seeds.GRAFANA_TOKEN,
    seeds.SENTRY_TOKEN,
)


def lines(play: Scene) -> list[dict[str, Any]]:
    return [json.loads(line) for line in play.bot.log.read_text().splitlines()]


async def test_one_id_goes_from_the_command_to_the_outcome_on_the_card(play: Scene):
    await play.deploys("v1.2.0", channel=STAGING, environment="staging", says="Deployed")

    written = lines(play)
    accepted = next(line for line in written if line.get("action") == "change_accepted")
    told = [
        line["action"]
        for line in written
        if line.get("correlation_id") == accepted["correlation_id"]
    ]

    for action in (
        "slack_request",
        "change_accepted",
        "revision_registered",
        "rollout_started",
        "change_ended",
        "card_shown",
    ):
        assert action in told


async def test_no_secret_is_in_the_log(play: Scene):
    said = play.bot.log.read_text()

    assert said
    assert [secret for secret in SECRETS if secret in said] == []
