"""Builders of bakes: only what matters is said."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.judgement import Bake, Judgement, Measured, Sample, Traffic, judge_bake
from bot.domain.unit import Unit

STEADY_AT = datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=1)

Values = Sequence[float]


def before(values: Values, window: timedelta = WINDOW) -> tuple[Sample, ...]:
    """Samples that end three minutes before the rollout was steady."""
    first = STEADY_AT - timedelta(minutes=3) - window * (len(values) - 1)
    return tuple(Sample(first + window * n, value) for n, value in enumerate(values))


def after(values: Values, window: timedelta = WINDOW) -> tuple[Sample, ...]:
    """Samples that begin one window after the rollout was steady."""
    return tuple(Sample(STEADY_AT + window * (n + 1), value) for n, value in enumerate(values))


def noisy(level: float, count: int, *, noise: float = 0.08, seed: int = 1) -> list[float]:
    """So many values that scatter about this level by this part of it."""
    dice = random.Random(f"{seed}/{level}/{count}")
    return [level * (1 + dice.gauss(0, noise)) for _ in range(count)]


def failing(ratio: float, count: int, *, requests: int, seed: int = 1) -> list[float]:
    """So many windows' share of failed requests, thrown with dice."""
    dice = random.Random(f"{seed}/{ratio}/{count}")
    return [sum(dice.random() < ratio for _ in range(requests)) / requests for _ in range(count)]


def a_latency(old: Values, new: Values, *, control: Values = (), **changed: object) -> Measured:
    return a_measure("latency", Unit.SECONDS, old, new, control=control, bad_above=1.0, **changed)


def errors(old: Values, new: Values, *, control: Values = (), **changed: object) -> Measured:
    return a_measure("errors", Unit.RATIO, old, new, control=control, bad_above=0.01, **changed)


def a_measure(
    name: str,
    unit: Unit,
    old: Values,
    new: Values,
    *,
    control: Values = (),
    window: timedelta = WINDOW,
    **changed: object,
) -> Measured:
    made: Callable[..., Measured] = Measured
    return made(
        name=name,
        unit=unit,
        window=window,
        before=before(old, window),
        after=after(new, window),
        control=after(control, window),
        **changed,
    )


def traffic(
    rate: float,
    old: int,
    new: int,
    *,
    control: float | None = None,
    window: timedelta = WINDOW,
    needed: float | None = None,
) -> Traffic:
    """Even traffic, of so many windows before and after."""
    return Traffic(
        before=before([rate] * old, window),
        after=after([rate] * new, window),
        control=() if control is None else after([control] * new, window),
        needed=needed,
    )


def judged(
    *measures: Measured,
    of: Traffic | None = None,
    is_over: bool = True,
    length: timedelta | None = None,
) -> Judgement:
    return judge_bake(Bake(measures=measures, traffic=of, is_over=is_over, length=length))
