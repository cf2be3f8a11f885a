"""How each alert that is shipped is made to fire, and what can be drilled beside what.

Scenes of one wave touch different things. What one alert inhibits is not drilled beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.credlink_api.server import CredlinkApi
from sandbox.credlink_api.traffic import WELL, Ailment
from sandbox.drill.exporters import API_HOSTS, Exporters
from sandbox.drill.ground import GIB, MIB

PROD = "prod"


@dataclass(frozen=True, slots=True)
class Scene:
    """One alert: what is made bad for it to fire, and how that is mended."""

    alert: str
    spoil: Callable[[CredlinkApi, Exporters], None]
    mend: Callable[[CredlinkApi, Exporters], None]


def ails(alert: str, ailment: Ailment) -> Scene:
    """The service answers badly."""

    def set_to(what: Ailment) -> Callable[[CredlinkApi, Exporters], None]:
        def act(api: CredlinkApi, _: Exporters) -> None:
            api.traffic[PROD].ailment = what

        return act

    return Scene(alert, set_to(ailment), set_to(WELL))


def demand(alert: str, factor: float) -> Scene:
    """Fewer requests come."""
    return Scene(
        alert,
        lambda api, _: api.set_demand(PROD, factor),
        lambda api, _: api.set_demand(PROD, 1.0),
    )


def levels(alert: str, **numbers: float) -> Scene:
    """Numbers of what it stands on are bad."""

    def spoil(_: CredlinkApi, exporters: Exporters) -> None:
        exporters.ground.levels |= numbers

    def mend(_: CredlinkApi, exporters: Exporters) -> None:
        for name in numbers:
            del exporters.ground.levels[name]

    return Scene(alert, spoil, mend)


def closed(alert: str, *hosts: str) -> Scene:
    """Exporters do not answer."""
    return Scene(
        alert,
        lambda _, exporters: exporters.closed.update(hosts),
        lambda _, exporters: exporters.closed.difference_update(hosts),
    )


def lost(alert: str, target: str) -> Scene:
    """Discovery does not tell of a target."""
    return Scene(
        alert,
        lambda _, exporters: exporters.lost.add(target),
        lambda _, exporters: exporters.lost.discard(target),
    )


def unsaid(alert: str, metric: str) -> Scene:
    """An exporter answers without what is wanted of it."""
    return Scene(
        alert,
        lambda _, exporters: exporters.ground.unsaid.add(metric),
        lambda _, exporters: exporters.ground.unsaid.discard(metric),
    )


WAVES: Sequence[Sequence[Scene]] = (
    (
        # First, while there is little else in its long window. Below what burns fast.
        ails("ErrorBudgetBurnSlow", Ailment(errors=0.011)),
        levels("DatabaseCpuHigh", aws_rds_cpuutilization_average=93),
        levels("RedisMemoryHigh", redis_memory_used_bytes=480 * MIB),
    ),
    (
        # Above what burns fast, below the plain error ratio.
        ails("ErrorBudgetBurnFast", Ailment(errors=0.0165)),
        levels("HighMemory", node_memory_MemAvailable_bytes=0.3 * GIB),
        levels("ReplicationLagHigh", aws_rds_replica_lag_average=240),
        levels("RedisEvictions", redis_evicted_keys=60),
        levels("DiskLow", node_filesystem_avail_bytes=6 * GIB),
    ),
    (
        ails("HighErrorRatio", Ailment(errors=0.06)),
        levels("DatabaseConnectionsHigh", aws_rds_database_connections_average=185),
        levels("DiskCritical", node_filesystem_avail_bytes=1 * GIB),
        levels("DeploymentFailed", aws_events_triggered_rules_sum=1),
    ),
    (
        ails("HighLatencyP95", Ailment(slowdown=5.0)),
        levels("DatabaseStorageLow", aws_rds_free_storage_space_average=1 * GIB),
        closed("TargetDown", "node-exporter"),
        levels("ApiSaturated", aws_ecs_cpuutilization_average=94),
    ),
    (
        ails("VeryHighLatencyP95", Ailment(slowdown=16.0)),
        levels("RedisDown", redis_up=0),
        levels("TasksBelowMinimum", ecs_containerinsights_running_task_count_average=2),
    ),
    (
        ails("HighClientErrorRatio", Ailment(refused=0.35)),
        levels("DatabaseDown", pg_up=0),
        unsaid("MetricsMissing", "aws_rds_cpuutilization_average"),
        levels("HighCpu", node_cpu_seconds=0.05),
    ),
    (
        demand("TrafficDrop", 0.3),
        closed("BotDown", "bot"),
    ),
    (
        demand("LowTraffic", 0.002),
        lost("TargetMissing", "postgres-exporter:9187"),
    ),
    (closed("ApiDown", *[host for host, place in API_HOSTS.items() if place == PROD]),),
)
