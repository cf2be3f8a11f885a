"""The operations of Application Auto Scaling, for services of ECS; moto is asked for none."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.aws.errors import Refused
from sandbox.aws.model import Json
from sandbox.aws.scaling import DIMENSION, NAMESPACE, TARGET_TRACKING, Activity, Scaling, Target

LISTED_AT_ONCE = 50
_RESOURCE = re.compile(r"service/[^/]+/[^/]+")
KINDS = ("StepScaling", TARGET_TRACKING, "PredictiveScaling")


def register_scalable_target(scaling: Scaling, request: Json) -> Json:
    resource = _resource(request)
    for member in ("MinCapacity", "MaxCapacity"):
        if request.get(member, 0) < 0:
            raise _invalid(f"{member} must not be negative")
    target = scaling.register(
        resource,
        minimum=request.get("MinCapacity"),
        maximum=request.get("MaxCapacity"),
        suspended=request.get("SuspendedState", {}),
    )
    return {"ScalableTargetARN": target.arn}


def deregister_scalable_target(scaling: Scaling, request: Json) -> Json:
    del scaling.targets[scaling.target(_resource(request)).resource]
    return {}


def describe_scalable_targets(scaling: Scaling, request: Json) -> Json:
    _namespace(request)
    wanted = request.get("ResourceIds")
    if wanted is not None and len(wanted) > LISTED_AT_ONCE:
        raise _invalid(f"ResourceIds must have at most {LISTED_AT_ONCE} members")
    shown = [
        {
            **_place(target),
            "MinCapacity": target.minimum,
            "MaxCapacity": target.maximum,
            "RoleARN": scaling.arn("iam", "role/aws-service-role/ecs.application-autoscaling"),
            "CreationTime": target.created_at,
            "SuspendedState": dict(target.suspended),
            "ScalableTargetARN": target.arn,
        }
        for resource, target in scaling.targets.items()
        if wanted is None or resource in wanted
    ]
    return _page("ScalableTargets", shown, request)


def put_scaling_policy(scaling: Scaling, request: Json) -> Json:
    target = scaling.target(_resource(request))
    name, kind = request["PolicyName"], request.get("PolicyType", "StepScaling")
    if kind not in KINDS:
        raise _invalid(f"Value '{kind}' at 'policyType' failed to satisfy enum value set")
    if not request.get(f"{kind}PolicyConfiguration"):
        raise _invalid(f"{kind}PolicyConfiguration is required for a policy of type {kind}")
    known = target.policies.get(name)
    arn = scaling.arn(
        "autoscaling",
        f"scalingPolicy:{uuid.uuid4()}:resource/ecs/{target.resource}:policyName/{name}",
    )
    alarms = [
        f"TargetTracking-{target.resource}-Alarm{side}-{uuid.uuid4()}"
        for side in ("High", "Low")
        if kind == TARGET_TRACKING
    ]
    fresh = {
        "PolicyARN": arn,
        "CreationTime": scaling.ecs.now,
        "Alarms": [
            {"AlarmName": alarm, "AlarmARN": scaling.arn("cloudwatch", f"alarm:{alarm}")}
            for alarm in alarms
        ],
    }
    kept = {key: known[key] for key in fresh} if known else fresh
    target.policies[name] = {**request, **kept, "PolicyType": kind}
    return {"PolicyARN": kept["PolicyARN"], "Alarms": kept["Alarms"]}


def delete_scaling_policy(scaling: Scaling, request: Json) -> Json:
    target = scaling.target(_resource(request))
    if request["PolicyName"] not in target.policies:
        raise Refused("ObjectNotFoundException", f"No scaling policy {request['PolicyName']}")
    del target.policies[request["PolicyName"]]
    return {}


def describe_scaling_policies(scaling: Scaling, request: Json) -> Json:
    policies = [p for target in _asked(scaling, request) for p in target.policies.values()]
    return _page("ScalingPolicies", policies, request)


def put_scheduled_action(scaling: Scaling, request: Json) -> Json:
    target = scaling.target(_resource(request))
    name = request["ScheduledActionName"]
    known = target.schedules.get(name)
    if known is None and not request.get("Schedule"):
        raise _invalid("Schedule is required for a new scheduled action")
    arn = scaling.arn("autoscaling", f"scheduledAction:{uuid.uuid4()}:scheduledActionName/{name}")
    made = {"ScheduledActionARN": arn, "CreationTime": scaling.ecs.now}
    target.schedules[name] = {**made, **(known or {}), **request}
    return {}


def delete_scheduled_action(scaling: Scaling, request: Json) -> Json:
    target = scaling.target(_resource(request))
    name = request["ScheduledActionName"]
    if name not in target.schedules:
        raise Refused("ObjectNotFoundException", f"No scheduled action {name}")
    del target.schedules[name]
    return {}


def describe_scheduled_actions(scaling: Scaling, request: Json) -> Json:
    actions = [a for target in _asked(scaling, request) for a in target.schedules.values()]
    return _page("ScheduledActions", actions, request)


def describe_scaling_activities(scaling: Scaling, request: Json) -> Json:
    """Newest first; what was not scaled only for those who ask for it too."""
    with_all = request.get("IncludeNotScaledActivities", False)
    activities = [
        activity
        for target in _asked(scaling, request)
        for activity in target.activities
        if with_all or activity.not_scaled is None
    ]
    activities.sort(key=lambda activity: activity.started_at, reverse=True)
    return _page("ScalingActivities", [_activity(one) for one in activities], request)


OPERATIONS: Mapping[str, Callable[[Scaling, Json], Json]] = {
    "RegisterScalableTarget": register_scalable_target,
    "DeregisterScalableTarget": deregister_scalable_target,
    "DescribeScalableTargets": describe_scalable_targets,
    "PutScalingPolicy": put_scaling_policy,
    "DeleteScalingPolicy": delete_scaling_policy,
    "DescribeScalingPolicies": describe_scaling_policies,
    "PutScheduledAction": put_scheduled_action,
    "DeleteScheduledAction": delete_scheduled_action,
    "DescribeScheduledActions": describe_scheduled_actions,
    "DescribeScalingActivities": describe_scaling_activities,
}


def _namespace(request: Json) -> None:
    dimension = request.get("ScalableDimension", DIMENSION)
    if request["ServiceNamespace"] != NAMESPACE or dimension != DIMENSION:
        raise _invalid("Unsupported service namespace, resource type or scalable dimension")


def _resource(request: Json) -> str:
    _namespace(request)
    resource = str(request["ResourceId"])
    if _RESOURCE.fullmatch(resource) is None:
        raise _invalid("Unsupported service namespace, resource type or scalable dimension")
    return resource


def _asked(scaling: Scaling, request: Json) -> list[Target]:
    _namespace(request)
    wanted = request.get("ResourceId")
    return [t for resource, t in scaling.targets.items() if wanted in (None, resource)]


def _place(target: Target) -> Json:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.resource,
        "ScalableDimension": DIMENSION,
    }


def _activity(activity: Activity) -> Json:
    shown: Json = {
        "ActivityId": activity.id,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": activity.resource,
        "ScalableDimension": DIMENSION,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": activity.started_at,
        "StatusCode": activity.status,
    }
    if activity.message:
        shown["StatusMessage"] = activity.message
    if activity.ended_at is not None:
        shown["EndTime"] = activity.ended_at
    if activity.not_scaled is not None:
        shown["NotScaledReasons"] = [activity.not_scaled]
    return shown


def _page(key: str, items: Sequence[Any], request: Json) -> Json:
    token = request.get("NextToken") or "0"
    if not token.isdecimal():
        raise Refused("InvalidNextTokenException", "The next token is invalid.")
    first, size = int(token), min(request.get("MaxResults") or LISTED_AT_ONCE, LISTED_AT_ONCE)
    answer: Json = {key: list(items[first : first + size])}
    if first + size < len(items):
        answer["NextToken"] = str(first + size)
    return answer


def _invalid(message: str) -> Refused:
    return Refused("ValidationException", message)
