"""Elastic Load Balancing: what the load balancer thinks of each target."""

from integrations.aws import reading
from integrations.aws.client import SYSTEM, AwsSession
from integrations.aws.models import TargetHealth
from integrations.errors import NotFound


class Elbv2Client:
    """Load balancers in one account and region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session
        self._arns: dict[str, str] = {}

    async def describe_target_health(self, target_group: str) -> tuple[TargetHealth, ...]:
        """Return every registered target of a target group, named or by ARN.

        Targets that drain are normal during a rollout. No target at all is an empty answer.

        Costs one elasticloadbalancing:DescribeTargetHealth, and the first time for a name one
        elasticloadbalancing:DescribeTargetGroups.

        Raises:
            NotFound: there is no such target group.
            Forbidden: one of the two permissions is missing; it is named.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
        """
        try:
            reply = await self._session.call(
                "elbv2", "describe_target_health", TargetGroupArn=await self._arn(target_group)
            )
        except NotFound:
            self._arns.pop(target_group, None)  # made anew under the same name, perhaps
            raise
        return tuple(
            reading.target_health(raw) for raw in reply.get("TargetHealthDescriptions", ())
        )

    async def _arn(self, target_group: str) -> str:
        if target_group.startswith("arn:"):
            return target_group
        if target_group not in self._arns:
            reply = await self._session.call(
                "elbv2", "describe_target_groups", Names=[target_group]
            )
            groups = reply.get("TargetGroups", ())
            if not groups:
                raise NotFound(
                    SYSTEM, "describe_target_groups", f"there is no target group {target_group}"
                )
            self._arns[target_group] = groups[0]["TargetGroupArn"]
        return self._arns[target_group]
