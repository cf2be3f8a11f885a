"""One environment's traffic, integrated over time into the counters that Prometheus scrapes."""

import bisect
import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.credlink_api.behaviour import RunningTask, behaviour
from sandbox.credlink_api.lines import Line, LogWriter, OnLines

# Seconds; finer than usual between 0.2 and 3, where this service's latencies lie.
BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, math.inf)
# A log-normal latency whose 95th percentile is 0.3 s.
MEDIAN_LATENCY_S = 0.08
LATENCY_SIGMA = math.log(0.3 / MEDIAN_LATENCY_S) / 1.645
# What the load balancer needs to say that there is nobody behind it.
REFUSED_AFTER_S = 0.002

# No step of the integration is longer, so that a ramp is a ramp after a long gap too.
LONGEST_STEP_S = 1.0
DAY_S = 24 * 3600.0
DAILY_WAVE = 0.1
NOISE = 0.05
CPU_S_PER_REQUEST = 0.004
# Of what went well only some is logged, and of a flood not everything.
SUCCESSES_PER_LINE = 50
MOST_LINES_A_STEP = 20
CPUS = 2

GET, POST = "GET", "POST"
ROUTES = (
    (GET, "/api/v1/cards"),
    (GET, "/api/v1/accounts"),
    (GET, "/api/v1/transactions"),
    (POST, "/api/v1/transactions"),
    (POST, "/api/v1/links"),
)
_ROUTE_WEIGHTS = (40, 25, 20, 10, 5)

# What the load balancer answers itself is no version's; Prometheus reads an empty label as none.
NO_VERSION = ""

Route = tuple[str, str]
# Environment, tag and number of requests that failed.
OnErrors = Callable[[str, str, int], None]


@dataclass(slots=True)
class Histogram:
    """Observations per bucket (not cumulative), and their sum in seconds."""

    buckets: list[int] = field(default_factory=lambda: [0] * len(BUCKETS_S))
    sum_s: float = 0.0

    def observe(self, seconds: float) -> None:
        self.buckets[bisect.bisect_left(BUCKETS_S, seconds)] += 1
        self.sum_s += seconds


@dataclass(frozen=True, slots=True)
class Ailment:
    """What is wrong with every answer, whatever the version."""

    errors: float = 0.0
    """The ratio answered with 500, beside the version's own."""
    refused: float = 0.0
    """The ratio answered with 429."""
    slowdown: float = 1.0


WELL = Ailment()


class Traffic:
    """Requests arrive, tasks share them by weight, and each version answers in its own way.

    `requests` counts by status, method, path and version, `latency` by method, path and version.
    Time is the world's: a caller that lives faster hands in a faster `now`. Errors come evenly
    rather than by chance, so that a short window shows the ratio and not luck.
    """

    def __init__(
        self,
        environment: str,
        *,
        requests_per_s: float,
        running: Callable[[str], Sequence[RunningTask]],
        on_errors: OnErrors | None,
        on_lines: OnLines | None = None,
        now: float,
        seed: int,
    ) -> None:
        self.environment = environment
        # Multiplies the number of requests: 0 is a silent night, 10 is a campaign.
        self.demand = 1.0
        self.ailment = WELL
        self.requests: Counter[tuple[str, str, str, str]] = Counter()
        self.latency: dict[tuple[str, str, str], Histogram] = {}
        self.cpu_busy_s = 0.0
        self.lived_s = 0.0
        self.rate_per_s = requests_per_s
        self.tasks: Sequence[RunningTask] = ()
        self._usual_per_s = requests_per_s
        self._running = running
        self._on_errors = on_errors
        self._on_lines = on_lines
        self._log = LogWriter(seed)
        self._lines: list[Line] = []
        self._random = random.Random(seed)
        self._now = now
        self._owed_requests = 0.0
        self._owed_errors: dict[str, float] = {}
        self._owed_refusals = 0.0
        self._serving_since: dict[str, float] = {}

    def advance(self, now: float) -> None:
        """Let everything happen that happened until `now`, with the tasks that run now."""
        before, self._now = self._now, now
        self.tasks = self._running(self.environment)
        weights: dict[str, float] = {}
        for task in self.tasks:
            self._count_from_zero(task.tag)
            if task.traffic_weight > 0:
                weights[task.tag] = weights.get(task.tag, 0.0) + task.traffic_weight
        self._serving_since = {tag: self._serving_since.get(tag, before) for tag in weights}
        while before < now:
            step_s = min(LONGEST_STEP_S, now - before)
            before += step_s
            self._step(before, step_s, weights)
            self._tell()

    def jitter(self, level: float) -> float:
        """A gauge's value about `level`."""
        return level * self._random.uniform(1 - NOISE, 1 + NOISE)

    def _count_from_zero(self, version: str) -> None:
        """Show a version's series from when it runs, before it has answered anything.

        Prometheus cannot see the growth of a series that appears with a number in it, and an
        error ratio without a series of errors is "no data" rather than nought.
        """
        for method, path in ROUTES:
            for status in ("500", success(method)):
                self.requests.setdefault((status, method, path, version), 0)
            self.latency.setdefault((method, path, version), Histogram())

    def _step(self, now: float, step_s: float, weights: Mapping[str, float]) -> None:
        wave = 1 + DAILY_WAVE * math.sin(math.tau * now / DAY_S)
        self.rate_per_s = self.jitter(self._usual_per_s) * wave * self.demand
        self._owed_requests += self.rate_per_s * step_s
        requests = int(self._owed_requests)
        self._owed_requests -= requests
        self.lived_s += step_s
        self.cpu_busy_s += requests * CPU_S_PER_REQUEST
        routes = self._random.choices(ROUTES, _ROUTE_WEIGHTS, k=requests)
        if not weights:
            for route in routes:
                self._answer(route, NO_VERSION, "503", REFUSED_AFTER_S)
            return
        behaviours = {
            tag: behaviour(tag, now - since) for tag, since in self._serving_since.items()
        }
        failed: Counter[str] = Counter()
        chosen = self._random.choices(tuple(weights), tuple(weights.values()), k=requests)
        for route, tag in zip(routes, chosen, strict=True):
            owed = self._owed_errors.get(tag, 0.0) + behaviours[tag].error_ratio
            owed += self.ailment.errors
            fails = owed >= 1
            self._owed_errors[tag] = owed - fails
            failed[tag] += fails
            usual_s = self._random.lognormvariate(math.log(MEDIAN_LATENCY_S), LATENCY_SIGMA)
            status = "500" if fails else self._refused_or(success(route[0]))
            seconds = usual_s * behaviours[tag].slowdown * self.ailment.slowdown
            self._answer(route, tag, status, seconds)
            self._note(now, route, tag, status, seconds)
        if self._on_errors is not None:
            for tag, count in failed.items():
                if count:
                    self._on_errors(self.environment, tag, count)

    def _refused_or(self, status: str) -> str:
        """`429` for its share of what went well, evenly as errors are."""
        self._owed_refusals += self.ailment.refused
        if self._owed_refusals < 1:
            return status
        self._owed_refusals -= 1
        return "429"

    def _answer(self, route: Route, version: str, status: str, seconds: float) -> None:
        self.requests[(status, *route, version)] += 1
        self.latency.setdefault((*route, version), Histogram()).observe(seconds)

    def _note(self, now: float, route: Route, tag: str, status: str, seconds: float) -> None:
        """Log what failed, and one in so many of those that did not."""
        is_told = status == "500" or self.requests[(status, *route, tag)] % SUCCESSES_PER_LINE == 0
        if is_told and self._on_lines is not None and len(self._lines) < MOST_LINES_A_STEP:
            self._lines.append(self._log.served(now, *route, status, seconds, tag))

    def _tell(self) -> None:
        if self._on_lines is not None and self._lines:
            self._on_lines(self.environment, tuple(self._lines))
        self._lines.clear()


def success(method: str) -> str:
    return "201" if method == POST else "200"
