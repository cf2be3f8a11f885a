"""The model as the API shows it."""

from typing import Any

from sandbox.aws.model import (
    Container,
    Deployment,
    Json,
    Service,
    ServiceDeployment,
    ServiceRevision,
    Strategy,
    Target,
    Task,
    TaskDefinition,
)

PLATFORM = {"platformVersion": "1.4.0", "platformFamily": "Linux"}


def _known(**fields: Any) -> Json:
    """Leave out what is not known: AWS leaves such keys away."""
    return {key: value for key, value in fields.items() if value is not None}


def task_definition(definition: TaskDefinition) -> Json:
    return {
        **definition.registered,
        "taskDefinitionArn": definition.arn,
        "revision": definition.revision,
        "status": definition.status,
        "registeredAt": definition.registered_at,
        "registeredBy": definition.registered_by,
        **_known(deregisteredAt=definition.deregistered_at),
    }


def container(own: Container, task: Task) -> Json:
    return {
        "containerArn": own.arn,
        "taskArn": task.arn,
        "name": own.name,
        "image": own.image.reference,
        "runtimeId": f"{task.id}-{own.name}",
        "lastStatus": own.last_status,
        "healthStatus": own.health,
        "networkInterfaces": [
            {"attachmentId": own.interface_id, "privateIpv4Address": task.address}
        ],
        "cpu": "0",
        **_known(
            imageDigest=own.image.digest if task.started_at else None,
            exitCode=own.exit_code,
            reason=own.reason,
        ),
    }


def _health(own: Task) -> str:
    """The task's health: that of its checked containers, the worst first."""
    said = {c.health for c in own.containers if c.has_health_check}
    if "UNHEALTHY" in said:
        return "UNHEALTHY"
    return "HEALTHY" if said == {"HEALTHY"} else "UNKNOWN"


def task(own: Task) -> Json:
    return {
        "taskArn": own.arn,
        "clusterArn": own.cluster_arn,
        "taskDefinitionArn": own.definition.arn,
        "group": own.group,
        "startedBy": own.started_by,
        "launchType": "FARGATE",
        "lastStatus": own.last_status,
        "desiredStatus": own.desired_status,
        "healthStatus": _health(own),
        "containers": [container(each, own) for each in own.containers],
        "cpu": own.definition.registered.get("cpu", "256"),
        "memory": own.definition.registered.get("memory", "512"),
        "createdAt": own.created_at,
        "version": own.version,
        "availabilityZone": own.zone,
        **PLATFORM,
        "connectivity": "CONNECTED",
        "attachments": [
            {
                "id": own.attachment_id,
                "type": "ElasticNetworkInterface",
                "status": "DELETED" if own.stopped_at else "ATTACHED",
                "details": [{"name": "privateIPv4Address", "value": own.address}],
            }
        ],
        "overrides": {"containerOverrides": [{"name": c.name} for c in own.containers]},
        "attributes": [],
        "tags": own.tags,
        "enableExecuteCommand": False,
        **_known(
            stopCode=own.stop_code,
            stoppedReason=own.stopped_reason,
            startedAt=own.started_at,
            stoppingAt=own.stopping_at,
            stoppedAt=own.stopped_at,
            executionStoppedAt=own.stopped_at,
        ),
    }


def target(own: Target, holder: Task) -> Json:
    return {
        "Target": {"Id": holder.address, "Port": own.port, "AvailabilityZone": holder.zone},
        "HealthCheckPort": str(own.port),
        "TargetHealth": _known(State=own.state, Reason=own.reason, Description=own.description),
    }


def counts(service: Service, own: Deployment) -> tuple[int, int, int]:
    """Return how many tasks of a deployment are desired, pending and running."""
    tasks = service.tasks_of(own)
    running = sum(t.last_status == "RUNNING" for t in tasks)
    pending = sum(t.is_starting for t in tasks)
    wanted = sum(t.is_wanted for t in tasks)
    return service.desired if own.status == "PRIMARY" else wanted, pending, running


def deployment(service: Service, own: Deployment) -> Json:
    desired, pending, running = counts(service, own)
    shown = {
        "id": own.id,
        "status": own.status,
        "taskDefinition": own.definition.arn,
        "desiredCount": desired,
        "pendingCount": pending,
        "runningCount": running,
        "failedTasks": own.failed_tasks,
        "createdAt": own.created_at,
        "updatedAt": own.updated_at,
        "launchType": "FARGATE",
        **PLATFORM,
        **_known(networkConfiguration=service.settings.get("networkConfiguration")),
    }
    if own.record.strategy is Strategy.ROLLING:  # only these have a rollout state
        shown["rolloutState"] = own.rollout_state
        shown["rolloutStateReason"] = own.reason
    return shown


def service(own: Service, *, with_tags: bool = False) -> Json:
    deployments = [deployment(own, each) for each in own.deployments]
    record = {
        "currentServiceDeployment": own.primary.record.arn,
        "currentServiceRevisions": [
            _revision_counts(own, each.revision)
            for each in own.deployments
            if own.tasks_of(each) or each is own.primary
        ],
    }
    return {
        **own.settings,
        "serviceArn": own.arn,
        "serviceName": own.name,
        "clusterArn": own.cluster_arn,
        "status": own.status,
        "desiredCount": own.desired,
        "runningCount": sum(each["runningCount"] for each in deployments),
        "pendingCount": sum(each["pendingCount"] for each in deployments),
        "taskDefinition": own.primary.definition.arn,
        "deploymentConfiguration": own.configuration,
        "deployments": deployments if own.is_ecs_deployed else [],
        "events": own.events,
        "createdAt": own.created_at,
        "createdBy": own.created_by,
        **(record if own.is_ecs_deployed else {}),
        **({"tags": own.tags} if with_tags else {}),
    }


def _revision_counts(own: Service, revision: ServiceRevision) -> Json:
    """How many tasks of a revision there are, whichever deployments they belong to."""
    summed = [counts(own, each) for each in own.deployments if each.revision is revision]
    return {
        "arn": revision.arn,
        "requestedTaskCount": sum(desired for desired, _, _ in summed),
        "runningTaskCount": sum(running for _, _, running in summed),
        "pendingTaskCount": sum(pending for _, pending, _ in summed),
    }


def service_deployment(own: Service, record: ServiceDeployment) -> Json:
    sources = [_revision_counts(own, source) for source in record.sources]
    aimed = _revision_counts(own, record.target)
    if record.shift is not None:
        aimed["requestedProductionTrafficWeight"] = record.shift.production_percent
        aimed["requestedTestTrafficWeight"] = record.shift.test_percent
        for revision, source in zip(record.sources, sources, strict=True):
            serves = revision is record.shift.origin
            source["requestedProductionTrafficWeight"] = (
                100.0 - record.shift.production_percent if serves else 0.0
            )
            source["requestedTestTrafficWeight"] = (
                100.0 - record.shift.test_percent if serves else 0.0
            )
    return {
        "serviceDeploymentArn": record.arn,
        "serviceArn": own.arn,
        "clusterArn": own.cluster_arn,
        "status": record.status,
        "createdAt": record.created_at,
        "startedAt": record.created_at,
        "updatedAt": record.updated_at,
        "sourceServiceRevisions": sources,
        "targetServiceRevision": aimed,
        "deploymentConfiguration": record.configuration,
        "deploymentCircuitBreaker": {
            "status": record.breaker,
            "failureCount": record.failures,
            "threshold": record.threshold,
        },
        **_known(
            statusReason=record.reason,
            lifecycleStage=record.stage,
            finishedAt=record.finished_at,
            stoppedAt=record.stopped_at,
            rollback=record.rollback,
        ),
        **({"lifecycleHookDetails": _hooks(record)} if record.hooks else {}),
    }


def _hooks(record: ServiceDeployment) -> list[Json]:
    return [
        {
            "hookId": hook.id,
            "targetType": "PAUSE",
            "status": hook.status,
            "expiresAt": hook.expires_at,
            "timeoutAction": hook.timeout_action,
        }
        for hook in record.hooks
    ]


def service_deployment_brief(own: Service, record: ServiceDeployment) -> Json:
    return {
        "serviceDeploymentArn": record.arn,
        "serviceArn": own.arn,
        "clusterArn": own.cluster_arn,
        "status": record.status,
        "createdAt": record.created_at,
        "startedAt": record.created_at,
        "targetServiceRevisionArn": record.target.arn,
        **_known(statusReason=record.reason, finishedAt=record.finished_at),
    }


def service_revision(own: Service, revision: ServiceRevision) -> Json:
    return {
        "serviceRevisionArn": revision.arn,
        "serviceArn": own.arn,
        "clusterArn": own.cluster_arn,
        "taskDefinition": revision.definition.arn,
        "launchType": "FARGATE",
        **PLATFORM,
        "createdAt": revision.created_at,
        "containerImages": [
            {
                "containerName": name,
                "image": image.reference,
                **_known(imageDigest=image.digest),
            }
            for name, image in revision.images
        ],
        **_known(
            networkConfiguration=own.settings.get("networkConfiguration"),
            loadBalancers=own.settings.get("loadBalancers"),
        ),
    }
