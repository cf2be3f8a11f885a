"""How a version behaves, which its tag says: `v1.3.0-errors` fails, `v1.3.0-slow` crawls."""

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


class RunningTask(Protocol):
    """An ECS task in state RUNNING, as far as its behaviour goes."""

    @property
    def tag(self) -> str:
        """The tag of the image it runs."""

    @property
    def healthy(self) -> bool:
        """Whether the load balancer sends it traffic."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`error_ratio` is 0 to 1; `slowdown` multiplies every latency."""

    error_ratio: float
    slowdown: float


def behaviour(tag: str, serving_for_s: float) -> Behaviour:
    """Say how the version `tag` behaves once it has had traffic for that long."""
    error_ratio = NORMAL_ERROR_RATIO
    if tag.endswith("-errors"):
        wobble = BAD_ERROR_WOBBLE * math.sin(math.tau * serving_for_s / WOBBLE_PERIOD_S)
        error_ratio = max(
            NORMAL_ERROR_RATIO, (BAD_ERROR_RATIO + wobble) * min(1.0, serving_for_s / RAMP_S)
        )
    return Behaviour(error_ratio, SLOWDOWN if tag.endswith("-slow") else 1.0)
