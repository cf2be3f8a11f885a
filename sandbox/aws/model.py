"""What ECS knows: definitions, services, deployments, tasks. Mutable; the world's lock guards it.

Moments are epoch seconds, which is also how the JSON protocol writes them.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.aws.images import Behaviour, Image

Json = dict[str, Any]
"""A JSON object in the shape of the AWS API."""

TASKS_STARTING = frozenset({"PROVISIONING", "PENDING", "ACTIVATING"})


class Strategy(StrEnum):
    ROLLING = "ROLLING"
    BLUE_GREEN = "BLUE_GREEN"
    CANARY = "CANARY"
    LINEAR = "LINEAR"


@dataclass(slots=True, eq=False)
class TaskDefinition:
    """One revision of a family; `registered` is the request that made it, defaults filled in."""

    arn: str
    family: str
    revision: int
    registered: Json
    tags: list[Json]
    registered_at: float
    registered_by: str
    status: str = "ACTIVE"
    deregistered_at: float | None = None

    @property
    def name(self) -> str:
        return f"{self.family}:{self.revision}"

    @property
    def containers(self) -> list[Json]:
        return list(self.registered["containerDefinitions"])


@dataclass(slots=True, eq=False)
class ServiceRevision:
    """What one deployment put to work: definition, images and wiring at that moment."""

    arn: str
    definition: TaskDefinition
    created_at: float
    images: tuple[tuple[str, Image], ...]
    """Container name and what its image resolved to."""


@dataclass(slots=True, eq=False)
class Hook:
    """A PAUSE hook that somebody has to answer."""

    id: str
    stage: str
    expires_at: float
    timeout_action: str
    status: str = "AWAITING_ACTION"


@dataclass(slots=True, eq=False)
class TrafficShift:
    """How far a deployment that moves traffic has come in its plan.

    `origin` is the revision that the traffic comes from. Of several older ones only that: a shift
    that was replaced half-way gives its share back.
    """

    origin: ServiceRevision
    position: int = 0
    stage_began_at: float = 0.0
    begun: bool = False
    until: float = 0.0
    hook_passed: bool = False
    production_percent: float = 0.0
    test_percent: float = 0.0


@dataclass(slots=True, eq=False)
class ServiceDeployment:
    """ECS's record of one attempt to bring a service to a revision, rollback included."""

    arn: str
    target: ServiceRevision
    sources: tuple[ServiceRevision, ...]
    configuration: Json
    created_at: float
    updated_at: float
    status: str = "IN_PROGRESS"
    reason: str | None = None
    stage: str | None = None
    finished_at: float | None = None
    stopped_at: float | None = None
    rollback: Json | None = None
    hooks: list[Hook] = field(default_factory=list)
    shift: TrafficShift | None = None
    failures: int = 0
    threshold: int = 0
    breaker: str = "DISABLED"

    @property
    def strategy(self) -> Strategy:
        return Strategy(self.configuration.get("strategy", Strategy.ROLLING))

    @property
    def is_to_be_stopped(self) -> bool:
        """Whether somebody has asked for the way back, and ECS has not begun it yet."""
        return self.status == "ROLLBACK_REQUESTED"

    @property
    def is_rolling_back(self) -> bool:
        """Whether the primary is the old revision again; until then it is still the new one."""
        return self.rollback is not None

    @property
    def is_final(self) -> bool:
        return self.finished_at is not None or self.stopped_at is not None


@dataclass(slots=True, eq=False)
class Deployment:
    """One entry of a service's `deployments`."""

    id: str
    revision: ServiceRevision
    record: ServiceDeployment
    created_at: float
    updated_at: float
    reason: str
    target_groups: tuple[tuple[str, int], ...] = ()
    """Target group ARN and container port its tasks are registered with."""
    status: str = "PRIMARY"
    rollout_state: str = "IN_PROGRESS"
    failed_tasks: int = 0
    failures: int = 0
    """Failed tasks as the circuit breaker counts them: a healthy task may set it back."""

    @property
    def definition(self) -> TaskDefinition:
        return self.revision.definition


@dataclass(slots=True, eq=False)
class Target:
    """A task's place in a load balancer's target group."""

    group_arn: str
    port: int
    state: str = "initial"
    reason: str | None = "Elb.RegistrationInProgress"
    description: str | None = "Target registration is in progress"


@dataclass(slots=True, eq=False)
class Container:
    """`health` is what its health check says; without one it stays UNKNOWN."""

    arn: str
    name: str
    image: Image
    has_health_check: bool
    interface_id: str
    last_status: str = "PENDING"
    health: str = "UNKNOWN"
    exit_code: int | None = None
    reason: str | None = None


@dataclass(slots=True, eq=False)
class Task:
    arn: str
    cluster_arn: str
    definition: TaskDefinition
    started_by: str
    group: str
    address: str
    zone: str
    attachment_id: str
    created_at: float
    containers: list[Container]
    service: "Service | None" = None
    deployment: Deployment | None = None
    last_status: str = "PROVISIONING"
    desired_status: str = "RUNNING"
    in_service: bool = False
    """Running, and healthy to whoever sends it traffic."""
    targets: list[Target] = field(default_factory=list)
    tags: list[Json] = field(default_factory=list)
    version: int = 1
    stop_code: str | None = None
    stopped_reason: str | None = None
    started_at: float | None = None
    stopping_at: float | None = None
    stopped_at: float | None = None

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def is_wanted(self) -> bool:
        return self.desired_status == "RUNNING"

    @property
    def is_starting(self) -> bool:
        return self.is_wanted and self.last_status in TASKS_STARTING

    def set_health(self, health: str) -> None:
        """Have every container that is checked say so."""
        for container in self.containers:
            if container.has_health_check:
                container.health = health

    @property
    def culprit(self) -> Container:
        """The container that decides how the task ends: the first that misbehaves."""
        return next(
            (c for c in self.containers if c.image.behaviour is not Behaviour.HEALTHY),
            self.containers[0],
        )


@dataclass(slots=True, eq=False)
class Service:
    arn: str
    cluster_arn: str
    name: str
    desired: int
    """desiredCount."""
    created_at: float
    created_by: str
    settings: Json
    """Fields of the API that are kept and shown as they were sent."""
    configuration: Json
    """deploymentConfiguration."""
    tags: list[Json] = field(default_factory=list)
    status: str = "ACTIVE"
    deployments: list[Deployment] = field(default_factory=list)
    """PRIMARY first."""
    history: list[ServiceDeployment] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    """Every task that has not stopped."""
    events: list[Json] = field(default_factory=list)
    last_completed: Deployment | None = None
    unannounced: dict[str, int] = field(default_factory=dict)
    """Targets registered since the last look, per target group: one event tells of them all."""
    is_steady: bool = False

    @property
    def is_ecs_deployed(self) -> bool:
        """False for the deployment controller CODE_DEPLOY, of which ECS tells little."""
        return str(self.settings["deploymentController"]["type"]) == "ECS"

    @property
    def primary(self) -> Deployment:
        return self.deployments[0]

    def tasks_of(self, deployment: Deployment) -> list[Task]:
        return [task for task in self.tasks if task.deployment is deployment]

    def newer_and_older(self) -> tuple[list[Task], list[Task]]:
        """Return the wanted tasks of the primary deployment and those of all others."""
        wanted = [task for task in self.tasks if task.is_wanted]
        mine = [task for task in wanted if task.deployment is self.primary]
        return mine, [task for task in wanted if task.deployment is not self.primary]
