"""ECS's scheduler: brings each service, look by look, to what was asked for."""

import math

from sandbox.aws import deployments, events, tasks, traffic
from sandbox.aws.ecs import Ecs
from sandbox.aws.model import Service, Task

LOOK_EVERY_S = 0.5


def keep_looking(ecs: Ecs, service: Service) -> None:
    """Look at the service now and from then on, until it is deleted and empty."""
    if service.status == "DRAINING" and not service.tasks:
        service.status = "INACTIVE"
        return
    ecs.schedule.after(LOOK_EVERY_S, keep_looking, ecs, service)
    look(ecs, service)


def look(ecs: Ecs, service: Service) -> None:
    """Take one look: tell, judge, scale, shift, complete."""
    for group_arn, targets in service.unannounced.items():
        events.registered(ecs, service, targets, group_arn)
    service.unannounced.clear()
    if service.primary.record.is_to_be_stopped:
        return  # neither the next step nor fewer old tasks: they are what it goes back to
    if deployments.watch_breaker(ecs, service):
        return
    if service.primary.rollout_state != "FAILED":
        _scale(ecs, service)
        _replace_older(ecs, service)
    _settle(ecs, service)


def _scale(ecs: Ecs, service: Service) -> None:
    """Start what is missing within maximumPercent, stop what is too much."""
    mine, older = service.newer_and_older()
    wanted = service.desired
    room = wanted - len(mine)
    if older and service.primary.record.shift is None:
        most = math.floor(wanted * service.configuration.get("maximumPercent", 200) / 100)
        room = min(room, most - len(mine) - len(older))
    if room > 0 and traffic.may_scale_up(service.primary.record):
        started = [tasks.start(ecs, service, service.primary) for _ in range(room)]
        events.started(ecs, service, started)
        service.is_steady = False
    deployments.scale_in(ecs, service, mine[wanted:], by=service.primary)


def _replace_older(ecs: Ecs, service: Service) -> None:
    record = service.primary.record
    if record.shift is not None and not record.is_rolling_back:
        if service.primary.rollout_state == "IN_PROGRESS":
            traffic.advance(ecs, service)
        return
    mine, older = service.newer_and_older()
    least = math.ceil(
        service.desired * service.configuration.get("minimumHealthyPercent", 100) / 100
    )
    serving = sum(task.in_service for task in mine) + sum(task.in_service for task in older)
    deployments.scale_in(ecs, service, _leaving(older, serving - least), by=service.primary)


def _leaving(older: list[Task], spare: int) -> list[Task]:
    """Older tasks that may go: those that serve nobody, and so many of those that do."""
    idle = [task for task in older if not task.in_service]
    return idle + [task for task in older if task.in_service][: max(spare, 0)]


def _settle(ecs: Ecs, service: Service) -> None:
    """Say that the deployment completed, or that the service is steady again."""
    mine, _ = service.newer_and_older()
    alone = all(task.deployment is service.primary for task in service.tasks)
    whole = len(mine) == service.desired and all(task.in_service for task in mine)
    if not (alone and whole):
        return
    deployment = service.primary
    stopped = any(not task.is_wanted for task in service.tasks)
    if deployment.rollout_state == "IN_PROGRESS" and not stopped and _may_complete(service):
        deployments.complete(ecs, service)
    if deployment.rollout_state == "COMPLETED" and not service.is_steady:
        service.is_steady = True
        events.steady(ecs, service)


def _may_complete(service: Service) -> bool:
    record = service.primary.record
    return record.shift is None or record.is_rolling_back or record.stage == "CLEAN_UP"
