"""Messages: posting, editing, threads, what only one person sees, reading them back."""

import pytest
from slack_sdk.errors import SlackApiError

from sandbox import seeds

PROD = "C0PROD001"
METADATA = {"event_type": "card", "event_payload": {"id": "c1", "revision": 3}}


async def refusal(call) -> str:
    """Slack's word for why a call was refused."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_what_the_bot_posts_people_read(bot, people):
    posted = await bot.chat_postMessage(channel=PROD, text="deployed")

    (shown,) = await people.messages("U0ALICE01", PROD)
    assert (shown["text"], shown["ts"]) == ("deployed", posted["ts"])
    assert shown["bot_id"] == seeds.BOT_ID


async def test_what_people_type_arrives_escaped_with_names_as_ids(bot, people):
    await bot.conversations_join(channel=PROD)
    await people.say("U0ALICE01", PROD, "<!channel> & @bob in #general, @deployers: a<b @nobody")

    (read,) = (await bot.conversations_history(channel=PROD))["messages"]
    assert read["text"] == (
        "&lt;!channel&gt; &amp; <@U0BOB0001> in <#C0GENERAL|general>, "
        "<!subteam^S0DEPLOY>: a&lt;b @nobody"
    )


async def test_a_public_channel_needs_membership_or_the_scope_to_post_there(bot, people):
    await people.fault("remove_scope", scope="chat:write.public")

    assert await refusal(bot.chat_postMessage(channel=PROD, text="x")) == "not_in_channel"
    await bot.conversations_join(channel=PROD)
    assert (await bot.chat_postMessage(channel=PROD, text="x"))["ok"]


async def test_history_is_read_by_members_alone(bot):
    assert await refusal(bot.conversations_history(channel=PROD)) == "not_in_channel"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": PROD, "text": ""}, "no_text"),
        ({"channel": PROD, "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        (
            {"channel": PROD, "text": "x", "metadata": {"event_type": "t"}},
            "invalid_metadata_format",
        ),
        ({"channel": PROD, "text": "x", "blocks": "nonsense"}, "invalid_blocks_format"),
    ],
)
async def test_a_message_that_cannot_be_says_why(bot, arguments, error):
    assert await refusal(bot.api_call("chat.postMessage", json=arguments)) == error


async def test_an_archived_channel_takes_no_messages(bot, people):
    await people.fault("archive_channel", channel=PROD)

    assert await refusal(bot.chat_postMessage(channel=PROD, text="x")) == "is_archived"


async def test_text_beyond_forty_thousand_characters_is_cut_and_said(bot):
    posted = await bot.chat_postMessage(channel=PROD, text="x" * 40_001)

    assert len(posted["message"]["text"]) == 40_000
    assert posted["warning"] == "message_truncated"


async def test_a_reply_joins_its_thread_and_cannot_be_replied_to(bot, people):
    parent = (await bot.chat_postMessage(channel=PROD, text="card"))["ts"]
    reply = (await bot.chat_postMessage(channel=PROD, text="entry", thread_ts=parent))["ts"]

    answer = bot.chat_postMessage(channel=PROD, text="x", thread_ts=reply)
    assert await refusal(answer) == "cannot_reply_to_message"
    (top,) = await people.messages("U0BOB0001", PROD)
    assert (top["reply_count"], top["latest_reply"]) == (1, reply)
    thread = await people.messages("U0BOB0001", PROD, thread_ts=parent)
    assert [message["text"] for message in thread] == ["card", "entry"]


async def test_replies_are_found_by_any_message_of_the_thread(bot):
    await bot.conversations_join(channel=PROD)
    parent = (await bot.chat_postMessage(channel=PROD, text="card"))["ts"]
    reply = (await bot.chat_postMessage(channel=PROD, text="entry", thread_ts=parent))["ts"]

    by_reply = await bot.conversations_replies(channel=PROD, ts=reply)
    history = await bot.conversations_history(channel=PROD)

    assert [message["text"] for message in by_reply["messages"]] == ["card", "entry"]
    assert [message["text"] for message in history["messages"]] == ["card"]


async def test_metadata_is_given_only_to_who_asks_for_all_of_it(bot):
    await bot.conversations_join(channel=PROD)
    await bot.chat_postMessage(channel=PROD, text="x", metadata=METADATA)

    (plain,) = (await bot.conversations_history(channel=PROD))["messages"]
    asked = await bot.conversations_history(channel=PROD, include_all_metadata=True)

    assert "metadata" not in plain
    assert asked["messages"][0]["metadata"] == METADATA


async def test_history_comes_in_small_pages_whatever_the_limit(hasty):
    await hasty.conversations_join(channel=PROD)
    for number in range(45):
        await hasty.chat_postMessage(channel=PROD, text=f"{number}")

    read, cursor = [], None
    while True:
        page = await hasty.conversations_history(channel=PROD, limit=200, cursor=cursor)
        read += [message["text"] for message in page["messages"]]
        if not page["has_more"]:
            break
        cursor = page["response_metadata"]["next_cursor"]

    assert read == [f"{number}" for number in reversed(range(45))]


async def test_history_between_two_moments_excludes_its_ends_unless_told(bot):
    await bot.conversations_join(channel=PROD)
    first, second, third = [
        (await bot.chat_postMessage(channel=PROD, text=text))["ts"] for text in "abc"
    ]

    between = await bot.conversations_history(channel=PROD, oldest=first, latest=third)
    within = await bot.conversations_history(
        channel=PROD, oldest=first, latest=third, inclusive=True
    )

    assert [message["ts"] for message in between["messages"]] == [second]
    assert len(within["messages"]) == 3


async def test_an_edit_with_text_alone_takes_the_blocks_away(bot, people):
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*one*"}}]
    ts = (await bot.chat_postMessage(channel=PROD, text="one", blocks=blocks))["ts"]

    untouched = {"channel": PROD, "ts": ts, "metadata": METADATA}
    await bot.api_call("chat.update", json=untouched)
    (kept,) = await people.messages("U0BOB0001", PROD)
    await bot.chat_update(channel=PROD, ts=ts, text="two", blocks=blocks)
    (redrawn,) = await people.messages("U0BOB0001", PROD)
    await bot.chat_update(channel=PROD, ts=ts, text="three")
    (bare,) = await people.messages("U0BOB0001", PROD)

    assert kept["blocks"]
    assert kept["text"] == "one"
    assert "edited" not in redrawn
    assert "blocks" not in bare
    assert "edited" in bare


async def test_only_its_own_messages_may_the_bot_edit_or_delete(bot, people):
    ts = (await people.say("U0ALICE01", PROD, "mine"))["ts"]

    edit = bot.chat_update(channel=PROD, ts=ts, text="yours")
    assert await refusal(edit) == "cant_update_message"
    assert await refusal(bot.chat_delete(channel=PROD, ts=ts)) == "cant_delete_message"
    lost = bot.chat_update(channel=PROD, ts="1.000001", text="x")
    assert await refusal(lost) == "message_not_found"


async def test_a_deleted_message_is_gone_for_everybody(bot, people):
    ts = (await bot.chat_postMessage(channel=PROD, text="oops"))["ts"]
    await bot.chat_delete(channel=PROD, ts=ts)

    assert await people.messages("U0BOB0001", PROD) == []


async def test_an_ephemeral_message_is_seen_by_one_person_and_cannot_be_updated(bot, people):
    await bot.conversations_join(channel=PROD)
    posted = await bot.chat_postEphemeral(channel=PROD, user="U0BOB0001", text="psst")

    (for_bob,) = await people.messages("U0BOB0001", PROD)
    assert (for_bob["text"], for_bob["ephemeral"]) == ("psst", True)
    assert await people.messages("U0ALICE01", PROD) == []
    edit = bot.chat_update(channel=PROD, ts=posted["message_ts"], text="x")
    assert await refusal(edit) == "message_not_found"


async def test_a_message_to_a_person_goes_to_their_direct_messages(bot, people):
    posted = await bot.chat_postMessage(channel="U0BOB0001", text="for you")

    opened = await bot.conversations_open(users="U0BOB0001")
    assert posted["channel"] == opened["channel"]["id"]
    assert posted["channel"] == await people.direct_message("U0BOB0001")
    state = await people.state("U0ALICE01")
    assert posted["channel"] not in [channel["id"] for channel in state["channels"]]


async def test_a_permalink_leads_to_the_message_and_says_its_thread(bot, workspace):
    parent = (await bot.chat_postMessage(channel=PROD, text="card"))["ts"]
    reply = (await bot.chat_postMessage(channel=PROD, text="entry", thread_ts=parent))["ts"]

    link = (await bot.chat_getPermalink(channel=PROD, message_ts=reply))["permalink"]

    path = f"/archives/{PROD}/p{reply.replace('.', '')}?thread_ts={parent}&cid={PROD}"
    assert link == workspace.url + path


async def test_timestamps_grow_even_when_the_clock_stands_still(timed):
    first, second = timed.store.next_ts(), timed.store.next_ts()

    assert first < second


async def test_reactions_pins_and_bookmarks_refuse_what_is_already_so(bot, people):
    await bot.conversations_join(channel=PROD)
    ts = (await bot.chat_postMessage(channel=PROD, text="card"))["ts"]
    at = {"channel": PROD, "timestamp": ts}

    await bot.reactions_add(name="eyes", **at)
    assert await refusal(bot.reactions_add(name="eyes", **at)) == "already_reacted"
    assert await refusal(bot.reactions_add(name=":eyes:", **at)) == "invalid_name"
    await bot.reactions_remove(name="eyes", **at)
    assert await refusal(bot.reactions_remove(name="eyes", **at)) == "no_reaction"

    assert await refusal(bot.pins_remove(**at)) == "no_pin"
    await bot.pins_add(**at)
    assert await refusal(bot.pins_add(**at)) == "already_pinned"
    (shown,) = await people.messages("U0BOB0001", PROD)
    assert shown["pinned"]

    link = "https://runbooks.example/errors"
    added = await bot.bookmarks_add(channel_id=PROD, title="Runbook", type="link", link=link)
    await bot.bookmarks_edit(
        channel_id=PROD, bookmark_id=added["bookmark"]["id"], title="The runbook"
    )
    (kept,) = (await bot.bookmarks_list(channel_id=PROD))["bookmarks"]
    assert (kept["title"], kept["link"]) == ("The runbook", link)
    wrong = bot.bookmarks_add(channel_id=PROD, title="x", type="link", link="runbook")
    assert await refusal(wrong) == "invalid_link"
