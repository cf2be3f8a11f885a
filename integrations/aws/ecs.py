"""Amazon ECS: clusters, services, task definitions, tasks; service deployments stand beside it.

Nothing here is tried again beyond what boto3 does itself for throttling and 5xx.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.aws import reading
from integrations.aws.client import SYSTEM, AwsSession, batches
from integrations.aws.ecs_calls import PACING, Pacing
from integrations.aws.models import (
    READ_ONLY_FIELDS,
    Service,
    StoppedTask,
    Task,
    TaskDefinition,
)
from integrations.aws.service_deployments import ServiceDeployments
from integrations.aws.strategies import DeploymentConfiguration, written
from integrations.errors import NotFound, Rejected

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
SERVICES_A_CALL = 10
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
TASKS_A_CALL = 100
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html
CLUSTERS_A_CALL = 100


class EcsClient(ServiceDeployments):
    """ECS in one account and region."""

    def __init__(self, session: AwsSession, *, pacing: Pacing = PACING) -> None:
        super().__init__(session, pacing=pacing)
        self._services = self._joined(self.describe_services)

    async def describe_clusters(self, clusters: Iterable[str]) -> Mapping[str, str]:
        """Return the status of the clusters that exist, by the name or ARN they were asked for.

        ACTIVE takes tasks; PROVISIONING, DEPROVISIONING, FAILED and INACTIVE (deleted) do not.

        Costs one ecs:DescribeClusters for a hundred.

        Raises:
            Forbidden: ecs:DescribeClusters is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html
        """
        found: dict[str, str] = {}
        for names in batches(clusters, CLUSTERS_A_CALL):
            reply = await self._call("describe_clusters", clusters=names)
            for raw in reply.get("clusters", ()):
                known = {raw.get("clusterName"), raw.get("clusterArn")}
                found.update((name, raw.get("status", "")) for name in names if name in known)
        return found

    async def describe_service(self, cluster: str, service: str) -> Service:
        """Return the service and every deployment ECS is still running for it.

        ECS answers from an eventually consistent view: for a few seconds after `update_service`
        the new deployment may be missing, so callers compare ids and never just a state.

        Costs a share of one ecs:DescribeServices: callers that ask together are joined, and wait
        up to 0.3 s where the cluster was asked about just before (`PACING`).

        Raises:
            NotFound: there is no such cluster or service, or it is INACTIVE.
            Forbidden: ecs:DescribeServices is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
        """
        found = await self._services.get(cluster, service)
        if found is None:
            raise NotFound(SYSTEM, "describe_services", f"there is no service {cluster}/{service}")
        return found

    async def describe_services(
        self, cluster: str, services: Iterable[str]
    ) -> Mapping[str, Service]:
        """Return the services that exist and are not INACTIVE, by the name they were asked for.

        Costs one ecs:DescribeServices for ten services. Otherwise as `describe_service`.
        """
        found: dict[str, Service] = {}
        for names in batches(services, SERVICES_A_CALL):
            reply = await self._call("describe_services", cluster=cluster, services=names)
            answered = [
                reading.service(raw, cluster=cluster)
                for raw in reply.get("services", ())
                if raw.get("status") != "INACTIVE"
            ]
            for name in names:  # asked for by name or by ARN
                found.update((name, s) for s in answered if name in {s.name, s.arn})
        return found

    async def describe_task_definition(self, task_definition: str) -> TaskDefinition:
        """Return one revision with its tags; `task_definition` is an ARN or `family:revision`.

        Costs one ecs:DescribeTaskDefinition. A revision never changes but for status and tags.

        Raises:
            NotFound: there is no such revision.
            Forbidden: ecs:DescribeTaskDefinition is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html
        """
        try:
            reply = await self._call(
                "describe_task_definition", taskDefinition=task_definition, include=["TAGS"]
            )
        except Rejected as exc:
            # ECS's code for it is ClientException, which also means anything else.
            if "Unable to describe task definition" not in exc.detail:
                raise
            raise NotFound(
                SYSTEM, exc.operation, f"there is no task definition {task_definition}"
            ) from exc
        return reading.task_definition(
            reply["taskDefinition"], tags=reading.tags(reply.get("tags", ()))
        )

    async def register_task_definition(
        self, definition: Mapping[str, Any], *, tags: Mapping[str, str]
    ) -> TaskDefinition:
        """Register a new revision of `definition`, which may be a described one as it came.

        Not idempotent: every call makes a revision. Whoever may be repeated tags what it makes
        and looks for the tag first.

        Costs one ecs:RegisterTaskDefinition, and ecs:TagResource with tags; also needs
        iam:PassRole for the task's and the execution role.

        Raises:
            Rejected: ECS does not accept the definition, and says why.
            Forbidden: a permission is missing; it is named.
            RateLimited, Unavailable: worth another try; a time-out may have registered it.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
        """
        arguments: dict[str, Any] = {
            name: value for name, value in definition.items() if name not in READ_ONLY_FIELDS
        }
        if tags:  # an empty list is refused
            arguments["tags"] = [{"key": key, "value": value} for key, value in tags.items()]
        reply = await self._call("register_task_definition", **arguments)
        return reading.task_definition(reply["taskDefinition"], tags=tags)

    async def list_task_definitions(self, family: str, *, newest: int = 20) -> tuple[str, ...]:
        """Return the ARNs of a family's ACTIVE revisions, newest first.

        Costs one ecs:ListTaskDefinitions for a hundred.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTaskDefinitions.html
        """
        arns = await self._pages(
            "list_task_definitions",
            "taskDefinitionArns",
            at_most=newest,
            familyPrefix=family,
            status="ACTIVE",
            sort="DESC",
            maxResults=min(newest, 100),
        )
        return tuple(arns[:newest])

    async def update_service(
        self,
        cluster: str,
        service: str,
        task_definition: str,
        *,
        configuration: DeploymentConfiguration | None = None,
        force_new_deployment: bool = False,
    ) -> Service:
        """Have the service run `task_definition` (an ARN) and return it with the new deployment.

        `configuration` says how, and stays the service's own afterwards; without it the service
        does as it did last. Both go in one call: two would be two deployments. No desired count is
        ever sent: that is autoscaling's. Asking for the revision the service already runs starts
        nothing, so it may be repeated, except with `force_new_deployment`: then every request is a
        deployment, and it is sent once.

        Costs one ecs:UpdateService.

        Raises:
            NotFound: there is no such cluster or service.
            Rejected: the service is being deleted, cannot run this revision, or is not built for
                the strategy.
            Forbidden: ecs:UpdateService is missing.
            RateLimited, Unavailable: worth another try; a time-out may have started it.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
        """
        if not task_definition.startswith("arn:"):
            raise ValueError(f"not an ARN, so ECS might choose the revision: {task_definition}")
        arguments: dict[str, Any] = {}
        if configuration is not None:
            arguments["deploymentConfiguration"] = written(configuration)
        if force_new_deployment:
            arguments["forceNewDeployment"] = True
        call = self._call_once if force_new_deployment else self._call
        reply = await call(
            "update_service",
            cluster=cluster,
            service=service,
            taskDefinition=task_definition,
            **arguments,
        )
        return reading.service(reply["service"], cluster=cluster)

    async def set_desired_count(self, cluster: str, service: str, count: int) -> Service:
        """Have the service run `count` tasks, 0 or more, and return it as ECS then has it.

        No deployment begins. Where Application Auto Scaling moves the service, a count outside its
        bounds does not last, and one within only until a policy thinks otherwise. May be repeated.

        Costs one ecs:UpdateService.

        Raises:
            NotFound: there is no such cluster or service.
            Rejected: the service is being deleted, or AWS does not run so many.
            Forbidden: ecs:UpdateService is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
        """
        if count < 0:
            raise ValueError(f"no service runs {count} tasks")
        reply = await self._call(
            "update_service", cluster=cluster, service=service, desiredCount=count
        )
        return reading.service(reply["service"], cluster=cluster)

    async def running_tasks(self, cluster: str, service: str) -> tuple[Task, ...]:
        """Return the service's tasks whose desired status is RUNNING, old and new ones.

        Costs one ecs:ListTasks and one ecs:DescribeTasks for a hundred tasks.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
        """
        raws = await self._tasks(cluster, service, "RUNNING")
        return tuple(reading.task(raw) for raw in raws)

    async def stopped_tasks(
        self, cluster: str, service: str, *, started_by: str | None = None
    ) -> tuple[StoppedTask, ...]:
        """Return the service's tasks that ended within about the last hour, first ended first.

        `started_by` is a deployment's id. ECS takes it as a filter only by itself, and then shows
        running tasks, so it is applied to what ECS lists of the service. At most 1,000 tasks.

        Costs one ecs:ListTasks and one ecs:DescribeTasks for a hundred tasks.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
        """
        raws = await self._tasks(cluster, service, "STOPPED")
        found = [
            reading.stopped_task(raw)
            for raw in raws
            if started_by is None or raw.get("startedBy") == started_by
        ]
        # Those still stopping have no moment yet and come last.
        found.sort(key=lambda t: t.stopped_at.timestamp() if t.stopped_at else float("inf"))
        return tuple(found)

    async def _tasks(self, cluster: str, service: str, desired_status: str) -> list[Any]:
        arns = await self._pages(
            "list_tasks",
            "taskArns",
            cluster=cluster,
            serviceName=service,
            desiredStatus=desired_status,
        )
        raws: list[Any] = []
        for batch in batches(arns, TASKS_A_CALL):
            reply = await self._call("describe_tasks", cluster=cluster, tasks=batch)
            raws += reply.get("tasks", ())
        return raws
