import re
from pathlib import Path

import pytest

from infra.checks import __main__ as every_check
from infra.checks import alertmanager, cloudwatch, compose, prometheus, schemas
from infra.checks.documents import read_yaml
from infra.checks.problem import NotHere, Problem
from infra.checks.schemas import violations
from sandbox.monitoring import Monitoring
from tests.infra.planting import Copy

MONITORING = "infra/monitoring"
PROMETHEUS = f"{MONITORING}/prometheus/prometheus.yml"
ALERTMANAGER = f"{MONITORING}/alertmanager/alertmanager.yml"
COMPOSE = f"{MONITORING}/compose.yaml"
EXPORTER = f"{MONITORING}/cloudwatch-exporter/config.yml"
RULES = f"{MONITORING}/prometheus/rules"
TESTS = f"{MONITORING}/prometheus/tests"
DASHBOARD = "infra/cloudwatch/dashboard.json"
needs_them = pytest.mark.skipif(not Monitoring.available(), reason="promtool and amtool")


@pytest.mark.parametrize("check", [cloudwatch.check, compose.check, schemas.check])
def test_what_is_shipped_passes(check, copy):
    assert list(check(copy.root)) == []


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("credlink-prod", True),
        ("credlink-staging", True),
        ("credlink-prod-replica", True),
        ("credlink-prod-deployment-failed", True),
        ("credlink-bot", False),
        ("credlink-bot-broken", False),
        ("credlink-product", False),
    ],
)
def test_what_has_no_environment_in_its_name_counts_for_none(name: str, counts: bool):
    """The bot's own database is in an account with CredLink's, and would count as prod's."""
    chosen = [
        pattern
        for metric in read_yaml(Path(EXPORTER))["metrics"]
        for patterns in metric["aws_dimension_select_regex"].values()
        for pattern in patterns
    ]

    assert any(re.fullmatch(pattern, name) for pattern in chosen) is counts


@pytest.fixture
def few_tests(copy: Copy) -> Copy:
    """The unit tests of two small groups: all of them take seconds, and `make check-infra` does."""
    for path in (copy.root / TESTS).iterdir():
        if path.stem not in {"business", "redis"}:
            path.unlink()
    return copy


@needs_them
def test_prometheus_accepts_its_configuration_with_and_without_long_term_storage(few_tests):
    assert list(prometheus.check(few_tests.root)) == []


@needs_them
@pytest.mark.parametrize(
    ("file", "good", "bad", "said"),
    [
        (
            PROMETHEUS,
            "metrics_path: /scrape",
            "metric_path: /scrape",
            "field metric_path not found",
        ),
        (PROMETHEUS, "regex: (.+)", "regex: (.+", "missing closing"),
        (f"{MONITORING}/prometheus/remote.yml", "max_shards: 50", "max_shards: many", "cannot unm"),
        (f"{RULES}/api.yml", "for: 2m", "for: soon", "not a valid duration"),
        (f"{RULES}/api.yml", "{{ $value |", "{{ $valeu |", "undefined variable"),
        (
            f"{RULES}/business.yml",
            "ratio_rate5m > 0.2",
            "ratio_rate5m > 0.5",
            "a third of the requ",
        ),
        (
            f"{RULES}/business.yml",
            "ratio_rate5m > 0.2",
            "ratio_rate5m > 0.01",
            "one in twenty is r",
        ),
        (f"{RULES}/redis.yml", "of its memory", "of the memory", "Redis is nearly full"),
        (PROMETHEUS, "job_name: postgres", "job_name: mysql", "the jobs are"),
        (f"{RULES}/limits.yml", "job: redis}", "job: reddit}", "nobody misses redis"),
    ],
)
def test_a_mistake_in_prometheus_is_caught(few_tests, file, good, bad, said):
    few_tests.plant(file, good, bad)

    assert any(said in problem.what for problem in prometheus.check(few_tests.root))


@needs_them
def test_alertmanager_sends_every_severity_and_component_where_it_belongs(copy):
    assert list(alertmanager.check(copy.root)) == []


@needs_them
@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("group_wait: 10s", "group_weight: 10s", "field group_weight not found"),
        ("receiver: business", "receiver: nobody", "undefined receiver"),
        (
            'matchers: [component="business"]',
            'matchers: [component="bizness"]',
            "severity=warning component=business goes to bot, not to business",
        ),
        (
            'matchers: [severity="critical"]',
            'matchers: [severity="critical", component="api"]',
            "severity=critical component=redis goes to bot, not to pagerduty-and-bot",
        ),
        ("routing_key_file: /run/secrets/pagerduty_routing_key", "routing_key: abc", "written out"),
        ("credentials_file: /run/secrets/alert", "credentials: alert", "written out"),
        ("/webhooks/alertmanager", "/webhook", "pagerduty-and-bot does not tell the bot"),
        ("max_alerts: 100", "max_alerts: 0", "sends without end"),
        ('alertname="DiskCritical"', 'alertname="DiskDead"', "there is no such alert"),
        ("equal: [env, service]", "equal: [env]", "would inhibit in other places too"),
    ],
)
def test_a_mistake_in_alertmanager_is_caught(copy, good, bad, said):
    copy.plant(ALERTMANAGER, good, bad)

    assert any(said in problem.what for problem in alertmanager.check(copy.root))


def test_whoever_is_paged_is_paged_by_the_receiver_that_tells_the_bot(copy):
    pages = "  - name: pagerduty-and-bot\n    pagerduty_configs:"
    copy.plant(ALERTMANAGER, pages, "  - name: pages\n    pagerduty_configs:")

    said = [problem.what for problem in alertmanager.check(copy.root)]

    assert "PagerDuty belongs to pagerduty-and-bot alone, see pages" in said


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("    healthcheck:", "    healtcheck:", "Unevaluated properties are not"),
        ("restart: unless-stopped", "restart: [always]", "is not of type 'string'"),
        ("prom/cloudwatch-exporter:v0.16.0", "prom/cloudwatch-exporter:latest", "is not pinned"),
        ("prom/cloudwatch-exporter:v0.16.0", "prom/cloudwatch-exporter", "is not pinned"),
        (
            "test: [CMD, wget, -q, -O, /dev/null, http://localhost:9121/health]",
            "retries: 4",
            "no health",
        ),
        ("./prometheus/rules:", "./prometheus/rulez:", "mounts ./prometheus/rulez, which is not"),
        ("- grafana:/var/lib", "- grafanna:/var/lib", "there is no volume grafanna"),
        ("secrets: [postgres_password]", "secrets: [pg]", "there is no secret pg"),
        ("  renderer:\n    <<", "  painter:\n    <<", "there is no renderer"),
    ],
)
def test_a_mistake_in_the_compose_file_is_caught(copy, good, bad, said):
    copy.plant(COMPOSE, good, bad)

    assert any(said in problem.what for problem in compose.check(copy.root))


def test_compose_waits_for_nothing_that_cannot_tell_that_it_is_ready(copy):
    services = read_yaml(copy.root / COMPOSE)["services"]
    waited_for = {name for one in services.values() for name in one.get("depends_on", {})}

    assert waited_for == {"alertmanager", "prometheus", "renderer"}
    assert all("test" in services[name]["healthcheck"] for name in waited_for)


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("runs-on: ubuntu-latest", "run-on: ubuntu-latest", "jobs/test"),
        ("on: push", "on: pushed", "is not valid under any of the given schemas"),
        ("- run: make test", "- runs: make test", "jobs/test"),
    ],
)
def test_a_mistake_in_a_workflow_is_caught(tmp_path, good, bad, said):
    text = (
        "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n    - run: make test\n"
    )
    file = tmp_path / ".github/workflows/test.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert list(schemas.check(tmp_path)) == []

    file.write_text(text.replace(good, bad))

    assert any(said in problem.what for problem in schemas.check(tmp_path))


def test_the_word_on_is_a_word_as_it_is_for_github(tmp_path):
    (tmp_path / "one.yml").write_text("on: push\nyes: no\ntrue: false\n")

    assert read_yaml(tmp_path / "one.yml") == {"on": "push", "yes": "no", True: False}
    assert list(violations({"on": "push", "jobs": {}}, "workflow")) != []


@pytest.mark.parametrize(
    ("file", "good", "bad", "said"),
    [
        (DASHBOARD, '"MemoryUtilization"', '"MemoryUsage"', "AWS/ECS publishes no MemoryUsage"),
        (DASHBOARD, '"ClusterName"', '"Cluster"', "by Cluster, ServiceName"),
        (DASHBOARD, 'MetricName=\\"RequestCount\\"', 'MetricName=\\"Requests\\"', "no Requests by"),
        (DASHBOARD, "SEARCH('{AWS", "SERCH('{AWS", "is no search that can be read"),
        (DASHBOARD, '"stat": "Average"', '"stat": "Mean"', "there is no statistic 'Mean'"),
        (DASHBOARD, "| filter level", "| filtr level", "Insights would refuse it"),
        (DASHBOARD, "SOURCE '/ecs", "'/ecs", "begins with the group"),
        (DASHBOARD, '"type": "log"', '"type": "logs"', "nobody here knows a widget"),
        (DASHBOARD, '"x": 12', '"x": 6', "overlap"),
        (DASHBOARD, '"x": 12', '"x": 18', "beyond the grid"),
        (DASHBOARD, '"region": "us-east-1",', "", "it has no region"),
        (DASHBOARD, "AWS/S3", "AWS/S4", "nothing is of AWS/S3"),
        (EXPORTER, "aws_metric_name: ReplicaLag", "aws_metric_name: Lag", "publishes no Lag"),
        (EXPORTER, "aws_statistics: [Sum]", "aws_statistics: [Total]", "no statistic 'Total'"),
    ],
)
def test_a_mistake_in_what_cloudwatch_is_asked_is_caught(copy, file, good, bad, said):
    text = (copy.root / file).read_text()
    # S3 and the searches stand in several rows; one that is left would hide what is gone.
    everywhere = text.replace(good, bad) if good == "AWS/S3" else None
    copy.plant(file, good, bad)
    if everywhere is not None:
        (copy.root / file).write_text(everywhere)

    assert any(said in problem.what for problem in cloudwatch.check(copy.root))


def test_a_run_says_what_is_wrong_what_could_not_be_checked_and_what_is_unknown(
    monkeypatch, capsys, tmp_path
):
    def cannot(_):
        raise NotHere("promtool is not on the PATH")

    made = {
        "good": lambda _: [],
        "bad": lambda _: [Problem("a.yml", "it is empty")],
        "away": cannot,
        "broken": lambda _: [read_yaml(broken)],
    }
    broken = tmp_path / "broken.yml"
    broken.write_text("one: [1, 2\ntwo: 3\n")
    monkeypatch.setattr(every_check, "CHECKS", made)
    monkeypatch.delenv("CI", raising=False)

    assert every_check.main(["good", "away"]) == 0
    assert every_check.main([]) == 1
    assert every_check.main(["goood"]) == 2
    said = capsys.readouterr().out
    assert "✓ good" in said
    assert "✗ bad\n  a.yml: it is empty" in said
    assert "✗ broken\n  not read any further: broken.yml is not YAML" in said
    assert "There is no check goood; there are good, bad, away, broken." in said
