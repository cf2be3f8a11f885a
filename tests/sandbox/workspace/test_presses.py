"""Buttons and menus, pressed by people, heard by the real slack-bolt."""

import pytest

from sandbox import seeds
from tests.sandbox.workspace.bolt import app_of, socket

PROD = "C0PROD001"
ALICE = seeds.ALICE.id


def text(words):
    return {"type": "plain_text", "text": words}


def options(*values):
    return [{"text": text(value.title()), "value": value} for value in values]


BUTTONS = [
    {
        "type": "actions",
        "block_id": "what",
        "elements": [
            {"type": "button", "action_id": "go", "text": text("Confirm"), "value": "d1"},
            {"type": "static_select", "action_id": "env", "options": options("prod", "staging")},
            {"type": "external_select", "action_id": "version"},
        ],
    }
]


async def posted(bot, people):
    await bot.chat_postMessage(channel=PROD, text="Deploy?", blocks=BUTTONS)
    return (await people.messages(ALICE, PROD))[-1]


async def test_a_press_reaches_the_app_and_its_edit_the_people(workspace, bot, people):
    app = app_of(workspace)

    @app.action("go")
    async def go(ack, body, client):
        await ack()
        at = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        await client.chat_update(
            **at, text=f"by {body['user']['id']}: {body['actions'][0]['value']}"
        )

    async with socket(workspace, app), people.stream(ALICE) as seen:
        answer = await people.press_button(ALICE, await posted(bot, people), "Confirm")
        edited = await seen.until("message_changed")
        pending = await seen.until("pending", lambda it: it["state"] == "acked")

    assert answer["ok"]
    assert edited["message"]["text"] == f"by {ALICE}: d1"
    assert pending["what"] == "action"


async def test_a_choice_arrives_with_its_option_and_stays_in_the_state(workspace, bot, people):
    app = app_of(workspace)
    heard = []

    @app.action("env")
    async def chosen(ack, body):
        heard.append(body)
        await ack()

    async with socket(workspace, app):
        message = await posted(bot, people)
        await people.press(ALICE, message, "what", "env", selected=["staging"])

    (body,) = heard
    assert body["actions"][0]["selected_option"]["value"] == "staging"
    assert body["state"]["values"]["what"]["env"]["selected_option"]["text"]["text"] == "Staging"
    assert body["container"]["message_ts"] == body["message"]["ts"]


async def test_an_external_menu_is_filled_by_the_app(workspace, bot, people):
    app = app_of(workspace)

    @app.options("version")
    async def versions(ack, payload):
        await ack(options=options(f"v1.2.{payload['value']}"))

    async with socket(workspace, app):
        message = await posted(bot, people)
        answer = await people.options(ALICE, message, "what", "version", "0")

    assert answer["options"][0]["value"] == "v1.2.0"


async def test_only_what_is_shown_now_can_be_pressed_unless_on_purpose(workspace, bot, people):
    app = app_of(workspace)
    values = []

    @app.action("go")
    async def go(ack, payload):
        values.append(payload["value"])
        await ack()

    async with socket(workspace, app):
        message = await posted(bot, people)
        await bot.chat_update(channel=PROD, ts=message["ts"], text="Done")
        refused = await people.press_button(ALICE, message, "Confirm")
        stale = await people.press_stale(ALICE, message, "Confirm")

    assert (refused["ok"], refused["error"]) == (False, "not_found")
    assert stale["ok"]
    assert values == ["d1"]


async def test_an_option_that_is_not_on_the_menu_cannot_be_chosen(bot, people):
    message = await posted(bot, people)

    answer = await people.press(ALICE, message, "what", "env", selected=["moon"])

    assert (answer["ok"], answer["error"]) == (False, "not_found")


async def test_a_press_nobody_takes_shows_the_person_a_failure(bot, people):
    message = await posted(bot, people)
    async with people.stream(ALICE) as seen:
        answer = await people.press_button(ALICE, message, "Confirm")
        toast = await seen.until("toast")

    assert (answer["ok"], answer["error"]) == (False, "dispatch_failed")
    assert "dispatch_failed" in toast["text"]


async def test_a_press_in_an_ephemeral_message_can_replace_it_for_that_person(
    workspace, bot, people
):
    app = app_of(workspace)

    @app.action("go")
    async def go(ack, body, respond):
        await ack()
        assert "message" not in body
        assert body["container"]["is_ephemeral"]
        await respond(text="Thank you", replace_original=True)

    await bot.conversations_join(channel=PROD)
    await bot.chat_postEphemeral(channel=PROD, user=ALICE, text="?", blocks=BUTTONS)
    async with socket(workspace, app), people.stream(ALICE) as seen:
        (asked,) = await people.messages(ALICE, PROD)
        await people.press_button(ALICE, asked, "Confirm")
        replaced = await seen.until("message_changed")

    assert replaced["message"]["text"] == "Thank you"
    (shown,) = await people.messages(ALICE, PROD)
    assert (shown["ts"], "blocks" in shown) == (asked["ts"], False)


async def test_somebody_else_cannot_press_what_only_alice_sees(bot, people):
    await bot.conversations_join(channel=PROD)
    await bot.chat_postEphemeral(channel=PROD, user=ALICE, text="?", blocks=BUTTONS)
    (asked,) = await people.messages(ALICE, PROD)

    answer = await people.press_button(seeds.BOB.id, asked, "Confirm")

    assert (answer["ok"], answer["error"]) == (False, "message_not_found")


async def test_a_shortcut_must_be_in_the_manifest(people):
    answer = await people.shortcut(ALICE, "incident.open")

    assert (answer["ok"], answer["error"]) == (False, "not_declared")


@pytest.mark.parametrize("label", ["Cancel", "confirm"])
async def test_the_client_says_which_buttons_there_are(bot, people, label):
    message = await posted(bot, people)

    with pytest.raises(LookupError, match="'Confirm'"):
        await people.press_button(ALICE, message, label)
