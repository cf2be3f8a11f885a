from pathlib import Path

import pytest

from infra.checks import runbooks
from infra.checks.rule_files import alerts_of

HERE = Path()
BOOK = "docs/runbooks/high-error-ratio.md"
RULES = "infra/monitoring/prometheus/rules/api.yml"


def test_every_alert_has_its_runbook_and_every_runbook_its_alert():
    assert list(runbooks.check(HERE)) == []
    assert len(list(Path("docs/runbooks").glob("*.md"))) == len(alerts_of(HERE)) + 1


@pytest.mark.parametrize(
    ("file", "good", "bad", "said"),
    [
        (RULES, "high-error-ratio.md", "errors.md", "its runbook errors.md is not in"),
        (RULES, "high-error-ratio.md", "api-down.md", "no alert leads to it"),
        (BOOK, "# HighErrorRatio", "# HighErrorRate", "its title is HighErrorRate"),
        (BOOK, "## Likely causes", "## Causes", "its sections are"),
        ("docs/runbooks/high-memory.md", "\n4. ", "\n- ", "it has 3 numbered steps"),
        (BOOK, "/credlink health", "/credlink heath", "there is no heath"),
        (
            BOOK,
            "sum by (path, version) (rate(",
            "sum by (path, version (rate(",
            "cannot stand here",
        ),
        (BOOK, "http_requests_total", "http_request_total", "gives a metric http_request_total"),
        (BOOK, "since 15m`", "since yesterday`", "since"),
        (BOOK, "logs prod", "logs production", "production"),
        ("docs/runbooks/README.md", "(high-error-ratio.md)", "(api-down.md)", "does not list it"),
        ("docs/runbooks/traffic-drop.md", "env=prod 4h", "env=prod soon", "soon"),
    ],
)
def test_a_planted_mistake_is_caught(copy, file, good, bad, said):
    copy.plant(file, good, bad)

    assert any(said in problem.what for problem in runbooks.check(copy.root))
