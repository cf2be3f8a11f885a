"""Every alert that is shipped has its scene, and none is drilled beside what holds it down."""

import re
from pathlib import Path

import yaml

from sandbox.drill.__main__ import chosen
from sandbox.drill.boards import shipped_boards
from sandbox.drill.ground import USUAL
from sandbox.drill.play import RUNBOOKS, Outcome, table
from sandbox.drill.scenes import WAVES
from sandbox.drill.shipped import SHIPPED, alerts

DRILLED = [scene.alert for wave in WAVES for scene in wave]


def test_every_shipped_alert_is_drilled_once():
    assert len(alerts()) >= 20
    assert sorted(DRILLED) == sorted(alerts())


def test_no_alert_is_drilled_beside_one_that_inhibits_it():
    said = yaml.safe_load((SHIPPED / "alertmanager" / "alertmanager.yml").read_text())
    for rule in said["inhibit_rules"]:
        [source] = rule["source_matchers"]
        held = rule["target_matchers"][0].partition("=")[2].strip('~"').split("|")
        for wave in WAVES:
            names = {scene.alert for scene in wave}
            if source.partition("=")[2].strip('"') in names:
                assert names.isdisjoint(held), names


def test_a_scene_mends_what_it_spoils():
    class Api:
        def __init__(self) -> None:
            self.traffic = {"prod": self}
            self.ailment, self.demand = None, 1.0

        def set_demand(self, _: str, factor: float) -> None:
            self.demand = factor

    class Exporters:
        def __init__(self) -> None:
            self.ground = self
            self.levels: dict[str, float] = {}
            self.closed: set[str] = set()
            self.lost: set[str] = set()
            self.unsaid: set[str] = set()

        @property
        def state(self) -> tuple[object, ...]:
            return dict(self.levels), set(self.closed), set(self.lost), set(self.unsaid)

    for wave in WAVES:
        for scene in wave:
            api, exporters = Api(), Exporters()
            scene.spoil(api, exporters)
            spoilt = exporters.state, api.ailment, api.demand
            scene.mend(api, exporters)
            assert exporters.state == ({}, set(), set(), set()), scene.alert
            assert spoilt != (exporters.state, None, 1.0), scene.alert
            assert set(spoilt[0][0]) <= {series.name for series in USUAL}


def test_what_the_ground_tells_of_aws_is_what_the_shipped_exporter_asks_for():
    asked = yaml.safe_load((SHIPPED / "cloudwatch-exporter" / "config.yml").read_text())["metrics"]
    chosen = [one["aws_dimension_select_regex"].values() for one in asked]
    patterns = {pattern for values in chosen for some in values for pattern in some}

    for series in (one for one in USUAL if one.job == "cloudwatch"):
        name = next(iter(series.labels.values()))
        assert any(re.fullmatch(pattern, name) for pattern in patterns), name


def test_every_place_in_which_tasks_are_expected_has_some():
    """Or its alerts would fire all along, and a drill would not see that its own did."""
    limits = yaml.safe_load((SHIPPED / "prometheus" / "rules" / "limits.yml").read_text())
    [group] = limits["groups"]
    expected = {
        f"credlink-{rule['labels']['env']}": float(rule["expr"][len("vector(") : -1])
        for rule in group["rules"]
        if rule["record"] == "env_service:ecs_tasks:min"
    }
    running = {
        one.labels["cluster_name"]: one.usual for one in USUAL if "running_task_count" in one.name
    }

    assert running.keys() == expected.keys()
    assert all(running[cluster] >= expected[cluster] for cluster in expected)


def test_only_the_alerts_that_were_named_are_drilled():
    [[first], [second]] = chosen(["DiskLow", "ApiDown"])

    assert {first.alert, second.alert} == {"DiskLow", "ApiDown"}


def test_a_drill_is_complete_only_with_card_runbook_and_end():
    whole = Outcome("A", "critical", fired_s=1.0, card_s=2.0, runbook="a.md", resolved_s=3.0)
    without = Outcome("B", "warning", fired_s=1.0)

    assert (whole.is_complete, without.is_complete) == (True, False)
    assert table([whole, without]).splitlines()[-1].split() == [
        "B", "warning", "1.0", "s", "never", "–", "never",
    ]  # fmt: skip


def test_every_runbook_that_an_alert_links_is_there():
    linked = {rule["annotations"]["runbook_url"].rpartition("/")[2] for rule in alerts().values()}

    assert linked <= {path.name for path in Path(RUNBOOKS).glob("*.md")}


def test_the_drills_grafana_has_the_panel_that_each_alert_names():
    boards = shipped_boards()

    for name, rule in alerts().items():
        said = rule["annotations"]
        panel = boards[said["__dashboardUid__"]].panels[int(said["__panelId__"])]
        assert panel.expression, name
