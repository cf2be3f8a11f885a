"""The fault switchboard, seen from the bot's side."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from sandbox import seeds
from sandbox.standin import Fault
from sandbox.workspace.client import ControlFailed

PROD = "C0PROD001"


async def test_a_post_cut_off_after_its_effect_exists_though_the_caller_saw_an_error(
    workspace, bot, people
):
    workspace.faults.append(Fault("chat.postMessage", drop="after"))

    with pytest.raises(aiohttp.ClientError):
        await bot.chat_postMessage(channel=PROD, text="did it arrive?")

    (shown,) = await people.messages(seeds.ALICE.id, PROD)
    assert shown["text"] == "did it arrive?"
    (call,) = await people.calls("chat.postMessage")
    assert (call["ok"], call["message_ts"]) == (True, shown["ts"])


async def test_a_post_cut_off_before_its_effect_left_nothing(bot, people):
    await people.fault("drop_before", method="chat.postMessage")

    with pytest.raises(aiohttp.ClientError):
        await bot.chat_postMessage(channel=PROD, text="lost")

    assert await people.messages(seeds.ALICE.id, PROD) == []


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        ({"kind": "ratelimited", "retry_after": 7}, 429, "ratelimited"),
        ({"kind": "error", "error": "fatal_error"}, 200, "fatal_error"),
        ({"kind": "http", "status": 502}, 502, None),
    ],
)
async def test_an_answer_can_be_replaced_for_a_number_of_calls(bot, people, fault, status, error):
    await people.fault(method="chat.postMessage", times=2, **fault)

    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            await bot.chat_postMessage(channel=PROD, text="x")
        assert refused.value.response.status_code == status
        if error is not None:
            assert refused.value.response["error"] == error
        if status == 429:
            assert refused.value.response.headers["Retry-After"] == "7"
    assert (await bot.chat_postMessage(channel=PROD, text="x"))["ok"]
    # What a fault did is not the bot's mistake.
    assert await people.verdict() == []


async def test_a_channel_can_lose_the_bot_between_two_calls(bot, people):
    await bot.conversations_join(channel=PROD)
    await people.fault("remove_bot", channel=PROD)

    with pytest.raises(SlackApiError, match="not_in_channel"):
        await bot.conversations_history(channel=PROD)


async def test_the_verdict_names_calls_slack_refused(bot, people):
    with pytest.raises(SlackApiError):
        await bot.chat_postMessage(channel=PROD, text="x", thread_ts="1.000001")

    assert await people.verdict() == ["chat.postMessage rejected: thread_not_found"]


@pytest.mark.parametrize(
    "fault",
    [{"kind": "earthquake"}, {"kind": "archive_channel", "channel": "C0NOWHERE"}],
)
async def test_a_fault_that_cannot_be_is_refused(people, fault):
    with pytest.raises(ControlFailed):
        await people.fault(**fault)
