"""What AWS answers, in AWS's words. Counts are tasks, sizes bytes, times aware and in UTC.

States stay AWS's own strings: botocore does not check them, and AWS adds new ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.aws.strategies import LifecycleHook

READ_ONLY_FIELDS = frozenset(
    {
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
        "deleteRequestedAt",
    }
)
"""Fields of a described task definition that RegisterTaskDefinition does not take.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One revision ECS is running for a service; `id` looks like `ecs-svc/1234…`."""

    id: str
    status: str
    """PRIMARY, ACTIVE (still being replaced), INACTIVE, or rarely DRAINING."""
    task_definition: str
    """ARN."""
    desired: int = 0
    pending: int = 0
    running: int = 0
    failed: int = 0
    """Tasks that did not start or died; the circuit breaker counts them."""
    rollout_state: str | None = None
    """IN_PROGRESS, COMPLETED, FAILED; None unless the update is a rolling one."""
    rollout_reason: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """One line of what ECS says about a service."""

    id: str
    at: datetime
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """How one target group of a service gets its tasks and, with all of it, shifted traffic.

    After a shift production may be in either group: their roles are the listener rule's.
    """

    target_group: str
    """ARN."""
    container: str = ""
    port: int | None = None
    alternate_target_group: str | None = None
    """ARN; like what follows, only what is built for blue/green, canary and linear has it."""
    production_listener_rule: str | None = None
    """ARN of the rule, or with a network load balancer of the listener."""
    test_listener_rule: str | None = None
    role: str | None = None
    """ARN of the infrastructure role, by which ECS moves the traffic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service and every deployment ECS is still running for it."""

    arn: str
    name: str
    cluster: str
    """As it was asked for."""
    status: str
    """ACTIVE, or DRAINING while it is being deleted."""
    task_definition: str
    """ARN of the revision asked for last, whether or not it runs."""
    desired: int
    running: int
    pending: int
    deployments: tuple[Deployment, ...] = ()
    """Empty where CodeDeploy or an external controller deploys."""
    events: tuple[ServiceEvent, ...] = ()
    """Newest first, at most 100."""
    deployment_controller: str = "ECS"
    """ECS, CODE_DEPLOY or EXTERNAL."""
    strategy: str = "ROLLING"
    """ROLLING, BLUE_GREEN, LINEAR or CANARY."""
    lifecycle_hooks: tuple[LifecycleHook, ...] = ()
    maximum_percent: int | None = None
    """Of desired, in tasks that may exist during a rolling update."""
    minimum_healthy_percent: int | None = None
    has_breaker: bool = False
    breaker_rolls_back: bool = False
    target_groups: tuple[str, ...] = ()
    """ARNs, without the alternate ones."""
    balancers: tuple[Balancer, ...] = ()
    """One for each of `target_groups`."""
    has_service_connect: bool = False
    """Which can shift traffic too, without a load balancer."""
    health_check_grace_s: int | None = None
    launch_type: str | None = None
    """FARGATE, EC2 or EXTERNAL; None where capacity providers decide."""
    platform_version: str | None = None
    current_service_deployment: str | None = None
    """ARN; absent for a service that was never deployed to since 2024-10-25."""

    @property
    def primary(self) -> Deployment | None:
        """The deployment the service is moving to or has reached."""
        return next((d for d in self.deployments if d.status == "PRIMARY"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionProgress:
    """How far one service revision has come within a service deployment."""

    arn: str
    requested: int = 0
    pending: int = 0
    running: int = 0
    production_weight: float | None = None
    """Percent of the traffic; None where traffic is not shifted."""
    test_weight: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookStatus:
    """A hook that a service deployment has come to; `id` is new at every stop."""

    id: str
    status: str
    """AWAITING_ACTION, IN_PROGRESS, SUCCEEDED, FAILED or TIMED_OUT."""
    stage: str | None = None
    """The deployment's own stage while it waits here, None afterwards: AWS names no other."""
    expires_at: datetime | None = None
    """When ECS does `timeout_action` by itself."""
    timeout_action: str = "ROLLBACK"
    target_type: str = "AWS_LAMBDA"
    """PAUSE waits for an answer, AWS_LAMBDA for a function's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDeployment:
    """One deployment from start to outcome, which ECS remembers for 90 days.

    Fields after `started_at` are empty when it comes from a list.
    """

    arn: str
    service_arn: str
    status: str
    """PENDING, IN_PROGRESS, SUCCESSFUL, STOP_REQUESTED, STOPPED, ROLLBACK_REQUESTED,
    ROLLBACK_IN_PROGRESS, ROLLBACK_SUCCESSFUL or ROLLBACK_FAILED."""
    status_reason: str = ""
    target_revision_arn: str | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    updated_at: datetime | None = None
    lifecycle_stage: str | None = None
    """None for a rolling update."""
    strategy: str | None = None
    """ROLLING, BLUE_GREEN, LINEAR or CANARY."""
    bake_minutes: int | None = None
    """After the whole traffic has shifted."""
    shift_percent: float | None = None
    """What a canary takes first, or linear at every step; None where ECS does not say."""
    shift_bake_minutes: int | None = None
    """How long each such step bakes."""
    hooks: tuple[HookStatus, ...] = ()
    target: RevisionProgress | None = None
    sources: tuple[RevisionProgress, ...] = ()
    rollback_reason: str = ""
    rollback_revision_arn: str | None = None
    breaker_status: str | None = None
    """TRIGGERED, MONITORING, MONITORING_COMPLETE or DISABLED."""
    failures: int = 0
    """Failed tasks the circuit breaker has counted, of `failures_allowed`."""
    failures_allowed: int | None = None
    triggered_alarms: tuple[str, ...] = ()

    @property
    def awaited(self) -> HookStatus | None:
        """The PAUSE hook that waits for `continue_service_deployment`."""
        return next(
            (
                hook
                for hook in self.hooks
                if hook.target_type == "PAUSE" and hook.status == "AWAITING_ACTION"
            ),
            None,
        )


@dataclass(frozen=True, slots=True)
class ContainerImage:
    """The image one container of a revision runs; the digest is what ECS resolved it to."""

    container: str
    image: str
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRevision:
    """What a service was made of at one time."""

    arn: str
    service_arn: str
    task_definition: str
    """ARN."""
    images: tuple[ContainerImage, ...] = ()
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of a task."""

    name: str
    image: str | None = None
    image_digest: str | None = None
    last_status: str | None = None
    health_status: str | None = None
    exit_code: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task ECS wants to run."""

    arn: str
    task_definition: str
    """ARN."""
    last_status: str
    desired_status: str
    health_status: str | None = None
    """HEALTHY, UNHEALTHY or UNKNOWN."""
    started_by: str | None = None
    """The id of the deployment that started it."""
    private_ip: str | None = None
    """Its address in an `ip` target group."""
    availability_zone: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    containers: tuple[Container, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedTask:
    """A task that ended; ECS forgets it about an hour later."""

    arn: str
    task_definition: str
    """ARN."""
    stop_code: str | None = None
    """TaskFailedToStart, EssentialContainerExited, UserInitiated, ServiceSchedulerInitiated,
    SpotInterruption, TerminationNotice or InfrastructureHealth."""
    stopped_reason: str = ""
    started_by: str | None = None
    """The id of the deployment that started it."""
    created_at: datetime | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    """None while it is still stopping."""
    containers: tuple[Container, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefinition:
    """One revision of a task definition. `raw` is what ECS answered, every field of it."""

    arn: str
    family: str
    revision: int
    status: str
    """ACTIVE, INACTIVE or DELETE_IN_PROGRESS."""
    raw: Mapping[str, Any]
    tags: Mapping[str, str]
    registered_at: datetime | None = None

    @property
    def images(self) -> Mapping[str, str]:
        """The image of each container, by the container's name."""
        return {c["name"]: c["image"] for c in self.raw["containerDefinitions"]}

    @property
    def registrable(self) -> dict[str, Any]:
        """`raw` without what only ECS may write; plain JSON, to be changed and registered."""
        return {name: value for name, value in self.raw.items() if name not in READ_ONLY_FIELDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image in ECR. `digest` is what runs; tags can be moved."""

    repository: str
    digest: str
    tags: tuple[str, ...] = ()
    pushed_at: datetime | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHealth:
    """What the load balancer thinks of one target."""

    target: str
    """An IP address, instance id or ARN, by the target group's type."""
    port: int | None
    state: str
    """initial, healthy, unhealthy, unhealthy.draining, unused, draining or unavailable."""
    reason: str | None = None
    """A code such as Target.ResponseCodeMismatch; None when healthy."""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who our credentials are."""

    account: str
    arn: str
