"""Looks that the simulator does not give: odd deployments, odd targets, odd outcomes."""

from dataclasses import replace
from datetime import timedelta

from bot.changes.look import TARGETS_EVERY, Memory, first_failure, is_troubled, look_at, ours_of
from bot.domain.rollout import Progress, ServiceDeploymentStatus, Verdict, judge
from bot.domain.wellness import Wellness
from integrations.aws import models
from tests.changes.answers import (
    LATER,
    PLACE,
    Aws,
    a_deployment,
    a_service,
    a_target,
    a_task,
    a_world,
)
from tests.changes.builders import NOW, a_plan, a_rollout, an_arn

GROUP = "arn:aws:elasticloadbalancing:us-east-1:222222222222:targetgroup/prod/1"
WITH_TARGETS = a_plan(target_groups=(GROUP,))


async def look(aws, plan=WITH_TARGETS, rollout=None, memory=Memory()):  # noqa: B008  frozen
    return await look_at(a_world(aws), PLACE, plan, rollout or a_rollout(), memory)


async def verdict_of(aws, plan=WITH_TARGETS, rollout=None):
    rollout = rollout or a_rollout()
    sight = await look(aws, plan, rollout)
    return judge(sight.look, ours_of(a_world(aws), rollout))


async def test_only_our_own_tasks_targets_count():
    aws = Aws(
        a_service(
            a_deployment(running=2, rollout_state="COMPLETED"),
            a_deployment("old", "ACTIVE", 41, running=4),
        ),
        running_tasks=(a_task("10.0.0.1"), a_task("10.0.0.2"), a_task("10.0.0.9", 41)),
        describe_target_health=(
            a_target("10.0.0.1", "healthy"),
            a_target("10.0.0.2", "initial"),
            a_target("10.0.0.9", "healthy"),
            a_target("10.0.0.8", "draining"),
        ),
    )

    sight = await look(aws)

    assert sight.look.targets == {"healthy": 1, "initial": 1}


async def test_while_tasks_are_replaced_one_call_a_look_is_enough():
    """Two looks in five seconds, and the load balancer once in ten of them."""
    aws = Aws(
        a_service(a_deployment(running=1), a_deployment("old", "ACTIVE", 41, running=4)),
        describe_target_health=(a_target("10.0.0.1", "initial"), a_target("10.0.0.9", "healthy")),
    )

    memory = Memory()
    for _ in range(TARGETS_EVERY):
        sight = await look(aws, memory=Memory.of(memory.as_json()))
        memory = sight.memory

    assert aws.asked == ["describe_service"] * TARGETS_EVERY + ["describe_target_health"]
    assert sight.look.targets is None
    assert sight.look.all_targets == {"initial": 1, "healthy": 1}


async def test_when_ecs_is_done_and_every_target_is_well_no_task_is_listed():
    aws = Aws(
        a_service(a_deployment(running=1, rollout_state="COMPLETED")),
        describe_target_health=(a_target("10.0.0.1", "healthy"), a_target("10.0.0.9", "draining")),
    )

    sight = await look(aws)

    assert aws.asked == ["describe_service", "describe_target_health"]
    assert sight.look.targets == {"healthy": 1}


async def test_a_task_in_two_target_groups_is_as_well_as_the_worse_of_them():
    health = {
        "one": (a_target("10.0.0.1", "healthy"),),
        "two": (a_target("10.0.0.1", "unhealthy"),),
    }
    aws = Aws(
        a_service(a_deployment(running=1, rollout_state="COMPLETED")),
        running_tasks=(a_task("10.0.0.1"),),
        describe_target_health=lambda group: health[group],
    )

    sight = await look(aws, a_plan(target_groups=("one", "two")))

    assert sight.look.targets == {"unhealthy": 1}


async def test_targets_named_by_instance_cannot_speak_for_a_task():
    aws = Aws(
        a_service(a_deployment(running=4, rollout_state="COMPLETED")),
        running_tasks=(a_task("10.0.0.1"),),
        describe_target_health=(a_target("i-0abc", "unhealthy"),),
    )

    assert (await verdict_of(aws)).verdict is Verdict.SUCCEEDED


async def test_a_deployment_that_is_not_listed_for_some_seconds_is_waited_for():
    aws = Aws(a_service(a_deployment("old", "PRIMARY", 41, rollout_state="COMPLETED")))
    soon = a_rollout(began_at=LATER - timedelta(seconds=3))

    assert isinstance(await verdict_of(aws, rollout=soon), Progress)


async def test_a_failed_deployment_that_drains_was_rolled_back():
    aws = Aws(
        a_service(
            a_deployment("back", "PRIMARY", 41),
            a_deployment(status="DRAINING", rollout_state="FAILED", rollout_reason="breaker"),
        )
    )

    ended = await verdict_of(aws)

    assert (ended.verdict, ended.why) == (Verdict.ROLLED_BACK_BY_ECS, "breaker")
    assert ended.replaced_by.id == "back"


async def test_of_several_active_deployments_only_our_own_is_judged():
    aws = Aws(
        a_service(
            a_deployment(running=4, rollout_state="COMPLETED"),
            a_deployment("one", "ACTIVE", 40, rollout_state="FAILED"),
            a_deployment("two", "ACTIVE", 41),
        ),
    )

    assert (await verdict_of(aws, a_plan())).verdict is Verdict.SUCCEEDED


async def test_a_service_deployment_of_another_revision_is_not_taken_for_ours():
    """After an update ECS may still name the deployment before it as the current one."""
    before = models.ServiceDeployment(
        arn="arn:sd/before",
        service_arn="arn:service",
        status="SUCCESSFUL",
        target_revision_arn="arn:revision/before",
        created_at=NOW - timedelta(days=1),
    )
    aws = Aws(
        a_service(
            a_deployment("old", "PRIMARY", 41, created_at=NOW - timedelta(days=1)),
            current_service_deployment="arn:sd/before",
        ),
        describe_service_deployments={"arn:sd/before": before},
        describe_service_revisions={
            "arn:revision/before": models.ServiceRevision(
                arn="arn:revision/before", service_arn="arn:service", task_definition=an_arn(41)
            )
        },
    )
    soon = a_rollout(began_at=LATER - timedelta(seconds=3))

    sight = await look(aws, a_plan(), soon)

    assert sight.look.service_deployment is None
    assert isinstance(judge(sight.look, ours_of(a_world(aws), soon)), Progress)


async def test_a_blue_green_deployment_is_judged_by_its_service_deployment():
    shifting = models.ServiceDeployment(
        arn="arn:sd/ours",
        service_arn="arn:service",
        status="IN_PROGRESS",
        target_revision_arn="arn:revision/ours",
        created_at=NOW,
    )
    ours = models.ServiceRevision(
        arn="arn:revision/ours", service_arn="arn:service", task_definition=an_arn(42)
    )
    aws = Aws(
        a_service(
            a_deployment(running=4, rollout_state=None),
            current_service_deployment="arn:sd/ours",
            strategy="BLUE_GREEN",
        ),
        describe_service_deployments=lambda _: {"arn:sd/ours": shifting},
        describe_service_revisions={"arn:revision/ours": ours},
    )

    assert isinstance(await verdict_of(aws, a_plan()), Progress)
    shifting = replace(shifting, status="SUCCESSFUL")
    assert (await verdict_of(aws, a_plan())).verdict is Verdict.SUCCEEDED
    shifting = replace(shifting, status="ROLLBACK_SUCCESSFUL", rollback_reason="alarm")
    assert (await verdict_of(aws, a_plan())).verdict is Verdict.ROLLED_BACK_BY_ECS


async def test_where_the_answer_was_lost_the_outcome_is_found_among_service_deployments():
    stopped = models.ServiceDeployment(
        arn="arn:sd/ours",
        service_arn="arn:service",
        status="STOPPED",
        target_revision_arn="arn:revision/ours",
        created_at=NOW,
    )
    ours = models.ServiceRevision(
        arn="arn:revision/ours", service_arn="arn:service", task_definition=an_arn(42)
    )
    aws = Aws(
        a_service(a_deployment("theirs", revision=43)),
        list_service_deployments=(stopped,),
        describe_service_deployments={"arn:sd/ours": stopped},
        describe_service_revisions={"arn:revision/ours": ours},
    )

    sight = await look(aws, a_plan(), a_rollout(deployment_id=None))

    assert sight.look.service_deployment is ServiceDeploymentStatus.STOPPED
    assert (await verdict_of(aws, a_plan())).verdict is Verdict.SUPERSEDED


async def test_the_first_task_that_died_of_itself_explains_the_failure():
    def stopped(reason, *, revision=42, at=NOW):
        return models.StoppedTask(
            arn="arn:task/x",
            task_definition=an_arn(revision),
            stopped_reason=reason,
            stopped_at=at,
        )

    aws = Aws(
        stopped_tasks=(
            stopped("of another revision", revision=41),
            stopped("Scaling activity initiated by (deployment ecs-svc/1)"),
            stopped("CannotPullContainerError: not found"),
            stopped("still stopping", at=None),
        )
    )

    failure = await first_failure(a_world(aws), PLACE, a_plan(), a_rollout())

    assert "the registry does not have it" in failure.what


async def test_stopped_tasks_are_asked_for_only_at_a_sign_of_trouble():
    quiet = a_service(
        a_deployment(running=1),
        events=(models.ServiceEvent("e", LATER, "(service x) has started 2 tasks: (task a)."),),
    )
    unable = replace(
        quiet,
        events=(models.ServiceEvent("e", LATER, "(service x) was unable to place a task."),),
    )
    failing = a_service(a_deployment(failed=1))
    before = replace(
        quiet,
        events=(models.ServiceEvent("e", NOW - timedelta(days=1), "(service x) unable"),),
    )

    async def troubled(service):
        return is_troubled(await look(Aws(service), a_plan()), a_rollout())

    assert not await troubled(quiet)
    assert await troubled(unable)
    assert await troubled(failing)
    assert not await troubled(before)


def test_memory_survives_the_journal():
    kept = Memory(
        looks=7, service_deployment="arn:sd/ours", wellness=Wellness(best=4, gone=1), judged_at=3.5
    )

    assert Memory.of(kept.as_json()) == kept
    assert Memory.of({}) == Memory()


def test_what_an_older_version_remembered_is_forgotten():
    assert Memory.of({"running": 2, "addresses": ["10.0.0.1"]}) == Memory()
