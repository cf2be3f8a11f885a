"""Elastic Load Balancing: what the load balancer thinks of each target, and what it is made of."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from integrations.aws import reading
from integrations.aws.client import SYSTEM, AwsSession, batches
from integrations.aws.models import TargetHealth
from integrations.aws.refusals import has_code
from integrations.aws.side_models import TargetGroup
from integrations.errors import NotFound, Rejected

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html
NAMES_A_CALL = 20
ARN = "arn:"

T = TypeVar("T")


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

    async def describe_target_groups(
        self, target_groups: Iterable[str]
    ) -> Mapping[str, TargetGroup]:
        """Return the target groups that exist, by the name or ARN they were asked for.

        Costs one elasticloadbalancing:DescribeTargetGroups for twenty names and one for twenty
        ARNs, and where one is not there one for each: AWS then tells nothing of the others.

        Raises:
            Rejected: an ARN is none of a target group.
            Forbidden: elasticloadbalancing:DescribeTargetGroups is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html
        """
        asked = list(target_groups)
        arns = [one for one in asked if one.startswith(ARN)]
        names = [one for one in asked if not one.startswith(ARN)]
        found = await _those_there(arns, self._target_groups_by_arn)
        return {**found, **await _those_there(names, self._target_groups_by_name)}

    async def describe_rules(self, arns: Iterable[str]) -> frozenset[str]:
        """Return those of these listener rules that exist.

        Costs one elasticloadbalancing:DescribeRules for twenty, and where one is not there one
        for each.

        Raises:
            Rejected: an ARN is none of a rule; a listener's is not.
            Forbidden: elasticloadbalancing:DescribeRules is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeRules.html
        """
        return frozenset(await _those_there(arns, self._rules))

    async def _target_groups_by_arn(self, arns: list[str]) -> Mapping[str, TargetGroup]:
        reply = await self._session.call("elbv2", "describe_target_groups", TargetGroupArns=arns)
        return {group.arn: group for group in _target_groups(reply)}

    async def _target_groups_by_name(self, names: list[str]) -> Mapping[str, TargetGroup]:
        reply = await self._session.call("elbv2", "describe_target_groups", Names=names)
        return {group.name: group for group in _target_groups(reply)}

    async def _rules(self, arns: list[str]) -> Mapping[str, Any]:
        try:
            reply = await self._session.call("elbv2", "describe_rules", RuleArns=arns)
        except Rejected as exc:
            if not has_code(exc, "RuleNotFound"):
                raise
            raise NotFound(SYSTEM, exc.operation, exc.detail) from exc
        return {raw["RuleArn"]: raw for raw in reply.get("Rules", ())}

    async def _arn(self, target_group: str) -> str:
        if target_group.startswith(ARN):
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


async def _those_there(
    names: Iterable[str], ask: Callable[[list[str]], Awaitable[Mapping[str, T]]]
) -> dict[str, T]:
    """Ask for all at once, and one by one where AWS says no more than that one is not there."""
    found: dict[str, T] = {}
    for batch in batches(names, NAMES_A_CALL):
        try:
            found.update(await ask(batch))
        except NotFound:
            if len(batch) > 1:
                for name in batch:
                    found.update(await _those_there([name], ask))
    return found


def _target_groups(reply: Mapping[str, Any]) -> list[TargetGroup]:
    return [
        TargetGroup(
            arn=raw["TargetGroupArn"],
            name=raw.get("TargetGroupName", ""),
            port=raw.get("Port"),
            protocol=raw.get("Protocol"),
            target_type=raw.get("TargetType", ""),
            health_path=raw.get("HealthCheckPath"),
            health_port=raw.get("HealthCheckPort"),
            load_balancers=tuple(raw.get("LoadBalancerArns", ())),
        )
        for raw in reply.get("TargetGroups", ())
    ]
