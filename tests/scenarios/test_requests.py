"""HTTP mode: the same story, and everything somebody else could send to the same address."""

import hashlib
import hmac
import io
import json
import re
import time
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

import aiohttp
import pytest

from sandbox import seeds
from sandbox.transcript import as_text
from tests.scenarios.scene import NAMES, PROD, STAGING, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCENE = {"slack_mode": "http"}
ASKED = {"command", "action"}
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
LARGER_THAN_TAKEN = 5 * 1024 * 1024
COUNTED = re.compile(r'credlink_slack_requests_total\{kind="(\w+)",outcome="(\w+)"\} ([\d.]+)')


async def test_over_http_one_card_goes_from_plan_to_outcome(play: Scene):
    before = play.updates()

    await play.deploys("v1.2.0", channel=PROD, environment="prod", says="Deployed")

    assert play.updates() == before + 1
    # The bot joins its channels before it listens; Slack repeats what it then could not deliver.
    asked = [each for each in await play.slack.deliveries() if each["kind"] in ASKED]
    assert {(each["attempts"], each["error"]) for each in asked} == {(1, None)}


async def test_the_address_is_verified_as_slack_asks(play: Scene):
    body = json.dumps({"type": "url_verification", "token": "t", "challenge": "3eZbrw1a"}).encode()

    status, answer = await post(play, body, signed(body), content_type=JSON)

    assert status == 200
    assert "3eZbrw1a" in answer


async def test_slack_may_look_at_the_certificate_without_a_signature(play: Scene):
    status, answer = await post(play, b"ssl_check=1&token=t", {})

    assert (status, answer) == (200, "")


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        pytest.param(lambda body: {}, "timestamp", id="unsigned"),
        pytest.param(
            lambda body: signed(body) | {"X-Slack-Signature": ""}, "signature", id="no signature"
        ),
        pytest.param(
            lambda body: signed(body, secret="another"), "signature", id="another's signature"
        ),
        pytest.param(lambda body: signed(body + b"&x=1"), "signature", id="another body's"),
        pytest.param(lambda body: signed(body, at=time.time() - 301), "stale", id="stale"),
        pytest.param(lambda body: signed(body, at=time.time() + 400), "stale", id="of the future"),
        pytest.param(
            lambda body: signed(body) | {"X-Slack-Request-Timestamp": "yesterday"},
            "timestamp",
            id="timestamp is no number",
        ),
        pytest.param(
            lambda body: signed(body) | {"X-Slack-Request-Timestamp": "9" * 400},
            "timestamp",
            id="timestamp is too long",
        ),
    ],
)
async def test_what_slack_did_not_send_is_refused_counted_and_not_acted_on(
    play: Scene, headers, outcome: str
):
    body = command("deploy staging v1.2.1")
    counted, said = await counts(play), await messages(play)

    status, answer = await post(play, body, headers(body))

    assert (status, answer) == (401, "")
    assert await counts(play) == counted | {
        ("http", outcome): counted.get(("http", outcome), 0) + 1
    }
    assert await messages(play) == said


async def test_a_request_sent_again_exactly_as_it_was_is_refused(play: Scene):
    body = command("status")
    headers = signed(body)
    first, answer = await post(play, body, headers)
    counted = await counts(play)

    again, nothing = await post(play, body, headers)

    assert (first, again, nothing) == (200, 401, "")
    assert "prod" in answer or not answer
    assert (await counts(play))["http", "replay"] == counted.get(("http", "replay"), 0) + 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b'{"type": "event_call', JSON, id="half a JSON"),
        pytest.param(b"[1, 2]", JSON, id="a JSON list"),
        pytest.param(b"null", JSON, id="JSON null"),
        pytest.param(b"payload=%7B%22type", FORM, id="half a payload"),
        pytest.param(b"payload=%5B%5D", FORM, id="a payload that is a list"),
        pytest.param(b"nothing of Slack's", FORM, id="neither command nor payload"),
        pytest.param(b"\xff\xfe\x00", FORM, id="no UTF-8"),
        pytest.param(b"", FORM, id="empty"),
    ],
)
async def test_what_is_malformed_is_refused_counted_and_not_a_failure_of_ours(
    play: Scene, body: bytes, content_type: str
):
    counted, said = await counts(play), await messages(play)

    status, _ = await post(play, body, signed(body), content_type=content_type)

    assert status in {400, 401}
    assert sum((await counts(play)).values()) == sum(counted.values()) + 1
    assert await messages(play) == said


async def test_what_is_too_large_is_refused_before_it_is_proved(play: Scene):
    body = b"x" * LARGER_THAN_TAKEN
    counted = await counts(play)

    status, _ = await post(play, body, signed(body))

    assert status == 413
    assert (await counts(play))["http", "too_large"] == counted.get(("http", "too_large"), 0) + 1


async def test_after_all_that_it_still_serves(play: Scene):
    assert "v1.2.0" in await play.types(seeds.DAVE, PROD, "/credlink status")
    assert play.bot.is_running
    assert "Traceback" not in play.bot.log.read_text()


def command(text: str) -> bytes:
    """The body Slack would send for a command of alice's in #credlink-staging."""
    return urlencode(
        {
            "command": "/credlink",
            "text": text,
            "user_id": seeds.ALICE.id,
            "user_name": seeds.ALICE.name,
            "channel_id": STAGING,
            "channel_name": "credlink-staging",
            "team_id": seeds.TEAM_ID,
            "team_domain": seeds.TEAM_DOMAIN,
            "api_app_id": seeds.APP_ID,
            "trigger_id": f"1.2.{time.time_ns()}",
            "response_url": "http://127.0.0.1:9/nobody",
        }
    ).encode()


def signed(
    body: bytes, *, secret: str = seeds.SIGNING_SECRET, at: float | None = None
) -> dict[str, str]:
    """Slack's signature of a body; https://docs.slack.dev/authentication/verifying-requests."""
    timestamp = str(int(time.time() if at is None else at))
    base = b"v0:" + timestamp.encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


async def post(
    play: Scene, body: bytes, headers: Mapping[str, str], *, content_type: str = FORM
) -> tuple[int, str]:
    url = f"{play.world.bot_url}/slack/events"
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
        session.post(
            url, data=io.BytesIO(body), headers={**headers, "Content-Type": content_type}
        ) as reply,
    ):
        return reply.status, await reply.text()


async def counts(play: Scene) -> dict[tuple[str, str], float]:
    """What the bot counted of Slack's requests, by kind and outcome."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
        session.get(f"{play.world.operations_url}/metrics") as reply,
    ):
        text = await reply.text()
    return {(kind, outcome): float(count) for kind, outcome, count in COUNTED.findall(text)}


async def messages(play: Scene) -> list[str]:
    """What stands in the channels a refused request names."""
    found = [
        message
        for channel in (PROD, STAGING)
        for message in await play.slack.messages(seeds.ALICE.id, channel)
    ]
    return [message["ts"] for message in found]


async def test_who_is_on_call_is_asked_and_answered_with_a_card(play: Scene):
    assert await play.types(seeds.DAVE, STAGING, "/credlink oncall") == ""

    card = await play.card(STAGING, "On call for credlink-api", "Carol Méndez", button="Refresh")
    await play.presses(seeds.DAVE, card, "Refresh")
    await play.card(STAGING, "Carol Méndez", button="Refresh", ts=card["ts"])


async def test_an_app_home_follows_what_happens_and_is_pressed_from(play: Scene):
    async def home_of(person: seeds.Person, *words: str) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            view = (await play.slack.state(person.id)).get("home")
            shown = as_text(view, NAMES) if view else ""
            return view if all(word in shown for word in words) else None

        return cast(dict[str, Any], await play.until(look, f"a home with {words}"))

    await play.slack.open_home(seeds.BOB.id)
    await home_of(seeds.BOB, "Running", "*staging*", "On call", "Carol Méndez", "nothing locked")

    await play.types(seeds.ALICE, STAGING, '/credlink lock staging "a look"')
    view = await home_of(seeds.BOB, "Locked: staging · everything", "“a look”", "· card")
    await play.slack.press_button(seeds.BOB.id, view, "Unlock")
    await home_of(seeds.BOB, "nothing locked")
    direct = await play.slack.direct_message(seeds.BOB.id)
    await play.card(direct, "Unlocked all of staging", seen_by=seeds.BOB)
