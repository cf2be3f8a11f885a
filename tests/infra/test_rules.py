import re
from pathlib import Path

import pytest

from bot.catalog_file import load
from infra.checks import rules
from infra.checks.metrics import known, of_cloudwatch
from infra.checks.rule_files import alerts_of, expectations, rules_of
from sandbox.credlink_api.exposition import exposition
from sandbox.credlink_api.traffic import Traffic
from sandbox.drill.ground import USUAL

HERE = Path()
API = "infra/monitoring/prometheus/rules/api.yml"
RECORDING = "infra/monitoring/prometheus/rules/recording.yml"
TESTS = "infra/monitoring/prometheus/tests/redis.yml"
REDIS = "infra/monitoring/prometheus/rules/redis.yml"


def test_every_alert_that_is_shipped_is_whole():
    assert list(rules.check(HERE)) == []


def test_every_alert_is_seen_to_fire_and_to_stay_silent():
    fires = {test.alert for test in expectations(HERE) if test.firing}
    stays_silent = {test.alert for test in expectations(HERE) if not test.firing}
    alerts = {alert.name for alert in alerts_of(HERE)}

    assert len(alerts) >= 20
    assert fires == stays_silent == alerts


@pytest.mark.parametrize(
    ("file", "good", "bad", "said"),
    [
        (API, "errors:ratio_rate5m > 0.02", "errors:ratio_rate3m > 0.02", "nothing gives a metric"),
        (API, "ratio_rate5m > 0.02", "ratio_rate5m >> 0.02", "is not PromQL"),
        (
            API,
            "expr: env_service:http_request_duration_seconds:p95_rate5m > 1",
            "expr: 1 + 1",
            "query is a constant",
        ),
        (RECORDING, "rate(redis_evicted_keys_total", "rate(redis_memory_used_bytes", "is a gauge"),
        (API, "severity: critical", "severity: fatal", "its severity must be one of"),
        (API, "component: api", "component: kitchen", "its component must be one of"),
        (API, "          runbook_url: http", "          runbook: http", "it has no runbook_url"),
        (API, "value: '{{ $value }}'", "value: '{{ $value | humanize }}'", "the bare value"),
        (API, "unit: ratio", "unit: furlongs", "does not know the unit furlongs"),
        (API, "in {{ $labels.env }} fail", "fail", "does not say the env"),
        (API, '__panelId__: "2"', '__panelId__: "99"', "there is no panel 99"),
        (API, '__panelId__: "2"', '__panelId__: "12"', "shows nothing of"),
        (API, "__dashboardUid__: credlink", "__dashboardUid__: gone", "no panel 2 on a dashboard"),
        (API, "- name: api", "- name: apis", "the groups of alerts are"),
        (API, "alert: HighLatencyP95", "alert: HighErrorRatio", "is there more than once"),
        (REDIS, "alert: RedisEvictions", "alert: RedisForgets", "no unit test sees it fire"),
        (REDIS, "alert: RedisEvictions", "alert: RedisForgets", "sees it stay silent"),
        (TESTS, "env: prod, ", "", "it fires without a env"),
    ],
)
def test_a_planted_mistake_is_caught(copy, file, good, bad, said):
    copy.plant(file, good, bad)

    assert any(said in problem.what for problem in rules.check(copy.root))


def limits(environment: str) -> dict[str, float]:
    return {
        rule.name: float(rule.expression.removeprefix("vector(").removesuffix(")"))
        for rule in rules_of(HERE)
        if rule.file == "limits.yml" and rule.labels["env"] == environment
    }


def test_what_is_expected_of_prod_is_what_the_example_catalogue_says():
    place = load(Path("credlink.example.yml")).services["credlink-api"].environments["prod"]
    prod = limits("prod")

    assert prod["env_service:ecs_tasks:min"] == place.scale.min
    objective = place.slo["errors"].objective
    assert prod["env_service:slo_errors:budget"] == pytest.approx(1 - objective)
    assert prod["env_service:http_requests:min"] >= place.slo["traffic"].needed


@pytest.mark.parametrize("environment", ["prod", "staging"])
def test_as_many_tasks_are_expected_as_terraform_has_at_least(environment):
    written = Path(f"infra/terraform/examples/{environment}/main.tf").read_text()
    scaling = re.search(r"scaling\s*= \{ min = (\d+)", written)

    assert scaling is not None
    assert limits(environment)["env_service:ecs_tasks:min"] == int(scaling[1])


def test_names_of_cloudwatch_are_those_of_its_exporter_and_then_credlinks_own():
    names = set(of_cloudwatch(HERE))

    assert {"aws_ecs_running_task_count", "aws_rds_database_connections"} <= names
    assert {"aws_rds_cpuutilization_average", "aws_ecs_memory_utilization_average"} <= names
    assert not any(name.startswith("ecs_") for name in names)


def test_a_metric_that_the_exporter_is_no_longer_asked_for_is_missed(copy):
    exporter = "infra/monitoring/cloudwatch-exporter/config.yml"
    copy.plant(exporter, "aws_metric_name: ReplicaLag", "aws_metric_name: WriteLatency")

    problems = [str(problem) for problem in rules.check(copy.root)]

    assert any("ReplicationLagHigh" in said and "replica_lag" in said for said in problems)


def test_what_is_drilled_with_has_the_names_that_exporters_give():
    every, exporters = known(HERE), set(of_cloudwatch(HERE, as_credlink_names_them=False))
    given = {f"{one.name}_total" if one.is_counter else one.name: one.job for one in USUAL}

    for name, job in given.items():
        assert name in (exporters if job == "cloudwatch" else every), name


def test_what_the_service_itself_counts_is_known_to_the_rules():
    traffic = Traffic(
        "prod", requests_per_s=1, running=lambda _: (), on_errors=None, now=0.0, seed=1
    )
    lines = exposition(traffic).decode().splitlines()
    kinds = dict(line.split()[2:4] for line in lines if line.startswith("# TYPE"))
    every, given = known(HERE), {name: kind for name, kind in kinds.items() if "http_" in name}

    assert given.keys() >= {"http_requests_total", "http_request_duration_seconds"}
    assert every["http_requests_total"] == given["http_requests_total"] == "counter"
    assert "http_request_duration_seconds_bucket" in every
