"""The one shape of benchmarks: a table, JSON with nulls for what was not reached, no guesses."""

import json
from pathlib import Path

import pytest

from benchmarks import first_light, shape


def test_figures_are_printed_for_people_and_written_for_machines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "figures.json"

    shape.report("x", {"a_ms": 12.34, "b_ms": None}, notes={"a_ms": "why"}, to=file)

    printed = capsys.readouterr().out
    assert "12.3" in printed
    assert "why" in printed
    assert "–" in printed
    assert json.loads(file.read_text()) == {"a_ms": 12.34, "b_ms": None}


@pytest.mark.parametrize(
    ("values", "percent", "found"),
    [([], 50, None), ([7.0], 99, 7.0), ([3.0, 1.0, 2.0], 50, 2.0), (list(range(1, 101)), 99, 99)],
)
def test_percentiles_are_values_that_were_measured(
    values: list[float], percent: float, found: float | None
):
    assert shape.percentile(values, percent) == found


def test_first_light_says_what_each_of_its_figures_is():
    assert set(first_light.NOTES) == {
        "command_ack_p50_ms",
        "command_ack_p99_ms",
        "card_after_webhook_p50_ms",
        "card_after_webhook_p99_ms",
        "rollout_end_to_card_s",
        "aws_calls_per_deploy",
    }
