"""The life of a task, from PROVISIONING to STOPPED, and how each kind of image ends it.

Times are seconds at pace 1, about twenty times faster than Fargate.
"""

import uuid

from sandbox.aws import events
from sandbox.aws.ecs import Ecs
from sandbox.aws.images import Behaviour
from sandbox.aws.model import (
    Container,
    Deployment,
    Json,
    Service,
    Target,
    Task,
    TaskDefinition,
)

PENDING_AFTER_S = 0.8
ACTIVATING_AFTER_S = 1.6
PULL_FAILS_AFTER_S = 1.8
RUNNING_AFTER_S = 2.2
HEALTHY_S = 1.5  # from RUNNING
CRASH_S = 1.0
UNHEALTHY_S = 2.5
UNHEALTHY_BORNE_S = 1.0  # from the first failed check to the scheduler stopping it
DRAINING_S = 1.5
STOPPING_S = 0.4  # between the states of stopping
ABRUPT_STOP_S = 0.2
STOPPED_KEPT_S = 3600.0
"""ECS shows stopped tasks for about an hour; not divided by the pace, so that a fast demo does not
lose them.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html"""


def start(ecs: Ecs, service: Service, deployment: Deployment) -> Task:
    """Start one task of a service."""
    task = _task(
        ecs,
        deployment.definition,
        service.cluster_arn,
        started_by=deployment.id,
        group=f"service:{service.name}",
    )
    task.service, task.deployment = service, deployment
    service.tasks.append(task)
    return task


def run(ecs: Ecs, cluster: str, definition: TaskDefinition, *, started_by: str, group: str) -> Task:
    """Start one task of no service; it runs until somebody stops it."""
    cluster_arn = ecs.arn("cluster", cluster)
    return _task(ecs, definition, cluster_arn, started_by=started_by, group=group)


def _task(
    ecs: Ecs, definition: TaskDefinition, cluster_arn: str, *, started_by: str, group: str
) -> Task:
    cluster, number = cluster_arn.rpartition("/")[2], ecs.hexadecimal()
    interface = str(uuid.uuid4())
    task = Task(
        arn=ecs.arn("task", f"{cluster}/{number}"),
        cluster_arn=cluster_arn,
        definition=definition,
        started_by=started_by,
        group=group,
        address=ecs.address(),
        zone=ecs.zone(),
        attachment_id=interface,
        created_at=ecs.now,
        containers=[
            _container(ecs, f"{cluster}/{number}", each, interface)
            for each in definition.containers
        ],
    )
    ecs.tasks[task.arn] = task
    events.task_changed(ecs, task)
    ecs.schedule.after(PENDING_AFTER_S, _move, ecs, task, "PENDING")
    match task.culprit.image.behaviour:
        case Behaviour.STUCK:
            pass
        case Behaviour.NO_PULL:
            ecs.schedule.after(PULL_FAILS_AFTER_S, _cannot_pull, ecs, task)
        case _:
            ecs.schedule.after(ACTIVATING_AFTER_S, _move, ecs, task, "ACTIVATING")
            ecs.schedule.after(RUNNING_AFTER_S, _running, ecs, task)
    return task


def _container(ecs: Ecs, task_path: str, defined: Json, interface_id: str) -> Container:
    return Container(
        arn=ecs.arn("container", f"{task_path}/{uuid.uuid4()}"),
        name=defined["name"],
        image=ecs.images.resolve(defined["image"]),
        has_health_check="healthCheck" in defined,
        interface_id=interface_id,
    )


def _move(ecs: Ecs, task: Task, status: str) -> None:
    """Go on to the next state of starting, unless the task is being stopped by now."""
    if task.is_wanted:
        _set(ecs, task, status)


def _set(ecs: Ecs, task: Task, status: str) -> None:
    task.last_status = status
    task.version += 1
    events.task_changed(ecs, task)


def _running(ecs: Ecs, task: Task) -> None:
    if not task.is_wanted:
        return
    task.started_at = ecs.now
    for container in task.containers:
        container.last_status = "RUNNING"
    if task.service is not None and task.deployment is not None:
        for group_arn, port in task.deployment.target_groups:
            task.targets.append(Target(group_arn, port))
            announced = task.service.unannounced
            announced[group_arn] = announced.get(group_arn, 0) + 1
    _set(ecs, task, "RUNNING")
    match task.culprit.image.behaviour:
        case Behaviour.CRASH:
            ecs.schedule.after(CRASH_S, exits, ecs, task, 1, None)
        case Behaviour.OUT_OF_MEMORY:
            killed = "OutOfMemoryError: Container killed due to memory usage"
            ecs.schedule.after(CRASH_S, exits, ecs, task, 137, killed)
        case Behaviour.UNHEALTHY if task.targets:
            ecs.schedule.after(UNHEALTHY_S, _fails_target_checks, ecs, task)
        case Behaviour.UNHEALTHY if task.culprit.has_health_check:
            ecs.schedule.after(UNHEALTHY_S, _fails_container_checks, ecs, task)
        case _:
            ecs.schedule.after(HEALTHY_S, _healthy, ecs, task)


def _healthy(ecs: Ecs, task: Task) -> None:
    if not task.is_wanted:
        return
    task.in_service = True
    task.set_health("HEALTHY")
    for target in task.targets:
        target.state, target.reason, target.description = "healthy", None, None
    if task.service is not None and task.deployment is not None:
        breaker = task.service.configuration.get("deploymentCircuitBreaker", {})
        if breaker.get("resetOnHealthyTask", True):
            task.deployment.failures = 0
    events.task_changed(ecs, task)


# How tasks fail


def _cannot_pull(ecs: Ecs, task: Task) -> None:
    image = task.culprit.image.reference
    reason = (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
        f"failed to resolve ref {image}: {image}: not found"
    )
    _fail(ecs, task, "TaskFailedToStart", reason)


def exits(ecs: Ecs, task: Task, exit_code: int, reason: str | None) -> None:
    """The task's culprit ends by itself, and the task with it."""
    if task.is_wanted:
        task.culprit.exit_code, task.culprit.reason = exit_code, reason
        _fail(ecs, task, "EssentialContainerExited", "Essential container in task exited")


def _fails_target_checks(ecs: Ecs, task: Task) -> None:
    if not task.is_wanted or task.service is None:
        return
    task.set_health("UNHEALTHY")
    for target in task.targets:
        target.state, target.reason = "unhealthy", "Target.ResponseCodeMismatch"
        target.description = "Health checks failed with these codes: [503]"
    events.unhealthy(ecs, task.service, task)
    group = task.targets[0].group_arn
    reason = f"Task failed ELB health checks in (target-group {group})"
    ecs.schedule.after(UNHEALTHY_BORNE_S, _fail, ecs, task, "ServiceSchedulerInitiated", reason)


def _fails_container_checks(ecs: Ecs, task: Task) -> None:
    task.set_health("UNHEALTHY")
    _fail(ecs, task, "ServiceSchedulerInitiated", "Task failed container health checks")


def _fail(ecs: Ecs, task: Task, code: str, reason: str) -> None:
    """End a task through its own fault; the circuit breaker counts it."""
    if not task.is_wanted:
        return
    if task.deployment is not None:
        task.deployment.failed_tasks += 1
        task.deployment.failures += 1
    stop(ecs, task, code, reason, abruptly=True)


# How tasks end


def stop(ecs: Ecs, task: Task, code: str, reason: str, *, abruptly: bool = False) -> None:
    """Stop a task: its targets drain, then it goes through the states of stopping."""
    if not task.is_wanted:
        return
    task.desired_status, task.stop_code, task.stopped_reason = "STOPPED", code, reason
    task.stopping_at, task.in_service = ecs.now, False
    for target in task.targets:
        target.state, target.reason = "draining", "Target.DeregistrationInProgress"
        target.description = "Target deregistration is in progress"
    if task.targets:
        ecs.schedule.after(DRAINING_S, task.targets.clear)
    drained_s = ABRUPT_STOP_S if abruptly else DRAINING_S if task.targets else STOPPING_S
    _set(ecs, task, "DEACTIVATING")
    ecs.schedule.after(drained_s, _set, ecs, task, "STOPPING")
    ecs.schedule.after(drained_s + STOPPING_S, _set, ecs, task, "DEPROVISIONING")
    ecs.schedule.after(drained_s + 2 * STOPPING_S, _stopped, ecs, task)


def _stopped(ecs: Ecs, task: Task) -> None:
    task.stopped_at = ecs.now
    for container in task.containers:
        container.last_status = "STOPPED"
        if container.exit_code is None and task.started_at is not None:
            container.exit_code = 0
    _set(ecs, task, "STOPPED")
    if task.service is not None:
        task.service.tasks.remove(task)
    ecs.schedule.at(ecs.now + STOPPED_KEPT_S, _forget, ecs, task)


def _forget(ecs: Ecs, task: Task) -> None:
    del ecs.tasks[task.arn]
