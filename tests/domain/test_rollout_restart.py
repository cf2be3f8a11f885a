"""Two deployments of one task definition: the verdict goes by which of them is meant."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.rollout import Deployment, Ended, Progress, Verdict, is_in_doubt, judge
from tests.changes.builders import NOW
from tests.domain.test_rollout import COMPLETED, FAILED, IN_PROGRESS, OURS, SD, a_look, ours

NAMED = replace(OURS, replaces="before")
UNNAMED = replace(NAMED, deployment_id=None)
"""The answer that named ours was lost."""


def before(status: str = "ACTIVE") -> Deployment:
    """What stood there: the very same task definition, complete for days."""
    began = NOW - timedelta(days=3)
    return ours(status, COMPLETED, id="before", created_at=began)


def undoing(state=COMPLETED) -> Deployment:
    """What ECS puts in the place of one it rolls back: the same task definition once more."""
    return ours("PRIMARY", state, id="undoing", created_at=NOW + timedelta(minutes=1))


@pytest.mark.parametrize("meant", [NAMED, UNNAMED])
@pytest.mark.parametrize(
    "look",
    [
        pytest.param(a_look(before("PRIMARY"), minutes=0.1), id="ECS answers from before"),
        pytest.param(a_look(ours(), before(), service_deployment=SD.RUNNING), id="it has begun"),
    ],
)
def test_what_stood_there_before_is_never_taken_for_it(meant, look):
    assert isinstance(judge(look, meant), Progress)


@pytest.mark.parametrize(
    ("meant", "look", "verdict"),
    [
        pytest.param(
            NAMED, a_look(ours(state=COMPLETED)), Verdict.SUCCEEDED, id="complete, by its id"
        ),
        pytest.param(
            NAMED,
            a_look(undoing(), service_deployment=SD.ROLLED_BACK),
            Verdict.ROLLED_BACK_BY_ECS,
            id="undone, and what took its place looks the same",
        ),
        pytest.param(
            UNNAMED,
            a_look(ours(state=COMPLETED), service_deployment=SD.SUCCESSFUL),
            Verdict.SUCCEEDED,
            id="complete, as ECS's record says",
        ),
        pytest.param(
            UNNAMED,
            a_look(undoing(), service_deployment=SD.ROLLED_BACK),
            Verdict.ROLLED_BACK_BY_ECS,
            id="without an id only the record tells that it was undone",
        ),
        pytest.param(
            UNNAMED,
            a_look(
                undoing(IN_PROGRESS), ours("ACTIVE", FAILED), service_deployment=SD.ROLLING_BACK
            ),
            Verdict.ROLLED_BACK_BY_ECS,
            id="without an id, while it is being undone",
        ),
    ],
)
def test_the_verdict_is_of_ours(meant, look, verdict):
    ended = judge(look, meant)

    assert isinstance(ended, Ended)
    assert ended.verdict is verdict


def test_without_an_id_and_without_ecs_s_record_nothing_is_claimed_before_the_deadline():
    complete = a_look(ours(state=COMPLETED))

    assert is_in_doubt(UNNAMED, complete.deployments)
    assert isinstance(judge(complete, UNNAMED), Progress)
    late = a_look(ours(state=COMPLETED), minutes=16)
    assert judge(late, UNNAMED).verdict is Verdict.TOO_SLOW
