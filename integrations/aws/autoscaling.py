"""AWS Application Auto Scaling: the bounds it moves a service within, and what it did.

Clusters and services are named, or given as the ARNs ECS knows them by.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.aws import reading_scaling as reading
from integrations.aws.client import SYSTEM, AwsSession, batches
from integrations.aws.scaling_models import (
    ScalableTarget,
    ScalingActivity,
    ScalingPolicy,
    ScheduledAction,
    Suspension,
)
from integrations.errors import NotFound

SERVICE = "application-autoscaling"
NAMESPACE = "ecs"
DIMENSION = "ecs:service:DesiredCount"
# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html
RESOURCES_A_CALL = 50
# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingActivities.html
ACTIVITIES_A_CALL = 50
PAGES_AT_MOST = 5
"""No list is followed further: AWS allows 50 policies and 200 scheduled actions a target."""


class AutoscalingClient:
    """Application Auto Scaling in one account and region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def describe_target(self, cluster: str, service: str) -> ScalableTarget | None:
        """Return the bounds of an ECS service; None if nothing scales it.

        Costs one application-autoscaling:DescribeScalableTargets.

        Raises:
            Forbidden: the permission is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html
        """
        return (await self.describe_targets([(cluster, service)])).get((cluster, service))

    async def describe_targets(
        self, pairs: Iterable[tuple[str, str]]
    ) -> Mapping[tuple[str, str], ScalableTarget]:
        """Return the bounds of those services that are scaled, by (cluster, service) as asked.

        Costs one application-autoscaling:DescribeScalableTargets for fifty. Otherwise as
        `describe_target`.
        """
        asked = {pair: _resource(*pair) for pair in pairs}
        found: dict[str, ScalableTarget] = {}
        for resources in batches(asked.values(), RESOURCES_A_CALL):
            raws = await self._pages(
                "describe_scalable_targets", "ScalableTargets", ResourceIds=resources
            )
            found.update((raw["ResourceId"], reading.target(raw)) for raw in raws)
        return {pair: found[resource] for pair, resource in asked.items() if resource in found}

    async def register_target(
        self,
        cluster: str,
        service: str,
        *,
        minimum: int | None = None,
        maximum: int | None = None,
        suspended: Suspension | None = None,
    ) -> None:
        """Move the bounds of a service that is scaled, suspend or resume; None leaves as it is.

        The desired count follows at once where it lies outside the new bounds. May be repeated.
        AWS would begin to scale a service that nothing scales, so the target is looked up first;
        whoever deletes it in between has it made anew.

        Costs one application-autoscaling:DescribeScalableTargets and one
        application-autoscaling:RegisterScalableTarget.

        Raises:
            NotFound: nothing scales this service.
            Rejected: the minimum would be above the maximum, or AWS allows neither.
            Forbidden: one of the two permissions is missing; it is named.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
        """
        if await self.describe_target(cluster, service) is None:
            raise NotFound(
                SYSTEM, "register_scalable_target", f"nothing scales {cluster}/{service}"
            )
        arguments: dict[str, Any] = {}
        if minimum is not None:
            arguments["MinCapacity"] = minimum
        if maximum is not None:
            arguments["MaxCapacity"] = maximum
        if suspended is not None:
            arguments["SuspendedState"] = {
                "DynamicScalingInSuspended": suspended.scale_in,
                "DynamicScalingOutSuspended": suspended.scale_out,
                "ScheduledScalingSuspended": suspended.scheduled,
            }
        await self._call(
            "register_scalable_target", ResourceId=_resource(cluster, service), **arguments
        )

    async def list_policies(self, cluster: str, service: str) -> tuple[ScalingPolicy, ...]:
        """Return what moves a service within its bounds, in AWS's order.

        Costs one application-autoscaling:DescribeScalingPolicies, which also needs
        cloudwatch:DescribeAlarms.

        Raises:
            Forbidden: a permission is missing; it is named.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingPolicies.html
        """
        raws = await self._of("describe_scaling_policies", "ScalingPolicies", cluster, service)
        return tuple(reading.policy(raw) for raw in raws)

    async def list_activities(
        self, cluster: str, service: str, *, at_most: int = 5
    ) -> tuple[ScalingActivity, ...]:
        """Return what autoscaling did of late, newest first, and what it could not do and why.

        AWS keeps six weeks. At most fifty.

        Costs one application-autoscaling:DescribeScalingActivities.

        Raises:
            Forbidden: the permission is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingActivities.html
        """
        reply = await self._call(
            "describe_scaling_activities",
            ResourceId=_resource(cluster, service),
            MaxResults=min(at_most, ACTIVITIES_A_CALL),
            IncludeNotScaledActivities=True,
        )
        return tuple(reading.activity(raw) for raw in reply.get("ScalingActivities", ())[:at_most])

    async def list_scheduled_actions(
        self, cluster: str, service: str
    ) -> tuple[ScheduledAction, ...]:
        """Return the schedules that set a service's bounds: they undo what a person sets.

        Costs one application-autoscaling:DescribeScheduledActions.

        Raises:
            Forbidden: the permission is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScheduledActions.html
        """
        raws = await self._of("describe_scheduled_actions", "ScheduledActions", cluster, service)
        return tuple(reading.scheduled_action(raw) for raw in raws)

    async def _of(self, operation: str, member: str, cluster: str, service: str) -> list[Any]:
        return await self._pages(operation, member, ResourceId=_resource(cluster, service))

    async def _pages(self, operation: str, member: str, /, **arguments: Any) -> list[Any]:
        found: list[Any] = []
        for _ in range(PAGES_AT_MOST):
            reply = await self._call(operation, **arguments)
            found += reply.get(member, ())
            token = reply.get("NextToken")
            if not token:
                break
            arguments["NextToken"] = token
        return found

    async def _call(self, operation: str, /, **arguments: Any) -> Any:
        return await self._session.call(
            SERVICE,
            operation,
            ServiceNamespace=NAMESPACE,
            ScalableDimension=DIMENSION,
            **arguments,
        )


def _resource(cluster: str, service: str) -> str:
    """How Application Auto Scaling calls a service: by names, whatever ECS is asked with."""
    return f"service/{cluster.rpartition('/')[2]}/{service.rpartition('/')[2]}"
