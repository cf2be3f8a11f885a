"""The benchmark of health: its keys are exactly those that were promised."""

from benchmarks import health

PROMISED = {"health_p50_ms", "health_p99_ms", "health_two_hanging_ms", "chart_p50_ms"}


def test_every_figure_that_was_promised_has_a_note_and_there_is_no_other():
    assert set(health.NOTES) == PROMISED


def test_the_chart_it_draws_has_something_of_everything_and_takes_time():
    chart = health.a_chart()

    assert (len(chart.lines), len(chart.markers), chart.threshold) == (3, 1, 0.01)
    assert all(taken_ms > 0 for taken_ms in health.drawings(2))
