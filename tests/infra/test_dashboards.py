import json
import subprocess
from pathlib import Path

import pytest

from bot.domain.evidence.panel import Asked, values_for
from infra.checks import dashboards
from infra.checks.documents import DASHBOARDS, PROVIDERS, read_json
from infra.checks.metrics import of_the_bot
from infra.checks.rule_files import expectations
from integrations.grafana import reading

HERE = Path()
CREDLINK = f"{DASHBOARDS}/credlink.json"
BOT = f"{DASHBOARDS}/credlink-bot.json"


def read(file: str) -> reading.Dashboard:
    return reading.dashboard({"dashboard": read_json(Path(file)), "meta": {}})


def test_every_dashboard_that_is_shipped_is_well():
    assert list(dashboards.check(HERE)) == []


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        (
            "env_service:slo_errors:burn_rate1h{",
            "env_service:slo_errors:burn_rate2h{",
            "gives a me",
        ),
        ("pg_up{", "pg_up{{", "is not PromQL"),
        ("sum(increase(http_requests_total{", "sum(increase(redis_up{", "is a gauge"),
        ('redis_up{env=\\"$env\\"', 'redis_up{env=\\"$place\\"', "there is no variable $place"),
        ('"uid": "prometheus"', '"uid": "mimir"', "there is no data source mimir"),
        ('"uid": "credlink"', '"uid": "credlnk"', "its uid is 'credlnk'"),
        ('"id": 22,', '"id": 21,', "two panels have the id 21"),
        (
            '"description": "Of each instance of RDS."',
            '"description": ""',
            "says not what it shows",
        ),
        ('"x": 8,', '"x": 4,', "overlap"),
        ('"x": 16,', '"x": 20,', "reaches beyond the grid"),
        ('"rollback"', '"undone"', "the bot's marks tagged rollback"),
        ('"targets": [', '"questions": [', "it asks nothing"),
    ],
)
def test_a_planted_mistake_is_caught(copy, good, bad, said):
    copy.plant(CREDLINK, good, bad)

    assert any(said in problem.what for problem in dashboards.check(copy.root))


def test_dashboards_that_nobody_shows_are_caught(copy):
    file = f"{PROVIDERS}/credlink.yml"
    copy.plant(file, "/var/lib/grafana/dashboards", "/dashboards")
    moved = [str(problem) for problem in dashboards.check(copy.root)]
    copy.remove(file)
    removed = [str(problem) for problem in dashboards.check(copy.root)]

    said = "no provider looks where compose.yaml mounts ./grafana/dashboards"
    assert moved == removed == [f"{PROVIDERS}: {said}"]


def test_nothing_that_is_shipped_is_kept_out_of_git():
    """As a provider of dashboards once was, by a name that only the machine's own file has."""
    shipped = ("infra/monitoring/grafana", "infra/monitoring/prometheus", "docs/runbooks")
    ignored = subprocess.run(
        ["git", "ls-files", "--others", "--ignored", "--exclude-standard", *shipped],
        capture_output=True,
        text=True,
        check=True,
    )

    assert ignored.stdout == ""


def test_a_dashboard_that_lost_its_panels_is_caught(copy):
    model = read_json(copy.root / CREDLINK)
    model["panels"] = model["panels"][:6]
    (copy.root / CREDLINK).write_text(json.dumps(model))

    said = [problem.what for problem in dashboards.check(copy.root)]

    assert "it has 5 panels, and 11 are promised" in said


def test_the_bot_reads_the_dashboard_and_knows_what_to_set_for_an_alert():
    dashboard = read(CREDLINK)

    variables = [Asked(one.name, one.label, one.takes_several) for one in dashboard.variables]

    assert len(dashboard.panels) >= 11
    assert all(panel.queries for panel in dashboard.panels)
    for test in expectations(HERE):
        for labels in test.firing:
            chosen = values_for(variables, [labels], service=None, environment=None)
            assert chosen == {"env": (labels["env"],), "service": (labels["service"],)}, test.alert


def test_the_bots_own_dashboard_shows_everything_that_it_counts():
    shown = "\n".join(query for panel in read(BOT).panels for query in panel.queries)
    whole = {name for name in of_the_bot() if not name.endswith(("_sum", "_count"))}

    assert {name for name in whole if name not in shown} == set()
