"""What people do on the page and what the app hears of it: say, press, fill in, go elsewhere."""

import pytest
from playwright.async_api import expect

from tests.sandbox.page import blocks
from tests.sandbox.page.app import call

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PROD = "C0PROD001"
CONFIRM = {
    "title": blocks.plain("Roll back prod?"),
    "text": blocks.mrkdwn("To *v1.1.9*."),
    "confirm": blocks.plain("Roll back"),
    "deny": blocks.plain("Back"),
}


def card(*elements, text="Rolling out"):
    return [
        {"type": "section", "block_id": "words", "text": blocks.mrkdwn(text)},
        {"type": "actions", "block_id": "buttons", "elements": list(elements)},
    ]


async def post(workspace, shown, **more):
    return await call(
        workspace.url, "chat.postMessage", channel=PROD, text="card", blocks=shown, **more
    )


async def open_form(workspace, app, client, page):
    await page.get_by_test_id("composer").fill("/credlink form")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("composer")).to_have_value("")
    await client.settled()
    trigger = app.got[-1]["trigger_id"]
    opened = await call(workspace.url, "views.open", trigger_id=trigger, view=blocks.FORM)
    modal = page.get_by_test_id("modal")
    await expect(modal).to_be_visible()
    return modal, opened["view"]


async def test_a_pressed_button_spins_until_the_app_has_taken_it(workspace, app, open_page):
    await post(workspace, card(blocks.button("Hold", "change.hold")))
    page = await open_page()
    button = page.locator("[data-action-id='change.hold']")

    app.may_answer.clear()
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    app.may_answer.set()
    await expect(button).not_to_have_attribute("aria-busy", "true")
    assert [(one["action_id"], one["value"]) for one in app.actions()] == [("change.hold", "Hold!")]


async def test_a_press_the_app_does_not_take_says_so(workspace, app, open_page):
    await post(workspace, card(blocks.button("Hold", "change.hold")))
    page = await open_page()

    app.status = 500
    await page.locator("[data-action-id='change.hold']").click()
    await expect(page.get_by_test_id("toast")).to_contain_text("failed")
    await expect(page.locator("[data-action-id='change.hold'][data-failed]")).to_be_visible()


async def test_a_dangerous_button_asks_first(workspace, app, client, open_page):
    risky = blocks.button("Roll back", "change.rollback", style="danger", confirm=CONFIRM)
    await post(workspace, card(risky))
    page = await open_page()
    button = page.locator("[data-action-id='change.rollback']")
    question = page.get_by_test_id("confirm")

    await button.click()
    await expect(question).to_contain_text("To v1.1.9.")
    await page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    await client.settled()
    assert app.actions() == []

    await button.click()
    await page.get_by_test_id("confirm-yes").click()
    await expect(question).to_have_count(0)
    await expect(button).not_to_have_attribute("aria-busy", "true")
    assert [one["action_id"] for one in app.actions()] == ["change.rollback"]


async def test_menus_are_chosen_from_by_keyboard(workspace, app, open_page):
    menu = {"type": "static_select", "action_id": "env", "options": blocks.OPTIONS}
    await post(workspace, card(menu))
    page = await open_page()
    select = page.locator("[data-action-id=env]")

    await select.focus()
    for key in ("Enter", "ArrowDown", "Enter"):
        await page.keyboard.press(key)
    await expect(select).to_have_text("staging")
    await expect(select).to_be_focused()
    assert [one["selected_option"]["value"] for one in app.actions()] == ["staging"]


async def test_an_external_menu_shows_what_the_app_answers(workspace, app, open_page):
    app.answers["block_suggestion"] = {"options": [blocks.option("v1.2.0")]}
    menu = {"type": "external_select", "action_id": "version", "min_query_length": 1}
    await post(workspace, card(menu))
    page = await open_page()
    select = page.locator("[data-action-id=version]")

    await select.click()
    await page.keyboard.type("v1")
    await page.get_by_role("option", name="v1.2.0").click()
    await expect(select).to_have_text("v1.2.0")
    assert app.actions()[0]["selected_option"] == blocks.option("v1.2.0")


async def test_a_command_is_hinted_sent_and_recalled(app, open_page):
    app.answers["/credlink"] = {"text": "Looking at *v1.2.0*"}
    page = await open_page()
    composer = page.get_by_test_id("composer")

    await composer.press_sequentially("/cred")
    await expect(page.get_by_role("option")).to_contain_text("deploy <env> <version>")
    await page.keyboard.press("Tab")
    await page.keyboard.type("deploy prod v1.2.0")
    await page.keyboard.press("Enter")
    private = page.locator(".message.ephemeral")
    await expect(private).to_contain_text("Only visible to you")
    await expect(private.locator("strong")).to_have_text("v1.2.0")
    assert app.got[-1]["text"] == "deploy prod v1.2.0"

    await page.keyboard.press("ArrowUp")
    await expect(composer).to_have_value("/credlink deploy prod v1.2.0")


async def test_a_command_nobody_declared_is_refused_where_it_was_typed(app, open_page):
    page = await open_page()

    await page.get_by_test_id("composer").fill("/nothing here")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.ephemeral")).to_contain_text("is not a valid command")
    assert app.got == []


async def test_a_form_says_what_is_missing_and_sends_what_was_typed(
    workspace, app, client, open_page
):
    page = await open_page()
    modal, view = await open_form(workspace, app, client, page)
    go = page.get_by_test_id("modal-submit")

    await modal.locator("[data-action-id=count]").fill("11")
    await go.click()
    await expect(modal.locator(".input-problem")).to_have_text(
        ["Please complete this required field.", "Please enter 10 or less."]
    )
    await modal.locator("[data-action-id=count]").fill("3")
    await modal.locator("[data-action-id=name]").fill("taken")
    # An update of the view must not lose what was typed.
    await call(workspace.url, "views.update", view_id=view["id"], view=blocks.FORM)
    app.answers["view_submission"] = {"response_action": "errors", "errors": {"name": "Taken."}}
    await go.click()
    await expect(modal.locator(".input-problem")).to_have_text(["Taken."])

    app.answers.clear()
    await modal.locator("[data-action-id=name]").fill("free")
    await go.click()
    await expect(modal).to_be_hidden()
    values = app.got[-1]["view"]["state"]["values"]
    assert values["name"]["name"]["value"] == "free"
    assert values["count"]["count"]["value"] == "3"


async def test_a_button_of_a_card_opens_a_form_whose_menu_and_words_come_back(
    workspace, app, client, open_page
):
    await post(workspace, card(blocks.button("Override", "gate.override")))
    page = await open_page()
    await page.locator("[data-action-id='gate.override']").click()
    await client.settled()
    await call(
        workspace.url, "views.open", trigger_id=app.got[-1]["trigger_id"], view=blocks.OVERRIDE
    )
    modal = page.get_by_test_id("modal")
    await expect(modal).to_contain_text("Deploys to eu are frozen.")

    await modal.locator("[data-action-id=reason]").fill("A customer waits.\nSee the ticket.")
    await modal.locator("[data-action-id=env]").click()
    await page.get_by_role("option", name="staging").click()
    await page.get_by_test_id("modal-submit").click()
    await expect(modal).to_be_hidden()
    submitted = app.got[-1]["view"]
    assert (submitted["callback_id"], submitted["private_metadata"]) == ("gate.override", "42")
    values = submitted["state"]["values"]
    assert values["reason"]["reason"]["value"] == "A customer waits.\nSee the ticket."
    assert values["env"]["env"]["selected_option"]["value"] == "staging"


async def test_escape_closes_a_form(workspace, app, client, open_page):
    page = await open_page()
    modal, _ = await open_form(workspace, app, client, page)

    await page.keyboard.press("Escape")
    await expect(modal).to_be_hidden()
    assert (await client.state("U0ALICE01"))["views"] == []


async def test_a_thread_opens_beside_the_channel_and_takes_replies(workspace, client, open_page):
    parent = await post(workspace, card(blocks.button("Hold", "hold")))
    await post(workspace, card(blocks.button("Why", "why")), thread_ts=parent["ts"])
    page = await open_page()
    pane = page.get_by_test_id("thread")

    await page.get_by_test_id("thread-link").click()
    await expect(pane.locator(".message")).to_have_count(2)
    await page.keyboard.type("I see it")
    await page.keyboard.press("Enter")
    await expect(pane.locator(".message").last).to_contain_text("I see it")
    await expect(page.get_by_test_id("thread-link")).to_contain_text("2 replies")

    await page.keyboard.press("Escape")
    await expect(pane).to_be_hidden()
    replies = await client.messages("U0ALICE01", PROD, parent["ts"])
    assert [reply["text"] for reply in replies][-1] == "I see it"


async def test_each_person_sees_the_workspace_as_themselves(workspace, client, open_page):
    await call(
        workspace.url, "chat.postEphemeral", channel=PROD, user="U0BOB0001", text="for bob only"
    )
    page = await open_page()
    await client.say("U0CAROL01", PROD, "for everybody")
    await expect(page.locator(".message")).to_have_count(1)

    await page.get_by_test_id("person-switcher").click()
    await page.get_by_role("option", name="Bob Lindqvist").click()
    await expect(page.get_by_test_id("person-switcher")).to_contain_text("Bob Lindqvist")
    await expect(page.locator(".message.ephemeral")).to_contain_text("for bob only")
    await page.get_by_test_id("composer").fill("it is me")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message").last).to_contain_text("it is me")
    assert (await client.messages("U0BOB0001", PROD))[-1]["user"] == "U0BOB0001"


async def test_reactions_are_put_on_and_taken_off(client, open_page):
    await client.say("U0BOB0001", PROD, "shipped")
    [message] = await client.messages("U0BOB0001", PROD)
    await client.react("U0BOB0001", message, "tada")
    page = await open_page()
    reaction = page.locator("[data-reaction=tada]")

    await reaction.click()
    await expect(reaction).to_have_attribute("aria-pressed", "true")
    await expect(reaction).to_contain_text("2")
    await reaction.click()
    await expect(reaction).to_contain_text("1")


async def test_the_home_tab_shows_what_the_app_publishes(workspace, app, client, open_page):
    page = await open_page()
    await page.get_by_role("button", name="credlink", exact=True).click()
    await page.get_by_role("tab", name="Home").click()
    await expect(page.get_by_test_id("home")).to_contain_text("has not put anything here")

    home = {"type": "home", "blocks": card(blocks.button("Status", "home.status"))}
    await call(workspace.url, "views.publish", user_id="U0ALICE01", view=home)
    await page.locator("[data-action-id='home.status']").click()
    await expect(page.locator("[data-action-id='home.status'][aria-busy]")).to_have_count(0)
    assert [one["action_id"] for one in app.actions()] == ["home.status"]


async def test_the_keyboard_alone_reaches_another_channel(open_page):
    page = await open_page()

    await page.keyboard.press("Control+k")
    await page.keyboard.type("stag")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("credlink-staging")
    await expect(page.get_by_test_id("composer")).to_be_focused()


async def test_a_permalink_leads_to_its_message(workspace, open_page):
    told = await post(workspace, card(blocks.button("Hold", "hold")))
    link = await call(
        workspace.url, "chat.getPermalink", channel=PROD, message_ts=told["message"]["ts"]
    )
    await call(workspace.url, "conversations.join", channel="C0OPS0001")
    text = f"see <{link['permalink']}|the card>"
    await call(workspace.url, "chat.postMessage", channel="C0OPS0001", text=text)
    page = await open_page(channel="C0OPS0001")

    await page.get_by_role("link", name="the card").click()
    await expect(page.locator("h1")).to_have_text("credlink-prod")
    await expect(page.locator(f".message[data-ts='{told['ts']}']")).to_be_in_viewport()
