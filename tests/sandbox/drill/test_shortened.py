"""What is drilled is what is shipped: only its durations are divided, every one of them."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from sandbox.drill import shortened
from sandbox.drill.shortened import CannotShorten

RULES = sorted(Path("infra/monitoring/prometheus/rules").glob("*.yml"))


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("rate(x[5m])", "rate(x[5000ms])"),
        ("x offset 1w", "x offset 10080000ms"),
        ("x offset -1h > 5", "x offset -60000ms > 5"),
        (
            "max_over_time(rate(x[30m] offset 1h)[6h:5m] offset 10m)",
            "max_over_time(rate(x[30000ms] offset 60000ms)[360000ms:5000ms] offset 10000ms)",
        ),
        ("max_over_time(x[1h:])", "max_over_time(x[60000ms:])"),
        ("x[1h30m]", "x[90000ms]"),
        (
            'rate(x{a="[5m] offset 1w"}[5m]) # not [5m]',
            'rate(x{a="[5m] offset 1w"}[5000ms]) # not [5m]',
        ),
        ("env:x:rate5m / on (job) y:rate1h", "env:x:rate5m / on (job) y:rate1h"),
        (
            r"""x{a="\"", b='\'[5m]', c=`[5m]`} offset 1m""",
            r"""x{a="\"", b='\'[5m]', c=`[5m]`} offset 1000ms""",
        ),
    ],
)
def test_every_range_step_and_offset_is_divided_and_nothing_else(written: str, short: str):
    assert shortened.expression(written, 60) == short


def test_every_expression_that_is_shipped_can_be_shortened_and_has_what_it_had():
    expressions = [
        rule["expr"]
        for path in RULES
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]

    assert len(expressions) > 40
    for text in expressions:
        short = shortened.durations(shortened.expression(text, 60))
        assert short == [each / 60 for each in shortened.durations(text)]


def test_documents_keep_everything_but_their_durations():
    rules = yaml.safe_load(
        """
        groups:
          - name: api
            interval: 1m
            rules:
              - alert: Slow
                expr: histogram_quantile(0.95, rate(x[5m])) > 1
                for: 15m
                labels: {severity: warning, window: 5m}
                annotations: {description: "for 15m"}
              - {alert: Now, expr: up == 0, for: 0m}
        """
    )

    short = shortened.document(rules, 60)

    [group] = short["groups"]
    assert group["interval"] == "1000ms"
    assert group["rules"][0] == {
        "alert": "Slow",
        "expr": "histogram_quantile(0.95, rate(x[5000ms])) > 1",
        "for": "15000ms",
        "labels": {"severity": "warning", "window": "5m"},
        "annotations": {"description": "for 15m"},
    }
    assert group["rules"][1]["for"] == "0m"


def test_an_expression_whose_durations_are_not_found_again_is_not_drilled(monkeypatch):
    monkeypatch.setattr(shortened, "durations", lambda _: [timedelta(minutes=5)])

    with pytest.raises(CannotShorten):
        shortened.expression("rate(x[5m]) + rate(x[5m])", 60)
