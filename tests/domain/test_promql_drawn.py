"""What an expression draws is read though Grafana's variables stand in it."""

import time

import pytest

from bot.domain.promql import LONGEST_EXPRESSION
from bot.domain.promql.drawn import Drawn, drawn, expanded


def metrics(expression: str) -> set[str]:
    return set(drawn(expression).metrics)


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("sum by ($by) (rate(x_total[$__rate_interval]))", {"x_total"}),
        ("rate(x_total[${interval}]) / rate(y_total[[[i]]])", {"x_total", "y_total"}),
        ("topk($n, x)", {"x"}),
        ("max_over_time(x[$__range:1m] offset $back)", {"x"}),
        ("max_over_time(x[${__range_s}s])", {"x"}),
        ('x{env=~"${env:regex}", pod="[[pod]]"}', {"x"}),
        ('{__name__="x", env="prod"}', {"x"}),
        ('{__name__=~"x.*"}', set()),
        ("$metric", set()),
        ('{__name__="$metric"}', set()),
        ("vector(1)", set()),
        ("sum(", set()),
        ("rate(x[5m)", set()),
        ("", set()),
        ("x" * (LONGEST_EXPRESSION + 1), set()),
    ],
)
def test_its_metrics_are_found(expression: str, found: set[str]):
    assert metrics(expression) == found


@pytest.mark.parametrize(
    "hostile", ["up[" + "$" * 19_000, "${a:" * 4900, "offset ${" * 2000, '$a "' + '\\"' * 9000]
)
def test_nobody_is_kept_busy_by_variables_that_never_end(hostile: str):
    begun = time.process_time()
    assert drawn(hostile) == Drawn()
    assert time.process_time() - begun < 0.2  # it took seconds


def test_what_it_is_narrowed_to_is_known_where_no_variable_says_it():
    read = drawn('x{a="1", b!="2", c=~"3|4", d!~"5", env="$env", pod=~"[[pod]]"}')

    assert read.matchers == {
        ("a", "=", "1"),
        ("b", "!=", "2"),
        ("c", "=~", "3|4"),
        ("d", "!~", "5"),
    }


def test_what_is_calculated_is_known_but_not_what_is_compared():
    read = drawn("histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m]))) > 1 or y / z == 0")

    assert read.calls == {"histogram_quantile(0.95)", "sum", "rate", "/"}


def test_recording_rules_are_what_they_stand_for():
    rules = {"job:errors:ratio": 'sum(errors_total{kind="5xx"}) / sum(all_total)'}
    one = drawn('job:errors:ratio{env="prod"} / other')

    read = expanded(one, rules)

    assert read.metrics == {"errors_total", "all_total", "other"}
    assert read.matchers == {("env", "=", "prod"), ("kind", "=", "5xx")}
    assert expanded(one, {}) is one
    assert expanded(drawn("a"), {"a": "not ( promql"}) == Drawn()
