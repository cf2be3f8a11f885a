"""Why a task stopped, in the operator's language: one sentence, and the way to mend it.

The raw words are ECS's, from `stoppedReason`, `stopCode` and the containers' `exitCode` and
`reason`: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedContainer:
    name: str
    exit_code: int | None = None
    """None when the container never ran."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedTask:
    """A task that stopped, as ECS still remembers it (for about an hour).

    `memory_mib` is the task's own limit, None where only its containers have one.
    """

    id: str
    stop_code: str = ""
    reason: str = ""
    containers: tuple[StoppedContainer, ...] = ()
    memory_mib: int | None = None
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong, what would mend it, and the words of ECS they were read from."""

    what: str
    mend: str
    raw: str
    task_id: str
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Facts:
    task: StoppedTask
    container: StoppedContainer | None
    """The one that says most: it exited with an error, or carries a reason."""

    @property
    def text(self) -> str:
        reason = self.container.reason if self.container else ""
        return f"{self.task.reason} {reason}"


Explain = Callable[[_Facts, re.Match[str]], tuple[str, str]]

# ECS stops tasks itself when it scales in or drains them: nothing failed.
_PLANNED = re.compile(r"Scaling activity initiated by|Task stopped by user", re.IGNORECASE)


def is_planned(task: StoppedTask) -> bool:
    """Whether ECS or a person stopped the task on purpose, so that it explains nothing."""
    return task.stop_code == "UserInitiated" or bool(_PLANNED.search(task.reason))


def explain(task: StoppedTask) -> Failure:
    """Say why a task stopped. Words that nobody here knows are passed on as they are."""
    facts = _Facts(task, _telling(task))
    what, mend = _read(facts)
    return Failure(
        what=what, mend=mend, raw=raw_text(task), task_id=task.id, stopped_at=task.stopped_at
    )


def raw_text(task: StoppedTask) -> str:
    """Everything ECS said about the stopped task, one fact a line."""
    lines = [f"task {task.id}"]
    if task.stop_code:
        lines.append(f"stopCode: {task.stop_code}")
    if task.reason:
        lines.append(f"stoppedReason: {task.reason}")
    for container in task.containers:
        code = "none" if container.exit_code is None else str(container.exit_code)
        lines.append(f"container {container.name}: exitCode {code}")
        if container.reason:
            lines.append(f"container {container.name}: reason: {container.reason}")
    return "\n".join(lines)


def _telling(task: StoppedTask) -> StoppedContainer | None:
    with_reason = [container for container in task.containers if container.reason]
    with_error = [container for container in task.containers if container.exit_code]
    that_ran = [container for container in task.containers if container.exit_code is not None]
    return next(iter([*with_reason, *with_error, *that_ran, *task.containers]), None)


def _read(facts: _Facts) -> tuple[str, str]:
    for pattern, explained in _REASONS:
        if found := pattern.search(facts.text):
            return explained(facts, found)
    container = facts.container
    if container is not None and container.exit_code is not None:
        return _exited(facts, container.name, container.exit_code)
    if facts.task.reason:
        return f"ECS stopped the task: {facts.task.reason}", "The raw text is in the thread."
    return "A task stopped, and ECS does not say why.", "Look at the service's events and logs."


def _memory(facts: _Facts, _: re.Match[str]) -> tuple[str, str]:
    limit = f" ({facts.task.memory_mib} MiB)" if facts.task.memory_mib else ""
    code = facts.container.exit_code if facts.container else None
    stopped = f"The container stopped with exit code {code}" if code else "The container stopped"
    return (
        f"{stopped}: out of memory{limit}.",
        "Raise `memory` in the task definition or look at what start-up uses.",
    )


def _no_image(facts: _Facts, _: re.Match[str]) -> tuple[str, str]:
    if re.search(r"not found|manifest unknown|does not exist", facts.text, re.IGNORECASE):
        return (
            "ECS cannot pull the image: the registry does not have it.",
            "Check that the image is still in ECR; a lifecycle rule may have removed it.",
        )
    if re.search(r"denied|unauthori[sz]ed|403|no basic auth", facts.text, re.IGNORECASE):
        return (
            "ECS may not pull the image: the registry refused.",
            "Give the execution role ecr:GetAuthorizationToken, ecr:BatchGetImage and "
            "ecr:GetDownloadUrlForLayer, and check the repository's policy.",
        )
    if re.search(r"i/o timeout|deadline exceeded|dial tcp|no route", facts.text, re.IGNORECASE):
        return (
            "ECS cannot pull the image: the registry cannot be reached from the subnet.",
            "Check the NAT gateway or the ECR and S3 endpoints, and the security group.",
        )
    if re.search(r"platform|architecture", facts.text, re.IGNORECASE):
        return (
            "ECS cannot pull the image: it has no build for this CPU architecture.",
            "Build it for the task's `runtimePlatform`, or change that.",
        )
    return (
        "ECS cannot pull the image.",
        "The raw text in the thread says why; check the registry and the execution role.",
    )


def _secret(facts: _Facts, _: re.Match[str]) -> tuple[str, str]:
    if re.search(r"AccessDenied|not authorized", facts.text):
        return (
            "A secret could not be read: the execution role may not.",
            "Give it secretsmanager:GetSecretValue or ssm:GetParameters for that secret "
            "(and kms:Decrypt for its key).",
        )
    if re.search(r"ResourceNotFound|can.t find|invalid ssm parameters", facts.text, re.IGNORECASE):
        return (
            "A secret the task definition names does not exist.",
            "Create it, or correct its ARN in the task definition's `secrets`.",
        )
    return (
        "A secret or the registry's credentials could not be fetched before the start.",
        "Check the execution role, and that the subnet reaches Secrets Manager or SSM.",
    )


def _log_group(_: _Facts, __: re.Match[str]) -> tuple[str, str]:
    return (
        "The container could not start: its log group is not there or may not be written.",
        "Create the CloudWatch log group, or give the execution role logs:CreateLogStream and "
        "logs:PutLogEvents.",
    )


def _load_balancer(facts: _Facts, _: re.Match[str]) -> tuple[str, str]:
    codes = re.search(r"codes?: \[?(\d{3})", facts.text)
    answered = f" (it answered {codes[1]})" if codes else ""
    return (
        f"The task ran, and the load balancer's health check failed{answered}.",
        "Look at what the health path answers at start; slow to start: raise the service's "
        "health check grace period.",
    )


def _container_health(_: _Facts, __: re.Match[str]) -> tuple[str, str]:
    return (
        "The task ran, and the container's own health check failed.",
        "Run its `healthCheck` command in the image; slow to start: raise `startPeriod`.",
    )


def _command(facts: _Facts, _: re.Match[str]) -> tuple[str, str]:
    name = facts.container.name if facts.container else "The container"
    return (
        f"{name} could not start: its command was not found or may not be run.",
        "Check `entryPoint` and `command` in the task definition against the image.",
    )


def _network(_: _Facts, __: re.Match[str]) -> tuple[str, str]:
    return (
        "The task got no network interface.",
        "Look for free addresses in the subnets, and at the account's interface limit.",
    )


def _capacity(_: _Facts, __: re.Match[str]) -> tuple[str, str]:
    return (
        "AWS has no capacity for the task at the moment.",
        "Wait and deploy again, or allow another zone or CPU size.",
    )


def _spot(_: _Facts, __: re.Match[str]) -> tuple[str, str]:
    return ("AWS took the Spot capacity back.", "ECS starts another; nothing is wrong with it.")


_REASONS: tuple[tuple[re.Pattern[str], Explain], ...] = (
    (re.compile(r"OutOfMemory|out of memory", re.IGNORECASE), _memory),
    (re.compile(r"CannotPull\w*Error|CannotPull"), _no_image),
    (re.compile(r"unable to pull secrets|fetch secret|secretsmanager", re.IGNORECASE), _secret),
    (re.compile(r"log ?driver|awslogs|log group", re.IGNORECASE), _log_group),
    (re.compile(r"failed ELB health checks|unhealthy in \(target-group"), _load_balancer),
    (re.compile(r"failed container health checks"), _container_health),
    (re.compile(r"CannotStartContainerError|executable file not found|exec format"), _command),
    (re.compile(r"network interface|ENI|ResourceInitializationError.*subnet"), _network),
    (re.compile(r"Capacity is unavailable|RESOURCE:(CPU|MEMORY)"), _capacity),
    (re.compile(r"Spot"), _spot),
)

_EXIT_CODES: Mapping[int, tuple[str, str]] = {
    0: ("and said all was well", "A service must keep running: check the image's command."),
    1: (
        "an error of the program itself",
        "Its last log lines say what; look at configuration and secrets it reads at start.",
    ),
    125: ("the container could not be run", "Check the image and the task definition."),
    126: ("its command may not be executed", "Check the file's mode and `entryPoint`."),
    127: ("its command was not found", "Check `entryPoint` and `command` against the image."),
    137: (
        "killed (SIGKILL), most often out of memory",
        "Raise `memory` or look at what start-up uses; or it ignored SIGTERM for too long.",
    ),
    139: (
        "it crashed (SIGSEGV)",
        "A native library failed; was the image built for this CPU architecture?",
    ),
    143: ("told to stop (SIGTERM)", "Somebody or ECS stopped it; look at the service's events."),
    255: ("an error of the program itself", "Its last log lines say what."),
}
_SIGNALS_FROM = 128
"""A shell's exit code for a program that a signal ended is 128 and the signal's number."""


def _exited(facts: _Facts, name: str, code: int) -> tuple[str, str]:
    if code == 137 and facts.task.memory_mib:
        meaning, mend = _EXIT_CODES[137]
        meaning = f"{meaning} ({facts.task.memory_mib} MiB)"
    elif code in _EXIT_CODES:
        meaning, mend = _EXIT_CODES[code]
    elif _SIGNALS_FROM < code < _SIGNALS_FROM + signal.NSIG:
        meaning, mend = f"ended by signal {code - _SIGNALS_FROM}", "Look at its last log lines."
    else:
        meaning, mend = "an error of the program itself", "Its last log lines say what."
    return f"{name} stopped with exit code {code}: {meaning}.", mend
