"""CredLink's CloudWatch alarms in prod, and the metrics they follow.

What the load balancer counts is read from the service's log, so that a version that fails or is
slow makes its alarm fire; the database stays at its usual level until somebody holds it at another.
"""

from sandbox.aws.metrics import Level, Metric
from sandbox.aws.model import Json
from sandbox.aws.watch import Watch
from sandbox.seeds import SERVICE

PREFIX = "credlink-prod-"
BALANCER = Metric(
    "AWS/ApplicationELB", "", frozenset({("LoadBalancer", "app/credlink-prod/50dc6c495c0c9188")})
)
CPU = Metric(
    "AWS/ECS",
    "CPUUtilization",
    frozenset({("ClusterName", "credlink-prod"), ("ServiceName", SERVICE)}),
)
CONNECTIONS = Metric(
    "AWS/RDS", "DatabaseConnections", frozenset({("DBInstanceIdentifier", "credlink-prod")})
)
QUEUE_AGE = Metric(
    "AWS/SQS", "ApproximateAgeOfOldestMessage", frozenset({("QueueName", "credlink-settlements")})
)
USUAL_CPU_PERCENT, USUAL_CONNECTIONS = 52.0, 74.0
LIMIT_CONNECTIONS = 180.0
# The log has one line for fifty requests that went well, and one for each that did not.
REQUESTS_A_LINE = 50.0
MADE_BEFORE_S = 40 * 24 * 3600.0
TOPIC = "arn:aws:sns:us-east-1:222222222222:credlink-oncall"
DATABASE_TOPIC = "arn:aws:sns:us-east-1:222222222222:credlink-database"
"""What no alert of Prometheus tells: whoever subscribes hears of it once."""


def seed(watch: Watch, log_group: str, *, cpu_until: float) -> None:
    """Make them, all judged once; others measure the CPU from `cpu_until` on."""
    metrics, failures = watch.metrics, _of_balancer("HTTPCode_Target_5XX_Count")
    requests, latency = _of_balancer("RequestCount"), _of_balancer("TargetResponseTime")
    watch.read_logs(failures, log_group, _failed)
    watch.read_logs(requests, log_group, lambda line: 1.0 if _failed(line) else REQUESTS_A_LINE)
    watch.read_logs(latency, log_group, lambda line: float(line.get("duration_ms", 0)) / 1000)
    metrics.sources[CPU] = Level(USUAL_CPU_PERCENT, wave=0.05, noise=0.03, until=cpu_until)
    metrics.sources[CONNECTIONS] = Level(USUAL_CONNECTIONS)
    for raw in (
        {
            **_alarm("5xx", failures, "Sum", 60, "More than 60 requests failed within a minute."),
            "TreatMissingData": "notBreaching",
        },
        _alarm(
            "latency-p95", latency, "p95", 1, "One request in twenty takes over 1 s.", periods=3
        ),
        _alarm("cpu-high", CPU, "Average", 85, "The tasks are short of CPU.", periods=5),
        {
            **_alarm(
                "rds-connections",
                CONNECTIONS,
                "Maximum",
                LIMIT_CONNECTIONS,
                "The database allows 200 connections.",
            ),
            "AlarmActions": [DATABASE_TOPIC],
            "OKActions": [DATABASE_TOPIC],
            "InsufficientDataActions": [DATABASE_TOPIC],
        },
        _alarm("queue-age", QUEUE_AGE, "Maximum", 300, "Settlements wait for five minutes."),
        _error_ratio(failures, requests),
        {
            "AlarmName": f"{PREFIX}degraded",
            "AlarmDescription": "CredLink answers badly: pages whoever is on call.",
            "AlarmRule": f'ALARM("{PREFIX}5xx") OR ALARM("{PREFIX}latency-p95")',
            "AlarmActions": [TOPIC],
        },
    ):
        alarm = watch.alarms.put(raw, at=watch.now - MADE_BEFORE_S)
        if raw["AlarmName"] != f"{PREFIX}queue-age":
            alarm.turn("OK", "Threshold Crossed: no datapoint was beyond it.", alarm.changed_at)


def hold_connections(watch: Watch, level: float | None) -> None:
    """Have the database hold so many connections from now on; None is as usual."""
    source = watch.metrics.sources[CONNECTIONS]
    if isinstance(source, Level):
        source.hold(watch.now, level)


def _of_balancer(name: str) -> Metric:
    return Metric(BALANCER.namespace, name, BALANCER.dimensions)


def _failed(line: Json) -> float:
    return float(line.get("level") == "error")


def _alarm(
    name: str, metric: Metric, statistic: str, threshold: float, words: str, *, periods: int = 1
) -> Json:
    extended = statistic.startswith("p")
    return {
        "AlarmName": f"{PREFIX}{name}",
        "AlarmDescription": words,
        **_names(metric),
        "ExtendedStatistic" if extended else "Statistic": statistic,
        "Period": 60,
        "EvaluationPeriods": periods,
        "Threshold": float(threshold),
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "missing",
        "AlarmActions": [TOPIC],
    }


def _error_ratio(failures: Metric, requests: Metric) -> Json:
    """An alarm on an expression, as those on ratios are."""
    queries = [
        {
            "Id": id_,
            "MetricStat": {"Metric": _names(metric), "Period": 60, "Stat": "Sum"},
            "ReturnData": False,
        }
        for id_, metric in (("failed", failures), ("all", requests))
    ]
    ratio = {"Id": "ratio", "Expression": "100 * failed / all", "Label": "failed requests, %"}
    return {
        "AlarmName": f"{PREFIX}error-ratio",
        "AlarmDescription": "More than 5 % of the requests fail.",
        "Metrics": [*queries, {**ratio, "ReturnData": True}],
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [TOPIC],
    }


def _names(metric: Metric) -> Json:
    dimensions = [{"Name": name, "Value": value} for name, value in sorted(metric.dimensions)]
    return {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
