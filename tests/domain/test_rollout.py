"""The verdict, as a table of looks: each row is what ECS shows, and what that means."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.rollout import (
    Deployment,
    Ended,
    Look,
    Ours,
    Progress,
    RolloutState,
    ServiceDeploymentStatus,
    Verdict,
    is_in_doubt,
    judge,
)
from tests.changes.builders import NOW, an_arn

IN_PROGRESS, COMPLETED, FAILED = RolloutState
SD = ServiceDeploymentStatus
GRACE = timedelta(seconds=30)
OURS = Ours(
    task_definition=an_arn(42),
    deployment_id="ours",
    began_at=NOW,
    deadline=NOW + timedelta(minutes=15),
    grace=GRACE,
)
WE_LOST_THE_ID = Ours(
    task_definition=an_arn(42),
    deployment_id=None,
    began_at=NOW,
    deadline=NOW + timedelta(minutes=15),
    grace=GRACE,
)


def ours(status="PRIMARY", state=IN_PROGRESS, **said):
    return Deployment(
        **{
            "id": "ours",
            "status": status,
            "task_definition": an_arn(42),
            "rollout_state": state,
            "running": 4 if state is COMPLETED else 0,
            "created_at": NOW,
            **said,
        }
    )


def theirs(status="PRIMARY", state=IN_PROGRESS, *, minutes=1, revision=43, **said):
    return Deployment(
        **{
            "id": f"theirs-{revision}",
            "status": status,
            "task_definition": an_arn(revision),
            "rollout_state": state,
            "running": 4,
            "created_at": NOW + timedelta(minutes=minutes),
            **said,
        }
    )


def old(status="ACTIVE"):
    return theirs(status, COMPLETED, minutes=-9999, revision=41)


def a_look(*deployments, minutes=1.0, **said):
    return Look(
        **{
            "at": NOW + timedelta(minutes=minutes),
            "desired": 4,
            "deployments": deployments,
            **said,
        }
    )


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(a_look(ours(), old()), id="it has begun"),
        pytest.param(a_look(old("PRIMARY"), minutes=0.1), id="ECS answers from before our request"),
        pytest.param(a_look(minutes=0.1), id="ECS lists nothing yet"),
        pytest.param(
            a_look(ours(state=COMPLETED), targets={"healthy": 3, "unhealthy": 1}),
            id="complete, and one target is not healthy",
        ),
        pytest.param(a_look(ours(state=COMPLETED), targets={}), id="complete, no target listed"),
        pytest.param(
            a_look(ours(state=COMPLETED, running=1), targets={"healthy": 1}),
            id="complete, and three of four have died since",
        ),
        pytest.param(
            a_look(ours(state=COMPLETED, running=0)), id="complete, and nothing of it runs any more"
        ),
        pytest.param(
            a_look(ours(state=FAILED), service_deployment=SD.ROLLING_BACK),
            id="ECS is about to roll back and does not list what takes our place",
        ),
        pytest.param(
            a_look(old("ACTIVE"), service_deployment=SD.ROLLING_BACK),
            id="ECS rolls back, and no deployment is primary",
        ),
        pytest.param(
            a_look(theirs("ACTIVE", minutes=-9), service_deployment=SD.RUNNING, minutes=2),
            id="not listed for long, but ECS says it still works on it",
        ),
        pytest.param(
            a_look(ours(state=None, running=4), service_deployment=SD.RUNNING),
            id="not a rolling update: running means nothing while ECS is at work",
        ),
        pytest.param(
            a_look(ours(state=None, running=4), theirs("ACTIVE", None, minutes=-9)),
            id="no rollout state, and the old tasks are still there",
        ),
    ],
)
def test_what_has_not_ended_is_progress(look: Look):
    assert isinstance(judge(look, OURS), Progress)


@pytest.mark.parametrize(
    ("look", "verdict"),
    [
        pytest.param(a_look(ours(state=COMPLETED)), Verdict.SUCCEEDED, id="no load balancer"),
        pytest.param(
            a_look(ours(state=COMPLETED), targets={"healthy": 4}),
            Verdict.SUCCEEDED,
            id="all targets healthy",
        ),
        pytest.param(
            a_look(ours(state=COMPLETED), theirs("DRAINING", FAILED, minutes=-9)),
            Verdict.SUCCEEDED,
            id="a failed deployment of before still drains",
        ),
        pytest.param(
            a_look(ours(state=COMPLETED), old(), theirs("ACTIVE", minutes=-5)),
            Verdict.SUCCEEDED,
            id="two others are still ACTIVE",
        ),
        pytest.param(
            a_look(ours(state=None, running=4), service_deployment=SD.SUCCESSFUL),
            Verdict.SUCCEEDED,
            id="blue/green, by its service deployment",
        ),
        pytest.param(
            a_look(ours(state=None, running=4)),
            Verdict.SUCCEEDED,
            id="no rollout state: alone, and as many run as are wanted",
        ),
        pytest.param(
            a_look(ours(state=COMPLETED, running=0), desired=0),
            Verdict.NOTHING_RUNNING,
            id="no task is wanted",
        ),
        pytest.param(
            a_look(ours(state=FAILED, rollout_reason="tasks failed to start")),
            Verdict.FAILED,
            id="the breaker tripped and does not roll back",
        ),
        pytest.param(
            a_look(theirs(revision=41), ours("ACTIVE", FAILED)),
            Verdict.ROLLED_BACK_BY_ECS,
            id="the breaker rolls back; ours is ACTIVE and FAILED",
        ),
        pytest.param(
            a_look(theirs(revision=41), ours("DRAINING", FAILED)),
            Verdict.ROLLED_BACK_BY_ECS,
            id="the breaker rolls back; ours is DRAINING",
        ),
        pytest.param(
            a_look(theirs(state=COMPLETED, revision=41), service_deployment=SD.ROLLED_BACK),
            Verdict.ROLLED_BACK_BY_ECS,
            id="stable is not success: rolled back between two looks, ours not listed",
        ),
        pytest.param(
            a_look(ours(state=None), service_deployment=SD.ROLLING_BACK),
            Verdict.ROLLED_BACK_BY_ECS,
            id="blue/green rolls back",
        ),
        pytest.param(
            a_look(theirs(), ours("ACTIVE"), service_deployment=SD.STOPPED),
            Verdict.SUPERSEDED,
            id="somebody deployed over it, and ECS says it stopped ours",
        ),
        pytest.param(
            a_look(theirs(), ours("ACTIVE")),
            Verdict.SUPERSEDED,
            id="somebody deployed over it, and nothing else is known",
        ),
        pytest.param(
            a_look(theirs(), minutes=2), Verdict.SUPERSEDED, id="a newer one is primary, ours gone"
        ),
        pytest.param(
            a_look(theirs(), service_deployment=SD.SUCCESSFUL),
            Verdict.SUPERSEDED,
            id="it ended well and was deployed over between two looks",
        ),
        pytest.param(
            a_look(theirs(revision=42, id="forced"), minutes=2),
            Verdict.SUPERSEDED,
            id="somebody forced a new deployment of our own revision",
        ),
        pytest.param(
            a_look(old("PRIMARY"), minutes=2),
            Verdict.VANISHED,
            id="the old one is primary, and ECS never heard of ours",
        ),
        pytest.param(a_look(minutes=2), Verdict.VANISHED, id="CodeDeploy: no deployments at all"),
        pytest.param(a_look(ours(), minutes=15), Verdict.TOO_SLOW, id="its time is up"),
        pytest.param(
            a_look(ours(state=COMPLETED, running=0), minutes=15),
            Verdict.TOO_SLOW,
            id="complete, and nothing of it runs when its time is up",
        ),
        pytest.param(
            a_look(ours(state=COMPLETED), targets={"healthy": 3, "unhealthy": 1}, minutes=15),
            Verdict.TOO_SLOW,
            id="complete, but not healthy in time",
        ),
    ],
)
def test_what_has_ended_has_a_name(look: Look, verdict: Verdict):
    result = judge(look, OURS)

    assert isinstance(result, Ended)
    assert result.verdict is verdict
    assert result.why or verdict is Verdict.SUCCEEDED


def test_what_was_steady_is_never_too_slow():
    steady = replace(OURS, deadline=None)

    assert isinstance(judge(a_look(ours(), minutes=99), steady), Progress)


def test_a_success_at_the_last_moment_is_a_success():
    result = judge(a_look(ours(state=COMPLETED), minutes=15), OURS)

    assert isinstance(result, Ended)
    assert result.verdict is Verdict.SUCCEEDED


def test_without_an_id_the_deployment_of_our_revision_is_meant():
    looks = [a_look(ours(id="any")), a_look(ours(id="any", state=COMPLETED))]

    assert isinstance(judge(looks[0], WE_LOST_THE_ID), Progress)
    assert judge(looks[1], WE_LOST_THE_ID).verdict is Verdict.SUCCEEDED


def test_what_takes_our_place_is_named_so_that_it_can_be_watched():
    back = theirs(revision=41)

    result = judge(a_look(back, ours("ACTIVE", FAILED)), OURS)

    assert result.replaced_by == back


def test_progress_counts_healthy_targets_where_there_are_any_and_running_tasks_where_not():
    some = ours(running=3, pending=1, failed=2)

    with_targets = judge(a_look(some, targets={"healthy": 1, "initial": 2}), OURS)
    without = judge(a_look(some), OURS)

    assert (with_targets.healthy, with_targets.targets) == (1, {"healthy": 1, "initial": 2})
    assert (without.healthy, without.pending, without.failed) == (3, 1, 2)


@pytest.mark.parametrize(
    ("deployments", "doubt"),
    [
        ((ours(), old()), False),
        ((ours(state=COMPLETED),), False),
        ((ours(state=FAILED),), True),
        ((ours(state=None),), True),
        ((theirs(), ours("ACTIVE")), True),
        ((old("PRIMARY"),), True),
        ((), True),
    ],
)
def test_service_deployments_are_asked_for_only_in_doubt(deployments, doubt):
    assert is_in_doubt(OURS, deployments) is doubt


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PENDING", SD.RUNNING),
        ("IN_PROGRESS", SD.RUNNING),
        ("STOP_REQUESTED", SD.RUNNING),
        ("SUCCESSFUL", SD.SUCCESSFUL),
        ("STOPPED", SD.STOPPED),
        ("ROLLBACK_REQUESTED", SD.ROLLING_BACK),
        ("ROLLBACK_IN_PROGRESS", SD.ROLLING_BACK),
        ("ROLLBACK_SUCCESSFUL", SD.ROLLED_BACK),
        ("ROLLBACK_FAILED", SD.ROLLED_BACK),
        ("A_WORD_OF_NEXT_YEAR", SD.RUNNING),
    ],
)
def test_every_word_of_ecs_for_a_service_deployment_is_understood(word, status):
    assert SD.of(word) is status


@pytest.mark.parametrize(
    ("sentence", "running", "failed", "said", "verdict"),
    [
        ("as many as ECS's breaker takes, with tasks missing", 2, 3, {}, Verdict.FAILED),
        ("one fewer is bad luck", 2, 2, {}, None),
        ("all run at this moment, as the unhealthy do between two failures", 4, 3, {}, None),
        ("all run at this moment, and each has failed before", 4, 6, {}, Verdict.FAILED),
        ("with traffic on it the evidence judges", 2, 9, {"weight": 20.0}, None),
        ("half of many is needed", 60, 50, {"desired": 100}, Verdict.FAILED),
        ("never more than ECS needs", 300, 200, {"desired": 1000}, Verdict.FAILED),
    ],
)
def test_a_shift_whose_tasks_keep_failing_is_given_up_though_ecs_would_go_on(
    sentence, running, failed, said, verdict
):
    shifting = ours(state=None, running=running, failed=failed)
    became = judge(a_look(shifting, old(), service_deployment=SD.RUNNING, **said), OURS)

    assert (became.verdict if isinstance(became, Ended) else None) is verdict, sentence
