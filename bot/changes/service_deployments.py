"""What ECS keeps of a rollout after its deployment has left the list: the service deployment.

ECS's answers may be seconds old, so one is taken for ours only if it was to run our revision.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile

from bot.domain.place import Place
from integrations.aws.ecs import EcsClient
from integrations.aws.models import ServiceDeployment

CLOCKS_APART = timedelta(minutes=1)
"""How far AWS's clock may be behind ours."""


async def find_service_deployment(
    ecs: EcsClient,
    place: Place,
    task_definition: str,
    *,
    since: datetime,
    named: Iterable[str | None] = (),
    after: str | None = None,
) -> ServiceDeployment | None:
    """Find the newest service deployment of this task definition that began `since` then.

    With `after`, the ARN of one of the same task definition, only those that followed it.

    Costs two calls when one of those `named` is it, and four otherwise.
    """
    arns = [arn for arn in named if arn is not None and arn != after]
    described = await ecs.describe_service_deployments(arns) if arns else {}
    ours = await _of(ecs, described.values(), task_definition)
    if ours is not None:
        return ours
    config = place.config
    listed = await ecs.list_service_deployments(
        config.cluster, config.ecs_service, created_after=since - CLOCKS_APART
    )
    newer = takewhile(lambda one: one.arn != after, listed)
    brief = await _of(ecs, newer, task_definition)
    if brief is None:
        return None
    return (await ecs.describe_service_deployments([brief.arn])).get(brief.arn, brief)


async def _of(
    ecs: EcsClient, some: Iterable[ServiceDeployment], task_definition: str
) -> ServiceDeployment | None:
    # Two of them may lead to one service revision, when the same was deployed once more.
    by_target = [(one.target_revision_arn, one) for one in some if one.target_revision_arn]
    if not by_target:
        return None
    revisions = await ecs.describe_service_revisions(arn for arn, _ in by_target)
    ours = [
        one
        for arn, one in by_target
        if arn in revisions and revisions[arn].task_definition == task_definition
    ]
    return max(ours, key=_began, default=None)


def _began(one: ServiceDeployment) -> float:
    return one.created_at.timestamp() if one.created_at else 0.0
