"""Amazon ECS: services, task definitions, deployments, tasks.

Nothing here is tried again beyond what boto3 does itself for throttling and 5xx.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from integrations.aws import reading
from integrations.aws.client import SYSTEM, AwsSession, batches
from integrations.aws.joined import Joined
from integrations.aws.models import (
    READ_ONLY_FIELDS,
    Service,
    ServiceDeployment,
    ServiceRevision,
    StoppedTask,
    Task,
    TaskDefinition,
)
from integrations.errors import NotFound, Rejected

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
SERVICES_A_CALL = 10
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
TASKS_A_CALL = 100
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html
SERVICE_DEPLOYMENTS_A_CALL = 20
PAGES_AT_MOST = 10
"""No list is followed further: what a person looks at is on the first page."""
JOIN_WINDOW_S = 0.02
"""How long a describe_service waits for company; far below what a person notices."""


class EcsClient:
    """ECS in one account and region."""

    def __init__(self, session: AwsSession, *, join_window_s: float = JOIN_WINDOW_S) -> None:
        self._session = session
        self._services = Joined(self.describe_services, window_s=join_window_s)

    async def describe_service(self, cluster: str, service: str) -> Service:
        """Return the service and every deployment ECS is still running for it.

        ECS answers from an eventually consistent view: for a few seconds after `update_service`
        the new deployment may be missing, so callers compare ids and never just a state.

        Costs a share of one ecs:DescribeServices: callers that ask within 20 ms are joined.

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

    async def update_service(self, cluster: str, service: str, task_definition: str) -> Service:
        """Have the service run `task_definition` (an ARN) and return it with the new deployment.

        Nothing else is sent, above all no desired count: that is autoscaling's. Asking for the
        revision the service already runs starts nothing, so it may be repeated.

        Costs one ecs:UpdateService.

        Raises:
            NotFound: there is no such cluster or service.
            Rejected: the service is being deleted, or cannot run this revision.
            Forbidden: ecs:UpdateService is missing.
            RateLimited, Unavailable: worth another try; a time-out may have started it.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
        """
        if not task_definition.startswith("arn:"):
            raise ValueError(f"not an ARN, so ECS might choose the revision: {task_definition}")
        reply = await self._call(
            "update_service", cluster=cluster, service=service, taskDefinition=task_definition
        )
        return reading.service(reply["service"], cluster=cluster)

    async def list_service_deployments(
        self,
        cluster: str,
        service: str,
        *,
        created_after: datetime | None = None,
        statuses: Iterable[str] = (),
        newest: int = 20,
    ) -> tuple[ServiceDeployment, ...]:
        """Return service deployments, newest first, without what only describing them shows.

        ECS remembers them for 90 days, and none from before 2024-10-25.

        Costs one ecs:ListServiceDeployments for a hundred.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServiceDeployments.html
        """
        arguments: dict[str, Any] = {}
        if created_after is not None:
            arguments["createdAt"] = {"after": created_after}
        if wanted := list(statuses):
            arguments["status"] = wanted
        raws = await self._pages(
            "list_service_deployments",
            "serviceDeployments",
            at_most=newest,
            cluster=cluster,
            service=service,
            maxResults=min(newest, 100),
            **arguments,
        )
        found = [reading.service_deployment(raw) for raw in raws]
        found.sort(key=lambda d: d.created_at.timestamp() if d.created_at else 0.0, reverse=True)
        return tuple(found[:newest])

    async def describe_service_deployments(
        self, arns: Iterable[str]
    ) -> Mapping[str, ServiceDeployment]:
        """Return the service deployments ECS knows, by ARN.

        Costs one ecs:DescribeServiceDeployments for twenty.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html
        """
        found: dict[str, ServiceDeployment] = {}
        for batch in batches(arns, SERVICE_DEPLOYMENTS_A_CALL):
            reply = await self._call("describe_service_deployments", serviceDeploymentArns=batch)
            read = (reading.service_deployment(raw) for raw in reply.get("serviceDeployments", ()))
            found.update((one.arn, one) for one in read)
        return found

    async def describe_service_revisions(
        self, arns: Iterable[str]
    ) -> Mapping[str, ServiceRevision]:
        """Return the service revisions ECS knows, by ARN: what really ran, to the image digest.

        Costs one ecs:DescribeServiceRevisions for twenty.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceRevisions.html
        """
        found: dict[str, ServiceRevision] = {}
        for batch in batches(arns, SERVICE_DEPLOYMENTS_A_CALL):
            reply = await self._call("describe_service_revisions", serviceRevisionArns=batch)
            read = (reading.service_revision(raw) for raw in reply.get("serviceRevisions", ()))
            found.update((one.arn, one) for one in read)
        return found

    async def stop_service_deployment(self, arn: str) -> None:
        """Stop a service deployment and have ECS return to the revision before it.

        Works without a circuit breaker. ABORT is in ECS's model, but its manual calls only
        ROLLBACK valid. May be repeated: a deployment that already stops or has ended is Rejected.

        Costs one ecs:StopServiceDeployment.

        Raises:
            NotFound: ECS does not know it (any more).
            Rejected: it has ended, or cannot be stopped.
            Forbidden: ecs:StopServiceDeployment is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html
        """
        await self._call("stop_service_deployment", serviceDeploymentArn=arn, stopType="ROLLBACK")

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

    async def _pages(
        self, operation: str, member: str, /, *, at_most: int | None = None, **arguments: Any
    ) -> list[Any]:
        """Follow `nextToken` by hand: botocore has no paginator for service deployments."""
        found: list[Any] = []
        for _ in range(PAGES_AT_MOST):
            reply = await self._call(operation, **arguments)
            found += reply.get(member, ())
            token = reply.get("nextToken")
            if not token or (at_most is not None and len(found) >= at_most):
                break
            arguments["nextToken"] = token
        return found

    async def _call(self, operation: str, /, **arguments: Any) -> Any:
        return await self._session.call("ecs", operation, **arguments)

    async def aclose(self) -> None:
        """Drop the questions under way."""
        await self._services.aclose()
