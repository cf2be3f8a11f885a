"""Of the shipped alerts nearly all would find the panel they name by their metrics alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.alerts.promql import read
from bot.domain.evidence.panel import PanelSeen, choose, named_by
from bot.domain.promql.drawn import drawn
from integrations.grafana.reading import dashboard

MONITORING = Path(__file__).parents[3] / "infra" / "monitoring"
LABELS = {"env": "prod", "service": "credlink-api"}
LEAST_FOUND = 0.85


def the_rules() -> Iterator[dict[str, Any]]:
    for file in sorted((MONITORING / "prometheus" / "rules").glob("*.yml")):
        for group in yaml.safe_load(file.read_text()).get("groups", ()):
            yield from group["rules"]


def the_panels() -> Iterator[PanelSeen]:
    for file in sorted((MONITORING / "grafana" / "dashboards").glob("*.json")):
        board = dashboard({"dashboard": json.loads(file.read_text()), "meta": {}})
        for panel in board.panels:
            queries = tuple(map(drawn, panel.queries))
            yield PanelSeen(dashboard=board.uid, panel=panel.id, type=panel.type, drawn=queries)


def test_the_panel_an_alert_names_is_the_one_its_metrics_lead_to():
    rules, panels = list(the_rules()), list(the_panels())
    recorded = {rule["record"]: rule["expr"] for rule in rules if "record" in rule}
    named = {
        rule["alert"]: naming
        for rule in rules
        if "alert" in rule and (naming := named_by([rule["annotations"]])) is not None
    }
    found = {}
    for rule in rules:
        if rule.get("alert") in named:
            asked = drawn(read(rule["expr"]).expression)
            choice = choose(asked, LABELS, panels, rules=recorded)
            found[rule["alert"]] = choice and (choice.seen.dashboard, choice.seen.panel)

    right = [name for name, one in named.items() if found[name] == (one.dashboard, one.panel)]

    assert len(named) >= 20
    assert {(one.dashboard, one.panel) for one in named.values()} <= {
        (panel.dashboard, panel.panel) for panel in panels
    }
    assert len(right) / len(named) >= LEAST_FOUND, set(named) - set(right)
