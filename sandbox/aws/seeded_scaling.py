"""What keeps the number of CredLink's tasks where it is scaled."""

from typing import Any

from sandbox.seeds import SERVICE

CPU_PERCENT = 60.0
REQUESTS_PER_TARGET = 6000.0
SCALE_OUT_COOLDOWN_S, SCALE_IN_COOLDOWN_S = 60, 300


def seed(
    autoscaling: Any, *, cluster: str, bounds: tuple[int, int], balancer: str, target_group: str
) -> None:
    """Have it follow the CPU and the requests; the balancer and its target group are ARNs."""
    place = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{cluster}/{SERVICE}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    smallest, largest = bounds
    autoscaling.register_scalable_target(**place, MinCapacity=smallest, MaxCapacity=largest)
    label = f"{balancer.partition('loadbalancer/')[2]}/{target_group.rpartition(':')[2]}"
    for name, level, metric in (
        ("cpu", CPU_PERCENT, {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}),
        (
            "requests",
            REQUESTS_PER_TARGET,
            {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label},
        ),
    ):
        autoscaling.put_scaling_policy(
            **place,
            PolicyName=f"{cluster}-{name}",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": level,
                "PredefinedMetricSpecification": metric,
                "ScaleOutCooldown": SCALE_OUT_COOLDOWN_S,
                "ScaleInCooldown": SCALE_IN_COOLDOWN_S,
            },
        )
