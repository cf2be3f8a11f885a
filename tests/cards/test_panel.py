"""Grafana's panel on a card: one line, and whose picture the card shows."""

from datetime import UTC, datetime

import pytest

from bot.cards.alert_evidence.panel import blocks
from bot.cards.alert_picture import panel_alt, whose_line
from bot.domain.evidence.panel import Found, PanelShown
from bot.domain.finding import CHART, Finding, Phase
from tests.domain.test_alert import a_group

AT = datetime(2026, 11, 23, 14, 33, tzinfo=UTC)


def a_panel(**said) -> PanelShown:
    return PanelShown(
        **{
            "title": "Error ratio",
            "dashboard": "CredLink prod",
            "url": "https://grafana.example/d/u/s?viewPanel=2&from=1&to=now",
            "found": Found.NAMED,
            **said,
        }
    )


def line(**said) -> str:
    [block] = blocks(a_panel(**said), a_group())
    return str(block["text"]["text"])


def a_finding(source: str, **said) -> Finding:
    return Finding(source=source, phase=Phase.ONSET, found_at=AT, **said)


LINK = "*Grafana*  <https://grafana.example/d/u/s?viewPanel=2&amp;from=1&amp;to=now|Error ratio>"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({}, f"{LINK}, CredLink prod"),
        ({"found": Found.CATALOGUE}, f"{LINK}, CredLink prod"),
        (
            {"found": Found.METRICS, "metrics": ("a_total",)},
            f"{LINK}, CredLink prod · found by `a_total`",
        ),
        (
            {"found": Found.METRICS, "metrics": ("a", "b", "c", "d")},
            f"{LINK}, CredLink prod · found by `a`, `b` and 2 more",
        ),
        (
            {"no_picture": "HTTP 500: <!channel> no renderer"},
            f"{LINK}, CredLink prod · no picture of it: HTTP 500: &lt;!channel&gt; no renderer",
        ),
        (
            {"title": "<@U1> | *x*", "dashboard": "<!here>", "url": "javascript:alert(1)"},
            "*Grafana*  &lt;@U1&gt; | *x*, &lt;!here&gt;",
        ),
    ],
    ids=["named", "catalogue", "found", "found by many", "not drawn", "from outside"],
)
def test_the_line_says_where_it_is_and_how_it_was_found(said, shown):
    assert line(**said) == shown


def test_a_long_reason_is_cut():
    assert len(line(no_picture="x" * 5000)) < 400


OWN = "The chart is the bot's own."
CHARTED = a_finding(CHART, picture="chart onset")
UNCHARTED = a_finding(CHART, missing="No chart: Prometheus did not answer.")
PANELLED = a_finding("panel", said=a_panel())


@pytest.mark.parametrize(
    ("findings", "is_panel", "said"),
    [
        ([CHARTED], False, ""),
        ([CHARTED, a_finding("panel", note="nothing there")], False, ""),
        ([CHARTED, PANELLED], False, OWN),
        (
            [CHARTED, PANELLED],
            True,
            "The picture is Grafana's panel; the alert's own query is drawn in the thread.",
        ),
        (
            [CHARTED, a_finding("panel", said=a_panel(found=Found.METRICS), picture="panel onset")],
            False,
            "The chart is the bot's own; Grafana's picture of the panel is in the thread.",
        ),
        ([CHARTED, a_finding("panel", said=a_panel(found=Found.METRICS))], False, OWN),
        ([CHARTED, a_finding("panel", said=a_panel(), picture="panel onset")], False, OWN),
        ([UNCHARTED, PANELLED], True, "The picture is Grafana's panel."),
        ([PANELLED], True, "The picture is Grafana's panel."),
    ],
)
def test_whose_picture_it_is_is_said_where_it_could_be_either(findings, is_panel, said):
    assert whose_line(findings, is_panel=is_panel) == said


def test_whoever_cannot_see_the_picture_is_told_what_it_is_of():
    assert panel_alt(a_panel(), a_group(value=0.042)).startswith(
        "Grafana's panel Error ratio of CredLink prod, for HighErrorRatio, credlink-api in prod"
    )
