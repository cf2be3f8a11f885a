"""AWS Application Auto Scaling: the bounds it moves a service within."""

from integrations.aws.client import AwsSession
from integrations.aws.side_models import ScalableTarget

SERVICE = "application-autoscaling"
NAMESPACE = "ecs"
DIMENSION = "ecs:service:DesiredCount"


class AutoscalingClient:
    """Application Auto Scaling in one account and region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def describe_scalable_target(self, cluster: str, service: str) -> ScalableTarget | None:
        """Return the bounds of an ECS service, both named without ARN; None if nothing scales it.

        Costs one application-autoscaling:DescribeScalableTargets.

        Raises:
            Forbidden: the permission is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html
        """
        reply = await self._session.call(
            SERVICE,
            "describe_scalable_targets",
            ServiceNamespace=NAMESPACE,
            ResourceIds=[f"service/{cluster}/{service}"],
            ScalableDimension=DIMENSION,
        )
        for raw in reply.get("ScalableTargets", ()):
            suspended = raw.get("SuspendedState", {})
            return ScalableTarget(
                min=raw["MinCapacity"],
                max=raw["MaxCapacity"],
                is_suspended_in=suspended.get("DynamicScalingInSuspended", False),
                is_suspended_out=suspended.get("DynamicScalingOutSuspended", False),
                is_suspended_scheduled=suspended.get("ScheduledScalingSuspended", False),
            )
        return None
