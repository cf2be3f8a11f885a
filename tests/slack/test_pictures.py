"""Pictures: into the thread once, into the card when Slack has processed them, never in the way."""

import struct
import zlib

import pytest

from bot.cards.blocks import image
from tests.slack.delivery import CHANNEL_ID, Story, calls, delivering, rejected, seen, thread
from tests.slack.edge import until


def png(side: int = 2) -> bytes:
    """A black square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\0" * side) * side)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.fixture
async def story(store) -> Story:
    it = Story(store, chart="chart")
    await it.open("c1", "Card")
    return it


def files_of(messages):
    return [file["id"] for message in messages for file in message.get("files", [])]


async def shown_in(people):
    (message,) = await seen(people)
    images = [b for b in message.get("blocks", []) if b["type"] == "image"]
    return [block["slack_file"]["id"] for block in images]


async def test_a_picture_goes_into_the_thread_and_then_into_the_card(workspace, people, api, story):
    await story.add("c1", "before")
    await story.add_picture("c1", "chart", png())
    await story.add("c1", "after")
    async with delivering(api, story):
        await story.settled()

    (message,) = await seen(people)
    before, picture, after = await thread(people, message["ts"])
    assert (before["text"], after["text"]) == ("before", "after")
    assert await shown_in(people) == files_of([picture])
    assert picture["files"][0]["alt_text"] == "A chart"
    assert rejected(workspace) == []


async def test_a_large_picture_does_not_hold_the_loop_up_and_arrives_whole(people, api, story):
    content = png() + b"\0" * 1_500_000
    await story.add_picture("c1", "chart", content)
    async with delivering(api, story):
        await story.settled()
    (file_id,) = await shown_in(people)
    assert await people.file(file_id) == content


@pytest.mark.parametrize(
    ("fault", "method"),
    [
        ("drop_after", "files.getUploadURLExternal"),
        ("drop_before", "files.upload"),
        ("drop_after", "files.upload"),
        ("http", "files.upload"),
        ("drop_before", "files.completeUploadExternal"),
        ("drop_after", "files.completeUploadExternal"),
        ("ratelimited", "files.completeUploadExternal"),
        ("ratelimited", "files.getUploadURLExternal"),
        ("http", "files.info"),
    ],
)
async def test_whatever_breaks_on_the_way_the_picture_arrives_once(
    people, api, story, fault, method
):
    await people.fault(fault, method=method)
    await story.add_picture("c1", "chart", png())
    await story.add("c1", "after")
    async with delivering(api, story):
        await story.settled()
    (message,) = await seen(people)
    picture, after = await thread(people, message["ts"])
    assert files_of([picture, after]) == await shown_in(people)
    assert after["text"] == "after"


async def test_after_doubt_slack_is_asked_what_became_of_the_file(workspace, people, api, story):
    await people.fault("drop_after", method="files.completeUploadExternal")
    await story.add_picture("c1", "chart", png())
    async with delivering(api, story):
        await story.settled()
    assert len(calls(workspace, "files.completeUploadExternal")) == 1
    assert calls(workspace, "files.info")


async def test_a_picture_slack_refuses_to_show_stays_in_the_thread_and_the_card_goes_without(
    workspace, people, api, story, caplog
):
    """`files.info` may say a file is ready before blocks may show it."""
    render = story.render

    async def with_it_at_once(connection, subject_id, now):
        drawn = await render(connection, subject_id, now)
        for block in drawn.blocks:
            if block["type"] == "image":
                workspace.store.files[block["slack_file"]["id"]].mimetype = "text/plain"
        return drawn

    story.render = with_it_at_once
    await story.add_picture("c1", "chart", png())
    async with delivering(api, story):
        await story.settled()

        async def refused():
            return any(record.message == "blocks_refused" for record in caplog.records)

        await until(refused)
        await story.settled()
    assert await shown_in(people) == []
    (message,) = await seen(people)
    assert message["text"] == "Card"
    assert message["blocks"], "only the picture is gone"
    assert files_of(await thread(people, message["ts"]))


async def test_a_block_with_a_file_that_is_not_ours_makes_the_card_text_and_no_endless_loop(
    workspace, people, api, story
):
    story.extra = [image("F0NOTHING", "nothing")]
    async with delivering(api, story):
        await story.settled()
    (message,) = await seen(people)
    assert not message.get("blocks")
    assert len(calls(workspace, "chat.postMessage")) == 2


async def test_a_picture_that_never_appears_does_not_hold_the_thread_up(
    workspace, people, api, story
):
    workspace.platform.timing.pace = 0.01  # Slack would take 40 s
    await story.add_picture("c1", "chart", png())
    await story.add("c1", "after")
    async with delivering(api, story, pace=100.0):
        await story.settled()
    workspace.platform.timing.pace = 50.0
    (message,) = await seen(people, CHANNEL_ID)
    (after,) = await thread(people, message["ts"])
    assert after["text"] == "after"
    assert await shown_in(people) == []
