"""The control API as the page uses it."""

import asyncio

import aiohttp
import pytest

from sandbox import seeds
from sandbox.workspace.client import ControlFailed

PROD = "C0PROD001"
ALICE, BOB = seeds.ALICE.id, seeds.BOB.id


async def test_the_state_is_what_a_page_needs_to_draw_its_frame(people):
    state = await people.state(ALICE)

    assert state["me"] == ALICE
    assert {person["name"] for person in state["people"]} >= {"alice", "mallory", "credlink"}
    assert state["channels"][0]["name"] == "general"
    assert state["commands"][0]["command"] == "/credlink"
    assert state["app"]["bot_user_id"] == seeds.BOT_USER_ID


async def test_everybody_in_a_channel_sees_a_message_at_once_and_direct_ones_only_its_two(
    people, bot
):
    direct = await people.direct_message(ALICE)
    async with people.stream(ALICE) as alice, people.stream(BOB) as bob:
        await people.say(ALICE, direct, "for the bot")
        await people.say(ALICE, PROD, "for all")

        for_alice = [(await alice.until("message"))["message"]["text"] for _ in range(2)]
        for_bob = (await bob.until("message"))["message"]["text"]

    assert for_alice == ["for the bot", "for all"]
    assert for_bob == "for all"


async def test_a_reply_changes_what_its_parent_says_below_it(people):
    parent = (await people.say(ALICE, PROD, "parent"))["ts"]
    async with people.stream(BOB) as seen:
        await people.say(ALICE, PROD, "reply", thread_ts=parent)
        changed = await seen.until("message_changed")

    assert (changed["message"]["ts"], changed["message"]["reply_count"]) == (parent, 1)


async def test_somebody_outside_reads_a_public_channel_but_must_join_to_speak(people):
    await people.leave(BOB, PROD)

    assert await people.messages(BOB, PROD) == []
    assert (await people.say(BOB, PROD, "hello"))["error"] == "not_in_channel"
    await people.join(BOB, PROD)
    assert (await people.say(BOB, PROD, "hello"))["ok"]


@pytest.mark.parametrize(
    "said",
    [
        {"as": ALICE, "channel": PROD},
        {"as": "U0NOBODY", "channel": PROD, "text": "x"},
        {"as": ALICE, "channel": "C0NOWHERE", "text": "x"},
        ["say"],
    ],
    ids=["no text", "nobody", "nowhere", "no object"],
)
async def test_a_control_call_that_makes_no_sense_is_answered_400(people, said):
    with pytest.raises(ControlFailed):
        await people._post("say", said)


@pytest.mark.parametrize(
    "done",
    [{"state": {"b": "x"}}, {"state": ["b"]}, {"stale": True}, {"stale": True, "action": {}}],
)
async def test_a_press_described_badly_is_answered_400(bot, people, done):
    await bot.chat_postMessage(channel=PROD, text="x")
    (message,) = await people.messages(ALICE, PROD)
    at = {"as": ALICE, "channel": PROD, "ts": message["ts"], "block_id": "b", "action_id": "a"}

    with pytest.raises(ControlFailed):
        await people._post("press", {**at, **done})


async def test_a_direct_conversation_of_others_is_not_there(people):
    direct = await people.direct_message(ALICE)

    with pytest.raises(ControlFailed):
        await people.messages(BOB, direct)


async def test_every_call_is_on_record_with_the_message_it_made(bot, people):
    posted = await bot.chat_postMessage(channel=PROD, text="x")

    (call,) = await people.calls("chat.postMessage")
    assert (call["ok"], call["status"], call["message_ts"]) == (True, 200, posted["ts"])
    assert call["arguments"]["channel"] == PROD
    assert "token" not in call["arguments"]


async def test_a_watcher_that_reads_nothing_is_let_go(workspace):
    with workspace.platform.stream.watch(ALICE) as queue:
        for number in range(2500):
            workspace.platform.stream.tell(None, "toast", text=f"{number}")
        seen = [queue.get_nowait() for _ in range(queue.qsize())]

    assert seen[-1] is None
    assert len(seen) < 2500


async def test_permalinks_and_the_root_are_the_page(workspace):
    async with aiohttp.ClientSession() as session:
        for path in ("/", f"/archives/{PROD}/p1795000000000100"):
            async with session.get(workspace.url + path) as reply:
                assert (reply.status, reply.content_type) == (200, "text/html")


async def test_other_web_sites_in_the_same_browser_are_refused(workspace):
    said = {"as": ALICE, "channel": PROD, "text": "/credlink deploy prod v1"}
    async with aiohttp.ClientSession() as session:
        for origin, status in (("https://evil.example", 403), (workspace.url, 200)):
            headers = {"Origin": origin}
            address = f"{workspace.url}/control/say"
            async with session.post(address, json=said, headers=headers) as reply:
                assert reply.status == status


async def test_the_workspace_ends_while_pages_watch(workspace, people):
    async with people.stream(ALICE) as seen:
        stopping = asyncio.create_task(workspace.stop())
        with pytest.raises(TypeError):
            await seen.next()
        await stopping
