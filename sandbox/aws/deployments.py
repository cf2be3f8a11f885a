"""How a deployment begins and how it ends: completed, failed, rolled back, replaced."""

import math

from sandbox.aws import events, tasks
from sandbox.aws.ecs import Ecs
from sandbox.aws.model import (
    Deployment,
    Json,
    Service,
    ServiceDeployment,
    ServiceRevision,
    Strategy,
    Task,
    TaskDefinition,
    TrafficShift,
)

BREAKER_REASON = (
    "Service deployment rolled back because the circuit breaker threshold was exceeded."
)
NO_CANDIDATE_REASON = "No rollback candidate was found to run the rollback."
REPLACED_REASON = "Replaced by a new service deployment."
TASKS_FAILED = "tasks failed to start."


def begin(ecs: Ecs, service: Service, definition: TaskDefinition) -> Deployment:
    """Start bringing `service` to `definition`; a deployment under way is replaced."""
    revision = _revision(ecs, service, definition)
    if service.history and not service.history[-1].is_final:
        _end(ecs, service.history[-1], "STOPPED", REPLACED_REASON)
    record = ServiceDeployment(
        arn=ecs.arn("service-deployment", f"{_path(service)}/{ecs.hexadecimal()[:21]}"),
        target=revision,
        sources=tuple(d.revision for d in service.deployments if service.tasks_of(d)),
        configuration=dict(service.configuration),
        created_at=ecs.now,
        updated_at=ecs.now,
    )
    if record.strategy is not Strategy.ROLLING and record.sources:
        record.shift = TrafficShift(_origin(service, record.sources))
    service.history.append(record)
    deployment = _primary(ecs, service, revision, record)
    deployment.reason = f"ECS deployment {deployment.id} in progress."
    events.deployment_in_progress(ecs, service, deployment)
    return deployment


def _origin(service: Service, sources: tuple[ServiceRevision, ...]) -> ServiceRevision:
    """The one of these older revisions that has the traffic."""
    good = service.last_completed
    return good.revision if good is not None and good.revision in sources else sources[0]


def complete(ecs: Ecs, service: Service) -> None:
    """The primary deployment has reached what was asked of it."""
    deployment = service.primary
    deployment.rollout_state, deployment.updated_at = "COMPLETED", ecs.now
    deployment.reason = f"ECS deployment {deployment.id} completed."
    service.deployments = [deployment]
    service.last_completed = deployment
    record = deployment.record
    record.finished_at = record.updated_at = ecs.now
    record.status = "ROLLBACK_SUCCESSFUL" if record.is_rolling_back else "SUCCESSFUL"
    if record.breaker == "MONITORING":
        record.breaker = "MONITORING_COMPLETE"
    events.deployment_completed(ecs, service, deployment)


def watch_breaker(ecs: Ecs, service: Service) -> bool:
    """Count the primary's failures; True if the circuit breaker has just ended it.

    It is there for rolling updates only, whatever a configuration says.
    """
    deployment, record = service.primary, service.primary.record
    breaker = service.configuration.get("deploymentCircuitBreaker", {})
    if record.strategy is not Strategy.ROLLING:
        breaker = {}
    if deployment.rollout_state != "IN_PROGRESS" or record.is_rolling_back:
        return False
    record.breaker = "MONITORING" if breaker.get("enable") else "DISABLED"
    record.failures, record.threshold = deployment.failures, _threshold(service, breaker)
    if not breaker.get("enable") or record.failures < record.threshold:
        return False
    record.breaker = "TRIGGERED"
    deployment.reason = f"ECS deployment circuit breaker: {TASKS_FAILED}"
    if breaker.get("rollback"):
        _fail(ecs, service, TASKS_FAILED)
        roll_back(ecs, service, BREAKER_REASON, by="ECS deployment circuit breaker: rolling")
    else:
        _fail(ecs, service, TASKS_FAILED)
        _end(ecs, record, "STOPPED", deployment.reason)
    return True


def _threshold(service: Service, breaker: Json) -> int:
    """How many failed tasks trip the breaker.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    """
    configured = breaker.get("thresholdConfiguration", {"type": "BOUNDED_PERCENT", "value": 50})
    if configured["type"] == "COUNT":
        return int(configured["value"])
    share: int = math.ceil(service.desired * configured["value"] / 100)
    if configured["type"] == "BOUNDED_PERCENT":
        return min(max(share, 3), 200)
    return max(share, 1)


def fail_and_roll_back(ecs: Ecs, service: Service, record: ServiceDeployment, reason: str) -> None:
    """End a deployment for a reason other than its tasks: somebody stopped it, or a hook did."""
    if record.is_final or record.is_rolling_back or service.primary.record is not record:
        return  # it ended, went back already, or was replaced in the meantime
    service.primary.reason = reason
    _fail(ecs, service, reason)
    roll_back(ecs, service, reason, by="Rolling")


def _fail(ecs: Ecs, service: Service, why: str) -> None:
    deployment = service.primary
    deployment.rollout_state, deployment.updated_at = "FAILED", ecs.now
    events.deployment_failed(ecs, service, deployment, why)


def roll_back(ecs: Ecs, service: Service, reason: str, *, by: str) -> None:
    """Go back to the last deployment that completed, as a new deployment of the same revision.

    Its tasks that still run are adopted; those of the failed deployment are stopped at once.
    """
    failed, record, good = service.primary, service.primary.record, service.last_completed
    if good is None:
        _end(ecs, record, "ROLLBACK_FAILED", NO_CANDIDATE_REASON)
        return
    record.status, record.reason, record.updated_at = "ROLLBACK_IN_PROGRESS", reason, ecs.now
    record.rollback = {
        "reason": reason,
        "startedAt": ecs.now,
        "serviceRevisionArn": good.revision.arn,
    }
    record.stage = None
    if record.shift is not None:
        record.shift.production_percent = record.shift.test_percent = 0.0
    events.rolling_back(ecs, service, good)
    scale_in(ecs, service, [t for t in service.tasks_of(failed) if t.is_wanted], by=good)
    deployment = _primary(ecs, service, good.revision, record)
    deployment.target_groups = good.target_groups
    deployment.reason = f"{by} back to deploymentId {good.id}."
    failed.status = "DRAINING"
    for task in service.tasks_of(good):
        task.deployment = deployment
    service.deployments = [d for d in service.deployments if d is not good]
    events.deployment_in_progress(ecs, service, deployment)


def scale_in(ecs: Ecs, service: Service, leaving: list[Task], *, by: Deployment) -> None:
    """Stop tasks that are too many or belong to an older deployment, and say so."""
    if not leaving:
        return
    running = [task for task in leaving if task.last_status == "RUNNING"]
    groups = sorted({target.group_arn for task in running for target in task.targets})
    if groups:
        events.draining(ecs, service, len(running), groups)
    for task in leaving:
        reason = f"Scaling activity initiated by (deployment {by.id})"
        tasks.stop(ecs, task, "ServiceSchedulerInitiated", reason)
    events.stopped(ecs, service, running, len(leaving) - len(running))
    service.is_steady = False


def _revision(ecs: Ecs, service: Service, definition: TaskDefinition) -> ServiceRevision:
    revision = ServiceRevision(
        arn=ecs.arn("service-revision", f"{_path(service)}/{ecs.number()}"),
        definition=definition,
        created_at=ecs.now,
        images=tuple((c["name"], ecs.images.resolve(c["image"])) for c in definition.containers),
    )
    ecs.revisions[revision.arn] = revision
    return revision


def _primary(
    ecs: Ecs, service: Service, revision: ServiceRevision, record: ServiceDeployment
) -> Deployment:
    for older in service.deployments:
        older.status = "ACTIVE"
    deployment = Deployment(
        id=f"ecs-svc/{ecs.number()}",
        revision=revision,
        record=record,
        created_at=ecs.now,
        updated_at=ecs.now,
        reason="",
        target_groups=_target_groups(service, shifts=record.shift is not None),
    )
    service.deployments.insert(0, deployment)
    service.is_steady = False
    return deployment


def _target_groups(service: Service, *, shifts: bool) -> tuple[tuple[str, int], ...]:
    """Where the next deployment's tasks register.

    A deployment that shifts traffic takes, of each balancer's pair of target groups, the one
    that the service does not use now: what the last good deployment used, since a shift that was
    replaced half-way leaves its tasks in the other.
    """
    using = service.last_completed or (service.primary if service.deployments else None)
    in_use = {arn for arn, _ in using.target_groups} if using is not None else set()
    chosen = []
    for balancer in service.settings.get("loadBalancers", []):
        first = balancer["targetGroupArn"]
        other = balancer.get("advancedConfiguration", {}).get("alternateTargetGroupArn", first)
        uses_other = other in in_use and other != first
        chosen.append((other if uses_other != shifts else first, balancer["containerPort"]))
    return tuple(chosen)


def _end(ecs: Ecs, record: ServiceDeployment, status: str, reason: str) -> None:
    record.status, record.reason = status, reason
    record.stopped_at = record.finished_at = record.updated_at = ecs.now


def _path(service: Service) -> str:
    return f"{service.cluster_arn.rpartition('/')[2]}/{service.name}"
