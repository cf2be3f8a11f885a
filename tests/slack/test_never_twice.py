"""What was posted is there once: after doubt, after a crash, with several replicas."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.slack.api import SlackApi
from sandbox import seeds
from tests.slack.delivery import CHANNEL_ID, TIMEOUT_S, Story, calls, delivering, seen
from tests.slack.edge import until


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
    assert looked.at - posted.at >= 0.9 * TIMEOUT_S


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


async def test_of_three_replicas_each_card_is_posted_once(workspace, api, database):
    story = Story(database)  # on PostgreSQL as well: replicas meet only there
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
