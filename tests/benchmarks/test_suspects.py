"""The benchmark of suspects: figures are the seed's, and what is made knows nothing of the bot."""

import ast
import json
import sys
from pathlib import Path

import pytest

from benchmarks import made_incidents, suspects

PROMISED = {"first_suspect_right_pct", "suspect_where_none_pct"}


def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> dict[str, float]:
    file = tmp_path / "figures.json"
    monkeypatch.setattr(sys, "argv", ["suspects", "--seeds", "4", "--json", str(file), *words])
    suspects.main()
    return json.loads(file.read_text())


def test_the_same_seed_gives_the_same_figures_and_another_moves_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    first = figures(tmp_path, monkeypatch, "--seed", "7")
    again = figures(tmp_path, monkeypatch, "--seed", "7")
    capsys.readouterr()
    figures(tmp_path, monkeypatch, "--seed", "8")

    assert first == again
    assert set(first) >= PROMISED
    assert f"seeds {suspects.REPORTED_ON + 800_000}" in capsys.readouterr().out


def test_what_makes_the_incidents_imports_nothing_of_the_bot():
    tree = ast.parse(Path(made_incidents.__file__).read_text())
    imported = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert not [name for name in imported if name.split(".")[0] not in sys.stdlib_module_names]


def test_a_made_incident_is_what_its_label_says():
    for label in made_incidents.LABELS:
        for seed in range(5):
            incident = made_incidents.draw(label, seed)
            has_cause = not label.startswith(("none", "dependency"))
            assert (incident.culprit is not None) == has_cause
            assert all(at <= incident.fired for at, _ in incident.values)
            if incident.culprit is not None:
                assert incident.acts[incident.culprit].at < incident.fired


def test_the_first_suspect_is_right_nearly_always_and_rarely_named_where_there_is_none():
    found = suspects.figures(
        suspects.measure(range(suspects.REPORTED_ON, suspects.REPORTED_ON + 25))
    )

    assert (found["incidents"] or 0) >= 300
    assert (found["first_suspect_right_pct"] or 0) >= 92
    assert (found["suspect_where_none_pct"] or 100) <= 9
