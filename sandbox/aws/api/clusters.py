"""Clusters are moto's; the simulator knows which there are and counts what runs in them."""

from sandbox.aws.api.request import Moto
from sandbox.aws.ecs import Ecs
from sandbox.aws.model import Json


def create_cluster(ecs: Ecs, request: Json, moto: Moto) -> Json:
    answer = moto()
    ecs.clusters.add(request.get("clusterName", "default"))
    return answer


def delete_cluster(ecs: Ecs, request: Json, moto: Moto) -> Json:
    answer = moto()
    ecs.clusters.discard(request["cluster"].rpartition("/")[2])
    return answer


def describe_clusters(ecs: Ecs, request: Json, moto: Moto) -> Json:
    answer = moto()
    for cluster in answer["clusters"]:
        arn = cluster["clusterArn"]
        tasks = [task for task in ecs.tasks.values() if task.cluster_arn == arn]
        services = [s for s in ecs.services.values() if s.cluster_arn == arn]
        cluster["runningTasksCount"] = sum(task.last_status == "RUNNING" for task in tasks)
        cluster["pendingTasksCount"] = sum(task.is_starting for task in tasks)
        cluster["activeServicesCount"] = sum(s.status == "ACTIVE" for s in services)
    return answer
