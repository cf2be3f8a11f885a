"""Clusters are moto's; the simulator only needs to know which there are."""

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
