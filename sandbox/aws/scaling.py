"""Application Auto Scaling over the simulated ECS: bounds, what moves within them, what happened.

Sources: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
and https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
"""

import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.aws.ecs import Ecs
from sandbox.aws.errors import Refused
from sandbox.aws.model import Json, Service

NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
LOOK_EVERY_S = 5.0
"""At pace 1; AWS looks about once a minute."""
COOLDOWN_S = 15.0
"""At pace 1, between two moves of one policy; AWS's default for ECS is five minutes."""
KEPT_ACTIVITIES = 200
CPU_POLICY = "ECSServiceAverageCPUUtilization"
TARGET_TRACKING = "TargetTrackingScaling"

Utilisation = Callable[[str, str, int], float | None]
"""Percent of their CPU that so many tasks of a cluster's service use; None where nobody knows."""


@dataclass(slots=True)
class Activity:
    """Moments are epoch seconds; `wanted` is the count it set, None for one that set nothing."""

    resource: str
    description: str
    cause: str
    started_at: float
    status: str = "InProgress"
    message: str = ""
    wanted: int | None = None
    ended_at: float | None = None
    not_scaled: Json | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(slots=True)
class Target:
    """A scalable target and what was attached to it; policies and schedules as they were put."""

    resource: str
    arn: str
    minimum: int
    maximum: int
    created_at: float
    suspended: dict[str, bool] = field(
        default_factory=lambda: {
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
        }
    )
    policies: dict[str, Json] = field(default_factory=dict)
    schedules: dict[str, Json] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)
    """Newest first."""
    moved_at: float = -math.inf
    is_at_a_bound: bool = False
    """A policy has asked for more than there may be, and it was told."""


class Scaling:
    """That of one account and region. Not thread-safe: its owner holds the world's lock."""

    def __init__(self, ecs: Ecs, *, utilisation: Utilisation) -> None:
        self.ecs = ecs
        self.targets: dict[str, Target] = {}
        self._utilisation = utilisation

    def arn(self, kind: str, rest: str) -> str:
        place = f"{self.ecs.region}:{self.ecs.account}"
        return f"arn:aws:{kind}:{place}:{rest}"

    def service(self, resource: str) -> Service | None:
        """The simulated service that `service/<cluster>/<name>` means."""
        _, cluster, name = resource.split("/")
        found = self.ecs.services.get((cluster, name))
        return found if found is not None and found.status == "ACTIVE" else None

    def target(self, resource: str) -> Target:
        """Return what scales a service.

        Raises:
            Refused: nothing scales it.
        """
        if resource not in self.targets:
            raise Refused(
                "ObjectNotFoundException",
                f"No scalable target registered for namespace: {NAMESPACE}, resource ID: "
                f"{resource}, scalable dimension: {DIMENSION}",
            )
        return self.targets[resource]

    def register(
        self,
        resource: str,
        *,
        minimum: int | None,
        maximum: int | None,
        suspended: dict[str, bool],
    ) -> Target:
        """Begin to scale a service, or change how; what lies outside the bounds moves at once.

        Raises:
            Refused: in AWS's words.
        """
        known = self.targets.get(resource)
        if known is None:
            if self.service(resource) is None:
                raise _invalid(f"ECS service doesn't exist: {resource}")
            if minimum is None or maximum is None:
                raise _invalid(
                    "MinCapacity and MaxCapacity are required to register a new scalable target."
                )
        least = minimum if minimum is not None else known.minimum if known else 0
        most = maximum if maximum is not None else known.maximum if known else 0
        if least > most:
            raise _invalid("Maximum capacity cannot be less than minimum capacity")
        if known is None:
            arn = self.arn("application-autoscaling", f"scalable-target/{uuid.uuid4().hex}")
            known = Target(resource, arn, least, most, self.ecs.now)
            self.targets[resource] = known
            self.ecs.schedule.after(LOOK_EVERY_S, self._keep_looking, known)
        known.minimum, known.maximum = least, most
        known.suspended.update(suspended)
        known.is_at_a_bound = False
        self._into_bounds(known)
        return known

    def _keep_looking(self, target: Target) -> None:
        if self.targets.get(target.resource) is not target:
            return
        self.ecs.schedule.after(LOOK_EVERY_S, self._keep_looking, target)
        service = self.service(target.resource)
        if service is None:
            return
        self._settle(target, service)
        if service.desired:  # of no tasks there are no numbers, so nothing makes it look
            self._into_bounds(target)
            self._track(target, service)

    def _settle(self, target: Target, service: Service) -> None:
        """End the activities under way that came about, or that somebody else undid."""
        for activity in target.activities:
            if activity.status != "InProgress":
                continue
            if service.desired != activity.wanted:
                activity.status, activity.message = "Overridden", "Overridden by a newer change."
                activity.ended_at = self.ecs.now
            elif service.is_steady:
                activity.status, activity.ended_at = "Successful", self.ecs.now
                activity.message = (
                    f"Successfully set desired count to {activity.wanted}. "
                    "Change successfully fulfilled by ecs."
                )

    def _into_bounds(self, target: Target) -> None:
        service = self.service(target.resource)
        if service is None:
            return
        if service.desired < target.minimum:
            cause = f"minimum capacity was set to {target.minimum}"
            self._move(target, service, target.minimum, cause)
        elif service.desired > target.maximum:
            cause = f"maximum capacity was set to {target.maximum}"
            self._move(target, service, target.maximum, cause)

    def _track(self, target: Target, service: Service) -> None:
        """Follow the policies that keep the CPU at a level; others are only shown.

        Not while tasks come and go: AWS takes nothing away in a rollout, and what so many or few
        of them use says little.
        """
        _, cluster, name = target.resource.split("/")
        serving = sum(task.in_service for task in service.tasks)
        used = self._utilisation(cluster, name, serving)
        cooled = self.ecs.now - target.moved_at >= self.ecs.schedule.span(COOLDOWN_S)
        if used is None or not cooled or not service.is_steady:
            return
        for policy in target.policies.values():
            level = _cpu_level(policy)
            if level is not None:
                self._follow(target, service, policy, used / level)

    def _follow(self, target: Target, service: Service, policy: Json, ratio: float) -> None:
        """Have so many tasks that the level is kept; fewer only if it then still is."""
        wanted = math.ceil(service.desired * ratio)
        configuration = policy["TargetTrackingScalingPolicyConfiguration"]
        if wanted > service.desired and not target.suspended["DynamicScalingOutSuspended"]:
            side = "High"
        elif wanted < service.desired and not (
            target.suspended["DynamicScalingInSuspended"] or configuration.get("DisableScaleIn")
        ):
            side = "Low"
        else:
            return
        within = min(max(wanted, target.minimum), target.maximum)
        alarm = next(one["AlarmName"] for one in policy["Alarms"] if side in one["AlarmName"])
        cause = f"monitor alarm {alarm} in state ALARM triggered policy {policy['PolicyName']}"
        if within != service.desired:
            target.is_at_a_bound = False
            self._move(target, service, within, cause)
        elif not target.is_at_a_bound:
            target.is_at_a_bound = True
            self._not_scaled(target, service, side, cause)

    def _move(self, target: Target, service: Service, count: int, cause: str) -> None:
        service.desired, service.is_steady = count, False
        target.moved_at = self.ecs.now
        self._settle(target, service)
        self._tell(
            target,
            Activity(
                resource=target.resource,
                description=f"Setting desired count to {count}.",
                cause=cause,
                started_at=self.ecs.now,
                message=f"Successfully set desired count to {count}. "
                "Waiting for change to be fulfilled by ecs.",
                wanted=count,
            ),
        )

    def _not_scaled(self, target: Target, service: Service, side: str, cause: str) -> None:
        bound = {"High": "Max", "Low": "Min"}[side]
        limit = target.maximum if side == "High" else target.minimum
        self._tell(
            target,
            Activity(
                resource=target.resource,
                description="Attempting to scale due to alarm triggered",
                cause=cause,
                started_at=self.ecs.now,
                ended_at=self.ecs.now,
                status="Failed",
                not_scaled={
                    "Code": f"AlreadyAt{bound}Capacity",
                    f"{bound}Capacity": limit,
                    "CurrentCapacity": service.desired,
                },
            ),
        )

    def _tell(self, target: Target, activity: Activity) -> None:
        target.activities.insert(0, activity)
        del target.activities[KEPT_ACTIVITIES:]


def _cpu_level(policy: Json) -> float | None:
    configuration = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    predefined = configuration.get("PredefinedMetricSpecification", {})
    if predefined.get("PredefinedMetricType") != CPU_POLICY:
        return None
    return float(configuration["TargetValue"])


def _invalid(message: str) -> Refused:
    return Refused("ValidationException", message)
