"""Calls to Slack: each failure by whether it may have happened, and nothing repeated by itself."""

import pytest

from bot.slack.api import SlackApi, _retry_after_s
from bot.slack.errors import NotReached, OutcomeUnknown, RateLimited, Refused
from sandbox import seeds

GENERAL = "C0GENERAL"


async def post(api: SlackApi) -> None:
    await api.call("chat.postMessage", channel=GENERAL, text="hello")


@pytest.mark.parametrize(
    ("fault", "details", "meaning"),
    [
        ("ratelimited", {"retry_after": 7}, RateLimited),
        ("error", {"error": "ratelimited"}, RateLimited),
        ("error", {"error": "channel_not_found"}, Refused),
        ("error", {"error": "invalid_blocks"}, Refused),
        ("error", {"error": "fatal_error"}, OutcomeUnknown),
        ("error", {"error": "internal_error"}, OutcomeUnknown),
        ("http", {"status": 500}, OutcomeUnknown),
        ("http", {"status": 502}, OutcomeUnknown),
        ("http", {"status": 200}, OutcomeUnknown),
        ("drop_before", {}, OutcomeUnknown),
        ("drop_after", {}, OutcomeUnknown),
        ("latency", {"delay_s": 0.4}, OutcomeUnknown),
    ],
)
async def test_a_failure_says_whether_it_may_have_happened_and_nothing_is_sent_twice(
    workspace, people, fault, details, meaning
):
    api = SlackApi(seeds.BOT_TOKEN, f"{workspace.url}/api/", timeout_s=0.3)
    await api.start()
    await people.fault(fault, method="chat.postMessage", **details)
    with pytest.raises(meaning) as raised:
        await post(api)
    assert raised.value.method == "chat.postMessage"
    if meaning is RateLimited:
        assert raised.value.retry_after_s == details.get("retry_after", 1)
    await api.stop()
    await people.settled()
    assert len(workspace.calls_of("chat.postMessage")) <= 1


async def test_without_a_connection_nothing_happened():
    api = SlackApi("xoxb-x", "http://127.0.0.1:9/api/")
    await api.start()
    with pytest.raises(NotReached):
        await post(api)
    await api.stop()


async def test_a_refusal_carries_slacks_words_with_their_places(api):
    wrong = [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}]
    with pytest.raises(Refused) as raised:
        await api.call("chat.postMessage", channel=GENERAL, text="x", blocks=wrong)
    assert raised.value.code == "invalid_blocks"
    assert "/blocks/0" in " ".join(raised.value.problems)


async def test_every_item_is_found_over_all_pages(api):
    found = [channel["name"] async for channel in api.pages("conversations.list", "channels")]
    assert sorted(found) == sorted(channel.name for channel in seeds.CHANNELS)


@pytest.mark.parametrize(
    ("said", "wait_s"), [("30", 30), ("1.5", 1.5), ("soon", 1), ("-4", 0), (None, 1)]
)
def test_trap_a_retry_after_that_is_no_whole_number_is_read_all_the_same(said, wait_s):
    assert _retry_after_s({} if said is None else {"Retry-After": said}) == wait_s


async def test_before_its_start_it_says_so():
    with pytest.raises(RuntimeError, match="before start"):
        await post(SlackApi("xoxb-x", "http://127.0.0.1:9/api/"))
