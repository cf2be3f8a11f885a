"""The card of a restart in each of its states: the same version throughout, and no way back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards.alert_lines import done_by
from bot.cards.asked import looking
from bot.cards.blocks import Message
from bot.cards.change import ChangeView, card, headline
from bot.cards.change_buttons import ABORT, CANCEL, CONFIRM, KEEP, WAIT
from bot.cards.history import history
from bot.domain.change import Change, ChangeKind, ChangeState, Hold, HoldKind, Origin
from bot.domain.rollout import Verdict
from bot.domain.verification import Check, Level
from tests.cards.golden import assert_golden
from tests.cards.test_change import ALL_HEALTHY, HALF_WAY, OUT_OF_MEMORY, buttons, mrkdwn_in
from tests.changes.builders import ALICE, BOB, NOW, a_change, a_plan, a_rollout, an_arn

S = ChangeState
RUNS = a_plan().running
PLAN = a_plan(
    wanted=RUNS,
    wanted_is_good=True,
    pushed_at=None,
    changed=(),
    compare_url=None,
    warnings=("While it restarts as few as 2 of its 4 tasks may serve.",),
    checks=(
        Check(name="image", level=Level.OK, text="It is there."),
        Check(name="secrets", level=Level.OK, text="All are there."),
    ),
)
ENDED = NOW + timedelta(minutes=3, seconds=5)


def a_restart(state: ChangeState, **said) -> Change:
    return a_change(
        **{
            "kind": ChangeKind.RESTART,
            "state": state,
            "state_revision": 4,
            "version": "v1.1.9",
            "plan": PLAN,
            "rollout": a_rollout(task_definition=an_arn(41)),
            "started_at": NOW,
            "confirmed_by": ALICE,
            **said,
        }
    )


def ended(state: ChangeState, verdict: Verdict, **said) -> Change:
    said = {"progress": ALL_HEALTHY, "finished_at": ENDED, **said}
    return a_restart(state, verdict=verdict, **said)


NOT_BEGUN = {"rollout": None, "started_at": None, "confirmed_by": None}
STEADY = {
    "steady_at": NOW + timedelta(minutes=1),
    "bake_until": NOW + timedelta(minutes=11),
    "progress": ALL_HEALTHY,
}
BROKEN = "ECS deployment circuit breaker: tasks failed to start."
CARDS = {
    "restart_proposing": a_restart(S.PROPOSING, **NOT_BEGUN, plan=None, version=None),
    "restart_proposed": a_restart(
        S.PROPOSED, **NOT_BEGUN, reason="leaks", expires_at=NOW + timedelta(minutes=30)
    ),
    "restart_rehearsed": a_restart(S.REHEARSED, **NOT_BEGUN, is_dry_run=True, finished_at=NOW),
    "restart_starting": a_restart(S.STARTING, rollout=None, started_at=None),
    "restart_rolling_out": a_restart(S.ROLLING_OUT, progress=HALF_WAY),
    "restart_baking": a_restart(S.BAKING, **STEADY),
    "restart_held": a_restart(
        S.HELD, **STEADY, hold=Hold(kind=HoldKind.BAD, why="errors rose to 5 %", at=NOW)
    ),
    "restart_being_stopped": a_restart(
        S.ROLLING_BACK, verdict=Verdict.ABORTED, ended_by=BOB, progress=HALF_WAY
    ),
    "restart_succeeded": ended(S.SUCCEEDED, Verdict.SUCCEEDED),
    "restart_failed": ended(S.FAILED, Verdict.FAILED, why=BROKEN, failure=OUT_OF_MEMORY),
    "restart_undone_by_ecs": ended(
        S.ROLLED_BACK, Verdict.ROLLED_BACK_BY_ECS, why=BROKEN, failure=OUT_OF_MEMORY
    ),
    "restart_too_slow": ended(
        S.FAILED, Verdict.TOO_SLOW, why="2 of 4 tasks were healthy when its time was up."
    ),
    "restart_aborted": ended(S.ROLLED_BACK, Verdict.ABORTED, ended_by=BOB),
    "restart_aborted_too_late": ended(
        S.UNPROVEN,
        Verdict.ABORTED,
        ended_by=BOB,
        progress=None,
        why="ECS was done before it could be stopped: every task is new.",
    ),
    "restart_refused": a_restart(
        S.REFUSED,
        **NOT_BEGUN,
        plan=None,
        version=None,
        finished_at=NOW,
        why="credlink-api in prod wants no task: there is nothing to restart.",
    ),
}


def shown(name: str) -> Message:
    now = NOW + timedelta(seconds=72)
    return card(ChangeView(change=CARDS[name], now=now, usual=timedelta(minutes=3)))


@pytest.mark.parametrize("name", CARDS)
def test_a_card_looks_like_its_golden_file(name: str):
    assert_golden(shown(name), name)


@pytest.mark.parametrize("name", CARDS)
def test_the_first_line_is_short_and_is_the_notification(name: str):
    message = shown(name)

    assert len(message.text) <= 80
    assert message.blocks[0]["text"]["text"] == message.text


@pytest.mark.parametrize("name", CARDS)
def test_no_card_promises_another_version(name: str):
    said = " ".join(mrkdwn_in(shown(name).blocks)).lower()

    assert "v1.2.0" not in said
    assert "serves again" not in said
    if name != "restart_held":  # which names a rollback as something else to do
        assert "roll back" not in said


@pytest.mark.parametrize(
    ("name", "actions"),
    [
        ("restart_proposed", [CONFIRM, CANCEL]),
        ("restart_starting", [ABORT]),
        ("restart_rolling_out", [ABORT]),
        ("restart_baking", [KEEP]),
        ("restart_held", [KEEP, WAIT]),
        ("restart_being_stopped", []),
        ("restart_succeeded", []),
        ("restart_failed", []),
        ("restart_too_slow", []),
    ],
)
def test_a_button_is_there_while_it_applies(name: str, actions: list[str]):
    assert buttons(shown(name)) == actions


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({}, "🟢 Restarted: credlink-api v1.1.9 in prod, took 3 min 5 s"),
        ({"origin": Origin.OUTSIDE},
         "🟢 Restarted by others: credlink-api v1.1.9 in prod, took 3 min 5 s"),
        ({"forced": "site is down"},
         "🟢 Restarted by force: credlink-api v1.1.9 in prod, took 3 min 5 s"),
    ],
)  # fmt: skip
def test_the_first_line_says_whose_it_was(said, line):
    assert headline(ended(S.SUCCEEDED, Verdict.SUCCEEDED, **said)) == line


def test_who_asks_is_told_where_to_look():
    assert looking(CARDS["restart_proposing"]).text == (
        "Looking at a restart of credlink-api in prod: see #credlink-prod."
    )


def test_in_the_history_it_has_a_mark_of_its_own():
    done = CARDS["restart_succeeded"]
    deployed = replace(done, kind=ChangeKind.DEPLOY)

    lines = history("prod", [done, deployed], 2, now=ENDED).text.splitlines()

    assert lines[0].startswith("↻ 🟢 Restarted: credlink-api v1.1.9 in prod")
    assert lines[1].startswith("🟢 Deployed")


def test_beside_an_alert_it_is_a_change_like_others():
    assert done_by(CARDS["restart_succeeded"]) == "restart of v1.1.9"
    assert done_by(CARDS["restart_proposing"]) == "a restart"
