"""What happens while somebody looks: edits in place, drafts kept, the stream lost and found."""

import pytest
from playwright.async_api import expect

from tests.sandbox.page import blocks
from tests.sandbox.page.app import call

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PROD = "C0PROD001"
WORLD = {
    "links": [{"name": "Prometheus", "url": "http://127.0.0.1:9/"}],
    "services": [
        {
            "environment": "prod",
            "service": "credlink-api",
            "version": "v1.2.0",
            "running": 4,
            "desired": 4,
            "error_ratio": 0.042,
        }
    ],
    "scenarios": [{"id": "errors", "title": "Errors in prod", "detail": "4 % of requests fail"}],
    "prometheus": True,
}


def words(text):
    return [{"type": "section", "block_id": "words", "text": blocks.mrkdwn(text)}]


async def say_much(client, count=60):
    for number in range(count):
        await client.say("U0BOB0001", PROD, f"line {number}")


async def test_a_card_is_edited_in_place_and_not_marked_as_edited(workspace, open_page):
    posted = await call(
        workspace.url, "chat.postMessage", channel=PROD, text="card", blocks=words("2 of 4")
    )
    page = await open_page()
    await expect(page.locator(".message")).to_contain_text("2 of 4")

    await call(
        workspace.url,
        "chat.update",
        channel=PROD,
        ts=posted["ts"],
        text="card",
        blocks=words("4 of 4"),
    )
    await expect(page.locator(".message")).to_contain_text("4 of 4")
    await expect(page.locator(".message")).to_have_count(1)
    await expect(page.locator(".edited")).to_have_count(0)


async def test_a_reader_of_old_messages_is_not_moved_by_new_ones(workspace, client, open_page):
    posted = await call(
        workspace.url, "chat.postMessage", channel=PROD, text="card", blocks=words("short")
    )
    await say_much(client)
    page = await open_page()
    line = page.locator(".message", has_text="line 20")
    await line.scroll_into_view_if_needed()
    before = await line.bounding_box()

    longer = words("\n".join(f"row {row}" for row in range(12)))
    await call(
        workspace.url, "chat.update", channel=PROD, ts=posted["ts"], text="card", blocks=longer
    )
    await client.say("U0CAROL01", PROD, "news")
    await expect(page.locator(".message").last).to_contain_text("news")
    await expect(page.locator(".message").first).to_contain_text("row 11")
    after = await line.bounding_box()
    assert after["y"] == pytest.approx(before["y"], abs=1)  # browsers scroll by whole pixels


async def test_a_reader_of_the_newest_message_stays_with_the_newest(client, open_page):
    await say_much(client)
    page = await open_page()
    await expect(page.locator(".message", has_text="line 59")).to_be_in_viewport()

    await client.say("U0CAROL01", PROD, "news")
    await expect(page.locator(".message", has_text="news")).to_be_in_viewport()


async def test_a_draft_outlives_messages_channels_and_a_reload(client, open_page):
    page = await open_page()
    composer = page.get_by_test_id("composer")
    await composer.fill("half a sentence")

    await client.say("U0BOB0001", PROD, "meanwhile")
    await expect(page.locator(".message")).to_contain_text("meanwhile")
    await expect(composer).to_have_value("half a sentence")
    await page.locator("[data-channel=C0GENERAL]").click()
    await expect(composer).to_have_value("")
    await page.locator(f"[data-channel={PROD}]").click()
    await expect(composer).to_have_value("half a sentence")
    await page.reload()
    await expect(composer).to_have_value("half a sentence")


async def test_what_is_typed_in_a_card_outlives_its_edit(workspace, open_page):
    field = {
        "type": "input",
        "block_id": "note",
        "label": blocks.plain("Note"),
        "element": {"type": "plain_text_input", "action_id": "note"},
    }
    posted = await call(
        workspace.url, "chat.postMessage", channel=PROD, text="card", blocks=[*words("1"), field]
    )
    page = await open_page()
    note = page.locator("[data-action-id=note]")
    await note.fill("because")

    changed = [*words("2"), {**field, "hint": blocks.plain("short")}]
    await call(
        workspace.url, "chat.update", channel=PROD, ts=posted["ts"], text="card", blocks=changed
    )
    await expect(page.locator(".input-hint")).to_have_text("short")
    await expect(note).to_have_value("because")
    await expect(note).to_be_focused()


async def test_the_page_comes_back_after_the_stream_was_lost(workspace, client, open_page):
    page = await open_page()
    workspace.platform.stream.close()
    await client.say("U0BOB0001", PROD, "said in between")

    await expect(page.locator(".message")).to_contain_text("said in between")
    await client.say("U0BOB0001", PROD, "said after")
    await expect(page.locator(".message").last).to_contain_text("said after")


async def test_other_channels_count_what_was_not_read(client, open_page):
    page = await open_page()
    general = page.locator("[data-channel=C0GENERAL]")

    await client.say("U0BOB0001", "C0GENERAL", "one")
    await client.say("U0BOB0001", "C0GENERAL", "two, @alice")
    await expect(general.locator(".badge-called")).to_have_text("2")
    await general.click()
    await expect(general.locator(".badge")).to_have_count(0)


async def test_a_deleted_message_goes_away(workspace, open_page):
    posted = await call(workspace.url, "chat.postMessage", channel=PROD, text="gone soon")
    page = await open_page()
    await expect(page.locator(".message")).to_have_count(1)

    await call(workspace.url, "chat.delete", channel=PROD, ts=posted["ts"])
    await expect(page.locator(".message")).to_have_count(0)


async def test_without_a_world_there_is_no_world_bar(open_page):
    page = await open_page()

    await expect(page.get_by_test_id("world")).to_be_hidden()


async def test_the_world_bar_shows_services_and_runs_scenarios(open_page):
    page = await open_page(routes={"**/world": WORLD})
    bar = page.get_by_test_id("world")
    await expect(bar.locator("[data-service='prod/credlink-api']")).to_contain_text("v1.2.0")
    await expect(bar.locator(".world-bad")).to_contain_text("4.2% errors")
    await expect(bar.get_by_role("link", name="Prometheus")).to_be_visible()

    await page.route("**/world/scenario", lambda route: route.fulfill(json={"ok": True}))
    async with page.expect_request("**/world/scenario") as asked:
        await page.get_by_test_id("scenarios").click()
        await page.get_by_role("option", name="Errors in prod").click()
    assert (await asked.value).post_data_json == {"id": "errors"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_shows_one_thing_at_a_time(workspace, open_page, scheme):
    sent = [*blocks.WORDS, *blocks.ELEMENTS]
    await call(workspace.url, "chat.postMessage", channel=PROD, text="all", blocks=sent)
    page = await open_page(size=(390, 844), color_scheme=scheme)
    await expect(page.locator(".message")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.locator(".scroller").first.evaluate("it => it.scrollWidth <= it.clientWidth")

    await expect(page.locator(".sidebar")).to_be_hidden()
    await page.get_by_role("button", name="Channels").click()
    await page.locator("[data-channel=C0GENERAL]").click()
    await expect(page.locator(".sidebar")).to_be_hidden()
    await expect(page.locator("h1")).to_have_text("general")
