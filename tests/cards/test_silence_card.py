"""A silence's card from the proposal to its end, the form, and the list."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards.answer_card import AnswerView
from bot.cards.blocks import Message
from bot.cards.modal import form
from bot.cards.silence import silence
from bot.cards.silence_form import silence_form
from bot.cards.silence_list import SHOWN, listed
from bot.domain.question import Question, QuestionKind
from bot.domain.silence import Silence, SilenceState
from bot.domain.silence.matchers import read
from bot.domain.silence.preview import Hidden, Preview
from bot.domain.silence.request import SilenceRequest
from sandbox.transcript import as_text
from sandbox.workspace.blockkit import check_message
from tests.cards.golden import assert_golden
from tests.changes.builders import ALICE, NOW

BOB = "U0BOB0001"
HOURS = timedelta(hours=2)
REQUEST = SilenceRequest(
    matchers=read('alertname="HighLatency", env="prod"'), length=HOURS, reason="deploying <v2>"
)
PREVIEW = Preview(
    now=(Hidden("HighLatency", "warning", 3, NOW),),
    firing=12,
    already=1,
    past=tuple(Hidden(f"Latency{n}", "", 9 - n, NOW - HOURS) for n in range(8)),
)
MADE = Silence(
    id="answer-1",
    alertmanager_id="5b3f7e2a-8d10",
    is_ours=True,
    state=SilenceState.LIVE,
    state_revision=2,
    matchers=REQUEST.matchers,
    starts_at=NOW,
    ends_at=NOW + HOURS,
    created_by="Bob <!channel>",
    by=BOB,
    reason=REQUEST.reason,
)


def a_card(preview: Preview | None = PREVIEW, made: Silence | None = None, **said) -> Message:
    question = Question(
        id="answer-1",
        kind=QuestionKind.SILENCE,
        asked_by=ALICE,
        asked_at=NOW,
        channel="C1",
        words=replace(REQUEST, **said).as_json(),
        found=preview.as_json() if preview else None,
        is_complete=preview is not None,
        completed_at=NOW if preview else None,
    )
    return silence(AnswerView(question=question, now=NOW, silence=made))


CARDS = {
    "asking": a_card(None),
    "proposed": a_card(),
    "dry_run": a_card(is_dry_run=True),
    "silent": a_card(replace(PREVIEW, now=(), silent="connection refused", past=None)),
    "asked": a_card(made=replace(MADE, state=SilenceState.ASKED, alertmanager_id=None)),
    "live": a_card(made=MADE),
    "ended": a_card(made=replace(MADE, state=SilenceState.ENDED, ended_by=ALICE)),
    "failed": a_card(
        made=replace(MADE, state=SilenceState.FAILED, why="Alertmanager refused: <no>.")
    ),
}


@pytest.mark.parametrize("name", CARDS)
def test_golden_the_card_in_each_state(name):
    assert_golden(CARDS[name], f"silence_{name}")


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("asking", []),
        ("proposed", ["Silence for 2 h", "Refresh"]),
        ("dry_run", ["Refresh"]),
        ("silent", ["Refresh"]),
        ("asked", []),
        ("live", ["Extend by 1 h", "End silence"]),
        ("ended", []),
        ("failed", ["Silence for 2 h", "Refresh"]),
    ],
)
def test_a_button_is_there_only_while_it_would_do_something(name, labels):
    rows = [block for block in CARDS[name].blocks if block["type"] == "actions"]
    assert [one["text"]["text"] for row in rows for one in row["elements"]] == labels


def test_it_says_when_all_that_fires_would_be_hidden_or_nothing_does():
    everything = a_card(replace(PREVIEW, firing=3))
    nothing = a_card(Preview(past=()))

    assert "all 3 alerts* that fire now" in json.dumps(everything.blocks)
    assert "nothing, since nothing fires" in json.dumps(nothing.blocks)
    assert "nothing that this bot has seen" in json.dumps(nothing.blocks)


def test_golden_the_form():
    modal = silence_form(read('alertname="HighLatency", env="prod"'), channel_id="C1")
    shown = form(modal)

    assert json.loads(shown["private_metadata"]) == {"channel": "C1"}
    assert len(shown["title"]["text"]) <= 24
    assert_golden(Message("", tuple(shown["blocks"])), "silence_form")


def test_the_list_is_cut_with_a_count_and_calls_nobody():
    found = [replace(MADE, id=f"{n}", alertmanager_id=f"{n:08}-x") for n in range(SHOWN + 3)]

    answer = listed(found, now=NOW - HOURS)

    said = as_text({"text": answer.text, "blocks": list(answer.blocks)}, {})
    assert answer.text == "23 silences in force"
    assert "`00000000`" in said
    assert "and 3 more" in said
    assert "<!channel>" not in json.dumps(answer.blocks)


def test_silences_with_much_to_say_are_listed_as_far_as_slack_takes_them():
    matchers = read(", ".join(f'l{n}="{"<&>" * 40}"' for n in range(10)))
    loud = replace(MADE, matchers=matchers, created_by="<b>" * 200, reason="&" * 200)
    found = [replace(loud, alertmanager_id=f"{n:08}-x") for n in range(3000)]

    answer = listed(found, now=NOW)

    shown = [block for block in answer.blocks[1:] if block["type"] == "section"]
    assert answer.blocks[-1]["elements"][0]["text"].startswith(f"and {3000 - len(shown)} more")
    assert shown
    assert check_message(list(answer.blocks), lambda _: True) is None
