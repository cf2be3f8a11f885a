"""Threads: every entry once, in order, under the card's message."""

import logging

from bot.cards.blocks import Message, section
from tests.slack.delivery import CHANNEL_ID, calls, delivering, rejected, seen, thread


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
