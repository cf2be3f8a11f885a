"""Which tasks run right now and how much traffic each gets: what the monitored service imitates."""

from dataclasses import dataclass

from sandbox.aws.model import Deployment, Service, Task


@dataclass(frozen=True, slots=True)
class RunningTask:
    """One running task of a service.

    `tag` and `digest` are what its image resolved to. `traffic_weight` is its share (0 to 1) of
    the service's traffic; the shares of all tasks add up to 1 unless none is healthy.
    """

    id: str
    ip: str
    tag: str
    digest: str
    healthy: bool
    zone: str
    traffic_weight: float


def running_tasks(service: Service) -> tuple[RunningTask, ...]:
    """Every task of `service` that runs, the draining ones included (with no traffic)."""
    weights = _weights(service)
    return tuple(
        RunningTask(
            id=task.id,
            ip=task.address,
            tag=task.containers[0].image.tag or "",
            digest=task.containers[0].image.digest or "",
            healthy=task.in_service,
            zone=task.zone,
            traffic_weight=weights.get(task.id, 0.0),
        )
        for task in service.tasks
        if task.last_status == "RUNNING"
    )


def _weights(service: Service) -> dict[str, float]:
    """A shift splits the traffic between two revisions; tasks of one share it evenly."""
    serving = [task for task in service.tasks if task.in_service]
    newer = [task for task in serving if task.deployment is service.primary]
    older = [task for task in serving if task.deployment is not service.primary]
    older = [task for task in older if _has_traffic(task, service.primary)] or older
    share = _share_of_newer(service.primary, newer, older)
    return {
        task.id: weight / len(group)
        for group, weight in ((newer, share), (older, 1.0 - share))
        for task in group
    }


def _has_traffic(task: Task, primary: Deployment) -> bool:
    """Whether the load balancer sends an older task anything.

    Beside a shift that is its origin's tasks; else those that stand where the primary's do.
    """
    shift, own = primary.record.shift, task.deployment
    if own is None:
        return False
    if shift is not None and not primary.record.is_rolling_back:
        return own.revision is shift.origin
    return own.target_groups == primary.target_groups


def _share_of_newer(primary: Deployment, newer: list[Task], older: list[Task]) -> float:
    if not older:
        return 1.0
    if not newer:
        return 0.0
    shift = primary.record.shift
    if shift is not None:
        return 1.0 if primary.record.is_rolling_back else shift.production_percent / 100
    return len(newer) / (len(newer) + len(older))
