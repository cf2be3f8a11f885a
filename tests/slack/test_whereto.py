"""Where the answer to a press goes: beside what was pressed."""

import pytest

from bot.slack.requests import whereto


@pytest.mark.parametrize(
    ("message", "thread"),
    [
        ({"ts": "1.0"}, None),
        ({"ts": "1.0", "thread_ts": "1.0"}, None),
        ({"ts": "1.5", "thread_ts": "1.0"}, "1.0"),
    ],
)
def test_a_card_with_replies_is_answered_in_the_channel_and_a_reply_in_its_thread(
    message: dict[str, str], thread: str | None
):
    body = {"user": {"id": "U1"}, "channel": {"id": "C1"}, "message": message}

    assert whereto(body).thread_ts == thread
