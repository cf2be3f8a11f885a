"""ECS's service deployments and revisions: what was tried, how far it is, and how to decide it."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

import botocore

from integrations.aws.client import SYSTEM, AwsSession, batches
from integrations.aws.ecs_calls import EcsCalls, Pacing
from integrations.aws.models import ServiceDeployment, ServiceRevision
from integrations.aws.reading_deployments import service_deployment, service_revision
from integrations.errors import Rejected

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html
SERVICE_DEPLOYMENTS_A_CALL = 20
CONTINUE = "continue_service_deployment"
CONTINUE_SINCE = "1.43.40"
"""The first botocore seen with PAUSE hooks and this operation; 1.43.0 has neither."""


class ServiceDeployments(EcsCalls):
    """The calls of EcsClient about service deployments."""

    def __init__(self, session: AwsSession, *, pacing: Pacing) -> None:
        super().__init__(session, pacing=pacing)
        self._deployments = self._joined(self._describe_service_deployments)

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
        found = [service_deployment(raw) for raw in raws]
        found.sort(key=lambda d: d.created_at.timestamp() if d.created_at else 0.0, reverse=True)
        return tuple(found[:newest])

    async def describe_service_deployments(
        self, arns: Iterable[str]
    ) -> Mapping[str, ServiceDeployment]:
        """Return the service deployments ECS knows, by ARN.

        Costs a share of one ecs:DescribeServiceDeployments for twenty: callers that ask together
        are joined, whatever the cluster, and wait up to 0.3 s after the last such question.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html
        """
        wanted = list(dict.fromkeys(arns))
        answers = await asyncio.gather(*(self._deployments.get("", arn) for arn in wanted))
        return {one.arn: one for one in answers if one is not None}

    async def _describe_service_deployments(
        self, _: str, arns: Iterable[str]
    ) -> Mapping[str, ServiceDeployment]:
        found: dict[str, ServiceDeployment] = {}
        for batch in batches(arns, SERVICE_DEPLOYMENTS_A_CALL):
            reply = await self._call("describe_service_deployments", serviceDeploymentArns=batch)
            read = (service_deployment(raw) for raw in reply.get("serviceDeployments", ()))
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
            read = (service_revision(raw) for raw in reply.get("serviceRevisions", ()))
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

    async def continue_service_deployment(
        self, arn: str, hook_id: str, *, action: Literal["CONTINUE", "ROLLBACK"]
    ) -> None:
        """Answer the PAUSE hook at which a service deployment waits: go on, or return.

        May be repeated: every stop has an id of its own (`ServiceDeployment.awaited`), so a second
        answer is Rejected and cannot pass the next stop. Whoever was cut off looks at the hook's
        status to know whether it was his answer that arrived.

        Costs one ecs:ContinueServiceDeployment.

        Raises:
            NotFound: ECS does not know the deployment (any more).
            Rejected: the hook was answered, timed out or is unknown, or the deployment has ended;
                or the installed botocore is older than this operation.
            Forbidden: ecs:ContinueServiceDeployment is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContinueServiceDeployment.html
        """
        try:
            await self._call(CONTINUE, serviceDeploymentArn=arn, hookId=hook_id, action=action)
        except AttributeError as exc:  # botocore makes a client's methods from its model
            if CONTINUE not in str(exc):
                raise
            raise Rejected(
                SYSTEM,
                CONTINUE,
                f"botocore {botocore.__version__} does not know it, {CONTINUE_SINCE} does",
            ) from exc
