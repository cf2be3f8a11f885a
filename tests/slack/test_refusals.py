"""What Slack refuses: obeyed, kept, shown otherwise, and never in the way of other cards."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.card import Urgency
from tests.slack.delivery import CHANNEL_ID, calls, delivering, seen
from tests.slack.edge import until


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
