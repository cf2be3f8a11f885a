"""The verdict on a rollout: one look at ECS in, progress or verdict out.

"The service is stable" is not "my version runs": after a circuit breaker's rollback the service is
stable on the old one. So the verdict goes by the id of our own deployment, and everything that is
not success has a name.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a rollout."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """ECS gave it up and left it where it was."""
    ROLLED_BACK_BY_ECS = "rolled_back_by_ecs"
    SUPERSEDED = "superseded"
    """Somebody else deployed over it."""
    NOTHING_RUNNING = "nothing_running"
    """Steady, because no task is wanted: nothing is proved."""
    TOO_SLOW = "too_slow"
    REGRESSED = "regressed"
    """It ran, and the evidence of its bake spoke against it."""
    ABORTED = "aborted"
    VANISHED = "vanished"
    """ECS knows neither the deployment nor what became of it."""
    UNDECIDED = "undecided"
    """It was held while it proved itself, and nobody said what is to become of it."""
    UNSEEN = "unseen"
    """AWS did not answer until long after the deadline."""
    BROKEN = "broken"
    """The bot itself failed; what ECS does goes on without it."""


class RolloutState(StrEnum):
    """`rolloutState` of an ECS deployment; only rolling updates have one."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class ServiceDeploymentStatus(StrEnum):
    """How ECS says what became of a service deployment, in the groups that matter here."""

    RUNNING = "running"
    SUCCESSFUL = "successful"
    STOPPED = "stopped"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"

    @classmethod
    def of(cls, status: str) -> "ServiceDeploymentStatus":
        """Read ECS's word. A stop that was only asked for is still running."""
        return _STATUSES.get(status, cls.RUNNING)


_STATUSES = {
    "SUCCESSFUL": ServiceDeploymentStatus.SUCCESSFUL,
    "STOPPED": ServiceDeploymentStatus.STOPPED,
    "ROLLBACK_REQUESTED": ServiceDeploymentStatus.ROLLING_BACK,
    "ROLLBACK_IN_PROGRESS": ServiceDeploymentStatus.ROLLING_BACK,
    "ROLLBACK_SUCCESSFUL": ServiceDeploymentStatus.ROLLED_BACK,
    "ROLLBACK_FAILED": ServiceDeploymentStatus.ROLLED_BACK,
}
_UNDONE = {ServiceDeploymentStatus.ROLLING_BACK, ServiceDeploymentStatus.ROLLED_BACK}
PRIMARY = "PRIMARY"
GRACE = timedelta(seconds=30)
"""How long ECS may go on answering from before our request: it is eventually consistent."""
HEALTHY = "healthy"
FEWEST_FAILURES, MOST_FAILURES = 3, 200
"""Half of the tasks wanted, within these bounds, trip ECS's own breaker.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployment of the service, as ECS lists it. Counts are tasks."""

    id: str
    status: str
    """PRIMARY, ACTIVE, DRAINING or INACTIVE."""
    task_definition: str
    rollout_state: RolloutState | None = None
    rollout_reason: str = ""
    desired: int = 0
    pending: int = 0
    running: int = 0
    failed: int = 0
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at the service showed.

    `service_deployment` and its reason are asked for only when the list of deployments leaves
    doubt. `targets` counts our own tasks' targets by state, `all_targets` those of every task of
    the service; each is None where it was not asked for, or there is no load balancer. `weight` is
    the percentage of the traffic that a shift has given to ours; None for a rolling update.
    """

    at: datetime
    desired: int
    deployments: tuple[Deployment, ...]
    service_deployment: ServiceDeploymentStatus | None = None
    service_deployment_reason: str = ""
    weight: float | None = None
    targets: Mapping[str, int] | None = None
    all_targets: Mapping[str, int] | None = None
    latest_event: str | None = None

    @property
    def primary(self) -> Deployment | None:
        return next((d for d in self.deployments if d.status == PRIMARY), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """The deployment that is judged, and how long ECS has: None once it had all it wanted.

    `deployment_id` is None when the answer that named it was lost; then the newest deployment of
    our own task definition is meant.
    """

    task_definition: str
    deployment_id: str | None
    began_at: datetime
    deadline: datetime | None
    grace: timedelta
    replaces: str | None = None
    """The id of the deployment of the same task definition that stood there before."""

    @property
    def is_unnamed(self) -> bool:
        """Whether neither an id nor the task definition tells it from every other deployment."""
        return self.deployment_id is None and self.replaces is not None

    def among(self, deployments: tuple[Deployment, ...]) -> Deployment | None:
        """Our deployment, if ECS lists it."""
        if self.deployment_id is not None:
            return next((d for d in deployments if d.id == self.deployment_id), None)
        same = [
            d
            for d in deployments
            if d.task_definition == self.task_definition and d.id != self.replaces
        ]
        return next((d for d in same if d.status == PRIMARY), same[0] if same else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What the live card shows; two that are equal look the same to a person. Counts are tasks."""

    desired: int
    running: int = 0
    pending: int = 0
    failed: int = 0
    healthy: int = 0
    """Tasks whose target is healthy, where the load balancer was asked about ours. Otherwise tasks
    that run."""
    targets: Mapping[str, int] | None = None
    """Our tasks' targets by state; None where the load balancer was not asked about them."""
    all_targets: Mapping[str, int] | None = None
    """Targets of every task of the service by state, when they were last asked for."""
    latest_event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The verdict, its reason in ECS's words or ours, and the deployment that took our place."""

    verdict: Verdict
    why: str
    progress: Progress
    replaced_by: Deployment | None = None


def is_in_doubt(ours: Ours, deployments: tuple[Deployment, ...]) -> bool:
    """Whether the list of deployments alone cannot say what became of ours."""
    found = ours.among(deployments)
    if found is None or found.status != PRIMARY or ours.is_unnamed:
        return True
    return found.rollout_state in {None, RolloutState.FAILED}


def judge(look: Look, ours: Ours) -> Progress | Ended:
    """Say how far our rollout is, or what became of it."""
    found = ours.among(look.deployments)
    if ours.is_unnamed and look.service_deployment in _UNDONE and found is look.primary:
        found = None  # what took its place has the same task definition
    progress = _progress(look, found)
    ended: tuple[Verdict, str] | None
    if ours.is_unnamed and found is not None and look.service_deployment is None:
        ended = None  # it may as well be what took its place
    elif found is not None and found.status == PRIMARY:
        ended = _as_primary(look, found)
    else:
        ended = _displaced(look, ours, found)
    if ended is None and ours.deadline is not None and look.at >= ours.deadline:
        ended = Verdict.TOO_SLOW, too_slow(progress)
    if ended is None:
        return progress
    verdict, why = ended
    replaced_by = look.primary if look.primary is not found else None
    return Ended(verdict=verdict, why=why, progress=progress, replaced_by=replaced_by)


def _progress(look: Look, found: Deployment | None) -> Progress:
    if found is None:
        return Progress(
            desired=look.desired, all_targets=look.all_targets, latest_event=look.latest_event
        )
    targets = look.targets
    return Progress(
        desired=look.desired,
        running=found.running,
        pending=found.pending,
        failed=found.failed,
        healthy=found.running if targets is None else targets.get(HEALTHY, 0),
        targets=targets,
        all_targets=look.all_targets,
        latest_event=look.latest_event,
    )


def _as_primary(look: Look, found: Deployment) -> tuple[Verdict, str] | None:
    if found.rollout_state is RolloutState.FAILED:
        if look.service_deployment is ServiceDeploymentStatus.ROLLING_BACK:
            return None  # the deployment that takes its place is not listed yet
        why = found.rollout_reason or look.service_deployment_reason
        return Verdict.FAILED, why or "ECS gave the rollout up."
    if found.rollout_state is None and look.service_deployment in _UNDONE:
        return Verdict.ROLLED_BACK_BY_ECS, _reason(look, found)
    if found.rollout_state is None and _keeps_failing(look, found):
        return Verdict.FAILED, f"{found.failed} tasks failed, and ECS would go on trying."
    if not _is_steady(look, found):
        return None
    if look.desired == 0:
        return Verdict.NOTHING_RUNNING, "The service wants no task, so nothing has proved it."
    if found.running < look.desired:
        return None  # ECS calls it complete once; what has died since then it replaces
    if look.targets is not None and look.targets.get(HEALTHY, 0) < found.running:
        return None
    return Verdict.SUCCEEDED, found.rollout_reason


def _keeps_failing(look: Look, found: Deployment) -> bool:
    """Whether ECS's circuit breaker would have acted: it watches over rolling updates only.

    Once traffic is shifted the evidence judges. Tasks that are found unhealthy all run for a while
    before they are stopped, so twice as many failures count whatever runs at this moment.
    """
    if look.service_deployment is not ServiceDeploymentStatus.RUNNING or look.weight:
        return False
    limit = min(max(math.ceil(look.desired / 2), FEWEST_FAILURES), MOST_FAILURES)
    return found.failed >= (limit if found.running < look.desired else 2 * limit)


def _is_steady(look: Look, found: Deployment) -> bool:
    """COMPLETED, or where ECS gives no rollout state, what its own waiter takes for it."""
    if found.rollout_state is not None:
        return found.rollout_state is RolloutState.COMPLETED
    if look.service_deployment is not None:
        return look.service_deployment is ServiceDeploymentStatus.SUCCESSFUL
    return len(look.deployments) == 1 and found.running == look.desired and found.pending == 0


def _displaced(look: Look, ours: Ours, found: Deployment | None) -> tuple[Verdict, str] | None:
    """Ours is not primary: undone by ECS, overtaken by somebody, not to be seen yet, or gone."""
    status = look.service_deployment
    primary = look.primary
    if status in _UNDONE:
        if primary is None:
            return None  # the deployment that takes our place is not listed yet
        return Verdict.ROLLED_BACK_BY_ECS, _reason(look, found)
    if found is not None and found.rollout_state is RolloutState.FAILED and primary is not None:
        return Verdict.ROLLED_BACK_BY_ECS, _reason(look, found)
    if status is ServiceDeploymentStatus.STOPPED:
        return Verdict.SUPERSEDED, _overtaken(look, primary)
    if status is ServiceDeploymentStatus.SUCCESSFUL and found is None and primary is not None:
        # It ended well and was then deployed over, all between two looks.
        return Verdict.SUPERSEDED, _overtaken(look, primary)
    if look.at < ours.began_at + ours.grace:
        return None
    if found is not None and primary is not None:
        return Verdict.SUPERSEDED, _overtaken(look, primary)
    if primary is not None and status is None and _is_newer(primary, ours):
        return Verdict.SUPERSEDED, _overtaken(look, primary)
    if status is ServiceDeploymentStatus.RUNNING:
        return None  # ECS still works on it, whatever the list of deployments says
    return Verdict.VANISHED, "ECS lists no deployment of ours and does not say what became of it."


def _is_newer(primary: Deployment, ours: Ours) -> bool:
    return primary.created_at is not None and primary.created_at > ours.began_at


def _reason(look: Look, found: Deployment | None) -> str:
    if found is not None and found.rollout_reason:
        return found.rollout_reason
    return look.service_deployment_reason or "ECS rolled it back."


def _overtaken(look: Look, primary: Deployment | None) -> str:
    if primary is not None:
        revision = primary.task_definition.rsplit("/", 1)[-1]
        return f"Somebody else deployed {revision}."
    return look.service_deployment_reason or "Another deployment took its place."


def too_slow(progress: Progress) -> str:
    """Why it is called too slow."""
    return f"{progress.healthy} of {progress.desired} tasks were healthy when its time was up."
