"""How a version behaves, which its tag says: `v1.3.0-errors` fails, `v1.4.0-leak` ever more."""

import math
from dataclasses import dataclass
from typing import Protocol

NORMAL_ERROR_RATIO = 0.001
BAD_ERROR_RATIO = 0.05
BAD_ERROR_WOBBLE = 0.01
# A bad version begins like a good one: the fault shows after a few seconds of traffic.
RAMP_S = 5.0
WOBBLE_PERIOD_S = 20.0
SLOWDOWN = 4.0
# What a leak ends in, and how long it takes to get there: no single minute looks bad.
LEAK_ERROR_RATIO = 0.03
LEAK_FULL_AFTER_S = 60.0


class RunningTask(Protocol):
    """An ECS task in state RUNNING, as far as its behaviour goes."""

    @property
    def tag(self) -> str:
        """The tag of the image it runs."""

    @property
    def traffic_weight(self) -> float:
        """Its share of the service's requests, 0 to 1; 0 for a task that gets none."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`error_ratio` is 0 to 1; `slowdown` multiplies every latency."""

    error_ratio: float
    slowdown: float


def behaviour(tag: str, serving_for_s: float) -> Behaviour:
    """Say how the version `tag` behaves once it has had traffic for that long."""
    return Behaviour(_error_ratio(tag, serving_for_s), SLOWDOWN if tag.endswith("-slow") else 1.0)


def _error_ratio(tag: str, serving_for_s: float) -> float:
    if tag.endswith("-errors"):
        wobble = BAD_ERROR_WOBBLE * math.sin(math.tau * serving_for_s / WOBBLE_PERIOD_S)
        ramp = min(1.0, serving_for_s / RAMP_S)
        return max(NORMAL_ERROR_RATIO, (BAD_ERROR_RATIO + wobble) * ramp)
    if tag.endswith("-leak"):
        leaked = min(1.0, serving_for_s / LEAK_FULL_AFTER_S)
        return NORMAL_ERROR_RATIO + (LEAK_ERROR_RATIO - NORMAL_ERROR_RATIO) * leaked
    return NORMAL_ERROR_RATIO
