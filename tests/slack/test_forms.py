"""Forms in a strict workspace: opened after the press was acknowledged, sent in, answered."""

from contextlib import AsyncExitStack

import pytest

from bot.cards.blocks import actions, button, overflow, section
from bot.cards.modal import INPUT
from bot.slack.replies import NOT_FILLED, NOT_OPENED
from bot.slack.requests import submission
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
        drawn = button("Ask", action_id="test.form", subject_id="g1", revision=1)
        menu = overflow(
            [("ask", "Ask first"), ("refuse", "Refuse")],
            action_id="test.more",
            subject_id="g1",
            revision=7,
        )
        blocks = [section("A card"), actions(drawn, menu)]
        await api.call("chat.postMessage", channel=GENERAL, text="A card", blocks=blocks)
        yield edge


async def opened(people):
    """The form that Alice has open after she pressed the button."""
    (message,) = [m for m in await people.messages(ALICE, GENERAL) if not m.get("ephemeral")]
    assert (await people.press_button(ALICE, message, "Ask"))["ok"]
    return await until(lambda: form_of(people))


async def form_of(people):
    views = (await people.state(ALICE))["views"]
    return views[-1] if views else None


async def whispered(people):
    shown = await people.messages(ALICE, GENERAL)
    return [m["text"] for m in shown if m.get("ephemeral")]


def filled(why, length=None):
    typed = {"type": "plain_text_input", "value": why}
    chosen = {"type": "static_select", "selected_option": {"value": length}}
    return {"why": {INPUT: typed}} | ({"long": {INPUT: chosen}} if length else {})


async def test_a_form_opens_and_brings_back_what_was_written_and_where_it_was_asked(
    edge, workspace, people
):
    view = await opened(people)

    assert (await people.submit(ALICE, view, filled("because", "1h")))["ok"]

    (sent,) = edge.done.submitted
    assert sent.values == {"why": "because", "long": "1h"}
    assert sent.carried["of"] == "g1"
    assert (sent.asked.by.id, sent.asked.by.groups) == (ALICE, {"S0DEPLOY"})
    assert sent.asked.channel_id == GENERAL
    assert await until(lambda: whispered(people)) == ["taken"]
    assert await form_of(people) is None
    assert workspace.verdict() == []


async def test_what_nobody_changed_comes_back_as_it_was_filled_in(edge, people):
    view = await opened(people)

    await people.submit(ALICE, view, filled("quiet"))

    assert edge.done.submitted[0].values == {"why": "quiet", "long": "2h"}
    assert await form_of(people) is None


async def test_an_answer_that_needs_somebody_outside_comes_when_the_form_has_closed(edge, people):
    await people.submit(ALICE, await opened(people), filled("later"))

    assert await until(lambda: whispered(people)) == ["taken later"]


async def test_what_cannot_be_read_is_said_beside_its_field_and_the_form_stays(
    edge, workspace, people
):
    view = await opened(people)

    answer = await people.submit(ALICE, view, filled("nonsense"))

    assert answer["errors"] == {"why": "That is no reason."}
    assert (await form_of(people))["callback_id"] == "test.form"
    await people.submit(ALICE, view, filled("because"))
    assert await until(lambda: whispered(people)) == ["taken"]
    assert workspace.verdict() == []


@pytest.mark.parametrize(
    ("why", "says"),
    [("refused", "A rollout of &lt;prod&gt; is under way."), ("broken", "It is recorded as")],
)
async def test_why_nothing_came_of_it_takes_the_forms_place(edge, workspace, people, why, says):
    view = await opened(people)

    await people.submit(ALICE, view, filled(why))

    shown = await form_of(people)
    assert shown["title"]["text"] == "Nothing was done"
    assert says in shown["blocks"][0]["text"]["text"]
    assert workspace.verdict() == []


async def test_who_gets_no_form_is_told_to_press_again(edge, people):
    await people.fault("ratelimited", method="views.open", retry_after=1)
    (message,) = await people.messages(ALICE, GENERAL)

    await people.press_button(ALICE, message, "Ask")

    assert await until(lambda: whispered(people)) == [NOT_OPENED]


@pytest.mark.parametrize("metadata", ["", "no json", "[1]", "null"])
def test_a_form_that_carries_nothing_readable_was_asked_for_in_direct_messages(metadata):
    body = {
        "user": {"id": ALICE},
        "trigger_id": "t1",
        "view": {"callback_id": "x", "private_metadata": metadata, "state": {"values": {}}},
    }

    sent = submission(body, groups=lambda _: frozenset(), now=None)

    assert (sent.carried, sent.values, sent.asked.channel_id) == ({}, {}, ALICE)


async def chosen(people, what):
    """Alice chooses in the menu behind “…”."""
    (message,) = [m for m in await people.messages(ALICE, GENERAL) if not m.get("ephemeral")]
    block = message["blocks"][1]
    options = block["elements"][1]["options"]
    value = next(one["value"] for one in options if one["text"]["text"] == what)
    answer = await people.press(ALICE, message, block["block_id"], "test.more", selected=[value])
    assert answer["ok"], answer


async def test_what_is_chosen_in_a_menu_is_an_act_that_opens_at_once_and_is_filled_when_known(
    edge, workspace, people
):
    await chosen(people, "Ask first")

    asking = await until(lambda: form_of(people))
    assert asking["blocks"][0]["text"]["text"] == "Asking…"
    edge.done.found.set()

    async def filled_in():
        view = await form_of(people)
        return view if view.get("callback_id") == "test.form" else None

    view = await until(filled_in)
    [press] = edge.done.pressed
    assert (press.action_id, press.subject_id, press.revision) == ("test.more.ask", "g1", 7)
    typed = {"who": {INPUT: {"type": "users_select", "selected_user": seeds.BOB.id}}}
    assert (await people.submit(ALICE, view, typed))["ok"]
    assert edge.done.submitted[0].values["who"] == seeds.BOB.id
    await people.settled()
    assert workspace.verdict() == []


async def test_a_select_is_filled_with_what_fits_what_is_typed(edge, workspace, people):
    edge.done.found.set()
    await chosen(people, "Ask first")

    async def filled_in():
        view = await form_of(people)
        return view if view and view.get("callback_id") == "test.form" else None

    view = await until(filled_in)
    found = await people.options(ALICE, view, "search", INPUT, "a & b")
    assert [one["text"]["text"] for one in found["options"]] == ["found a & b"]
    broken = await people.options(ALICE, view, "search", INPUT, "broken")
    assert broken["options"] == []
    await people.settled()
    assert workspace.verdict() == []


async def test_why_there_is_no_form_takes_the_place_of_the_asking(edge, people):
    await chosen(people, "Refuse")

    async def refused():
        view = await form_of(people)
        return view if view and view["title"]["text"] == "Nothing was done" else None

    shown = await until(refused)
    assert shown["blocks"][0]["text"]["text"] == "There is &lt;none&gt;."


async def test_a_form_that_slack_fills_late_is_filled_and_one_it_refuses_is_said(edge, people):
    await people.fault("ratelimited", method="views.update", retry_after=1)
    edge.done.found.set()
    await chosen(people, "Ask first")

    async def filled_in():
        view = await form_of(people)
        return view if view and view.get("callback_id") == "test.form" else None

    await people.close_view(ALICE, await until(filled_in))
    await people.fault("error", method="views.update", error="invalid_arguments")
    await chosen(people, "Ask first")

    assert await until(lambda: whispered(people)) == [NOT_FILLED]


async def test_a_form_that_was_closed_while_somebody_was_asked_is_nobodys_trouble(edge, people):
    await chosen(people, "Ask first")
    await people.close_view(ALICE, await until(lambda: form_of(people)))

    edge.done.found.set()
    await people.settled()

    assert await whispered(people) == []
