"""The operations that are answered here: those of ECS, and of what stands beside it; moto has the
rest."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.aws.api import (
    cloudwatch,
    clusters,
    logs,
    scaling,
    service_deployments,
    services,
    tags,
    task_definitions,
    tasks,
)
from sandbox.aws.api.request import Handler
from sandbox.aws.model import Json

OPERATIONS: Mapping[str, Handler] = {
    "CreateCluster": clusters.create_cluster,
    "DescribeClusters": clusters.describe_clusters,
    "DeleteCluster": clusters.delete_cluster,
    "RegisterTaskDefinition": task_definitions.register_task_definition,
    "DeregisterTaskDefinition": task_definitions.deregister_task_definition,
    "DescribeTaskDefinition": task_definitions.describe_task_definition,
    "ListTaskDefinitions": task_definitions.list_task_definitions,
    "CreateService": services.create_service,
    "UpdateService": services.update_service,
    "DeleteService": services.delete_service,
    "DescribeServices": services.describe_services,
    "ListServices": services.list_services,
    "ListTasks": tasks.list_tasks,
    "DescribeTasks": tasks.describe_tasks,
    "RunTask": tasks.run_task,
    "StopTask": tasks.stop_task,
    "ListServiceDeployments": service_deployments.list_service_deployments,
    "DescribeServiceDeployments": service_deployments.describe_service_deployments,
    "DescribeServiceRevisions": service_deployments.describe_service_revisions,
    "StopServiceDeployment": service_deployments.stop_service_deployment,
    "ContinueServiceDeployment": service_deployments.continue_service_deployment,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "ListTagsForResource": tags.list_tags_for_resource,
}

BESIDE: Mapping[str, Mapping[str, Callable[[Any, Json], Json]]] = {
    "application-autoscaling": scaling.OPERATIONS,
    "cloudwatch": cloudwatch.OPERATIONS,
    "logs": logs.OPERATIONS,
}
"""By service and operation: given what the world keeps for that service, and the request."""
