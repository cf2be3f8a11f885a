"""How often the judge of a bake is wrong, and how soon it is right, beside a plain threshold.

Rollouts whose truth is known (benchmarks/judged_series.py); each seed draws every label once:

    python -m benchmarks.judgement [--seeds 500] [--seed N] [--json FILE] [--quick]
"""

import argparse
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import shape
from benchmarks.judged_series import (
    BAKE_S,
    ERRORS_LIMIT,
    LABELS,
    USUAL_RATES,
    WINDOW_S,
    Rollout,
    Row,
    draw,
)
from bot.domain.judgement import Bake, Judged, Measured, Sample, Traffic, judge_bake
from bot.domain.unit import Unit

TUNED_ON = 1_000_000
"""The constants of bot/domain/judgement*.py were chosen on the seeds from here on …"""
REPORTED_ON = 5_000_000
"""… and the figures are of the seeds from here on, moved by --seed."""
STEADY_AT = datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Ended:
    """What was said of a rollout and when, in minutes after it was steady."""

    judged: Judged
    minutes: float


@dataclass(slots=True)
class Tally:
    """How a judge did with the rollouts of one label."""

    ends: list[Ended]

    def share(self, judged: Judged) -> int:
        return sum(each.judged is judged for each in self.ends)


def main() -> None:
    """Measure, print, and write the figures."""
    options = _arguments()
    seeds = 20 if options.quick else options.seeds
    first = (TUNED_ON if options.tune else REPORTED_ON) + options.seed * 100_000
    started = time.perf_counter()
    ours = {label: Tally([]) for label in LABELS}
    plain = {label: Tally([]) for label in LABELS}
    for label in LABELS:
        for seed in range(first, first + seeds):
            rollout = draw(label, seed)
            ours[label].ends.append(judge(rollout))
            plain[label].ends.append(threshold(rollout))
    _table("the judge", ours)
    _table("a plain threshold: above the limit at two looks in a row", plain)
    figures = {**_figures(ours), **{f"threshold_{k}": v for k, v in _figures(plain).items()}}
    usual = {label: tally for label, tally in ours.items() if LABELS[label].rates is USUAL_RATES}
    figures["inconclusive_from_2_a_second_pct"] = _figures(usual)["inconclusive_pct"]
    figures["rollouts"] = float(seeds * len(LABELS))
    notes = {
        "false_rollbacks_pct": "of rollouts that changed nothing" + _interval(ours, blamed=False),
        "missed_regressions_pct": "of regressions, said good" + _interval(ours, blamed=True),
        "inconclusive_pct": "of all counted: a person is asked",
        "inconclusive_from_2_a_second_pct": "of them, without the labels of low traffic",
        "median_minutes_to_verdict": "of good and bad; a bake lasts 10",
        "threshold_false_rollbacks_pct": _interval(plain, blamed=False).strip(),
        "threshold_missed_regressions_pct": _interval(plain, blamed=True).strip(),
    }
    took = time.perf_counter() - started
    title = f"judgement (seeds {first} to {first + seeds - 1}, each label once; {took:.0f} s)"
    shape.report(title, figures, notes=notes, to=options.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="each draws every label once")
    parser.add_argument("--seed", type=int, default=0, help="moves all seeds")
    parser.add_argument(
        "--tune", action="store_true", help="the seeds the constants were chosen on"
    )
    parser.add_argument("--quick", action="store_true", help="20 seeds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    return parser.parse_args()


def judge(rollout: Rollout) -> Ended:
    """Ask at every look with a new window until there is a verdict.

    Looks between two windows see the same samples, and the judge is pure: they say the same.
    """
    windows = BAKE_S // WINDOW_S
    for seen in range(1, windows + 1):
        judgement = judge_bake(_bake(rollout, seen, is_over=seen == windows))
        if judgement.judged is not None:
            return Ended(judgement.judged, seen * WINDOW_S / 60)
    raise AssertionError("a bake that is over has a verdict")


def _bake(rollout: Rollout, windows: int, *, is_over: bool) -> Bake:
    parts = (rollout.before, rollout.after[:windows], rollout.control[:windows])

    def measured(name: str, unit: Unit, limit: float) -> Measured:
        before, after, control = (_samples(part, name) for part in parts)
        return Measured(
            name=name,
            unit=unit,
            window=timedelta(seconds=WINDOW_S),
            before=before,
            after=after,
            control=control,
            bad_above=limit,
        )

    before, after, control = (_samples(part, "rate") for part in parts)
    return Bake(
        measures=(
            measured("errors", Unit.RATIO, ERRORS_LIMIT),
            measured("p95_s", Unit.SECONDS, rollout.p95_limit_s),
        ),
        traffic=Traffic(before=before, after=after, control=control),
        is_over=is_over,
        length=timedelta(seconds=BAKE_S),
    )


def _samples(rows: Iterable[Row], column: str) -> tuple[Sample, ...]:
    return tuple(
        Sample(STEADY_AT + timedelta(seconds=row.at_s), getattr(row, column)) for row in rows
    )


def threshold(rollout: Rollout) -> Ended:
    """What most tools do: bad when a value is above its limit at two looks in a row."""
    earlier = False
    for row in rollout.looks:
        above = row.errors > ERRORS_LIMIT or row.p95_s > rollout.p95_limit_s
        if above and earlier:
            return Ended(Judged.BAD, row.at_s / 60)
        earlier = above
    return Ended(Judged.GOOD, BAKE_S / 60)


def _figures(tallies: dict[str, Tally]) -> dict[str, float | None]:
    harmless, worse = _counted(tallies, blamed=False), _counted(tallies, blamed=True)
    everything = harmless + worse
    minutes = [each.minutes for each in everything if each.judged is not Judged.INCONCLUSIVE]
    return {
        "false_rollbacks_pct": _percent(harmless, Judged.BAD),
        "missed_regressions_pct": _percent(worse, Judged.GOOD),
        "inconclusive_pct": _percent(everything, Judged.INCONCLUSIVE),
        "median_minutes_to_verdict": shape.percentile(minutes, 50),
        "median_minutes_to_bad": shape.percentile(
            [each.minutes for each in worse if each.judged is Judged.BAD], 50
        ),
    }


def _counted(tallies: dict[str, Tally], *, blamed: bool) -> list[Ended]:
    return [
        each
        for label, tally in tallies.items()
        if LABELS[label].is_counted and LABELS[label].is_regression is blamed
        for each in tally.ends
    ]


def _percent(ends: Sequence[Ended], judged: Judged) -> float | None:
    return 100 * sum(each.judged is judged for each in ends) / len(ends) if ends else None


def _interval(tallies: dict[str, Tally], *, blamed: bool) -> str:
    ends = _counted(tallies, blamed=blamed)
    wrong = Judged.GOOD if blamed else Judged.BAD
    low, high = wilson(sum(each.judged is wrong for each in ends), len(ends))
    return f" (95 %: {100 * low:.2f} to {100 * high:.2f})"


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, z2 = hits / tries, Z95**2
    middle = (share + z2 / (2 * tries)) / (1 + z2 / tries)
    half = Z95 / (1 + z2 / tries) * math.sqrt(share * (1 - share) / tries + z2 / (4 * tries**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def _table(title: str, tallies: dict[str, Tally]) -> None:
    print(f"\n{title}\n")
    print(f"  {'label':<24}{'good':>7}{'bad':>7}{'asks':>7}   {'wrong, 95 %':<18}{'minutes':>7}")
    for label, tally in tallies.items():
        kind, tries = LABELS[label], len(tally.ends)
        shares = [100 * tally.share(judged) / tries for judged in Judged]
        low, high = wilson(tally.share(Judged.GOOD if kind.is_regression else Judged.BAD), tries)
        minutes = shape.percentile([each.minutes for each in tally.ends], 50) or 0.0
        columns = "".join(f"{share:>7.1f}" for share in shares)
        uncounted = "" if kind.is_counted else "  (not counted)"
        wrong = f"{100 * low:.1f} to {100 * high:.1f} %"
        print(f"  {label:<24}{columns}   {wrong:<18}{minutes:>7.1f}{uncounted}")


if __name__ == "__main__":
    main()
