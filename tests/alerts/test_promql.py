"""What of an alert's expression can be drawn, and what the chart says it leaves out."""

from urllib.parse import quote

import pytest

from bot.alerts.promql import NothingToDraw, expression_of, read
from bot.domain.unit import Unit

ERRORS = (
    'sum by (env) (rate(http_requests_total{status_code=~"5.."}[15s]))'
    " / sum by (env) (rate(http_requests_total[15s]))"
)


def test_the_expression_stands_in_the_link_to_the_alert():
    url = f"http://prometheus:9090/graph?g0.expr={quote(ERRORS + ' > 0.01')}&g0.tab=1"

    assert expression_of(url) == ERRORS + " > 0.01"
    assert expression_of("http://prometheus:9090/graph") is None
    assert expression_of("http://[") is None
    assert expression_of("") is None


@pytest.mark.parametrize(
    ("expression", "drawn", "operator", "threshold"),
    [
        (f"{ERRORS} > 0.01", ERRORS, ">", 0.01),
        ("(up) == 0", "up", "==", 0.0),
        ("x >= (2 * 0.05)", "x", ">=", 0.1),
        ("x < -1", "x", "<", -1.0),
        ("x > 2 ^ 3 - 1", "x", ">", 7.0),
    ],
)
def test_of_something_compared_with_a_constant_everything_is_drawn(
    expression: str, drawn: str, operator: str, threshold: float
):
    condition = read(expression)

    assert "".join(condition.expression.split()) == "".join(drawn.split())
    assert (condition.operator, condition.threshold) == (operator, pytest.approx(threshold))
    assert condition.note == ""


@pytest.mark.parametrize(
    ("expression", "drawn", "operator", "threshold", "note"),
    [
        ("0.01 < x", "x", ">", 0.01, "threshold on the left"),
        ("x > bool 1", "x", ">", 1.0, "With `bool`"),
        ("x > 1 and y > 2", "x", ">", 1.0, "the alert fires only while `y > 2` holds too"),
        ("x > 1 unless on (a) y", "x", ">", 1.0, "held back while `y` holds"),
        ("x > 1 or y > 2", "x", ">", 1.0, "also fires on `y > 2`"),
        ("x", "x", None, None, "no threshold to draw"),
        ("absent(up{job='api'})", 'up{job="api"}', None, None, "look for gaps"),
        ("absent_over_time(up[5m])", "up", None, None, "look for gaps"),
    ],
)
def test_of_everything_else_what_can_be_drawn_is_and_a_sentence_says_so(
    expression: str, drawn: str, operator: str | None, threshold: float | None, note: str
):
    condition = read(expression)

    assert condition.expression == drawn
    assert (condition.operator, condition.threshold) == (operator, threshold)
    assert note in condition.note
    assert condition.note.endswith(".")


def test_a_threshold_that_is_a_query_is_drawn_as_a_second_line():
    condition = read("queue_size > on (queue) group_left queue_limit * 0.9")

    assert (condition.expression, condition.threshold) == ("queue_size", None)
    assert condition.limit == "queue_limit * 0.9"
    assert "second line" in condition.note


def test_a_set_within_a_set_says_both():
    condition = read("0.01 < x and y unless z")

    assert condition.expression == "x"
    assert "`z`" in condition.note
    assert "`y`" in condition.note
    assert "on the left" in condition.note


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (None, "does not carry its query"),
        ("x >", "not PromQL"),
        ("1 < bool 2", "two constants"),
        ("vector(1) and", "not PromQL"),
        ("42", "a constant"),
        ("x + " * 10_000 + "x", "too long"),
        ("(" * 300 + "x" + ")" * 300, "too long"),
    ],
)
def test_where_nothing_can_be_drawn_a_sentence_says_why(expression: str | None, why: str):
    with pytest.raises(NothingToDraw, match=why):
        read(expression)


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        (f"{ERRORS} > 0.01", Unit.RATIO),
        (f"100 * ({ERRORS}) > 1", Unit.PERCENT),
        (f"1 - ({ERRORS}) < 0.99", Unit.RATIO),
        (
            "histogram_quantile(0.95, sum by (le) "
            "(rate(http_request_duration_seconds_bucket[1m]))) > 1",
            Unit.SECONDS,
        ),
        ('rate(http_request_duration_seconds_bucket{le="0.5"}[1m]) > 9', Unit.PER_SECOND),
        ('increase(http_request_duration_seconds_bucket{le="0.5"}[1m]) > 9', Unit.PLAIN),
        ("redis_memory_used_bytes / redis_memory_max_bytes > 0.9", Unit.RATIO),
        ("node_memory_MemAvailable_bytes < 1e9", Unit.BYTES),
        ("sum(rate(http_requests_total[1m])) < 0.5", Unit.PER_SECOND),
        ('rate(node_cpu_seconds_total{mode="idle"}[1m]) < 0.1', Unit.RATIO),
        ("aws_rds_cpuutilization_average > 80", Unit.PERCENT),
        ("time() - last_success_timestamp_seconds > 300", Unit.SECONDS),
        ("count(up_seconds) > 3", Unit.PLAIN),
        ("redis_connected_clients > 100", Unit.PLAIN),
        ("max_over_time(queue_age_seconds[5m:1m]) > 1", Unit.SECONDS),
    ],
)
def test_the_unit_follows_from_the_metrics_names_and_their_use(expression: str, unit: Unit):
    assert read(expression).unit is unit
