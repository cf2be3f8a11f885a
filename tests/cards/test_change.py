"""The card of a change in each of its states, and in the face of hostile words."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards.blocks import Message
from bot.cards.change import ChangeView, card
from bot.cards.change_buttons import ABORT, CANCEL, CONFIRM, ROLL_BACK
from bot.domain.change import Change, ChangeKind, ChangeState
from bot.domain.failure import StoppedContainer, StoppedTask, explain
from bot.domain.plan import Revision
from bot.domain.rollout import Progress, Verdict
from tests.cards.golden import assert_golden
from tests.changes.builders import (
    BOB,
    NOW,
    a_change,
    a_plan,
    a_rollout,
    an_arn,
)

S = ChangeState
HALF_WAY = Progress(
    desired=4,
    running=3,
    pending=1,
    healthy=2,
    targets={"healthy": 2, "initial": 1},
    latest_event="registered 2 targets in credlink-prod-tg",
)
ALL_HEALTHY = Progress(desired=4, running=4, healthy=4, targets={"healthy": 4})
OUT_OF_MEMORY = explain(
    StoppedTask(
        id="0a1b",
        reason="Essential container in task exited",
        containers=(StoppedContainer(name="credlink-api", exit_code=137, reason="OutOfMemory"),),
        memory_mib=1024,
    )
)


def started(state: ChangeState, **said) -> Change:
    return a_change(
        **{
            "state": state,
            "state_revision": 4,
            "plan": a_plan(),
            "rollout": a_rollout(),
            "started_at": NOW,
            "confirmed_by": "U0ALICE01",
            **said,
        }
    )


def ended(state: ChangeState, verdict: Verdict, **said) -> Change:
    return started(
        state,
        verdict=verdict,
        finished_at=NOW + timedelta(minutes=3, seconds=5),
        **{"progress": ALL_HEALTHY, **said},
    )


BACK = {"back": a_rollout(task_definition=an_arn(41), deployment_id="ecs-svc/3")}
CARDS = {
    "change_proposing": a_change(reason="fix for #421"),
    "change_proposing_silent": a_change(silent_since=NOW, silent_why="rate limited"),
    "change_proposed": a_change(
        state=S.PROPOSED,
        state_revision=2,
        plan=a_plan(),
        reason="fix for #421",
        expires_at=NOW + timedelta(minutes=30),
    ),
    "change_proposed_with_warnings": a_change(
        state=S.PROPOSED,
        state_revision=2,
        plan=a_plan(
            desired=0,
            running_is_good=False,
            warnings=("The service wants no task: nothing would run the new version.",),
        ),
        expires_at=NOW + timedelta(minutes=30),
    ),
    "change_proposed_rollback": a_change(
        kind=ChangeKind.ROLLBACK,
        state=S.PROPOSED,
        state_revision=2,
        version="v1.1.8",
        plan=a_plan(
            wanted=Revision(task_definition=an_arn(40), image="i@sha256:1", version="v1.1.8"),
            changed=("image", "env LOG_LEVEL changed", "memory 1024→2048"),
            pushed_at=None,
        ),
        expires_at=NOW + timedelta(minutes=30),
    ),
    "change_starting": started(S.STARTING, rollout=None, started_at=None, state_revision=3),
    "change_rolling_out": started(S.ROLLING_OUT, progress=HALF_WAY),
    "change_rolling_out_rollback": started(
        S.ROLLING_OUT, kind=ChangeKind.ROLLBACK, version="v1.2.0", progress=HALF_WAY
    ),
    "change_rolling_out_begun": started(S.ROLLING_OUT),
    "change_rolling_out_in_trouble": started(
        S.ROLLING_OUT,
        progress=replace(HALF_WAY, failed=2, healthy=0, targets={}, running=0),
        failure=OUT_OF_MEMORY,
        silent_since=NOW + timedelta(seconds=30),
        silent_why="timed out",
    ),
    "change_rolling_back_aborted": started(
        S.ROLLING_BACK, verdict=Verdict.ABORTED, ended_by=BOB, progress=HALF_WAY, **BACK
    ),
    "change_rolling_back_by_ecs": started(
        S.ROLLING_BACK,
        verdict=Verdict.ROLLED_BACK_BY_ECS,
        why="ECS deployment circuit breaker: tasks failed to start.",
        failure=OUT_OF_MEMORY,
        **BACK,
    ),
    "change_succeeded": ended(S.SUCCEEDED, Verdict.SUCCEEDED),
    "change_succeeded_rollback": ended(
        S.SUCCEEDED, Verdict.SUCCEEDED, kind=ChangeKind.ROLLBACK, version="v1.2.0"
    ),
    "change_failed_rollback": ended(
        S.ROLLED_BACK,
        Verdict.ROLLED_BACK_BY_ECS,
        kind=ChangeKind.ROLLBACK,
        why="ECS deployment circuit breaker: tasks failed to start.",
        **BACK,
    ),
    "change_confirmed_by_another": ended(S.SUCCEEDED, Verdict.SUCCEEDED, confirmed_by=BOB),
    "change_failed": ended(
        S.FAILED,
        Verdict.FAILED,
        why="ECS deployment circuit breaker: tasks failed to start.",
        failure=OUT_OF_MEMORY,
    ),
    "change_too_slow": ended(
        S.FAILED, Verdict.TOO_SLOW, why="2 of 4 tasks were healthy when its time was up."
    ),
    "change_rolled_back_by_ecs": ended(
        S.ROLLED_BACK,
        Verdict.ROLLED_BACK_BY_ECS,
        why="ECS deployment circuit breaker: tasks failed to start.",
        failure=OUT_OF_MEMORY,
        **BACK,
    ),
    "change_aborted": ended(S.ROLLED_BACK, Verdict.ABORTED, ended_by=BOB, **BACK),
    "change_superseded": ended(
        S.SUPERSEDED, Verdict.SUPERSEDED, why="Somebody else deployed credlink-api:43."
    ),
    "change_nothing_running": ended(
        S.UNPROVEN,
        Verdict.NOTHING_RUNNING,
        why="The service wants no task, so nothing has proved it.",
    ),
    "change_unseen": ended(
        S.UNPROVEN, Verdict.UNSEEN, why="AWS did not answer: timed out", progress=HALF_WAY
    ),
    "change_refused": a_change(
        state=S.REFUSED,
        why="There is no image credlink-api:v9 in ECR of account 222222222222.",
        finished_at=NOW,
    ),
    "change_cancelled": a_change(state=S.CANCELLED, ended_by=BOB, finished_at=NOW),
    "change_expired": a_change(
        state=S.EXPIRED, why="Nobody confirmed it in time.", finished_at=NOW
    ),
}
WITH_A_WAY_BACK = frozenset({"change_succeeded", "change_failed", "change_too_slow"})


def shown(name: str) -> Message:
    return card(
        ChangeView(
            change=CARDS[name],
            now=NOW + timedelta(seconds=72),
            usual=timedelta(minutes=3),
            way_back="v1.1.9" if name in WITH_A_WAY_BACK else None,
        )
    )


@pytest.mark.parametrize("name", CARDS)
def test_a_card_looks_like_its_golden_file(name: str):
    assert_golden(shown(name), name)


@pytest.mark.parametrize("name", CARDS)
def test_the_first_line_is_short_and_is_the_notification(name: str):
    message = shown(name)

    assert len(message.text) <= 80
    assert message.blocks[0]["text"]["text"] == message.text


def buttons(message: Message) -> list[str]:
    return [
        element["action_id"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


@pytest.mark.parametrize(
    ("name", "actions"),
    [
        ("change_proposing", []),
        ("change_proposed", [CONFIRM, CANCEL]),
        ("change_starting", [ABORT]),
        ("change_rolling_out", [ABORT]),
        ("change_rolling_back_aborted", []),
        ("change_succeeded", [ROLL_BACK]),
        ("change_failed", [ROLL_BACK]),
        ("change_aborted", []),
        ("change_superseded", []),
        ("change_refused", []),
    ],
)
def test_a_button_is_there_while_it_applies(name: str, actions: list[str]):
    assert buttons(shown(name)) == actions


def test_a_button_carries_its_change_and_the_state_it_was_drawn_for():
    (block,) = [b for b in shown("change_rolling_out").blocks if b["type"] == "actions"]

    assert json.loads(block["elements"][0]["value"]) == {"id": "change-1", "revision": 4}


def test_the_dangerous_button_is_red_and_repeats_what_will_happen():
    (block,) = [b for b in shown("change_rolling_out").blocks if b["type"] == "actions"]
    abort = block["elements"][0]

    assert abort["style"] == "danger"
    assert "from *v1.2.0* to *v1.1.9*" in abort["confirm"]["text"]["text"]


@pytest.mark.parametrize("name", CARDS)
def test_nothing_from_outside_can_call_anybody_or_make_a_link(name: str):
    hostile = "<!channel> <https://evil.example|here> &amp;"
    change = replace(
        CARDS[name],
        version=hostile,
        reason=hostile,
        why=hostile if CARDS[name].why else None,
        silent_why=hostile,
    )
    if change.plan is not None:
        change = replace(
            change,
            plan=a_plan(
                running=replace(change.plan.running, version=hostile),
                wanted=replace(change.plan.wanted, version=hostile),
                warnings=(hostile,),
                changed=(hostile,),
                compare_url=None,
            ),
        )
    if change.progress is not None:
        change = replace(
            change, progress=replace(change.progress, latest_event=hostile, targets={hostile: 1})
        )

    message = card(ChangeView(change=change, now=NOW, way_back=hostile))

    for text in mrkdwn_in([{"text": {"type": "mrkdwn", "text": message.text}}, *message.blocks]):
        assert "<!channel>" not in text
        assert "<https://evil.example" not in text


def mrkdwn_in(part) -> list[str]:
    """Every mrkdwn text of some blocks, however deep."""
    if isinstance(part, list | tuple):
        return [text for one in part for text in mrkdwn_in(one)]
    if not isinstance(part, dict):
        return []
    own = [part["text"]] if part.get("type") == "mrkdwn" else []
    return own + [text for one in part.values() for text in mrkdwn_in(one)]
