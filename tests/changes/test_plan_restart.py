"""What a restart would do, for services as they may be: what is refused, and what is warned of."""

from dataclasses import replace

import pytest

from bot.changes.plan import Impossible
from bot.changes.plan_restart import plan_restart
from bot.domain.change import ChangeState
from bot.domain.plan import Deployed
from bot.domain.way_back import Known
from integrations.aws import models
from tests.changes.answers import PLACE, Aws, a_deployment, a_service, a_task, a_world, running_on
from tests.changes.builders import NEW_DIGEST, OLD_DIGEST, REPOSITORY, a_change, a_plan

PINNED = f"{REPOSITORY}@{NEW_DIGEST}"


def running(image: str = PINNED, **said) -> Aws:
    """AWS where revision 41 runs this image, in a service of which this is said."""
    primary = a_deployment("old", "PRIMARY", 41, rollout_state="COMPLETED")
    aws = running_on(image)
    aws.service = a_service(primary, **{"current_service_deployment": "arn:old", **said})
    return aws


def a_task_of(digest: str) -> models.Task:
    ran = models.Container(name="credlink-api", image_digest=digest)
    return replace(a_task("10.0.0.1", 41), containers=(ran,))


async def planned(aws: Aws, known: Known | None = None):
    return await plan_restart(a_world(aws), PLACE, known or Known(), is_checked=False)


async def test_the_same_is_wanted_that_runs_and_it_is_known_what_brought_it():
    plan = await planned(running())

    assert plan.wanted == plan.running
    assert plan.wanted.digest == NEW_DIGEST
    assert plan.deployed == Deployed("old", "arn:old")
    assert (plan.changed, plan.warnings) == ((), ())


@pytest.mark.parametrize(
    ("sentence", "said", "why"),
    [
        ("a service without tasks has nothing to restart", {"desired": 0}, "wants no task"),
        ("all of its tasks must serve and no more may run",
         {"minimum_healthy_percent": 100, "maximum_percent": 100}, "at least 4 have to serve"),
        ("one task must serve, and rounding leaves no room for another",
         {"desired": 1, "maximum_percent": 150}, "at most 1 may run"),
    ],
)  # fmt: skip
async def test_what_could_not_begin_is_refused(sentence, said, why):
    with pytest.raises(Impossible, match=why):
        await planned(running(**said))


@pytest.mark.parametrize(
    ("deployments", "why"),
    [
        ((a_deployment("new", "PRIMARY", 41),), "in the middle of rolling out"),
        ((a_deployment("new", "PRIMARY", 41, rollout_state=None),
          a_deployment("old", "ACTIVE", 40, rollout_state=None)), "in the middle of rolling out"),
        ((a_deployment("new", "PRIMARY", 41, rollout_state="FAILED"),), "gave up rolling out"),
    ],
)  # fmt: skip
async def test_a_rollout_of_whomever_is_left_alone(deployments, why):
    aws = running()
    aws.service = a_service(*deployments)

    with pytest.raises(Impossible, match=why):
        await planned(aws)


async def test_a_change_of_ours_that_is_under_way_is_waited_for():
    known = Known(under_way=a_change(state=ChangeState.ROLLING_OUT, plan=a_plan()))

    with pytest.raises(Impossible, match=r"v1\.2\.0 is under way for credlink-api in prod now"):
        await planned(running(), known)


async def test_what_a_deployment_leaves_behind_while_it_drains_is_no_rollout():
    aws = running()
    done = a_deployment("new", "PRIMARY", 41, rollout_state="COMPLETED")
    aws.service = a_service(done, a_deployment("old", "INACTIVE", 40))

    assert (await planned(aws)).deployed == Deployed("new")


@pytest.mark.parametrize(
    ("said", "warned"),
    [
        ({"desired": 1, "minimum_healthy_percent": 0}, "Its only task may be stopped before"),
        ({"desired": 1, "minimum_healthy_percent": 100, "maximum_percent": 200}, None),
        ({"minimum_healthy_percent": 0}, "All its tasks may be stopped before a new one serves"),
        ({"minimum_healthy_percent": 50}, "as few as 2 of its 4 tasks may serve"),
        ({"minimum_healthy_percent": 0, "strategy": "CANARY"}, None),
    ],
)
async def test_too_few_tasks_meanwhile_are_warned_of(said, warned):
    warnings = (await planned(running(**said))).warnings

    assert len(warnings) == (warned is not None)
    assert (warned or "") in "".join(warnings)


async def test_a_tag_that_means_another_image_by_now_would_be_a_deploy():
    aws = running(f"{REPOSITORY}:v1")
    aws.answers["running_tasks"] = (a_task_of(OLD_DIGEST),)

    with pytest.raises(Impossible, match="a restart would deploy that one"):
        await planned(aws)


async def test_a_tag_that_still_means_what_runs_is_the_same():
    aws = running(f"{REPOSITORY}:v1")
    aws.answers["running_tasks"] = (a_task_of(NEW_DIGEST),)

    plan = await planned(aws)

    assert (plan.wanted.digest, plan.warnings) == (NEW_DIGEST, ())


@pytest.mark.parametrize("image", [f"{REPOSITORY}:v1", "redis:7"])
async def test_where_nobody_knows_which_image_runs_that_is_said(image):
    (warning,) = (await planned(running(image))).warnings

    assert "still is the image that runs" in warning
