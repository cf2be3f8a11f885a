"""The cards of locks and freezes, approvals on a change's card, and sentences made live."""

import json
from datetime import timedelta

import pytest

from bot.cards.gate import (
    APPROVE,
    REFUSE,
    approvals_line,
    approve_button,
    refuse_button,
)
from bot.cards.guard import freeze_card, lock_card, nudge_card, unlock_button
from bot.cards.live import live
from bot.catalog import ANY
from bot.domain.change import ChangeState
from tests.cards.golden import assert_golden
from tests.changes.builders import a_change, a_plan
from tests.domain.situations import BOB, CAROL, NOW, a_lock, an_approval
from tests.storage.test_guards import a_declared

HOUR = timedelta(hours=1)
EVIL = "<!channel> <!subteam^S0DEPLOY> <https://evil.example|x> &"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lock_standing", lock_card(a_lock(expires_at=NOW + HOUR), now=NOW)),
        ("lock_of_a_rollback", lock_card(a_lock(owner="bot", service=ANY), now=NOW)),
        ("lock_cleared",
         lock_card(a_lock(released_at=NOW, released_by=CAROL.id), now=NOW)),
        ("lock_over", lock_card(a_lock(expires_at=NOW), now=NOW)),
        ("nudge", nudge_card(a_lock(at=NOW - 14 * HOUR), "lock-1:1", is_open=True, now=NOW)),
        ("nudge_kept", nudge_card(a_lock(), "lock-1:1", is_open=False, now=NOW)),
        ("nudge_cleared",
         nudge_card(a_lock(released_at=NOW, released_by=BOB.id), "lock-1:1", is_open=True,
                    now=NOW)),
        ("freeze_coming", freeze_card(a_declared(begins_at=NOW + HOUR), now=NOW)),
        ("freeze_standing", freeze_card(a_declared(), now=NOW)),
        ("freeze_over", freeze_card(a_declared(), now=NOW + 2 * HOUR)),
        ("freeze_lifted",
         freeze_card(a_declared(lifted_at=NOW, lifted_by=CAROL.id), now=NOW)),
    ],
)  # fmt: skip
def test_the_card_looks_as_agreed(name, message):
    assert_golden(message, name)


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_lock_whose_row_is_not_yet_released_is_shown_as_over_from_its_end_on(seconds):
    now = NOW + timedelta(seconds=seconds)

    assert lock_card(a_lock(expires_at=NOW), now=now).text == "🟢 Unlocked: prod · api"


def test_no_reason_calls_anybody_and_the_first_line_names_nobody():
    cards = [
        lock_card(a_lock(reason=EVIL), now=NOW),
        lock_card(a_lock(reason=EVIL, released_at=NOW, released_by=BOB.id), now=NOW),
        nudge_card(a_lock(reason=EVIL), "lock-1:1", is_open=True, now=NOW),
        freeze_card(a_declared(reason=EVIL), now=NOW),
    ]

    for message in cards:
        shown = json.dumps([message.text, *message.blocks])
        assert "<!channel>" not in shown
        assert "<!subteam" not in shown
        assert "<https" not in shown
        assert "<@" not in message.text


def test_the_button_on_another_card_clears_the_lock_it_names():
    button = unlock_button(a_lock(), "Clear lock")

    assert button["text"]["text"] == "Clear lock"
    assert json.loads(button["value"]) == {"id": "lock-1", "revision": 1}


def test_the_buttons_carry_the_change_and_its_revision():
    change = a_change(state=ChangeState.PROPOSED, state_revision=2, plan=a_plan())

    approve, refuse = approve_button(change), refuse_button(change)

    assert (approve["action_id"], refuse["action_id"]) == (APPROVE, REFUSE)
    for button in (approve, refuse):
        assert json.loads(button["value"]) == {"id": "change-1", "revision": 2}
    assert "confirm" not in approve
    assert "credlink-api v1.2.0 is not brought to prod" in refuse["confirm"]["text"]["text"]


@pytest.mark.parametrize(
    ("approvals", "required", "line"),
    [
        ([], 0, ""),
        ([], 2, "waits for approval · 0 of 2"),
        ([an_approval(BOB)], 2, "approved by <@U0BOB0001> · 1 of 2"),
        ([an_approval(BOB), an_approval(CAROL)], 2,
         "approved by <@U0BOB0001> and <@U0CAROL01> · 2 of 2"),
        ([an_approval(BOB, voided_at=NOW, void_why="the image is <b> now")], 1,
         "waits for approval · 0 of 1\n"
         "⚪ the approval by <@U0BOB0001> is void: the image is &lt;b&gt; now"),
    ],
)  # fmt: skip
def test_the_line_of_approvals_says_who_how_many_and_what_is_void(approvals, required, line):
    assert approvals_line(approvals, required) == line


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("locked by @U0BOB0001: x", "locked by <@U0BOB0001>: x"),
        ("since 2026-11-27T14:55Z (2 h)",
         "since <!date^1795791300^{date_short_pretty} {time}|27 Nov 14:55 UTC> (2 h)"),
        ("<!channel> @here @channel", "&lt;!channel&gt; @here @channel"),
        ("<@U0BOB0001>", "&lt;<@U0BOB0001>&gt;"),
        ("alice@UNICORN.example", "alice@UNICORN.example"),
        ("@bot", "@bot"),
        ("2026-99-27T14:55Z", "2026-99-27T14:55Z"),
        ("0001-01-01T00:00Z", "<!date^-62135596800^{date_short_pretty} {time}|01 Jan 00:00 UTC>"),
        ("a & b", "a &amp; b"),
    ],
)  # fmt: skip
def test_a_sentence_is_made_live_and_calls_people_alone(plain, shown):
    assert live(plain) == shown
