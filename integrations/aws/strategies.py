"""How ECS is told to replace one revision by the next: the strategy of a deployment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Strategy = Literal["ROLLING", "BLUE_GREEN", "CANARY", "LINEAR"]
TimeoutAction = Literal["ROLLBACK", "CONTINUE"]

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
BAKE_MINUTES_AT_MOST = 1440
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CanaryConfiguration.html
CANARY_PERCENT = (0.1, 100.0)
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html
STEP_PERCENT = (3.0, 100.0)
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html
TIMEOUT_MINUTES = (1, 20160)
HOOK_STAGES = frozenset(
    {"RECONCILE_SERVICE", "PRE_SCALE_UP", "POST_SCALE_UP"}
    | {"TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT"}
    | {"PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"}
    | {"POST_PRODUCTION_TRAFFIC_SHIFT"}
)
"""Where a hook may stand. PRE_PRODUCTION_TRAFFIC_SHIFT comes before every step of canary and
linear.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentLifecycleHook.html
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleHook:
    """A hook a service has, as ECS shows it, with all that is needed to send it again."""

    target_type: str = "AWS_LAMBDA"
    """AWS_LAMBDA or PAUSE."""
    stages: tuple[str, ...] = ()
    timeout_minutes: int | None = None
    """None leaves it to ECS: 1440."""
    timeout_action: str | None = None
    """ROLLBACK, CONTINUE, or None for ECS's own, which is ROLLBACK."""
    target_arn: str | None = None
    role_arn: str | None = None
    details: Any = None
    """What is handed to the function, as it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseHook:
    """Hold the deployment at each of `stages` until `continue_service_deployment`.

    Where nobody answers within the time-out, ECS acts by itself: a dead bot fails safe.
    """

    stages: tuple[str, ...]
    timeout_minutes: int
    timeout_action: TimeoutAction = "ROLLBACK"

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError("a hook without a stage never holds anything")
        for stage in self.stages:
            if stage not in HOOK_STAGES:
                raise ValueError(f"no hook can stand at {stage}")
        _check("timeout_minutes", self.timeout_minutes, *TIMEOUT_MINUTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentConfiguration:
    """What an UpdateService says about how, and nothing about how many.

    What it leaves out of AWS's configuration (percents of a rolling update, circuit breaker,
    alarms) stays as the service has it. `hooks` is the whole list: a hook that is not in it is
    taken away, so hooks of others (`Service.lifecycle_hooks`) are sent along to be kept.

    Raises:
        ValueError: a number is outside AWS's range, or belongs to another strategy.
    """

    strategy: Strategy
    bake_minutes: int | None = None
    """How long both revisions run after the shift; BLUE_GREEN needs it."""
    canary_percent: float | None = None
    """0.1 to 100 by 0.1; None leaves it to ECS: 5."""
    canary_bake_minutes: int | None = None
    """None leaves it to ECS: 10."""
    step_percent: float | None = None
    """3 to 100 by 0.1; None leaves it to ECS: 10."""
    step_bake_minutes: int | None = None
    """None leaves it to ECS: 6. There is none after the last step."""
    hooks: tuple[PauseHook | LifecycleHook, ...] = ()

    def __post_init__(self) -> None:
        self._check_strategy()
        _check("bake_minutes", self.bake_minutes, 0, BAKE_MINUTES_AT_MOST)
        _check("canary_bake_minutes", self.canary_bake_minutes, 0, BAKE_MINUTES_AT_MOST)
        _check("step_bake_minutes", self.step_bake_minutes, 0, BAKE_MINUTES_AT_MOST)
        _check_percent("canary_percent", self.canary_percent, *CANARY_PERCENT)
        _check_percent("step_percent", self.step_percent, *STEP_PERCENT)

    def _check_strategy(self) -> None:
        if self.strategy == "BLUE_GREEN" and self.bake_minutes is None:
            raise ValueError("BLUE_GREEN needs bake_minutes")
        if self.strategy == "ROLLING" and self.bake_minutes is not None:
            raise ValueError("bake_minutes cannot be set for ROLLING: ECS takes it from alarms")
        if self.strategy != "CANARY" and _any(self.canary_percent, self.canary_bake_minutes):
            raise ValueError(f"{self.strategy} has no canary")
        if self.strategy != "LINEAR" and _any(self.step_percent, self.step_bake_minutes):
            raise ValueError(f"{self.strategy} has no steps")


def _any(*values: float | None) -> bool:
    return any(value is not None for value in values)


def _check(name: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not least <= value <= most:
        raise ValueError(f"{name} is {value:g}, and AWS takes {least:g} to {most:g}")


def _check_percent(name: str, value: float | None, least: float, most: float) -> None:
    _check(name, value, least, most)
    if value is not None and abs(value * 10 - round(value * 10)) > 1e-6:
        raise ValueError(f"{name} is {value:g}, and AWS takes multiples of 0.1")


def written(configuration: DeploymentConfiguration) -> dict[str, Any]:
    """Write `deploymentConfiguration` as UpdateService takes it.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
    and, for the hooks, https://github.com/hashicorp/terraform-provider-aws/pull/47096
    """
    of_strategy: dict[str, Mapping[str, Any]] = {
        "canaryConfiguration": _said(
            canaryPercent=configuration.canary_percent,
            canaryBakeTimeInMinutes=configuration.canary_bake_minutes,
        ),
        "linearConfiguration": _said(
            stepPercent=configuration.step_percent,
            stepBakeTimeInMinutes=configuration.step_bake_minutes,
        ),
    }
    return {  # an empty list of hooks must be said: ECS keeps those it has when it is left out
        "strategy": configuration.strategy,
        **_said(bakeTimeInMinutes=configuration.bake_minutes),
        **{name: said for name, said in of_strategy.items() if said},
        "lifecycleHooks": [_hook(hook) for hook in configuration.hooks],
    }


def _hook(hook: PauseHook | LifecycleHook) -> dict[str, Any]:
    timeout = _said(timeoutInMinutes=hook.timeout_minutes, action=hook.timeout_action)
    of_target = (
        {"targetType": "PAUSE"}
        if isinstance(hook, PauseHook)
        else _said(
            targetType=hook.target_type,
            hookTargetArn=hook.target_arn,
            roleArn=hook.role_arn,
            hookDetails=hook.details,
        )
    )
    return {
        **of_target,
        "lifecycleStages": list(hook.stages),
        **({"timeoutConfiguration": timeout} if timeout else {}),
    }


def _said(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
