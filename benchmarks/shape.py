"""The one shape of every benchmark: a table for people, `--quick`, and `--json FILE` for machines.

A key that a run could not reach is null, never a guess. Nothing here passes or fails by the clock.
"""

import argparse
import json
import math
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

Figures = Mapping[str, float | None]


def arguments(description: str) -> argparse.Namespace:
    """Read `--quick` (under 45 s) and `--json FILE`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, under 45 s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    return parser.parse_args()


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The nearest-rank percentile; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def report(title: str, figures: Figures, *, notes: Mapping[str, str], to: Path | None) -> None:
    """Print the figures as a table, and write them as JSON where asked."""
    print(f"\n{title} · Python {platform.python_version()} on {platform.machine()}\n")
    width = max(map(len, figures))
    for name, value in figures.items():
        said = "–" if value is None else f"{value:,.1f}"
        print(f"  {name:<{width}}  {said:>10}  {notes.get(name, '')}")
    if to is not None:
        to.write_text(json.dumps(dict(figures), indent=2) + "\n")
