"""How the Web API is called: encodings, tokens, scopes, limits."""

import json

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from sandbox import seeds
from sandbox.workspace.methods import METHODS
from tests.sandbox.workspace.conftest import bot_of

AUTHORIZED = {"Authorization": f"Bearer {seeds.BOT_TOKEN}"}


async def called(workspace, method, **sent):
    async with aiohttp.ClientSession() as session:
        address = f"{workspace.url}/api/{method}"
        async with session.post(address, **sent) as reply:
            return reply, await reply.json()


async def test_the_bot_learns_who_it_is(bot):
    answer = await bot.auth_test()

    assert answer["user_id"] == seeds.BOT_USER_ID
    assert answer["team_id"] == seeds.TEAM_ID
    assert "chat:write" in answer.headers["X-OAuth-Scopes"]


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"headers": {}}, "not_authed"),
        ({"headers": {"Authorization": "Bearer xoxb-guessed"}}, "invalid_auth"),
        ({"headers": {"Authorization": f"Bearer {seeds.APP_TOKEN}"}}, "not_allowed_token_type"),
        (
            {"headers": {**AUTHORIZED, "Content-Type": "application/json"}, "data": b"{"},
            "invalid_json",
        ),
        (
            {"headers": {**AUTHORIZED, "Content-Type": "application/json"}, "data": b"[]"},
            "json_not_object",
        ),
        (
            {"headers": {**AUTHORIZED, "Content-Type": "text/xml"}, "data": b"<a/>"},
            "invalid_post_type",
        ),
    ],
)
async def test_a_call_that_is_wrong_in_form_or_token_says_how(workspace, sent, error):
    reply, answer = await called(workspace, "auth.test", **sent)

    assert (reply.status, answer) == (200, {"ok": False, "error": error})


async def test_an_unknown_method_answers_as_slack_does(workspace):
    reply, answer = await called(workspace, "chat.shout", headers=AUTHORIZED)

    assert reply.status == 200
    assert answer == {"ok": False, "error": "unknown_method", "req_method": "chat.shout"}


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"channel": "C0PROD001", "blocks": [{"type": "divider"}], "text": "x"}},
        {
            "data": {
                "channel": "C0PROD001",
                "blocks": json.dumps([{"type": "divider"}]),
                "text": "x",
            }
        },
        {"params": {"channel": "C0PROD001", "blocks": '[{"type":"divider"}]', "text": "x"}},
    ],
    ids=["json", "form", "query"],
)
async def test_arguments_travel_in_any_of_slacks_encodings(workspace, sent):
    _, answer = await called(workspace, "chat.postMessage", headers=AUTHORIZED, **sent)

    assert answer["ok"], answer
    assert answer["message"]["blocks"][0]["type"] == "divider"


async def test_the_token_may_stand_in_the_body_and_is_not_kept(workspace):
    _, answer = await called(workspace, "auth.test", data={"token": seeds.BOT_TOKEN})

    assert answer["ok"]
    assert workspace.calls[-1].arguments == {}


async def test_a_scope_that_was_taken_away_is_named(bot, people):
    await people.fault("remove_scope", scope="pins:write")

    with pytest.raises(SlackApiError) as refused:
        await bot.pins_add(channel="C0PROD001", timestamp="1.1")

    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "pins:write"
    assert "chat:write" in refused.value.response["provided"]


async def test_a_revoked_token_is_refused_until_the_fault_is_cleared(bot, people):
    await people.fault("revoke_token")
    with pytest.raises(SlackApiError, match="token_revoked"):
        await bot.auth_test()

    await people.clear_faults()
    assert (await bot.auth_test())["ok"]


async def test_the_shipped_manifest_grants_every_method_the_bot_may_need(workspace):
    granted = workspace.app.manifest.scopes
    refused = [m.name for m in METHODS.values() if m.scopes and not granted & set(m.scopes)]

    assert refused == []


async def test_the_fifty_first_update_in_a_minute_waits(timed, clock):
    bot = bot_of(timed)
    await bot.conversations_join(channel="C0PROD001")
    ts = (await bot.chat_postMessage(channel="C0PROD001", text="0"))["ts"]
    for number in range(50):
        await bot.chat_update(channel="C0PROD001", ts=ts, text=f"{number}")

    with pytest.raises(SlackApiError) as refused:
        await bot.chat_update(channel="C0PROD001", ts=ts, text="too soon")

    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "2"
    clock.advance(2)
    await bot.chat_update(channel="C0PROD001", ts=ts, text="now")


async def test_one_channel_takes_one_message_a_second_and_another_is_not_held_up(timed, clock):
    bot = bot_of(timed)
    for number in range(3):
        await bot.chat_postMessage(channel="C0PROD001", text=f"{number}")

    with pytest.raises(SlackApiError) as refused:
        await bot.chat_postMessage(channel="C0PROD001", text="too many")
    await bot.chat_postMessage(channel="C0STAGING", text="elsewhere")

    assert refused.value.response.headers["Retry-After"] == "1"
    clock.advance(1)
    await bot.chat_postMessage(channel="C0PROD001", text="now")


async def test_rate_limits_can_be_switched_off(hasty):
    for number in range(10):
        assert (await hasty.chat_postMessage(channel="C0PROD001", text=f"{number}"))["ok"]
