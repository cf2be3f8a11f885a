"""Files: the upload flow, processing that takes its time, pictures in cards."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from sandbox import seeds
from tests.sandbox.workspace.conftest import bot_of

PROD = "C0PROD001"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


async def uploaded(bot, **more):
    answer = await bot.files_upload_v2(filename="chart.png", content=PICTURE, **more)
    return answer["file"]["id"]


async def ready(bot, file_id):
    """The file once Slack has processed it."""
    async with asyncio.timeout(5):
        while True:
            file = (await bot.files_info(file=file_id))["file"]
            if file["mimetype"]:
                return file
            await asyncio.sleep(0.01)


def picture(file_id):
    return [{"type": "image", "slack_file": {"id": file_id}, "alt_text": "errors over time"}]


async def test_an_upload_shows_in_its_thread_once_it_is_processed(bot, people):
    await bot.conversations_join(channel=PROD)
    parent = (await bot.chat_postMessage(channel=PROD, text="card"))["ts"]
    async with people.stream(seeds.ALICE.id) as seen:
        file_id = await uploaded(bot, channel=PROD, thread_ts=parent, initial_comment="errors")
        await seen.until("file_ready")
    file = await ready(bot, file_id)

    _, shown = await people.messages(seeds.ALICE.id, PROD, thread_ts=parent)
    assert shown["text"] == "errors"
    assert shown["files"][0]["mimetype"] == "image/png"
    assert await people.file(file_id) == PICTURE
    (share,) = file["shares"]["public"][PROD]
    assert (share["ts"], share["thread_ts"]) == (shown["ts"], parent)


async def test_until_it_is_processed_a_file_has_no_type_and_no_shares_and_cannot_be_drawn(
    timed, clock
):
    bot = bot_of(timed)
    await bot.conversations_join(channel=PROD)
    file_id = await uploaded(bot, channel=PROD)

    early = (await bot.files_info(file=file_id))["file"]
    with pytest.raises(SlackApiError) as refused:
        await bot.chat_postMessage(channel=PROD, text="x", blocks=picture(file_id))
    clock.advance(0.4)
    await ready(bot, file_id)
    drawn = await bot.chat_postMessage(channel=PROD, text="x", blocks=picture(file_id))

    assert (early["mimetype"], early["shares"]) == ("", {})
    assert refused.value.response["error"] == "invalid_blocks"
    assert "invalid slack file [json-pointer:/blocks/0/slack_file]" in str(
        refused.value.response["errors"]
    )
    assert drawn["ok"]


async def test_the_file_message_may_stand_after_one_posted_later(timed, clock):
    bot = bot_of(timed)
    await bot.conversations_join(channel=PROD)
    file_id = await uploaded(bot, channel=PROD)
    await bot.chat_postMessage(channel=PROD, text="posted later")
    clock.advance(0.4)
    await ready(bot, file_id)

    history = (await bot.conversations_history(channel=PROD))["messages"]
    assert [bool(message.get("files")) for message in history] == [True, False]


async def test_an_upload_must_have_the_length_it_promised_and_happens_once(workspace, bot):
    promised = await bot.files_getUploadURLExternal(filename="a.txt", length=5)
    async with aiohttp.ClientSession() as session:
        for content, status in ((b"four", 400), (b"fives", 200), (b"again", 404)):
            async with session.post(promised["upload_url"], data=content) as reply:
                assert reply.status == status

    await bot.files_completeUploadExternal(files=[{"id": promised["file_id"], "title": "A"}])
    with pytest.raises(SlackApiError, match="file_update_failed"):
        await bot.files_completeUploadExternal(files=[{"id": promised["file_id"], "title": "A"}])


async def test_a_file_that_was_never_sent_cannot_be_completed(bot):
    promised = await bot.files_getUploadURLExternal(filename="a.txt", length=5)

    with pytest.raises(SlackApiError, match="file_not_found"):
        await bot.files_completeUploadExternal(files=[{"id": promised["file_id"], "title": "A"}])


async def test_a_file_goes_only_where_the_bot_is(bot):
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await uploaded(bot, channel=PROD)


async def test_a_download_needs_the_token(bot):
    file = await ready(bot, await uploaded(bot))
    authorized = {"Authorization": f"Bearer {seeds.BOT_TOKEN}"}
    async with aiohttp.ClientSession() as session:
        async with session.get(file["url_private"], headers=authorized) as reply:
            content = await reply.read()
        async with session.get(file["url_private"]) as reply:
            stranger = reply.content_type

    assert content == PICTURE
    assert stranger == "text/html"
