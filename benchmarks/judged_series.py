"""Rollouts whose truth is known, as raw series; this file knows nothing of the judge.

A service answers requests in slots of ten seconds: Poisson arrivals whose rate wanders, errors that
are overdispersed and come in bursts, heavy-tailed latencies counted into histogram buckets. What a
query shows is then what Prometheus would show of it: a ratio of two rates, a quantile interpolated
inside a bucket.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.special import ndtr

Numbers = NDArray[np.float64]

SLOT_S = 10
WINDOW_S = 60
BAKE_S = 600
LOOK_S = 30
BEFORE_S = 3600
ROLLING_S = 180
"""Between the deploy's start and its being steady both versions answer: nobody judges by that."""
BUCKETS_S = (
    # client_python's default, https://prometheus.github.io/client_python/instrumenting/histogram/
    (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
    # Finer where the service's limit lies, as Prometheus advises.
    (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0),
)
USUAL_RATES = (2.0, 5.0, 20.0, 60.0, 300.0)
LOW_RATES = (0.3, 0.6, 1.2)
ERRORS_LIMIT = 0.01
QUANTILE = 0.95


class Row(NamedTuple):
    """What the queries show at one moment, seconds from steady; NaN where they show nothing."""

    at_s: float
    rate: float
    errors: float
    p95_s: float


@dataclass(slots=True, kw_only=True)
class World:
    """One service's ways, drawn anew for each rollout. `errors` and `latency` act on all versions,
    `new_errors` and `new_latency` on the new one; each is a factor or ratio for every slot."""

    rng: np.random.Generator
    at_s: Numbers
    """Start of each slot, seconds from steady."""
    rate: float
    load: Numbers
    errors: Numbers
    latency: Numbers
    new_errors: Numbers
    new_latency: Numbers
    usual_p95_s: float
    sigma: float
    """Of the latencies' log-normal body."""
    buckets: Numbers
    overdispersion: float = 0.5
    bursts_an_hour: float = 0.5
    wander: float = 0.06
    lost: float = 0.0
    """The share of windows that Prometheus cannot show."""
    new_share: float | None = None
    """Of a canary: the new version's share of the requests."""

    @property
    def after(self) -> NDArray[np.bool_]:
        return self.at_s >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One labelled rollout, as the queries show it."""

    label: str
    is_regression: bool
    is_counted: bool
    """Whether the aims speak of it."""
    rate: float
    before: tuple[Row, ...]
    after: tuple[Row, ...]
    control: tuple[Row, ...]
    looks: tuple[Row, ...]
    """The new version at every look: what a threshold sees."""
    p95_limit_s: float


Effect = Callable[[World], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A kind of rollout: what happens in it, and whether the deploy is to blame."""

    effects: tuple[Effect, ...] = ()
    is_regression: bool = False
    is_counted: bool = True
    rates: tuple[float, ...] = USUAL_RATES
    is_canary: bool = False


def draw(label: str, seed: int) -> Rollout:
    """Draw the rollout of this label and seed; the same arguments give the same rollout."""
    kind = LABELS[label]
    world = _a_world(np.random.default_rng([seed, list(LABELS).index(label)]), kind)
    for effect in kind.effects:
        effect(world)
    wander = world.latency * np.exp(_wandering(world, world.wander))
    bursts = _bursts(world)
    arrivals = world.rate * world.load * np.exp(_wandering(world, 0.15))
    drifting = world.errors * np.exp(_wandering(world, 0.2))
    after = world.after
    new, old = world.new_share or 1.0, 1 - (world.new_share or 0.0)
    main = _shown(
        world,
        arrivals * np.where(after, new, 1.0),
        np.maximum(drifting, np.where(after, world.new_errors, 0)) + bursts * 0.08,
        wander * np.where(after, world.new_latency, 1.0) * (1 + bursts),
    )
    control = _shown(world, arrivals * old, drifting + bursts * 0.08, wander * (1 + bursts))
    ends = np.arange(WINDOW_S, BAKE_S + 1, WINDOW_S)
    before = np.arange(-ROLLING_S - BEFORE_S + WINDOW_S, -ROLLING_S + 1, WINDOW_S)
    lost = _lost(world, len(before) + len(ends))
    kept_before, kept_after = ~lost[: len(before)], ~lost[len(before) :]
    looks = np.arange(WINDOW_S, BAKE_S + 1, LOOK_S)
    unseen = np.repeat(~kept_after, 2)[: len(looks)]
    headroom = world.rng.uniform(1.3, 3.0)
    return Rollout(
        label=label,
        is_regression=kind.is_regression,
        is_counted=kind.is_counted,
        rate=world.rate,
        before=main(before, kept_before),
        after=main(ends, kept_after),
        control=control(ends, kept_after) if kind.is_canary else (),
        looks=main(looks, ~unseen),
        p95_limit_s=world.usual_p95_s * headroom,
    )


def _a_world(rng: np.random.Generator, kind: Label) -> World:
    at_s = np.arange(-ROLLING_S - BEFORE_S, BAKE_S, SLOT_S, dtype=np.float64)
    ones = np.ones(len(at_s))
    daily = 1 + 0.1 * np.sin(2 * np.pi * (at_s / 86400 + rng.uniform()))
    return World(
        rng=rng,
        at_s=at_s,
        rate=float(rng.choice(kind.rates)),
        load=daily,
        errors=ones * 0.001,
        latency=ones.copy(),
        new_errors=ones * 0,
        new_latency=ones.copy(),
        usual_p95_s=math.exp(rng.uniform(math.log(0.12), math.log(0.6))),
        sigma=float(rng.uniform(0.5, 0.9)),
        buckets=np.array(BUCKETS_S[int(rng.integers(len(BUCKETS_S)))]),
        new_share=float(rng.choice([0.1, 0.25, 0.5])) if kind.is_canary else None,
    )


def _wandering(world: World, deviation: float, minutes: float = 5.0) -> Numbers:
    """A level that wanders about zero, forgetting itself within these minutes."""
    keep = math.exp(-SLOT_S / (minutes * 60))
    steps = world.rng.normal(size=len(world.at_s)) * deviation * math.sqrt(1 - keep**2)
    steps[0] = world.rng.normal() * deviation
    wandered: Numbers = lfilter([1.0], [1.0, -keep], steps)
    return wandered


def _bursts(world: World) -> Numbers:
    """Hiccups of a dependency: for 10 to 60 s a share of the requests fails and all are slower."""
    strength = np.zeros(len(world.at_s))
    hours = len(world.at_s) * SLOT_S / 3600
    for _ in range(int(world.rng.poisson(world.bursts_an_hour * hours))):
        start = int(world.rng.integers(len(strength)))
        strength[start : start + int(world.rng.integers(1, 7))] += world.rng.uniform(0.2, 2.0)
    return strength


def _lost(world: World, windows: int) -> NDArray[np.bool_]:
    """Windows that cannot be shown: single ones, and one outage of the monitoring itself."""
    lost = world.rng.uniform(size=windows) < world.lost
    if world.lost:
        start = int(world.rng.integers(windows))
        lost[start : start + int(world.rng.integers(2, 5))] = True
    return lost


Shown = Callable[[Numbers, NDArray[np.bool_]], tuple[Row, ...]]


def _shown(world: World, arrivals: Numbers, errors: Numbers, latency: Numbers) -> Shown:
    """What rate() over one window shows at given moments."""
    requests = world.rng.poisson(arrivals * SLOT_S)
    shape = 1 / world.overdispersion**2
    uneven = world.rng.gamma(shape, 1 / shape, size=len(requests))
    failed = world.rng.binomial(requests, np.clip(errors * uneven, 0, 1))
    counts = world.rng.multinomial(requests, _shares(world, latency))
    sums = np.cumsum(np.column_stack([requests, failed, counts]), axis=0)
    sums = np.vstack([np.zeros(sums.shape[1]), sums])

    def rows(ends: Numbers, kept: NDArray[np.bool_]) -> tuple[Row, ...]:
        last = ((ends - world.at_s[0]) / SLOT_S).astype(int)
        inside = sums[last] - sums[last - WINDOW_S // SLOT_S]
        seen, lost = inside[:, 0], inside[:, 1]
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = lost / seen
        quantiles = histogram_quantile(QUANTILE, world.buckets, inside[:, 2:])
        columns = np.column_stack([ends, seen / WINDOW_S, ratio, quantiles])
        columns[~kept, 1:] = math.nan
        return tuple(Row(*map(float, row)) for row in columns)

    return rows


def _shares(world: World, latency: Numbers) -> Numbers:
    """How likely each bucket is, slot by slot: a log-normal body with a Pareto tail of 3 %."""
    median = world.usual_p95_s / math.exp(1.645 * world.sigma)
    relative = world.buckets[None, :] / (median * latency[:, None])
    body = ndtr(np.log(relative) / world.sigma)
    tail = np.where(relative > 3, 1 - (3 / np.maximum(relative, 3)) ** 1.5, 0.0)
    below = np.column_stack([0.97 * body + 0.03 * tail, np.ones(len(latency))])
    shares: Numbers = np.diff(below, axis=1, prepend=0)
    return shares / shares.sum(axis=1, keepdims=True)


def histogram_quantile(quantile: float, bounds: Numbers, counts: Numbers) -> Numbers:
    """Prometheus' function on rows of bucket counts; the last column is above every bound.

    Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
    """
    reached = np.cumsum(counts, axis=1)
    rank = quantile * reached[:, -1]
    bucket = np.argmax(reached >= rank[:, None], axis=1)
    row = np.arange(len(counts))
    inside = np.minimum(bucket, len(bounds) - 1)
    start = np.where(inside == 0, 0.0, bounds[inside - 1])
    under = np.where(inside == 0, 0.0, reached[row, inside - 1])
    with np.errstate(invalid="ignore", divide="ignore"):
        value = start + (bounds[inside] - start) * (rank - under) / counts[row, inside]
    value = np.where(bucket >= len(bounds), bounds[-1], value)
    return np.where(reached[:, -1] == 0, math.nan, value)


def _errors_to(ratio: float) -> Effect:
    def effect(world: World) -> None:
        world.new_errors[:] = ratio

    return effect


def _latency_times(factor: float) -> Effect:
    def effect(world: World) -> None:
        world.new_latency[:] = factor

    return effect


def _either(one: Effect, other: Effect) -> Effect:
    def effect(world: World) -> None:
        (one if world.rng.uniform() < 0.5 else other)(world)

    return effect


def _slow_drift(world: World) -> None:
    hours = (world.at_s - world.at_s[0]) / 3600
    if world.rng.uniform() < 0.5:
        world.latency *= world.rng.uniform(1.2, 2) ** hours
    else:
        world.errors *= world.rng.uniform(1.5, 4) ** hours


def _daily_cycle(world: World) -> None:
    """A day of 60 % up and down, at any hour; latency and errors follow the load."""
    world.load = 1 + 0.6 * np.sin(2 * np.pi * (world.at_s / 86400 + world.rng.uniform()))
    world.latency *= world.load**0.7
    world.errors *= world.load


def _noisy(world: World) -> None:
    world.overdispersion, world.wander, world.bursts_an_hour = 1.5, 0.12, 1.0


def _gaps(world: World) -> None:
    world.lost = float(world.rng.uniform(0.1, 0.4))


def _changed_before(world: World) -> None:
    since = world.at_s >= -ROLLING_S - 60 * world.rng.uniform(4, 45)
    if world.rng.uniform() < 0.5:
        world.errors[since] = world.rng.uniform(0.01, 0.05)
    else:
        world.latency[since] *= world.rng.uniform(1.5, 3)


def _changed_for_both(world: World) -> None:
    """Something else breaks while a canary runs: the old version suffers as well."""
    since = world.at_s >= world.rng.uniform(-60, 120)
    if world.rng.uniform() < 0.5:
        world.errors[since] = world.rng.uniform(0.01, 0.05)
    else:
        world.latency[since] *= world.rng.uniform(1.5, 3)


def _growing(world: World) -> None:
    grown = np.clip(world.at_s / BAKE_S, 0, 1)
    if world.rng.uniform() < 0.5:
        world.new_errors = grown * 0.02
    else:
        world.new_latency = 1 + grown


_TO_1, _TO_5 = _errors_to(0.01), _errors_to(0.05)
_X1_5, _X3 = _latency_times(1.5), _latency_times(3)

LABELS: dict[str, Label] = {
    "no change": Label(),
    "errors 0.1 % → 1 %": Label(effects=(_TO_1,), is_regression=True),
    "errors 0.1 % → 5 %": Label(effects=(_TO_5,), is_regression=True),
    "latency ×1.5": Label(effects=(_X1_5,), is_regression=True),
    "latency ×3": Label(effects=(_X3,), is_regression=True),
    "slow drift": Label(effects=(_slow_drift,)),
    "daily cycle": Label(effects=(_daily_cycle,)),
    "gaps": Label(effects=(_gaps,)),
    "gaps, worse": Label(effects=(_gaps, _either(_TO_1, _X1_5)), is_regression=True),
    "changed before": Label(effects=(_changed_before,)),
    "low traffic": Label(effects=(_noisy,), rates=LOW_RATES),
    "low traffic, worse": Label(
        effects=(_noisy, _either(_TO_1, _X1_5)), rates=LOW_RATES, is_regression=True
    ),
    "canary": Label(is_canary=True),
    "canary, both worse": Label(effects=(_changed_for_both,), is_canary=True),
    "canary, errors → 1 %": Label(effects=(_TO_1,), is_regression=True, is_canary=True),
    "canary, latency ×1.5": Label(effects=(_X1_5,), is_regression=True, is_canary=True),
    "grows from the deploy": Label(effects=(_growing,), is_regression=True, is_counted=False),
}
"""Every kind of rollout, in the order of the table; a seed draws each of them."""
