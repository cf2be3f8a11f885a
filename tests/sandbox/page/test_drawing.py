"""What the page draws: every block, Slack's text marks, and hostile text as mere text."""

import base64

import pytest
from playwright.async_api import expect

from tests.sandbox.page import blocks
from tests.sandbox.page.app import call, upload

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PROD = "C0PROD001"
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HOSTILE = (
    "<script>window.hacked = 1</script> <img src=x onerror='window.hacked = 1'> "
    "<javascript:window.hacked=1|press me> &lt;b&gt;"
)


@pytest.mark.parametrize(
    "sent",
    [
        blocks.WORDS,
        blocks.ELEMENTS,
        blocks.FRAMES,
        blocks.DATA_TABLE,
        blocks.LINES,
        blocks.AREAS,
    ],
    ids=["words", "elements", "frames", "data table", "lines", "areas"],
)
async def test_every_block_we_send_is_drawn(workspace, open_page, sent):
    await call(workspace.url, "chat.postMessage", channel=PROD, text="blocks", blocks=sent)
    page = await open_page()
    message = page.locator(".message[data-ts]")

    for block in sent:
        await expect(message.locator(f"[data-block-type={block['type']}]").first).to_be_visible()
        for element in block.get("elements", []):
            if "action_id" in element:
                await expect(
                    message.locator(f"[data-action-id='{element['action_id']}']")
                ).to_be_visible()
    await expect(page.locator(".block-unknown")).to_have_count(0)


async def test_words_stand_where_slack_puts_them(workspace, open_page):
    await call(workspace.url, "chat.postMessage", channel=PROD, text="w", blocks=blocks.WORDS)
    page = await open_page()

    await expect(page.locator(".block-header [data-emoji='🟢']")).to_be_visible()
    await expect(page.locator(".block-section strong").first).to_have_text("bold")
    rich = page.locator(".block-rich-text").first
    await expect(rich).to_contain_text("@Bob Lindqvist")
    await expect(rich).to_contain_text("@deployers")
    await expect(rich).to_contain_text("#credlink-ops")
    await expect(rich).to_contain_text("2026-11-18")
    await expect(rich.locator("a")).to_have_attribute("href", "https://example.com/x")
    await expect(page.locator(".block-markdown td").first).to_have_text("1")
    await expect(page.locator(".block-rich-text ol li")).to_have_text(["first", "second"])


async def test_a_data_table_sorts_by_number_and_turns_its_pages(workspace, open_page):
    await call(workspace.url, "chat.postMessage", channel=PROD, text="t", blocks=blocks.DATA_TABLE)
    page = await open_page()
    names = page.locator("tbody th")

    await expect(names).to_have_text(["a", "b"])
    await page.get_by_role("button", name="p95").click()
    await expect(names).to_have_text(["b", "a"])
    await page.get_by_role("button", name="Next page").click()
    await expect(names).to_have_text(["c"])


async def test_hostile_text_is_shown_and_never_run(workspace, open_page):
    everywhere = [
        {"type": "header", "text": blocks.plain(HOSTILE)},
        {"type": "section", "text": blocks.mrkdwn(HOSTILE)},
        {"type": "markdown", "text": HOSTILE + " [press](javascript:window.hacked=1)"},
        blocks.rich(blocks.text(HOSTILE)),
        {"type": "actions", "elements": [blocks.button("<img src=x>", "hostile")]},
    ]
    await call(workspace.url, "chat.postMessage", channel=PROD, text="h", blocks=everywhere)
    attachment = {"color": "red;background:url(/x)", "title": HOSTILE, "text": HOSTILE}
    await call(
        workspace.url, "chat.postMessage", channel=PROD, text=HOSTILE, attachments=[attachment]
    )
    page = await open_page()

    await expect(page.locator(".message")).to_have_count(2)
    await expect(page.locator(".block-section")).to_contain_text("<script>window.hacked = 1")
    assert await page.evaluate("window.hacked") is None
    assert await page.locator(".message script, .message img").count() == 0
    assert await page.locator("a[href^='javascript:']").count() == 0


async def test_what_people_type_is_shown_as_they_typed_it(client, open_page):
    await client.say("U0BOB0001", PROD, "<script>alert(1)</script> & *bold* @carol #general")
    page = await open_page()
    text = page.locator(".message .text")

    await expect(text).to_have_text(
        "<script>alert(1)</script> & bold @Carol Méndez #general", use_inner_text=True
    )


MARKS = [
    ("*bold* _italic_ ~gone~", "<strong>bold</strong> <em>italic</em> <s>gone</s>"),
    ("*_both_*", "<strong><em>both</em></strong>"),
    ("snake_case_name 2*3*4 a * b", "snake_case_name 2*3*4 a * b"),
    ("`*not bold* &lt;b&gt;`", "<code>*not bold* &lt;b&gt;</code>"),
    ("```\n*kept*\n  as is```", "<pre>*kept*\n  as is</pre>"),
    ("&gt; one\n&gt; two\nafter", "<blockquote>one<br>two</blockquote>after"),
    ("a\nb", "a<br>b"),
    ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
    (":no_such_emoji:", ":no_such_emoji:"),
    ("<!date^1795000000^{date_num}|then>", "2026-11-18"),
    ("<!date^nonsense^{time}|then>", "then"),
    ("<!date^1795000000^{wrong}|then>", "then"),
    ("*never closed", "*never closed"),
]


async def test_text_marks_mean_what_they_mean_in_slack(open_page):
    page = await open_page()
    drawn = await page.evaluate(
        """async (texts) => {
          const { mrkdwn } = await import("/page/mrkdwn.js");
          return texts.map((text) => {
            const box = document.createElement("div");
            box.append(...mrkdwn(text));
            for (const time of box.querySelectorAll("time")) time.replaceWith(time.textContent);
            return box.innerHTML;
          });
        }""",
        [text for text, _ in MARKS],
    )

    assert dict(zip([text for text, _ in MARKS], drawn, strict=True)) == dict(MARKS)


async def test_times_are_in_the_zone_of_the_reader(workspace, open_page):
    when = "<!date^1795000000^{date_num} {time_secs}|fallback>"
    await call(workspace.url, "chat.postMessage", channel=PROD, text=when)
    tokyo = await open_page(timezone_id="Asia/Tokyo")
    lima = await open_page(timezone_id="America/Lima")

    await expect(tokyo.locator(".message .text")).to_have_text("2026-11-18 8:06:40 PM")
    await expect(lima.locator(".message .text")).to_have_text("2026-11-18 6:06:40 AM")


async def test_a_picture_is_shown_in_its_card_and_large_when_pressed(workspace, open_page):
    file_id = await upload(workspace.url, PROD, "errors.png", DOT)
    page = await open_page()
    shared = page.locator(f"[data-file-id={file_id}] img")
    await expect(shared).to_be_visible()
    shown = [{"type": "image", "slack_file": {"id": file_id}, "alt_text": "Error ratio"}]
    await call(workspace.url, "chat.postMessage", channel=PROD, text="chart", blocks=shown)
    picture = page.get_by_role("button", name="Enlarge: Error ratio")
    await picture.click()

    viewer = page.get_by_test_id("viewer")
    await expect(viewer.locator("img")).to_have_js_property("naturalWidth", 1)
    await page.keyboard.press("Escape")
    await expect(viewer).to_have_count(0)


async def test_a_form_shows_every_kind_of_field(workspace, app, client, open_page):
    page = await open_page()
    await page.get_by_test_id("composer").fill("/credlink form")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("composer")).to_have_value("")
    await client.settled()
    trigger = next(got["trigger_id"] for got in app.got if "command" in got)
    await call(workspace.url, "views.open", trigger_id=trigger, view=blocks.FORM)
    modal = page.get_by_test_id("modal")

    await expect(modal).to_be_visible()
    for block in blocks.FORM["blocks"][1:]:
        field = modal.locator(f"[data-action-id={block['element']['action_id']}]")
        await expect(field).to_be_visible()
    await expect(modal.locator(".alert-warning")).to_contain_text("Nobody is paged.")
    await expect(page.locator(".block-unknown")).to_have_count(0)
