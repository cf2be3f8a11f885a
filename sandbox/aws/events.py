"""What ECS says: service events in its own words, and the same news for EventBridge."""

import uuid
from collections.abc import Iterable

from sandbox.aws import shapes
from sandbox.aws.ecs import Ecs
from sandbox.aws.model import Deployment, Hook, Json, Service, Task
from sandbox.aws.outbox import Event

KEPT_EVENTS = 100
"""DescribeServices shows so many.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html"""


def say(ecs: Ecs, service: Service, message: str) -> None:
    """Add an event to the service, newest first."""
    text = f"(service {service.name}) {message}"
    service.events.insert(0, {"id": str(uuid.uuid4()), "createdAt": ecs.now, "message": text})
    del service.events[KEPT_EVENTS:]


def started(ecs: Ecs, service: Service, tasks: list[Task]) -> None:
    say(ecs, service, f"has started {len(tasks)} tasks: {_named(tasks)}.")


def stopped(ecs: Ecs, service: Service, running: list[Task], pending: int) -> None:
    """Tell of tasks the scheduler stopped: those that ran by name, those that did not by number."""
    if running:
        say(ecs, service, f"has stopped {len(running)} running tasks: {_named(running)}.")
    if pending:
        say(ecs, service, f"stopped {pending} pending tasks.")


def registered(ecs: Ecs, service: Service, targets: int, group_arn: str) -> None:
    say(ecs, service, f"registered {targets} targets in (target-group {group_arn})")


def draining(ecs: Ecs, service: Service, tasks: int, group_arns: Iterable[str]) -> None:
    say(ecs, service, f"has begun draining connections on {tasks} tasks.")
    for arn in group_arns:
        say(ecs, service, f"deregistered {tasks} targets in (target-group {arn})")


def unhealthy(ecs: Ecs, service: Service, task: Task) -> None:
    target = task.targets[0]
    say(
        ecs,
        service,
        f"(port {target.port}) is unhealthy in (target-group {target.group_arn}) "
        f"due to (reason {target.description}).",
    )


def steady(ecs: Ecs, service: Service) -> None:
    say(ecs, service, "has reached a steady state.")
    _announce(
        ecs,
        "ECS Service Action",
        service.arn,
        {
            "eventType": "INFO",
            "eventName": "SERVICE_STEADY_STATE",
            "clusterArn": service.cluster_arn,
            "createdAt": ecs.now,
        },
    )


def deployment_in_progress(ecs: Ecs, service: Service, deployment: Deployment) -> None:
    _deployment_state(ecs, service, deployment, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS")


def deployment_completed(ecs: Ecs, service: Service, deployment: Deployment) -> None:
    say(ecs, service, f"(deployment {deployment.id}) deployment completed.")
    _deployment_state(ecs, service, deployment, "INFO", "SERVICE_DEPLOYMENT_COMPLETED")


def deployment_failed(ecs: Ecs, service: Service, deployment: Deployment, why: str) -> None:
    say(ecs, service, f"(deployment {deployment.id}) deployment failed: {why}")
    _deployment_state(ecs, service, deployment, "ERROR", "SERVICE_DEPLOYMENT_FAILED")


def rolling_back(ecs: Ecs, service: Service, to: Deployment) -> None:
    say(ecs, service, f"rolling back to deployment {to.id}.")


def hook_waits(ecs: Ecs, service: Service, deployment: Deployment, hook: Hook) -> None:
    _announce(
        ecs,
        "ECS Hook State Change",
        service.arn,
        {
            "eventType": "INFO",
            "eventName": "HOOK_AWAITING_ACTION",
            "hookId": hook.id,
            "lifecycleStage": hook.stage,
            "serviceDeploymentArn": deployment.record.arn,
            "expiresAt": hook.expires_at,
        },
    )


def task_changed(ecs: Ecs, task: Task) -> None:
    _announce(ecs, "ECS Task State Change", task.arn, shapes.task(task))


def _deployment_state(
    ecs: Ecs, service: Service, deployment: Deployment, kind: str, name: str
) -> None:
    _announce(
        ecs,
        "ECS Deployment State Change",
        service.arn,
        {
            "eventType": kind,
            "eventName": name,
            "deploymentId": deployment.id,
            "updatedAt": ecs.now,
            "reason": deployment.reason,
        },
    )


def _announce(ecs: Ecs, detail_type: str, resource: str, detail: Json) -> None:
    ecs.outbox.put(Event(ecs.account, ecs.region, detail_type, resource, detail, ecs.now))


def _named(tasks: list[Task]) -> str:
    return " ".join(f"(task {task.id})" for task in tasks)
