"""What one person is told: status, help, and what became of a request."""

from datetime import timedelta

from bot.cards.asked import abort_instead, looking
from bot.cards.blocks import Message
from bot.cards.change_buttons import ABORT
from bot.cards.change_thread import done, ended, started, stopped
from bot.cards.help import Entry, all_verbs, unknown_verb
from bot.cards.status import PlaceStatus, status
from bot.domain.change import Act, ActKind, ChangeKind, ChangeState
from bot.domain.failure import StoppedTask, explain
from bot.domain.plan import Observed, Revision
from bot.domain.rollout import Progress
from tests.cards.golden import assert_golden
from tests.changes.builders import (
    ALICE,
    NEW_DIGEST,
    NOW,
    a_change,
    a_plan,
    a_rollout,
    an_arn,
)

DEPLOY = Entry(name="deploy", usage="deploy <env> <version>", summary="Propose to run a version.")


def seen(**said):
    return Observed(
        **{
            "service": "credlink-api",
            "environment": "prod",
            "running": Revision(
                task_definition=an_arn(42), image="i", version="v1.2.0", digest=NEW_DIGEST
            ),
            "since": NOW - timedelta(days=1),
            "desired": 4,
            "healthy": 4,
            "rollout": "COMPLETED",
            "seen_at": NOW - timedelta(seconds=20),
            **said,
        }
    )


def a_place(environment="prod", **said):
    return PlaceStatus(service="credlink-api", environment=environment, **said)


def test_the_status_golden():
    answer = status(
        [
            a_place("staging", seen=seen(environment="staging", healthy=1)),
            a_place(
                seen=seen(rollout="IN_PROGRESS"),
                under_way=a_change(
                    state=ChangeState.ROLLING_OUT,
                    plan=a_plan(),
                    rollout=a_rollout(),
                    started_at=NOW - timedelta(minutes=1),
                    progress=Progress(desired=4, healthy=2),
                ),
            ),
            a_place("moon"),
        ],
        now=NOW,
    )

    assert_golden(Message(answer.text, answer.blocks), "status")


def test_the_status_says_what_happened_last_and_how_old_its_knowledge_is():
    last = a_change(state=ChangeState.SUCCEEDED, plan=a_plan(), started_at=NOW, finished_at=NOW)

    answer = status([a_place(seen=seen(trouble="rate limited", since=None), latest=last)], now=NOW)

    shown = str(answer.blocks)
    assert "last: Deployed: v1.2.0 in 0 s by <@U0ALICE01>" in shown
    assert "seen 20 s ago" in shown
    assert "AWS has not answered since (rate limited)" in shown
    assert answer.text.startswith("⚪")


def test_who_asks_is_told_where_to_look():
    assert looking(a_change()).text == (
        "Looking at what v1.2.0 would change in prod: see #credlink-prod."
    )
    rollback = a_change(kind=ChangeKind.ROLLBACK, version=None, channel="C0PROD001")
    assert looking(rollback).text == (
        "Looking at the way back to the last good revision in prod: see <#C0PROD001>."
    )


def test_who_asks_for_a_rollback_meanwhile_is_offered_the_abort():
    rolling = a_change(state=ChangeState.ROLLING_OUT, state_revision=4, plan=a_plan())

    answer = abort_instead(rolling)

    assert "*v1.2.0* is rolling out for credlink-api in prod" in answer.text
    assert answer.blocks[1]["elements"][0]["action_id"] == ABORT


def test_help_lists_how_to_write_each_verb_escaped():
    assert all_verbs("/ops", [DEPLOY]).text == (
        "`/ops deploy &lt;env&gt; &lt;version&gt;`\nPropose to run a version."
    )


def test_a_word_nobody_knows_is_answered_with_the_nearest_and_is_harmless():
    assert unknown_verb("/ops", "dpeloy", DEPLOY).text == (
        "I do not know “dpeloy”. Did you mean *deploy*? `/ops deploy &lt;env&gt; &lt;version&gt;`"
    )
    assert "&lt;!channel&gt;" in unknown_verb("/ops", "<!channel>", None).text


def test_the_thread_tells_what_happened_and_keeps_the_raw_words_in_their_box():
    act = Act(change_id="c", state_revision=2, kind=ActKind.ABORT, by=ALICE, at=NOW)
    hostile = explain(StoppedTask(id="t", reason="boom ``` <!channel>"))

    assert done(act).text.startswith("Aborted at <!date^")  # a name would call whoever did it
    assert "credlink-api:42 as `ecs-svc/2`" in started(a_rollout()).text
    assert ended("🔴 Failed: <x>", "why <y>").text == "🔴 Failed: &lt;x&gt;\nwhy &lt;y&gt;"
    box = stopped(hostile).blocks[0]["text"]["text"]
    assert box.count("```") == 2
    assert "<!channel>" not in box
