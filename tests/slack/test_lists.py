"""Forms that have buttons: pressed in them, drawn anew in their place, and turned like pages."""

from contextlib import AsyncExitStack

import pytest

from bot.cards.blocks import actions, button, section
from sandbox import seeds
from tests.slack.edge import by_socket, listening, until

GENERAL = "C0GENERAL"
ALICE = seeds.ALICE.id


@pytest.fixture
async def edge(workspace, api, store):
    async with AsyncExitStack() as stack:
        edge = await stack.enter_async_context(listening(api, store))
        await stack.enter_async_context(by_socket(edge, workspace))
        await api.call("conversations.join", channel=GENERAL)
        shown = button("List", action_id="test.list", subject_id="s1", revision=1)
        blocks = [section("A card"), actions(shown)]
        await api.call("chat.postMessage", channel=GENERAL, text="A card", blocks=blocks)
        yield edge


async def views(people):
    return (await people.state(ALICE))["views"]


async def opened(people):
    (message,) = [m for m in await people.messages(ALICE, GENERAL) if not m.get("ephemeral")]
    assert (await people.press_button(ALICE, message, "List"))["ok"]
    return (await until(lambda: views(people)))[-1]


async def saying(people, words):
    """The form on top, once it says so."""

    async def top():
        found = await views(people)
        return found[-1] if found and words in str(found[-1]["blocks"]) else None

    return await until(top)


async def test_what_came_of_a_press_stands_in_the_form_and_nowhere_else(edge, workspace, people):
    page = await opened(people)

    await people.press_button(ALICE, page, "Answered")

    assert (await saying(people, "c1: pressed"))["title"]["text"] == "Page 1"
    [press] = edge.done.pressed
    assert press.asked.channel_id == GENERAL
    assert not [m for m in await people.messages(ALICE, GENERAL) if m.get("ephemeral")]
    assert workspace.verdict() == []


async def test_a_press_that_says_nothing_draws_the_form_anew_too(edge, people):
    page = await opened(people)

    await people.press_button(ALICE, page, "Quiet")

    assert await saying(people, "c2: done")


async def test_another_form_opens_on_top_and_leaves_the_list_beneath(edge, workspace, people):
    page = await opened(people)

    await people.press_button(ALICE, page, "Ask")

    await until(lambda: _two(people))
    beneath, top = await views(people)
    assert (beneath["id"], top["callback_id"]) == (page["id"], "test.form")
    typed = {"why": {"input": {"type": "plain_text_input", "value": "because"}}}
    await people.submit(ALICE, top, typed)
    [left] = await views(people)
    assert left["id"] == page["id"]
    assert workspace.verdict() == []


async def _two(people):
    return len(await views(people)) == 2


async def test_sent_in_it_shows_the_next_page_in_its_place(edge, workspace, people):
    page = await opened(people)

    await people.submit(ALICE, page)

    [now] = await views(people)
    assert (now["id"], now["title"]["text"]) == (page["id"], "Page 2")
    assert now["close"]["text"] == "Close"
    assert workspace.verdict() == []
