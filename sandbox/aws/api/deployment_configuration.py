"""What ECS refuses of a deploymentConfiguration, which moto takes whatever it says.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
"""

from collections.abc import Mapping

from sandbox.aws.errors import Refused
from sandbox.aws.model import Json, Strategy

HOOK_STAGES = frozenset(
    {"RECONCILE_SERVICE", "PRE_SCALE_UP", "POST_SCALE_UP"}
    | {"TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"}
    | {"PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT"}
)
PERCENTS = {"canaryPercent": (0.1, 100.0), "stepPercent": (3.0, 100.0)}
BAKE_MINUTES = (0, 1440)
HOOK_TIMEOUT_MINUTES = (1, 20160)
OWN_CONFIGURATION: Mapping[str, Strategy] = {
    "canaryConfiguration": Strategy.CANARY,
    "linearConfiguration": Strategy.LINEAR,
    "earlySuccessCriteria": Strategy.ROLLING,
}
"""Parts that one strategy alone may have."""
NEEDED_TO_SHIFT = ("alternateTargetGroupArn", "productionListenerRule", "roleArn")
DEFAULT_STRATEGY = Strategy.ROLLING.value


def check(asked: Json, before: Json, settings: Json) -> None:
    """Refuse what a service with these `settings` cannot do.

    `asked` is the request's deploymentConfiguration and `before` what the service has, empty for
    a new one.

    Raises:
        Refused: InvalidParameterException that names the field.
    """
    strategy = _strategy(asked.get("strategy") or before.get("strategy") or DEFAULT_STRATEGY)
    for part, owner in OWN_CONFIGURATION.items():
        if part in asked and owner is not strategy:
            raise _invalid(f"{part} is only valid when the deployment strategy is {owner}.")
    _check_numbers(asked)
    for hook in asked.get("lifecycleHooks", []):
        _check_hook(hook)
    if strategy is not Strategy.ROLLING:
        _check_shift(asked, before, settings, strategy)


def _strategy(written: str) -> Strategy:
    if written not in Strategy.__members__:
        raise _invalid(f"strategy must be one of {', '.join(Strategy)}.")
    return Strategy(written)


def _check_numbers(asked: Json) -> None:
    _check_range("bakeTimeInMinutes", asked.get("bakeTimeInMinutes"), *BAKE_MINUTES)
    for part in ("canaryConfiguration", "linearConfiguration"):
        for name, value in asked.get(part, {}).items():
            if name not in PERCENTS:
                _check_range(name, value, *BAKE_MINUTES)
                continue
            _check_range(name, value, *PERCENTS[name])
            if abs(value * 10 - round(value * 10)) > 1e-6:
                raise _invalid(f"{name} must be a multiple of 0.1.")


def _check_hook(hook: Json) -> None:
    kind = hook.get("targetType", "AWS_LAMBDA")
    if kind not in {"AWS_LAMBDA", "PAUSE"}:
        raise _invalid("targetType of a lifecycle hook must be AWS_LAMBDA or PAUSE.")
    for name in ("hookTargetArn", "roleArn") if kind == "AWS_LAMBDA" else ():
        if not hook.get(name):
            raise _invalid(f"{name} is required for a lifecycle hook of type AWS_LAMBDA.")
    stages = hook.get("lifecycleStages")
    if not stages or not HOOK_STAGES.issuperset(stages):
        raise _invalid(f"lifecycleStages must be among {', '.join(sorted(HOOK_STAGES))}.")
    timeout = hook.get("timeoutConfiguration", {})
    _check_range("timeoutInMinutes", timeout.get("timeoutInMinutes"), *HOOK_TIMEOUT_MINUTES)
    if timeout.get("action", "ROLLBACK") not in {"ROLLBACK", "CONTINUE"}:
        raise _invalid("action of a timeoutConfiguration must be ROLLBACK or CONTINUE.")


def _check_shift(asked: Json, before: Json, settings: Json, strategy: Strategy) -> None:
    """Refuse to shift traffic where there is nowhere to shift it, or nobody who may."""
    if settings["deploymentController"]["type"] != "ECS":
        raise _invalid(f"{strategy} needs the deploymentController ECS.")
    is_new = before.get("strategy") != strategy
    if strategy is Strategy.BLUE_GREEN and is_new and "bakeTimeInMinutes" not in asked:
        raise _invalid("bakeTimeInMinutes is required when the strategy is BLUE_GREEN.")
    balancers = settings.get("loadBalancers", [])
    if not balancers and "serviceConnectConfiguration" not in settings:
        raise _invalid(f"{strategy} needs loadBalancers or a serviceConnectConfiguration.")
    for balancer in balancers:
        advanced = balancer.get("advancedConfiguration", {})
        missing = [name for name in NEEDED_TO_SHIFT if not advanced.get(name)]
        if missing:
            raise _invalid(
                f"advancedConfiguration of loadBalancers must have {', '.join(missing)} "
                f"when the deployment strategy is {strategy}."
            )


def _check_range(name: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not least <= value <= most:
        raise _invalid(f"{name} must be between {least} and {most}.")


def _invalid(message: str) -> Refused:
    return Refused("InvalidParameterException", message)
