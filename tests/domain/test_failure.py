"""ECS's words about a stopped task, and the sentence a person reads for each."""

from dataclasses import replace

import pytest

from bot.domain.failure import StoppedContainer, StoppedTask, explain, is_planned

EXITED = "Essential container in task exited"


def a_task(reason=EXITED, *, code=None, container_reason="", **said):
    return StoppedTask(
        **{
            "id": "abc",
            "stop_code": "EssentialContainerExited",
            "reason": reason,
            "containers": (
                StoppedContainer(name="sidecar"),
                StoppedContainer(name="api", exit_code=code, reason=container_reason),
            ),
            **said,
        }
    )


@pytest.mark.parametrize(
    ("task", "what", "mend"),
    [
        (
            a_task(code=137, container_reason="OutOfMemoryError: container killed due to memory"),
            "The container stopped with exit code 137: out of memory (1024 MiB).",
            "Raise `memory`",
        ),
        (a_task(code=137), "killed (SIGKILL), most often out of memory (1024 MiB)", "`memory`"),
        (a_task(code=1), "api stopped with exit code 1: an error of the program", "log lines"),
        (a_task(code=139), "exit code 139: it crashed (SIGSEGV)", "architecture"),
        (a_task(code=143), "exit code 143: told to stop (SIGTERM)", "events"),
        (a_task(code=127), "its command was not found", "`entryPoint`"),
        (a_task(code=134), "ended by signal 6", "log lines"),
        (a_task(code=42), "exit code 42: an error of the program itself", "log lines"),
        (a_task(code=0), "api stopped with exit code 0", "must keep running"),
        (
            a_task(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
                "failed to resolve ref 1.dkr.ecr.us-east-1.amazonaws.com/api@sha256:1: not found"
            ),
            "the registry does not have it",
            "lifecycle rule",
        ),
        (
            a_task("CannotPullContainerError: pull access denied for x"),
            "the registry refused",
            "ecr:BatchGetImage",
        ),
        (
            a_task("CannotPullContainerError: dial tcp 1.2.3.4:443: i/o timeout"),
            "cannot be reached from the subnet",
            "NAT gateway",
        ),
        (
            a_task("CannotPullContainerError: no matching manifest for platform linux/arm64"),
            "no build for this CPU architecture",
            "runtimePlatform",
        ),
        (a_task("CannotPullContainerError: disk full"), "ECS cannot pull the image.", "raw text"),
        (
            a_task(
                "ResourceInitializationError: unable to pull secrets or registry auth: execution "
                "resource retrieval failed: AccessDeniedException: not authorized"
            ),
            "A secret could not be read",
            "secretsmanager:GetSecretValue",
        ),
        (
            a_task(
                "ResourceInitializationError: unable to pull secrets: ResourceNotFoundException: "
                "Secrets Manager can't find the specified secret."
            ),
            "does not exist",
            "ARN",
        ),
        (
            a_task(
                "ResourceInitializationError: failed to validate logger args: create stream has "
                "been retried: log group /ecs/api does not exist: awslogs"
            ),
            "its log group is not there",
            "logs:CreateLogStream",
        ),
        (
            a_task(
                "Task failed ELB health checks in (target-group arn:aws:x) due to "
                "(reason Health checks failed with these codes: [503])"
            ),
            "the load balancer's health check failed (it answered 503)",
            "grace period",
        ),
        (a_task("Task failed container health checks"), "own health check failed", "startPeriod"),
        (
            a_task(container_reason='CannotStartContainerError: exec: "x": executable file not'),
            "api could not start",
            "`entryPoint`",
        ),
        (a_task("Capacity is unavailable at this time."), "no capacity", "deploy again"),
        (a_task("Words of next year", containers=()), "ECS stopped the task: Words of", "thread"),
        (a_task("", containers=()), "ECS does not say why", "events"),
    ],
)
def test_a_stopped_task_is_explained_with_the_way_to_mend_it(task, what, mend):
    failure = explain(replace(task, memory_mib=1024))

    assert what in failure.what
    assert mend in failure.mend


def test_the_raw_words_are_kept_whole():
    raw = explain(a_task(code=1, container_reason="boom")).raw

    assert raw.splitlines() == [
        "task abc",
        "stopCode: EssentialContainerExited",
        f"stoppedReason: {EXITED}",
        "container sidecar: exitCode none",
        "container api: exitCode 1",
        "container api: reason: boom",
    ]


@pytest.mark.parametrize(
    ("task", "planned"),
    [
        (a_task("Scaling activity initiated by (deployment ecs-svc/1)"), True),
        (a_task("Task stopped by user"), True),
        (a_task("", stop_code="UserInitiated"), True),
        (a_task(code=1), False),
        (a_task("Task failed ELB health checks", stop_code="ServiceSchedulerInitiated"), False),
    ],
)
def test_a_task_that_was_stopped_on_purpose_explains_nothing(task, planned):
    assert is_planned(task) is planned
