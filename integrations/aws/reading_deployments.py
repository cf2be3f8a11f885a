"""Service deployments and revisions, read into models. Pure, as `reading` is."""

from integrations.aws.models import (
    ContainerImage,
    HookStatus,
    RevisionProgress,
    ServiceDeployment,
    ServiceRevision,
)
from integrations.aws.reading import Raw, utc


def service_deployment(raw: Raw) -> ServiceDeployment:
    """Read a service deployment, whole or as it stands in a list."""
    target = raw.get("targetServiceRevision")
    rollback = raw.get("rollback", {})
    configuration = raw.get("deploymentConfiguration", {})
    shift = _shift(configuration)
    breaker = raw.get("deploymentCircuitBreaker", {})
    return ServiceDeployment(
        arn=raw["serviceDeploymentArn"],
        service_arn=raw.get("serviceArn", ""),
        status=raw.get("status", ""),
        status_reason=raw.get("statusReason", ""),
        target_revision_arn=raw.get("targetServiceRevisionArn") or (target or {}).get("arn"),
        created_at=utc(raw.get("createdAt")),
        finished_at=utc(raw.get("finishedAt")),
        started_at=utc(raw.get("startedAt")),
        stopped_at=utc(raw.get("stoppedAt")),
        updated_at=utc(raw.get("updatedAt")),
        lifecycle_stage=raw.get("lifecycleStage"),
        strategy=configuration.get("strategy", "ROLLING") if configuration else None,
        bake_minutes=configuration.get("bakeTimeInMinutes"),
        shift_percent=shift[0],
        shift_bake_minutes=shift[1],
        hooks=tuple(
            _hook_status(hook, stage=raw.get("lifecycleStage"))
            for hook in raw.get("lifecycleHookDetails", ())
        ),
        target=None if target is None else _revision_progress(target),
        sources=tuple(_revision_progress(r) for r in raw.get("sourceServiceRevisions", ())),
        rollback_reason=rollback.get("reason", ""),
        rollback_revision_arn=rollback.get("serviceRevisionArn"),
        breaker_status=breaker.get("status"),
        failures=breaker.get("failureCount", 0),
        failures_allowed=breaker.get("threshold"),
        triggered_alarms=tuple(raw.get("alarms", {}).get("triggeredAlarmNames", ())),
    )


def _shift(configuration: Raw) -> tuple[float | None, int | None]:
    """The percent and the bake of one step; a service keeps those of strategies it left."""
    if configuration.get("strategy") == "CANARY":
        canary = configuration.get("canaryConfiguration", {})
        return canary.get("canaryPercent"), canary.get("canaryBakeTimeInMinutes")
    if configuration.get("strategy") == "LINEAR":
        linear = configuration.get("linearConfiguration", {})
        return linear.get("stepPercent"), linear.get("stepBakeTimeInMinutes")
    return None, None


def _hook_status(raw: Raw, *, stage: str | None) -> HookStatus:
    status = raw.get("status", "")
    return HookStatus(
        id=raw.get("hookId", ""),
        status=status,
        stage=stage if status in {"AWAITING_ACTION", "IN_PROGRESS"} else None,
        expires_at=utc(raw.get("expiresAt")),
        timeout_action=raw.get("timeoutAction", "ROLLBACK"),
        target_type=raw.get("targetType", "AWS_LAMBDA"),
    )


def _revision_progress(raw: Raw) -> RevisionProgress:
    return RevisionProgress(
        arn=raw.get("arn", ""),
        requested=raw.get("requestedTaskCount", 0),
        pending=raw.get("pendingTaskCount", 0),
        running=raw.get("runningTaskCount", 0),
        production_weight=raw.get("requestedProductionTrafficWeight"),
        test_weight=raw.get("requestedTestTrafficWeight"),
    )


def service_revision(raw: Raw) -> ServiceRevision:
    """Read a member of DescribeServiceRevisions' `serviceRevisions`."""
    return ServiceRevision(
        arn=raw["serviceRevisionArn"],
        service_arn=raw.get("serviceArn", ""),
        task_definition=raw.get("taskDefinition", ""),
        images=tuple(
            ContainerImage(i.get("containerName", ""), i.get("image", ""), i.get("imageDigest"))
            for i in raw.get("containerImages", ())
        ),
        created_at=utc(raw.get("createdAt")),
    )
