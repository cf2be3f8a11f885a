"""Tasks: listed by what people filter on, described, run alone and stopped."""

from sandbox.aws import shapes
from sandbox.aws import tasks as task_life
from sandbox.aws.api.request import Moto, at_most, page
from sandbox.aws.ecs import Ecs
from sandbox.aws.errors import Refused
from sandbox.aws.model import Json, Task

DESCRIBED_AT_ONCE = 100
RUN_AT_ONCE = 10


def list_tasks(ecs: Ecs, request: Json, moto: Moto) -> Json:
    cluster_arn = ecs.arn("cluster", ecs.cluster(request.get("cluster")))
    service = request.get("serviceName")
    if service is not None:
        ecs.service(request.get("cluster"), service)
    matching = [
        task.arn
        for task in ecs.tasks.values()
        if task.cluster_arn == cluster_arn and _matches(task, request)
    ]
    return page("taskArns", matching, request)


def _matches(task: Task, request: Json) -> bool:
    service = request.get("serviceName")
    return (
        task.desired_status == request.get("desiredStatus", "RUNNING")
        and (service is None or task.group == f"service:{service.rpartition('/')[2]}")
        and request.get("startedBy") in {None, task.started_by}
        and request.get("family") in {None, task.definition.family}
        and request.get("launchType") in {None, "FARGATE"}
    )


def describe_tasks(ecs: Ecs, request: Json, moto: Moto) -> Json:
    at_most(DESCRIBED_AT_ONCE, request["tasks"], "tasks")
    cluster = ecs.cluster(request.get("cluster"))
    shown, failures = [], []
    for written in request["tasks"]:
        task = ecs.task(written)
        if task is not None and task.cluster_arn.endswith(f"/{cluster}"):
            shown.append(shapes.task(task))
        else:
            arn = ecs.arn("task", f"{cluster}/{written.rpartition('/')[2]}")
            failures.append({"arn": arn, "reason": "MISSING"})
    return {"tasks": shown, "failures": failures}


def run_task(ecs: Ecs, request: Json, moto: Moto) -> Json:
    """Run tasks of no service. moto is left out: it refuses legal Fargate tasks."""
    cluster = ecs.cluster(request.get("cluster"))
    definition = ecs.deployable(request["taskDefinition"])
    count = request.get("count", 1)
    if not 1 <= count <= RUN_AT_ONCE:
        raise Refused("InvalidParameterException", f"count must be between 1 and {RUN_AT_ONCE}.")
    started = [
        task_life.run(
            ecs,
            cluster,
            definition,
            started_by=request.get("startedBy", ""),
            group=request.get("group", f"family:{definition.family}"),
        )
        for _ in range(count)
    ]
    return {"tasks": [shapes.task(task) for task in started], "failures": []}


def stop_task(ecs: Ecs, request: Json, moto: Moto) -> Json:
    ecs.cluster(request.get("cluster"))
    task = ecs.task(request["task"])
    if task is None:
        raise Refused("InvalidParameterException", "The referenced task was not found.")
    reason = request.get("reason", "Task stopped by user")
    task_life.stop(ecs, task, "UserInitiated", reason, abruptly=True)
    return {"task": shapes.task(task)}
