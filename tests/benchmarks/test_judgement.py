"""The benchmark of the judge: figures are the seed's, and the series know nothing of the judge."""

import ast
import json
import sys
from pathlib import Path

import pytest

from benchmarks import judged_series, judgement

PROMISED = {
    "false_rollbacks_pct",
    "missed_regressions_pct",
    "inconclusive_pct",
    "median_minutes_to_verdict",
}


def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> dict[str, float]:
    file = tmp_path / "figures.json"
    monkeypatch.setattr(sys, "argv", ["judgement", "--seeds", "2", "--json", str(file), *words])
    judgement.main()
    return json.loads(file.read_text())


def test_the_same_seed_gives_the_same_figures_and_another_moves_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    first = figures(tmp_path, monkeypatch, "--seed", "7")
    again = figures(tmp_path, monkeypatch, "--seed", "7")
    capsys.readouterr()
    figures(tmp_path, monkeypatch, "--seed", "8")

    assert first == again
    assert {f"{part}{name}" for part in ("", "threshold_") for name in PROMISED} <= set(first)
    assert f"seeds {judgement.REPORTED_ON + 800_000}" in capsys.readouterr().out


def test_a_drawn_rollout_is_what_its_label_says():
    rollouts = [judged_series.draw("errors 0.1 % → 5 %", seed) for seed in range(20)]

    def mean(rows: tuple[judged_series.Row, ...]) -> float:
        return sum(row.errors * row.rate for row in rows) / sum(row.rate for row in rows)

    assert sum(mean(each.before) for each in rollouts) / 20 == pytest.approx(0.0015, abs=0.001)
    assert sum(mean(each.after) for each in rollouts) / 20 == pytest.approx(0.05, abs=0.006)


def test_a_quantile_is_interpolated_inside_its_bucket():
    import numpy as np

    bounds, counts = np.array([1.0, 2.0]), np.array([[90, 10, 0], [0, 0, 5], [0, 0, 0]])

    found = judged_series.histogram_quantile(0.95, bounds, counts)

    assert found[:2] == pytest.approx([1.5, 2.0])
    assert np.isnan(found[2])


def test_the_series_are_drawn_without_the_judge():
    tree = ast.parse(Path(judged_series.__file__).read_text())
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or node.names[0].name]
    }

    assert not [name for name in imported if name.split(".")[0] in {"bot", "sandbox"}]


def test_an_interval_holds_the_share_it_is_of():
    low, high = judgement.wilson(5, 100)

    assert low == pytest.approx(0.0215, abs=1e-3)
    assert high == pytest.approx(0.1118, abs=1e-3)
    assert judgement.wilson(0, 500)[0] == 0
