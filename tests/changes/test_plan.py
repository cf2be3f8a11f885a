"""Plans for places that the sandbox lacks: odd controllers, moved tags, other registries."""

from dataclasses import replace

import pytest

from bot.changes.plan import Impossible, find_running, plan_deploy
from bot.domain.change import ChangeKind, ChangeState
from bot.domain.plan import GoodRevision
from bot.domain.way_back import Known, way_back
from integrations.aws import models
from integrations.errors import Unavailable
from tests.changes.answers import (
    PLACE,
    Aws,
    a_deployment,
    a_service,
    a_task,
    a_world,
    running_on,
)
from tests.changes.builders import (
    NEW_DIGEST,
    NOW,
    OLD_DIGEST,
    REPOSITORY,
    a_change,
    a_plan,
    a_rollout,
    an_arn,
)


@pytest.mark.parametrize(
    ("service", "said"),
    [
        (None, "There is no ECS service credlink-api in cluster credlink-prod"),
        (a_service(deployment_controller="CODE_DEPLOY"), "deployed by CODE_DEPLOY"),
        (a_service(deployment_controller="EXTERNAL"), "deployed by EXTERNAL"),
        (a_service(a_deployment(), status="DRAINING"), "is being deleted"),
        (a_service(), "is being deleted"),
    ],
)
async def test_a_service_that_cannot_be_changed_from_here_is_refused_in_words(service, said):
    with pytest.raises(Impossible, match=said):
        await find_running(a_world(Aws(service)), PLACE)


async def test_a_tag_that_was_moved_since_it_was_started_may_be_deployed_again():
    ran = models.Container(name="credlink-api", image_digest=OLD_DIGEST)
    task = replace(a_task("10.0.0.1", 41), containers=(ran,))
    aws = running_on(f"{REPOSITORY}:v1", running_tasks=(task,))

    plan = await plan_deploy(a_world(aws), PLACE, "v1", Known())

    assert plan.wanted.digest == NEW_DIGEST


async def test_a_tag_that_still_means_what_runs_may_not():
    ran = models.Container(name="credlink-api", image_digest=NEW_DIGEST)
    task = replace(a_task("10.0.0.1", 41), containers=(ran,))
    aws = running_on(f"{REPOSITORY}:v1", running_tasks=(task,))

    with pytest.raises(Impossible, match="prod already runs v1"):
        await plan_deploy(a_world(aws), PLACE, "v1", Known())


async def test_the_same_image_under_another_tag_is_said_to_be_the_same():
    aws = running_on(f"{REPOSITORY}@{NEW_DIGEST}")

    with pytest.raises(Impossible, match="v2 is the same image as v1, which prod already runs"):
        await plan_deploy(a_world(aws), PLACE, "v2", Known())


async def test_an_image_from_elsewhere_than_ecr_needs_the_repository_named():
    aws = running_on("ghcr.io/example/credlink-api:v1")

    with pytest.raises(Impossible, match=r"comes from ghcr\.io.*Name an ECR repository"):
        await plan_deploy(a_world(aws), PLACE, "v2", Known())


async def test_what_is_under_way_is_said_in_the_plan():
    rolling = a_change(state=ChangeState.ROLLING_OUT, plan=a_plan())
    aws = running_on(f"{REPOSITORY}@{OLD_DIGEST}")

    plan = await plan_deploy(a_world(aws), PLACE, "v2", Known(under_way=rolling))

    assert plan.warnings == ("v1.2.0 is rolling out there now; this can begin only after it.",)


def known_good(*revisions):
    return tuple(
        GoodRevision(
            task_definition=an_arn(number),
            image="i",
            version=f"v{number}",
            digest=None,
            change_id="c",
            good_at=NOW,
        )
        for number in revisions
    )


@pytest.mark.parametrize(
    ("known", "version", "found"),
    [
        (Known(good=known_good(42, 41, 40)), None, an_arn(41)),
        (Known(good=known_good(41, 42)), None, an_arn(41)),
        (Known(good=known_good(42, 41, 40)), "v40", an_arn(40)),
        (Known(good=known_good(42)), None, None),
        (Known(good=known_good(42, 41)), "v9", None),
        (Known(latest=a_change(plan=a_plan(), rollout=a_rollout())), None, an_arn(41)),
        (Known(latest=a_change(plan=a_plan(), rollout=a_rollout())), "v1.1.9", an_arn(41)),
        (Known(latest=a_change(plan=a_plan(), rollout=a_rollout())), "v9", None),
        (
            Known(latest=a_change(plan=a_plan(), rollout=a_rollout(task_definition=an_arn(9)))),
            None,
            None,
        ),
        (
            Known(latest=a_change(kind=ChangeKind.ROLLBACK, plan=a_plan(), rollout=a_rollout())),
            None,
            None,
        ),
    ],
)
def test_the_way_back_is_the_last_good_revision_that_does_not_run(known, version, found):
    target = way_back(known, an_arn(42), version)

    assert (target.task_definition if target else None) == found


async def test_a_name_is_not_worth_failing_for():
    aws = running_on(f"{REPOSITORY}@{OLD_DIGEST}")
    aws.answers["describe_image"] = Unavailable("aws", "describe_images", "timed out")

    running = await find_running(a_world(aws), PLACE)

    assert running.revision.name == "credlink-api:41"
