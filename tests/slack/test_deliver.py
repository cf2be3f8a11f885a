"""Cards in Slack: one message each, true, and there once, whatever goes wrong on the way."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.cards.blocks import Message, section
from bot.domain.card import Kind, Place, Urgency
from bot.slack.api import SlackApi
from bot.slack.channels import Channels
from bot.storage import cards
from sandbox import seeds
from tests.slack.delivery import CHANNEL_ID, Story, calls, delivering, rejected, seen, thread
from tests.slack.edge import until


@pytest.fixture
def story(store) -> Story:
    return Story(store)


async def test_a_card_is_posted_and_then_edited_in_place(workspace, people, api, story):
    async with delivering(api, story) as deliverer:
        await story.open("c1", "Proposed")
        deliverer.wake()
        await story.settled()
        await story.say("c1", "Rolling out")
        await story.settled()

    (message,) = await seen(people)
    assert message["text"] == "Rolling out"
    assert message["metadata"]["event_payload"]["revision"] == 2
    assert rejected(workspace) == []
    async with story.database.read() as connection:
        place = await cards.card_channel_and_ts(connection, Kind.CHANGE, "c1")
    assert place == Place(CHANNEL_ID, message["ts"])


async def test_five_changes_of_a_row_are_one_edit(workspace, people, api, story):
    await story.open("c1", "0")
    async with delivering(api, story):
        await story.settled()
    for n in range(1, 6):
        await story.say("c1", str(n))
    async with delivering(api, story):
        await story.settled()

    (message,) = await seen(people)
    assert message["text"] == "5"
    assert len(calls(workspace, "chat.update")) == 1


async def test_a_change_made_while_slack_is_being_told_is_not_lost(people, api, story):
    await people.fault("latency", method="chat.postMessage", delay_s=0.2)
    async with delivering(api, story):
        await story.open("c1", "before")

        async def under_way():
            return (await story.card("c1")).attempted_at

        await until(under_way)
        await story.say("c1", "after")
        await story.settled()
    (message,) = await seen(people)
    assert message["text"] == "after"


async def test_a_woken_deliverer_posts_long_before_its_next_poll(people, api, story):
    async with delivering(api, story, pace=0.02) as deliverer:  # it polls every 12 s
        loop = asyncio.get_running_loop()
        started = loop.time()
        await story.open("c1", "Now")
        deliverer.wake()
        await story.settled()
        assert loop.time() - started < 2


async def test_a_post_that_got_through_unheard_is_found_and_not_posted_again(
    workspace, people, api, story
):
    await people.fault("drop_after", method="chat.postMessage")
    await story.open("c1", "Once")
    async with delivering(api, story):
        await story.settled()
    (message,) = await seen(people)
    assert len(calls(workspace, "chat.postMessage")) == 1
    assert (await story.card("c1")).ts == message["ts"]
    assert calls(workspace, "conversations.history")[0].arguments["include_all_metadata"]


async def test_a_post_that_timed_out_is_looked_for_when_it_can_have_got_through(
    workspace, people, api, story
):
    await people.fault("latency", method="chat.postMessage", delay_s=0.4)
    await story.open("c1", "Once")
    hasty = SlackApi(seeds.BOT_TOKEN, f"{workspace.url}/api/", timeout_s=0.3)
    await hasty.start()
    async with delivering(hasty, story):
        await story.settled()
    await hasty.stop()
    assert len(await seen(people)) == 1
    assert len(calls(workspace, "chat.postMessage")) == 1


async def test_a_post_that_did_not_get_through_is_posted_after_looking(
    workspace, people, api, story
):
    await people.fault("drop_before", method="chat.postMessage")
    await story.open("c1", "Once")
    async with delivering(api, story):
        await story.settled()
    assert len(await seen(people)) == 1
    assert calls(workspace, "conversations.history")


async def test_the_search_reads_every_page_of_a_busy_channel(workspace, people, api, story):
    await people.fault("drop_after", method="chat.postMessage")
    await story.open("c1", "Once")
    async with delivering(api, story):

        async def unheard():
            return (await story.card("c1")).failures

        await until(unheard)
        for n in range(50):
            await people.say(seeds.ALICE.id, CHANNEL_ID, f"chatter {n}")
        await story.settled()
    assert len(await seen(people)) == 1
    assert len(calls(workspace, "conversations.history")) >= 3


async def test_a_process_that_died_after_its_post_is_followed_by_one_that_looks_first(
    workspace, people, api, story
):
    await story.open("c1", "Once")
    async with delivering(api, story):
        await story.settled()
    # As the row was when the process died: begun, and nothing known.
    begun = datetime.now(UTC) - timedelta(seconds=5)
    await story.change_card("c1", ts=None, channel_id=None, shown=0, attempted_at=begun)
    await story.say("c1", "Later")
    async with delivering(api, story, owner="another"):
        await story.settled()
    (message,) = await seen(people)
    assert message["text"] == "Later"
    assert len(calls(workspace, "chat.postMessage")) == 1


async def test_until_a_request_can_no_longer_be_under_way_nobody_looks(
    workspace, people, api, story
):
    await people.fault("drop_after", method="chat.postMessage")
    await story.open("c1", "Once")
    async with delivering(api, story):
        await story.settled()
    (posted,) = calls(workspace, "chat.postMessage")
    looked = calls(workspace, "conversations.history")[0]
    assert looked.at - posted.at >= 0.45  # the time-out of these tests is 0.5 s


@pytest.mark.parametrize("said", ["ratelimited", "error"])
async def test_a_rate_limit_is_obeyed_and_nothing_is_lost(workspace, people, api, story, said):
    fault = {"retry_after": 1} if said == "ratelimited" else {"error": "ratelimited"}
    await people.fault(said, method="chat.postMessage", **fault)
    await story.open("c1", "Once")
    async with delivering(api, story):
        await story.settled()
    first, second = calls(workspace, "chat.postMessage")
    assert second.at - first.at >= 0.95
    assert not calls(workspace, "conversations.history"), "a refusal leaves nothing to look for"
    assert len(await seen(people)) == 1


async def test_a_rate_limit_on_edits_holds_all_edits_back(workspace, people, api, story):
    await story.open("c1", "1")
    await story.open("c2", "2")
    async with delivering(api, story):
        await story.settled()
        await people.fault("ratelimited", method="chat.update", retry_after=1)
        await story.say("c1", "1b")
        await until(lambda: asyncio.sleep(0, bool(calls(workspace, "chat.update"))))
        await story.say("c2", "2b", urgency=Urgency.OUTCOME)
        await story.settled()
    first, second, *_ = calls(workspace, "chat.update")
    assert second.at - first.at >= 0.95
    assert {message["text"] for message in await seen(people)} == {"1b", "2b"}


async def test_messages_of_a_channel_keep_slacks_pace(workspace, api, story):
    for n in range(4):
        await story.open(f"c{n}", str(n))
    async with delivering(api, story, pace=5):
        await story.settled()
    at = [call.at for call in calls(workspace, "chat.postMessage")]
    gaps = [later - earlier for earlier, later in pairwise(at)]
    assert min(gaps) >= 0.19
    assert rejected(workspace) == []


async def test_the_outcome_goes_before_progress(workspace, api, story):
    for name in ("slow", "new", "done"):
        await story.open(name, name, urgency=Urgency.PROGRESS)
    await story.say("new", "new", urgency=Urgency.NEW)
    await story.say("done", "done", urgency=Urgency.OUTCOME)
    async with delivering(api, story):
        await story.settled()
    posted = [call.arguments["text"] for call in calls(workspace, "chat.postMessage")]
    assert posted == ["done", "new", "slow"]


async def test_a_storm_of_edits_leaves_the_workspaces_budget_whole(workspace, people, api, story):
    for n in range(12):
        await story.open(f"c{n}", "x", channel="#credlink-alerts")
    async with delivering(api, story, channels=("#credlink-alerts",)):
        await story.settled()
        for round_ in range(5):
            for n in range(12):
                await story.say(f"c{n}", f"{round_}")
        await story.settled()
    assert {message["text"] for message in await seen(people, "C0ALERTS1")} == {"4"}
    assert rejected(workspace) == [], "no call was refused for its rate"


async def test_blocks_that_slack_refuses_are_shown_as_text_and_their_place_is_logged(
    workspace, people, api, story, caplog
):
    story.extra = [{"type": "header", "text": {"type": "mrkdwn", "text": "wrong"}}]
    await story.open("c1", "Plain words")
    async with delivering(api, story):
        await story.settled()
        (message,) = await seen(people)
        assert message["text"] == "Plain words\nwrong"
        assert not message.get("blocks")
        (logged,) = [r for r in caplog.records if r.message == "blocks_refused"]
        assert "/blocks/1" in " ".join(logged.problems)

        story.extra = []
        await story.say("c1", "Well again")
        await story.settled()
    (message,) = await seen(people)
    assert message.get("blocks"), "the next revision has blocks again"


async def test_a_card_that_cannot_be_drawn_holds_no_other_up(people, api, story):
    await story.open("broken", "x")
    del story.texts["broken"]
    await story.open("well", "Well")
    async with delivering(api, story):

        async def both():
            broken, well = await story.card("broken"), await story.card("well")
            return broken.failures and well.shown

        await until(both)
        assert (await story.card("broken")).last_error == "KeyError"
        story.texts["broken"] = "Mended"
        await story.settled()
    assert {message["text"] for message in await seen(people)} == {"Well", "Mended"}


async def test_a_channel_that_is_not_there_is_kept_as_the_last_error_and_tried_again(
    people, api, story
):
    await story.open("c1", "Lost", channel="#no-such-channel")
    await story.open("c2", "Well")
    async with delivering(api, story):

        async def kept():
            return (await story.card("c1")).last_error

        assert "channel_not_found" in await until(kept)

        async def well():
            return (await story.card("c2")).shown

        assert await until(well)
        lost = await story.card("c1")
        assert lost.next_at - datetime.now(UTC) > timedelta(seconds=0.5), "60 s at this pace"


async def test_an_archived_channel_is_kept_as_the_last_error(people, api, story):
    async with delivering(api, story):
        await people.fault("archive_channel", channel=CHANNEL_ID)
        await story.open("c1", "Lost")

        async def kept():
            return (await story.card("c1")).last_error

        assert "is_archived" in await until(kept)


async def test_a_bot_put_out_of_its_channel_joins_again_to_look(workspace, people, api, story):
    await people.fault("drop_after", method="chat.postMessage")
    await story.open("c1", "Once")
    async with delivering(api, story):

        async def unheard():
            return (await story.card("c1")).failures

        await until(unheard)
        await story.change_card("c1", failures=0)
        await people.fault("remove_bot", channel=CHANNEL_ID)
        await story.settled()
    assert len(await seen(people)) == 1


async def test_a_message_somebody_deleted_is_posted_anew_once(workspace, people, api, story):
    async with delivering(api, story):
        await story.open("c1", "One")
        await story.settled()
        await api.call("chat.delete", channel=CHANNEL_ID, ts=(await seen(people))[0]["ts"])
        await story.say("c1", "Two")
        await story.settled()
        (message,) = await seen(people)
        assert message["text"] == "Two"

        await api.call("chat.delete", channel=CHANNEL_ID, ts=message["ts"])
        await story.say("c1", "Three")
        await story.settled()
    assert await seen(people) == [], "twice deleted is meant"


async def test_of_three_replicas_each_card_is_posted_once(workspace, people, api, story):
    async with (
        delivering(api, story, owner="a") as a,
        delivering(api, story, owner="b") as b,
        delivering(api, story, owner="c") as c,
    ):
        for n in range(12):
            await story.open(f"c{n}", f"card {n}", channel=f"#{seeds.CHANNELS[n % 6].name}")
            for deliverer in (a, b, c):
                deliverer.wake()
        await story.settled()
    posted = [call.arguments["text"] for call in calls(workspace, "chat.postMessage")]
    assert sorted(posted) == sorted(f"card {n}" for n in range(12))


async def test_a_deliverer_that_was_frozen_past_its_lease_sends_and_writes_nothing(
    workspace, people, api, story, caplog
):
    frozen = asyncio.Event()
    thaw = asyncio.Event()
    render = story.render

    async def freezing(connection, subject_id, now):
        message = await render(connection, subject_id, now)
        if not frozen.is_set():
            frozen.set()
            await thaw.wait()
        return message

    story.render = freezing
    await story.open("c1", "Once")
    async with delivering(api, story, owner="frozen", lease_s=1.0):
        await frozen.wait()
        async with delivering(api, story, owner="other", lease_s=1.0):
            await story.settled()
            thaw.set()

            async def lost():
                return any(record.message == "lease_lost" for record in caplog.records)

            await until(lost)
    assert len(calls(workspace, "chat.postMessage")) == 1


async def test_a_stopping_deliverer_lets_its_request_end_and_gives_the_channel_back(
    workspace, people, api, story
):
    await people.fault("latency", method="chat.postMessage", delay_s=0.2)
    await story.open("c1", "Once")
    async with delivering(api, story, timeout_s=2, lease_s=30):

        async def under_way():
            return (await story.card("c1")).attempted_at

        await until(under_way)
    assert (await story.card("c1")).shown == 1
    async with delivering(api, story, owner="next", lease_s=30):
        await story.say("c1", "Twice")
        await story.settled(within_s=3)
    assert len(await seen(people)) == 1


async def test_a_card_for_a_person_stands_in_their_direct_messages(people, api, story):
    async with delivering(api, story):
        await story.open("c1", "For you", channel=seeds.ALICE.id)
        await story.settled()
        await story.say("c1", "For you, again")
        await story.settled()
    direct = await people.direct_message(seeds.ALICE.id)
    (message,) = await seen(people, direct)
    assert message["text"] == "For you, again"


async def test_names_of_channels_are_found_over_all_pages_and_joined_at_start(workspace, api):
    names = [f"#{channel.name}" for channel in seeds.CHANNELS]
    channels = Channels(api, [*names, "#not-there"])
    await channels.start()
    assert await channels.resolve("#credlink-business") == "C0BUSINES"
    for channel in seeds.CHANNELS:
        assert seeds.BOT_USER_ID in workspace.store.channels[channel.id].members
    assert list(channels.unreachable) == ["#not-there"]
    assert "invite the bot" in channels.unreachable["#not-there"]


async def test_entries_come_once_each_in_order_after_the_cards_message(
    workspace, people, api, story
):
    await story.open("c1", "Card")
    for n in range(5):
        await story.add("c1", f"entry {n}", Message(f"entry {n}", (section(f"entry {n}"),)))
    async with delivering(api, story):
        await story.settled()
    (message,) = await seen(people)
    replies = await thread(people, message["ts"])
    assert [reply["text"] for reply in replies] == [f"entry {n}" for n in range(5)]
    assert rejected(workspace) == []


async def test_an_entry_that_got_through_unheard_is_found_and_the_next_ones_wait(
    workspace, people, api, story
):
    async with delivering(api, story):
        await story.open("c1", "Card")
        await story.settled()
        await people.fault("drop_after", method="chat.postMessage")
        for n in range(3):
            await story.add("c1", f"entry {n}")
        await story.settled()
    (message,) = await seen(people)
    replies = await thread(people, message["ts"])
    assert [reply["text"] for reply in replies] == ["entry 0", "entry 1", "entry 2"]
    assert calls(workspace, "conversations.replies")


async def test_an_entry_whose_blocks_are_refused_is_delivered_as_text(people, api, story, caplog):
    caplog.set_level(logging.ERROR)
    async with delivering(api, story):
        await story.open("c1", "Card")
        wrong = {"type": "header", "text": {"type": "mrkdwn", "text": "wrong"}}
        await story.add("c1", "k", Message("entry", (wrong,)))
        await story.settled()
    (message,) = await seen(people)
    (reply,) = await thread(people, message["ts"])
    assert reply["text"] == "entry\nwrong"


async def test_a_thread_whose_card_was_deleted_goes_on_under_the_new_one(people, api, story):
    async with delivering(api, story):
        await story.open("c1", "Card")
        await story.settled()
        await api.call("chat.delete", channel=CHANNEL_ID, ts=(await seen(people))[0]["ts"])
        await story.add("c1", "after")
        await story.settled()
        (message,) = await seen(people)
        (reply,) = await thread(people, message["ts"])
        assert reply["text"] == "after"

        await api.call("chat.delete", channel=CHANNEL_ID, ts=message["ts"])
        await story.add("c1", "never")
        await story.settled()
    assert await seen(people) == []
