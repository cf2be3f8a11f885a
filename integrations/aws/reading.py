"""AWS's answers, read into models. Pure; a field AWS leaves out never breaks it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.aws.images import ScanFindings
from integrations.aws.models import (
    Balancer,
    Container,
    Deployment,
    Image,
    Service,
    ServiceEvent,
    StoppedTask,
    TargetHealth,
    Task,
    TaskDefinition,
)
from integrations.aws.strategies import LifecycleHook

Raw = Mapping[str, Any]


def utc(moment: datetime | None) -> datetime | None:
    """boto3 gives moments in the machine's zone; ours are in UTC."""
    return None if moment is None else moment.astimezone(UTC)


def service(raw: Raw, *, cluster: str) -> Service:
    """Read a member of DescribeServices' `services`."""
    configuration = raw.get("deploymentConfiguration", {})
    breaker = configuration.get("deploymentCircuitBreaker", {})
    balancers = tuple(_balancer(b) for b in raw.get("loadBalancers", ()) if b.get("targetGroupArn"))
    return Service(
        arn=raw["serviceArn"],
        name=raw["serviceName"],
        cluster=cluster,
        status=raw.get("status", ""),
        task_definition=raw.get("taskDefinition", ""),
        desired=raw.get("desiredCount", 0),
        running=raw.get("runningCount", 0),
        pending=raw.get("pendingCount", 0),
        deployments=tuple(deployment(d) for d in raw.get("deployments", ())),
        events=tuple(
            ServiceEvent(e["id"], e["createdAt"].astimezone(UTC), e["message"])
            for e in raw.get("events", ())
        ),
        deployment_controller=raw.get("deploymentController", {}).get("type", "ECS"),
        strategy=configuration.get("strategy", "ROLLING"),
        lifecycle_hooks=tuple(_lifecycle_hook(h) for h in configuration.get("lifecycleHooks", ())),
        maximum_percent=configuration.get("maximumPercent"),
        minimum_healthy_percent=configuration.get("minimumHealthyPercent"),
        has_breaker=breaker.get("enable", False),
        breaker_rolls_back=breaker.get("rollback", False),
        target_groups=tuple(b.target_group for b in balancers),
        balancers=balancers,
        has_service_connect=any(
            d.get("serviceConnectConfiguration", {}).get("enabled", False)
            for d in raw.get("deployments", ())
            if d.get("status") == "PRIMARY"
        ),
        health_check_grace_s=raw.get("healthCheckGracePeriodSeconds"),
        launch_type=raw.get("launchType"),
        platform_version=raw.get("platformVersion"),
        current_service_deployment=raw.get("currentServiceDeployment"),
    )


def _balancer(raw: Raw) -> Balancer:
    advanced = raw.get("advancedConfiguration", {})
    return Balancer(
        target_group=raw["targetGroupArn"],
        container=raw.get("containerName", ""),
        port=raw.get("containerPort"),
        alternate_target_group=advanced.get("alternateTargetGroupArn"),
        production_listener_rule=advanced.get("productionListenerRule"),
        test_listener_rule=advanced.get("testListenerRule"),
        role=advanced.get("roleArn"),
    )


def _lifecycle_hook(raw: Raw) -> LifecycleHook:
    timeout = raw.get("timeoutConfiguration", {})
    return LifecycleHook(
        target_type=raw.get("targetType", "AWS_LAMBDA"),
        stages=tuple(raw.get("lifecycleStages", ())),
        timeout_minutes=timeout.get("timeoutInMinutes"),
        timeout_action=timeout.get("action"),
        target_arn=raw.get("hookTargetArn"),
        role_arn=raw.get("roleArn"),
        details=raw.get("hookDetails"),
    )


def deployment(raw: Raw) -> Deployment:
    """Read a member of a service's `deployments`."""
    return Deployment(
        id=raw["id"],
        status=raw.get("status", ""),
        task_definition=raw.get("taskDefinition", ""),
        desired=raw.get("desiredCount", 0),
        pending=raw.get("pendingCount", 0),
        running=raw.get("runningCount", 0),
        failed=raw.get("failedTasks", 0),
        rollout_state=raw.get("rolloutState"),
        rollout_reason=raw.get("rolloutStateReason", ""),
        created_at=utc(raw.get("createdAt")),
        updated_at=utc(raw.get("updatedAt")),
    )


def task(raw: Raw) -> Task:
    """Read a member of DescribeTasks' `tasks`."""
    return Task(
        arn=raw["taskArn"],
        task_definition=raw.get("taskDefinitionArn", ""),
        last_status=raw.get("lastStatus", ""),
        desired_status=raw.get("desiredStatus", ""),
        health_status=raw.get("healthStatus"),
        started_by=raw.get("startedBy"),
        private_ip=_private_ip(raw),
        availability_zone=raw.get("availabilityZone"),
        created_at=utc(raw.get("createdAt")),
        started_at=utc(raw.get("startedAt")),
        containers=_containers(raw.get("containers", ())),
    )


def stopped_task(raw: Raw) -> StoppedTask:
    """Read a member of DescribeTasks' `tasks` whose desired status is STOPPED."""
    return StoppedTask(
        arn=raw["taskArn"],
        task_definition=raw.get("taskDefinitionArn", ""),
        stop_code=raw.get("stopCode"),
        stopped_reason=raw.get("stoppedReason", ""),
        started_by=raw.get("startedBy"),
        created_at=utc(raw.get("createdAt")),
        started_at=utc(raw.get("startedAt")),
        stopped_at=utc(raw.get("stoppedAt")),
        containers=_containers(raw.get("containers", ())),
    )


def _private_ip(raw: Raw) -> str | None:
    """The task's own address: a detail of the elastic network interface attached to it."""
    for attachment in raw.get("attachments", ()):
        for detail in attachment.get("details", ()):
            if detail.get("name") == "privateIPv4Address":
                return str(detail.get("value"))
    return None


def _containers(raws: Sequence[Raw]) -> tuple[Container, ...]:
    return tuple(
        Container(
            name=raw.get("name", ""),
            image=raw.get("image"),
            image_digest=raw.get("imageDigest"),
            last_status=raw.get("lastStatus"),
            health_status=raw.get("healthStatus"),
            exit_code=raw.get("exitCode"),
            reason=raw.get("reason", ""),
        )
        for raw in raws
    )


def task_definition(raw: Raw, *, tags: Mapping[str, str]) -> TaskDefinition:
    """Read `taskDefinition` of DescribeTaskDefinition or RegisterTaskDefinition."""
    return TaskDefinition(
        arn=raw["taskDefinitionArn"],
        family=raw["family"],
        revision=raw["revision"],
        status=raw.get("status", ""),
        raw=dict(raw),
        tags=dict(tags),
        registered_at=utc(raw.get("registeredAt")),
    )


def tags(raws: Iterable[Raw]) -> dict[str, str]:
    """Read ECS's list of {key, value}."""
    return {raw["key"]: raw.get("value", "") for raw in raws}


def image(raw: Raw) -> Image:
    """Read a member of DescribeImages' `imageDetails`."""
    return Image(
        repository=raw["repositoryName"],
        digest=raw["imageDigest"],
        tags=tuple(raw.get("imageTags", ())),
        pushed_at=utc(raw.get("imagePushedAt")),
        size_bytes=raw.get("imageSizeInBytes"),
    )


def scan_findings(raw: Raw) -> ScanFindings:
    """Read DescribeImageScanFindings' whole answer, of a basic or an enhanced scan."""
    status = raw.get("imageScanStatus", {})
    findings = raw.get("imageScanFindings", {})
    return ScanFindings(
        status=status.get("status", ""),
        counts=dict(findings.get("findingSeverityCounts", {})),
        completed_at=utc(findings.get("imageScanCompletedAt")),
        description=status.get("description", ""),
    )


def target_health(raw: Raw) -> TargetHealth:
    """Read a member of DescribeTargetHealth's `TargetHealthDescriptions`."""
    health = raw.get("TargetHealth", {})
    return TargetHealth(
        target=raw["Target"]["Id"],
        port=raw["Target"].get("Port"),
        state=health.get("State", "unavailable"),
        reason=health.get("Reason"),
        description=health.get("Description", ""),
    )
