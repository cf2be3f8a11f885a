"""What AWS shows of a service's capacity, and asking it for another."""

import asyncio
import re
from collections.abc import Awaitable
from typing import TypeVar

from bot.changes.running import account_of
from bot.domain.place import Place
from bot.domain.scaling.capacity import Bounds, Capacity, Count, Suspended
from bot.domain.scaling.proposal import Activity, Policy, Schedule, Shown
from bot.world import World
from integrations.aws.accounts import Account
from integrations.aws.models import Service
from integrations.aws.scaling_models import ScalableTarget, ScalingActivity, Suspension
from integrations.errors import IntegrationError

T = TypeVar("T")
ACTIVITIES = 4
"""As many as a card shows."""
ACTIVE = "ACTIVE"
_BY_POLICY = re.compile(r"\btriggered policy ([^\s.]+)")


class Gone(Exception):
    """The service is being deleted; the text says so."""


async def look_at(world: World, place: Place) -> tuple[Capacity, Service]:
    """Return the capacity as AWS has it, and the service it was read from.

    Costs one ecs:DescribeServices and one application-autoscaling:DescribeScalableTargets.

    Raises:
        Gone: the service is being deleted.
        IntegrationError: AWS did not answer, or there is no such service (NotFound).
    """
    account, config = account_of(world, place), place.config
    service, target = await asyncio.gather(
        account.ecs.describe_service(config.cluster, config.ecs_service),
        account.autoscaling.describe_target(config.cluster, config.ecs_service),
    )
    if service.status != ACTIVE:
        raise Gone(f"ECS says that {service.name} is {service.status}: it is being deleted.")
    return (Count(count=service.desired) if target is None else _bounds(target)), service


async def look_around(world: World, place: Place) -> Shown:
    """Return what `look_at` does, with what scales the service and what that did of late.

    What only explains is not worth failing for: what could not be read is named. Costs three
    requests more.

    Raises:
        Gone, IntegrationError: as `look_at`.
    """
    capacity, service = await look_at(world, place)
    shown = Shown(
        capacity=capacity,
        desired=service.desired,
        running=service.running,
        pending=service.pending,
        is_rolling_out=is_rolling_out(service),
    )
    if isinstance(capacity, Count):
        return shown
    return await _with_what_scales_it(account_of(world, place), place, shown)


async def _with_what_scales_it(account: Account, place: Place, shown: Shown) -> Shown:
    where = (place.config.cluster, place.config.ecs_service)
    silent: list[str] = []
    policies, activities, schedules = await asyncio.gather(
        _or_none(account.autoscaling.list_policies(*where), "Its scaling policies", silent),
        _or_none(
            account.autoscaling.list_activities(*where, at_most=ACTIVITIES),
            "What autoscaling did of late",
            silent,
        ),
        _or_none(account.autoscaling.list_scheduled_actions(*where), "Its schedules", silent),
    )
    return Shown(
        capacity=shown.capacity,
        desired=shown.desired,
        running=shown.running,
        pending=shown.pending,
        is_rolling_out=shown.is_rolling_out,
        policies=tuple(Policy(name=one.name, words=one.words) for one in policies or ()),
        activities=tuple(map(_activity, activities or ())),
        schedules=tuple(
            Schedule(name=one.name, schedule=one.schedule, minimum=one.minimum, maximum=one.maximum)
            for one in schedules or ()
        ),
        silent=tuple(silent),
    )


async def _or_none(asking: Awaitable[T], what: str, silent: list[str]) -> T | None:
    try:
        return await asking
    except IntegrationError as exc:
        silent.append(f"{what} could not be read: {exc.detail}")
        return None


def is_rolling_out(service: Service) -> bool:
    """Whether ECS replaces tasks of it now."""
    primary = service.primary
    return len(service.deployments) > 1 or (
        primary is not None and primary.rollout_state == "IN_PROGRESS"
    )


async def ask_for(world: World, place: Place, wanted: Capacity) -> None:
    """Have AWS set this capacity, all of it. May be repeated.

    Costs one application-autoscaling:RegisterScalableTarget, or one ecs:UpdateService.

    Raises:
        IntegrationError: AWS did not answer, or refused it.
    """
    account, where = account_of(world, place), (place.config.cluster, place.config.ecs_service)
    if isinstance(wanted, Count):
        await account.ecs.set_desired_count(*where, wanted.count)
        return
    held = wanted.suspended
    await account.autoscaling.register_target(
        *where,
        minimum=wanted.minimum,
        maximum=wanted.maximum,
        suspended=Suspension(
            scale_in=held.scale_in, scale_out=held.scale_out, scheduled=held.scheduled
        ),
    )


def _bounds(target: ScalableTarget) -> Bounds:
    held = target.suspended
    return Bounds(
        minimum=target.minimum,
        maximum=target.maximum,
        suspended=Suspended(
            scale_in=held.scale_in, scale_out=held.scale_out, scheduled=held.scheduled
        ),
    )


def _activity(found: ScalingActivity) -> Activity:
    if found.not_scaled:
        return Activity(at=found.at, words=", ".join(map(_spoken, found.not_scaled)))
    words = found.description.rstrip(".")
    if found.cause:
        words += f", because {_cause(found.cause)}"
    has_failed = found.status in {"Failed", "Unfulfilled"}
    if has_failed and found.message:
        words += f": {found.message}"
    return Activity(at=found.at, words=words, has_failed=has_failed)


def _cause(cause: str) -> str:
    """AWS names the alarm too, which a target tracking policy has named by a UUID."""
    if by_policy := _BY_POLICY.search(cause):
        return f"of policy {by_policy[1]}"
    return f"{cause[0].lower()}{cause[1:]}".rstrip(".")


def _spoken(code: str) -> str:
    return _CODES.get(code, f"nothing was scaled ({code})")


# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_NotScaledReason.html
_CODES = {
    "AlreadyAtMaxCapacity": "more was wanted: it was at its maximum already",
    "AlreadyAtMinCapacity": "less was wanted: it was at its minimum already",
    "AlreadyAtDesiredCapacity": "it was at the wanted count already",
    "AutoScalingAnticipatedFlapping": "it would have gone to and fro",
    "ResourceNotScalable": "AWS could not scale it then",
}
