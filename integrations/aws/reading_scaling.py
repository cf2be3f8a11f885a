"""Application Auto Scaling's answers, read into models."""

from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any

from integrations.aws.reading import utc
from integrations.aws.scaling_models import (
    ScalableTarget,
    ScalingActivity,
    ScalingPolicy,
    ScheduledAction,
    Suspension,
)

Raw = Mapping[str, Any]

# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html
PERCENTAGES = {
    "ECSServiceAverageCPUUtilization": "CPU",
    "ECSServiceAverageMemoryUtilization": "memory",
    "ECSServiceCPUUtilization": "CPU",
    "ECSServiceMemoryUtilization": "memory",
}
REQUESTS_PER_TARGET = frozenset({"ALBRequestCountPerTarget", "ALBRequestCount"})


def target(raw: Raw) -> ScalableTarget:
    suspended = raw.get("SuspendedState", {})
    return ScalableTarget(
        minimum=raw["MinCapacity"],
        maximum=raw["MaxCapacity"],
        suspended=Suspension(
            scale_in=suspended.get("DynamicScalingInSuspended", False),
            scale_out=suspended.get("DynamicScalingOutSuspended", False),
            scheduled=suspended.get("ScheduledScalingSuspended", False),
        ),
    )


def policy(raw: Raw) -> ScalingPolicy:
    return ScalingPolicy(
        name=raw["PolicyName"],
        kind=raw["PolicyType"],
        words=_words(raw),
        alarms=tuple(alarm["AlarmName"] for alarm in raw.get("Alarms", ())),
    )


def activity(raw: Raw) -> ScalingActivity:
    return ScalingActivity(
        at=raw["StartTime"].astimezone(UTC),
        description=raw.get("Description", ""),
        cause=raw.get("Cause", ""),
        status=raw["StatusCode"],
        ended_at=utc(raw.get("EndTime")),
        message=raw.get("StatusMessage"),
        not_scaled=tuple(reason["Code"] for reason in raw.get("NotScaledReasons", ())),
    )


def scheduled_action(raw: Raw) -> ScheduledAction:
    action = raw.get("ScalableTargetAction", {})
    return ScheduledAction(
        name=raw["ScheduledActionName"],
        schedule=raw["Schedule"],
        minimum=action.get("MinCapacity"),
        maximum=action.get("MaxCapacity"),
        timezone=raw.get("Timezone"),
        starts_at=utc(raw.get("StartTime")),
        ends_at=utc(raw.get("EndTime")),
    )


def _words(raw: Raw) -> str:
    tracking = raw.get("TargetTrackingScalingPolicyConfiguration")
    if tracking:
        said = _level(tracking)
        return f"{said}, never scales in" if tracking.get("DisableScaleIn") else said
    steps = raw.get("StepScalingPolicyConfiguration")
    if steps:
        return _steps(steps.get("AdjustmentType", ""), steps.get("StepAdjustments", ()))
    predictive = raw.get("PredictiveScalingPolicyConfiguration")
    if predictive:
        levels = " and ".join(_forecast(each) for each in predictive["MetricSpecifications"])
        # ForecastOnly is what AWS takes when no mode was named.
        acts = predictive.get("Mode", "ForecastOnly") == "ForecastAndScale"
        return f"forecast of {levels}" if acts else f"forecast of {levels}, scales nothing"
    return str(raw["PolicyType"])


def _level(tracking: Raw) -> str:
    """What a target tracking policy keeps where."""
    predefined = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
    if predefined is not None:
        return _predefined(predefined, tracking["TargetValue"])
    custom = tracking.get("CustomizedMetricSpecification", {})
    name = custom.get("MetricName") or "an expression of metrics"
    return f"{name} at {tracking['TargetValue']:g}"


def _predefined(metric: str, value: float) -> str:
    if metric in PERCENTAGES:
        return f"{PERCENTAGES[metric]} at {value:g} %"
    if metric in REQUESTS_PER_TARGET:
        return f"{value:g} requests per target"
    return f"{metric} at {value:g}"


def _forecast(specification: Raw) -> str:
    named = next(
        (
            specification[member]["PredefinedMetricType"]
            for member in (
                "PredefinedMetricPairSpecification",
                "PredefinedScalingMetricSpecification",
            )
            if member in specification
        ),
        "an expression of metrics",
    )
    return _predefined(named, specification["TargetValue"])


def _steps(adjustment: str, steps: Iterable[Raw]) -> str:
    sizes = [step["ScalingAdjustment"] for step in steps]
    if adjustment == "ExactCapacity":
        return f"steps to {', '.join(map(str, sizes))} tasks"
    signed = ", ".join(f"{size:+d}".replace("-", "−") for size in sizes)
    return f"steps of {signed} {'%' if adjustment == 'PercentChangeInCapacity' else 'tasks'}"
