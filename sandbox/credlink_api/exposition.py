"""CredLink's metrics by their real names, in Prometheus' text format."""

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from sandbox.credlink_api.traffic import BUCKETS_S, CPUS, Traffic

MIB = 1024 * 1024
REDIS_MAX_BYTES = 512 * MIB
NODE_BYTES = 2048 * MIB


def exposition(traffic: Traffic, *, with_ground: bool = True) -> bytes:
    """What a scrape of this environment answers; without its ground, what the service itself has to
    say."""
    registry = CollectorRegistry()
    registry.register(_Metrics(traffic, with_ground=with_ground))
    return generate_latest(registry)


class _Metrics(Collector):
    def __init__(self, traffic: Traffic, *, with_ground: bool) -> None:
        self._traffic = traffic
        self._with_ground = with_ground

    def describe(self) -> list[Metric]:
        return []  # registering asks for the names, and need not draw a gauge's noise for them

    def collect(self) -> Iterator[Metric]:
        yield self._requests()
        yield self._latency()
        if self._with_ground:
            yield from self._gauges()
            yield self._cpu()

    def _requests(self) -> Metric:
        family = CounterMetricFamily(
            "http_requests_total",
            "Requests answered.",
            labels=["status_code", "method", "path", "version"],
        )
        for labels, count in sorted(self._traffic.requests.items()):
            family.add_metric(labels, count)
        return family

    def _latency(self) -> Metric:
        family = HistogramMetricFamily(
            "http_request_duration_seconds", "Time to answer.", labels=["method", "path", "version"]
        )
        bounds = ["+Inf" if bound == BUCKETS_S[-1] else str(bound) for bound in BUCKETS_S]
        for labels, histogram in self._traffic.latency.items():
            counts = zip(bounds, accumulate(histogram.buckets), strict=True)
            family.add_metric(labels, list(counts), histogram.sum_s)
        return family

    def _gauges(self) -> Iterator[Metric]:
        traffic, tasks = self._traffic, len(self._traffic.tasks)
        for name, text, value in (
            (
                "aws_rds_database_connections",
                "Connections to the database.",
                round(traffic.jitter(4 + 8 * tasks)),
            ),
            (
                "aws_rds_cpuutilization_average",
                "Percent of the database's CPU.",
                traffic.jitter(12 + traffic.rate_per_s / 5),
            ),
            ("redis_memory_used_bytes", "Memory in use.", round(traffic.jitter(190 * MIB))),
            ("redis_memory_max_bytes", "Memory allowed.", REDIS_MAX_BYTES),
            ("redis_connected_clients", "Clients connected.", 2 + 5 * tasks),
            (
                "node_memory_MemAvailable_bytes",
                "Memory available.",
                round(traffic.jitter(NODE_BYTES * 0.6)),
            ),
            ("aws_ecs_running_task_count", "Tasks running.", tasks),
        ):
            yield GaugeMetricFamily(name, text, value=value)

    def _cpu(self) -> Metric:
        family = CounterMetricFamily(
            "node_cpu_seconds_total", "CPU time by mode.", labels=["cpu", "mode"]
        )
        busy_s = self._traffic.cpu_busy_s / CPUS
        for cpu in range(CPUS):
            family.add_metric([str(cpu), "user"], busy_s * 0.8)
            family.add_metric([str(cpu), "system"], busy_s * 0.2)
            family.add_metric([str(cpu), "idle"], max(0.0, self._traffic.lived_s - busy_s))
        return family
