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
    """Traffic is split between target groups by the shift, and evenly among tasks of a group."""
    serving = [task for task in service.tasks if task.in_service]
    newer, older = _parted(serving, service.primary)
    share = _share_of_newer(service.primary, newer, older)
    return {
        task.id: weight / len(group)
        for group, weight in ((newer, share), (older, 1.0 - share))
        for task in group
    }


def _parted(serving: list[Task], primary: Deployment) -> tuple[list[Task], list[Task]]:
    return (
        [task for task in serving if task.deployment is primary],
        [task for task in serving if task.deployment is not primary],
    )


def _share_of_newer(primary: Deployment, newer: list[Task], older: list[Task]) -> float:
    if not older:
        return 1.0
    if not newer:
        return 0.0
    shift = primary.record.shift
    if shift is not None and not primary.record.is_rolling_back:
        return shift.production_percent / 100
    return len(newer) / (len(newer) + len(older))
