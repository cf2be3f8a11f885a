"""Cards in Slack: one message each, true, by urgency, within Slack's limits."""

import asyncio

from bot.domain.card import Kind, Place, Urgency
from bot.slack.channels import Channels
from bot.storage import cards
from sandbox import seeds
from tests.slack.delivery import CHANNEL_ID, calls, delivering, rejected, seen
from tests.slack.edge import until


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


async def test_messages_of_a_channel_keep_slacks_pace(workspace, api, story):
    for n in range(4):
        await story.open(f"c{n}", str(n))
    async with delivering(api, story, pace=5):
        await story.settled()
    at = [call.at for call in calls(workspace, "chat.postMessage")]
    turn_s = 1 / 5
    assert at[1] - at[0] < turn_s, "one may go ahead"
    assert min(later - earlier for earlier, later in zip(at, at[2:], strict=False)) >= turn_s - 0.01
    assert at[3] - at[0] >= 2 * turn_s - 0.01
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
    await channels.enter()
    for channel in seeds.CHANNELS:
        assert seeds.BOT_USER_ID in workspace.store.channels[channel.id].members
    assert list(channels.unreachable) == ["#not-there"]
    assert "invite the bot" in channels.unreachable["#not-there"]
