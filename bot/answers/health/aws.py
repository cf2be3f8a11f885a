"""What AWS says of a place: its service, its tasks by zone, targets, bounds, alarms."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any

from bot.cards.aws_console import alarms_page, target_group_page
from bot.domain.definition import NoSuchContainer, container_named
from bot.domain.health import Part
from bot.domain.health.facts import Alarms, AlarmSeen, Scaling, Targets, Tasks, Version
from bot.domain.image import read_image
from bot.domain.place import Place
from bot.domain.plan import revision_name
from bot.world import World
from integrations.aws.accounts import Account
from integrations.aws.client import SYSTEM
from integrations.aws.cloudwatch_models import MetricAlarm
from integrations.aws.models import Deployment, TargetHealth
from integrations.errors import IntegrationError, Unavailable

TAG_VERSION = "credlink:version"
"""On each revision the bot registers: the image tag its digest was found under."""
WELL = frozenset({"healthy", "initial", "draining", "unused"})
"""A target that starts or drains is normal during a rollout, an unused one serves nobody."""
ECS_SAYS_WITHIN_S = 1.0
"""Which target groups there are; the catalogue may know one, and the other second is for asking."""
RUNNING = "RUNNING"
OK, ALARM = "OK", "ALARM"


def account_of(world: World, place: Place) -> Account:
    """AWS, as the catalogue says this place is reached."""
    return world.aws.account(place.config.region, place.config.role)


async def tasks(world: World, place: Place, seen: Version | None) -> dict[str, Any]:
    """The service as ECS has it now; `seen` is what our rows call what they saw.

    Costs a share of one ecs:DescribeServices, and one ecs:DescribeTaskDefinition for a revision
    nobody has looked at before.

    Raises:
        IntegrationError: AWS did not answer, or there is no such service.
    """
    account, config = account_of(world, place), place.config
    service = await account.ecs.describe_service(config.cluster, config.ecs_service)
    primary = service.primary
    version = Version(name=revision_name(service.task_definition))
    if primary is not None:
        version = await _version(world, place, account, primary, seen)
    older = [d for d in service.deployments if d is not primary]
    return {
        "tasks": Tasks(
            version=version,
            desired=service.desired,
            running=service.running,
            pending=service.pending,
            older=sum(d.running for d in older),
            rollout=primary.rollout_state if primary is not None else None,
            rollout_reason=primary.rollout_reason if primary is not None else "",
        )
    }


async def _version(
    world: World, place: Place, account: Account, primary: Deployment, seen: Version | None
) -> Version:
    """What people call the primary deployment's revision; ours is known, others' is looked up."""
    arn = primary.task_definition
    revision = revision_name(arn)
    if seen is not None and seen.revision == revision:
        return Version(
            name=seen.name, digest=seen.digest, revision=revision, since=primary.created_at
        )
    try:
        if arn not in world.definitions:
            world.definitions[arn] = await account.ecs.describe_task_definition(arn)
        definition = world.definitions[arn]
        container = container_named(definition.raw, place.config.container)
    except (IntegrationError, NoSuchContainer):  # a name is not worth failing for
        return Version(name=revision, revision=revision, since=primary.created_at)
    image = read_image(container["image"])
    name = image.tag or definition.tags.get(TAG_VERSION) or world.versions.get(image.digest or "")
    return Version(
        name=name or revision, digest=image.digest, revision=revision, since=primary.created_at
    )


async def zones(world: World, place: Place) -> dict[str, Any]:
    """The running tasks by availability zone.

    Costs one ecs:ListTasks and one ecs:DescribeTasks for a hundred tasks.
    """
    config = place.config
    found = await account_of(world, place).ecs.running_tasks(config.cluster, config.ecs_service)
    counted = Counter(
        task.availability_zone
        for task in found
        if task.last_status == RUNNING and task.availability_zone is not None
    )
    return {"zones": dict(counted)}


async def targets(world: World, place: Place) -> dict[str, Any]:
    """Every target of the service, whichever of its groups has the traffic.

    Costs a share of one ecs:DescribeServices, and for each group one
    elasticloadbalancing:DescribeTargetHealth.
    """
    account = account_of(world, place)
    groups = await _groups(account, place)
    looks = await asyncio.gather(*map(account.elbv2.describe_target_health, groups))
    found = [target for look in looks for target in look]
    if not groups:
        return {"targets": None}
    troubles = Counter(_trouble(target) for target in found if target.state not in WELL)
    return {
        "targets": Targets(
            states=dict(Counter(target.state for target in found)),
            troubles=tuple(
                f"{words} (×{number})" if number > 1 else words
                for words, number in troubles.most_common()
            ),
        ),
        "links": {Part.TARGETS.value: target_group_page(place.config.region, groups[0])}
        if groups[0].startswith("arn:")
        else {},
    }


async def _groups(account: Account, place: Place) -> tuple[str, ...]:
    """The service's own, alternates too: after a shift either of a pair serves."""
    config = place.config
    try:
        async with asyncio.timeout(ECS_SAYS_WITHIN_S):
            service = await account.ecs.describe_service(config.cluster, config.ecs_service)
    except (IntegrationError, TimeoutError):
        if config.target_group is None:
            why = "ECS did not say which target groups the service has"
            raise Unavailable(SYSTEM, "describe_services", why) from None
        return (config.target_group,)
    alternates = [one.alternate_target_group for one in service.balancers]
    return tuple(dict.fromkeys([*service.target_groups, *filter(None, alternates)]))


def _trouble(target: TargetHealth) -> str:
    return " ".join(filter(None, [target.reason or target.state, target.description])).strip()


async def scaling(world: World, place: Place) -> dict[str, Any]:
    """The bounds autoscaling moves the service within; None where nothing scales it.

    Costs one application-autoscaling:DescribeScalableTargets.
    """
    config = place.config
    target = await account_of(world, place).autoscaling.describe_target(
        config.cluster, config.ecs_service
    )
    if target is None:
        return {"scaling": None}
    return {
        "scaling": Scaling(
            minimum=target.minimum,
            maximum=target.maximum,
            is_suspended=target.suspended.is_any,
        )
    }


async def alarms(world: World, place: Place, prefix: str) -> dict[str, Any]:
    """The place's CloudWatch alarms, which are those whose names begin so.

    Costs one cloudwatch:DescribeAlarms for a hundred.
    """
    found = await account_of(world, place).cloudwatch.list_alarms(prefix)
    return {
        "alarms": Alarms(
            well=sum(alarm.state == OK for alarm in found),
            raised=_seen(alarm for alarm in found if alarm.state == ALARM),
            silent=_seen(alarm for alarm in found if alarm.state not in {OK, ALARM}),
        ),
        "links": {Part.ALARMS.value: alarms_page(place.config.region, prefix)},
    }


def _seen(alarms: Iterable[MetricAlarm]) -> tuple[AlarmSeen, ...]:
    return tuple(AlarmSeen(alarm.name, alarm.since) for alarm in alarms)
