"""What CredLink stands on, as its exporters tell it: machines, database, Redis, AWS's own numbers.

Every number is as usual until it is set otherwise. Names and labels are the exporters' own, before
`prometheus.yml` gives them CredLink's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

MIB = 1024.0**2
GIB = 1024.0**3
ECS = {"cluster_name": "credlink-prod", "service_name": "credlink-api"}
ECS_OF_STAGING = {"cluster_name": "credlink-staging", "service_name": "credlink-api"}
DATABASE = {"dbinstance_identifier": "credlink-prod"}
REPLICA = {"dbinstance_identifier": "credlink-prod-replica"}
RULE = {"rule_name": "credlink-prod-deployment-failed"}
DISK = {"device": "/dev/xvda1", "mountpoint": "/", "fstype": "ext4"}


@dataclass(frozen=True, slots=True)
class Series:
    """One number of an exporter; a counter's `usual` is its growth a second."""

    job: str
    name: str
    usual: float
    labels: Mapping[str, str] = field(default_factory=dict)
    is_counter: bool = False


USUAL = (
    Series("cloudwatch", "ecs_containerinsights_running_task_count_average", 4, ECS),
    Series("cloudwatch", "ecs_containerinsights_running_task_count_average", 2, ECS_OF_STAGING),
    Series("cloudwatch", "aws_ecs_cpuutilization_average", 40, ECS),
    Series("cloudwatch", "aws_ecs_memory_utilization_average", 55, ECS),
    Series("cloudwatch", "aws_events_triggered_rules_sum", 0, RULE),
    Series("cloudwatch", "aws_rds_database_connections_average", 40, DATABASE),
    Series("cloudwatch", "aws_rds_cpuutilization_average", 30, DATABASE),
    Series("cloudwatch", "aws_rds_free_storage_space_average", 80 * GIB, DATABASE),
    Series("cloudwatch", "aws_rds_replica_lag_average", 0.2, REPLICA),
    Series("postgres", "pg_up", 1),
    Series("postgres", "pg_settings_max_connections", 200),
    Series("postgres", "pg_database_size_bytes", 20 * GIB, {"datname": "credlink"}),
    Series("redis", "redis_up", 1),
    Series("redis", "redis_memory_used_bytes", 190 * MIB),
    Series("redis", "redis_memory_max_bytes", 512 * MIB),
    Series("redis", "redis_connected_clients", 22),
    Series("redis", "redis_evicted_keys", 0, is_counter=True),
    Series("redis", "redis_commands_processed", 900, is_counter=True),
    Series("node", "node_memory_MemAvailable_bytes", 5 * GIB),
    Series("node", "node_memory_MemTotal_bytes", 8 * GIB),
    Series("node", "node_filesystem_avail_bytes", 30 * GIB, DISK),
    Series("node", "node_filesystem_size_bytes", 50 * GIB, DISK),
    Series("node", "node_cpu_seconds", 0.9, {"cpu": "0", "mode": "idle"}, is_counter=True),
    Series("node", "node_cpu_seconds", 0.1, {"cpu": "0", "mode": "user"}, is_counter=True),
)


class Ground:
    """The numbers as they are now; `now` is in seconds and only goes on."""

    def __init__(self, now: float) -> None:
        self.levels: dict[str, float] = {}
        """Metric → what it is instead of the usual, in all its series."""
        self.unsaid: set[str] = set()
        """Metrics that their exporter does not give."""
        self._now = now
        self._counted = [0.0] * len(USUAL)

    def level(self, series: Series) -> float:
        return self.levels.get(series.name, series.usual)

    def page(self, job: str, now: float) -> bytes:
        """What a scrape of this job's exporter answers."""
        self._advance(now)
        registry = CollectorRegistry()
        registry.register(_Page([*self._families(job)]))
        return generate_latest(registry)

    def _advance(self, now: float) -> None:
        lived_s, self._now = now - self._now, now
        for index, series in enumerate(USUAL):
            if series.is_counter:
                self._counted[index] += self.level(series) * lived_s

    def _families(self, job: str) -> Iterator[Metric]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for index, series in enumerate(USUAL):
            if series.job != job or series.name in self.unsaid:
                continue
            kind = CounterMetricFamily if series.is_counter else GaugeMetricFamily
            family = families.setdefault(
                series.name, kind(series.name, series.name, labels=[*series.labels])
            )
            value = self._counted[index] if series.is_counter else self.level(series)
            family.add_metric([*series.labels.values()], value)
        yield from families.values()


class _Page(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families
