"""The message of a runbook: Markdown in Slack's words, and never more than Slack takes."""

import time
from datetime import UTC, datetime

import pytest

from bot.cards.markdown import mrkdwn_of
from bot.cards.runbook import checklist
from bot.domain.runbooks import Runbook, Step, Tick
from sandbox.workspace.blockkit import check_message
from tests.cards.golden import assert_golden

AT = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("markdown", "mrkdwn"),
    [
        ("Look **now**, *please*", "Look *now*, _please_"),
        ("run `a <b> & c`", "run `a &lt;b&gt; &amp; c`"),
        ("wrapped\nlines", "wrapped lines"),
        (
            "[the **board**](https://x.example/d?a=1&b=2)",
            "<https://x.example/d?a=1&amp;b=2|the board>",
        ),
        ("[up](../other.md) and [bad](javascript:alert(1))", "up and [bad](javascript:alert(1))"),
        (
            "<!channel> <@U123> & <b>x</b>",
            "&lt;!channel&gt; &lt;@U123&gt; &amp; &lt;b&gt;x&lt;/b&gt;",
        ),
        ("```sh\naws s3 ls <bucket>\n```", "```aws s3 ls &lt;bucket&gt;```"),
        ("first\n\n- a\n- b\n  1. c\n  2. d", "first\n• a\n• b\n    1. c\n    2. d"),
        ("![chart](https://x.example/a.png)", "<https://x.example/a.png|chart>"),
    ],
)
def test_markdown_is_said_in_slacks_words_and_mentions_nobody(markdown: str, mrkdwn: str):
    assert mrkdwn_of(markdown) == mrkdwn


def a_runbook(*steps: Step, **said) -> Runbook:
    return Runbook(**{"group_id": "g1", "name": "HighErrorRatio", "steps": steps, **said})


def test_a_runbook_of_any_length_fits_into_one_message_and_says_what_it_leaves_out():
    many = a_runbook(*(Step(f"do {n} <thing>", f"part {n}") for n in range(300)))
    long = a_runbook(*(Step("word & " * 2000) for _ in range(20)))

    for runbook in (many, long):
        shown = checklist(runbook)
        assert len(shown.blocks) <= 50
        assert check_message(list(shown.blocks), lambda _: True) is None
        assert "more steps, in its file" in str(shown.blocks[-1])


@pytest.mark.parametrize("text", ["[" * 190_000, "[a](" * 40_000, "a *b* `c` " * 19_000])
def test_a_step_as_long_as_a_file_keeps_nobody_busy_and_is_cut(text: str):
    begun = time.process_time()
    drawn = checklist(a_runbook(Step(text)))
    assert time.process_time() - begun < 0.5  # it took seconds, at every tick
    assert drawn.blocks[1]["text"]["text"].endswith("…")


def test_who_ticked_a_step_stands_beside_it_by_name():
    name = "Somebody <with> a very, very long name & more"
    ticks = {1: Tick("U0ALICE01", name, AT, 2)}
    shown = checklist(a_runbook(Step("Look.", "First"), Step("Mend."), ticks=ticks, revision=2))

    assert_golden(shown, "runbook")
    assert shown.text == "Runbook HighErrorRatio: 1 of 2 steps done"
    assert "U0ALICE01" not in str(shown)
    box = shown.blocks[-1]["accessory"]
    assert box["initial_options"] == box["options"]
    assert box["options"][0]["text"]["text"].startswith("Somebody &lt;with&gt;")
    assert check_message(list(shown.blocks), lambda _: True) is None
