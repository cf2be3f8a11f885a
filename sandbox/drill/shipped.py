"""Real Prometheus and Alertmanager with exactly the files of `infra/monitoring`.

What is replaced is what a machine of our own cannot have: who discovers targets, where the other
systems are, where secrets lie. And every duration is divided by one factor.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from sandbox import seeds
from sandbox.drill import shortened
from sandbox.drill.exporters import Exporters
from sandbox.monitoring.monitoring import Monitoring
from sandbox.monitoring.program import NotStarted
from sandbox.world import ROOT, World

SHIPPED = ROOT / "infra" / "monitoring"
RULES = SHIPPED / "prometheus" / "rules"
FACTOR = 60.0
LOOKBACK = timedelta(minutes=5)
"""How old a sample may be that Prometheus still takes for now, unless told otherwise."""
WEEK = timedelta(weeks=1)
LAST_WEEK = "env_service:http_requests:rate5m"
"""What `TrafficDrop` compares with."""
LASTS = timedelta(minutes=15)
"""How long a drill may take: so much of last week there must be."""
BACKFILL_WITHIN_S = 60.0


class ShippedMonitoring(Monitoring):
    """As the sandbox's own, with other files; scrapes by way of `exporters`."""

    def __init__(
        self, world: World, *, folder: Path, exporters: Exporters, factor: float = FACTOR
    ) -> None:
        super().__init__(
            folder=folder,
            api_url=world.credlink_api.url,
            pagerduty_url=world.pagerduty.url,
            webhook_url=world.alertmanager_webhook_url,
        )
        self.prometheus_flags = (
            f"--query.lookback-delta={shortened.written(LOOKBACK / factor)}",
            "--storage.tsdb.allow-overlapping-blocks",
        )
        self._world = world
        self._exporters = exporters
        self._factor = factor

    def write_configuration(self) -> None:
        (self.folder / "rules").mkdir(parents=True, exist_ok=True)
        for path in sorted(RULES.glob("*.yml")):
            self.write(f"rules/{path.name}", shortened.document(read(path), self._factor))
        self.write("prometheus.yml", self._prometheus())
        self.write("alertmanager.yml", self._alertmanager())
        self._backfill()

    def _prometheus(self) -> Any:
        said = shortened.document(read(SHIPPED / "prometheus" / "prometheus.yml"), self._factor)
        address = self.alertmanager_url.removeprefix("http://")
        said["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [address]}]}]
        for job in said["scrape_configs"]:
            job["proxy_url"] = self._exporters.url
            self._exporters.targets[job["job_name"]] = [
                *job.pop("static_configs", ()),
                *self._found(job),
            ]
            told = f"{self._exporters.url}/targets/{job['job_name']}"
            job["http_sd_configs"] = [{"url": told, "refresh_interval": "1s"}]
        return said

    def _found(self, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What Cloud Map would answer for the names of a job; EC2 has no machines of ours."""
        job.pop("ec2_sd_configs", None)
        for asked in job.pop("dns_sd_configs", ()):
            for name in asked["names"]:
                labels = {"__meta_dns_name": name}
                yield {"targets": [f"{name}:{asked['port']}"], "labels": labels}

    def _alertmanager(self) -> Any:
        said = shortened.document(read(SHIPPED / "alertmanager" / "alertmanager.yml"), self._factor)
        token, key = self.folder / "webhook_token", self.folder / "routing_key"
        token.write_text(seeds.ALERTMANAGER_WEBHOOK_TOKEN)
        key.write_text(seeds.PAGERDUTY_ROUTING_KEY)
        for receiver in said["receivers"]:
            for webhook in receiver.get("webhook_configs", ()):
                webhook["url"] = self._world.alertmanager_webhook_url
                webhook["http_config"]["authorization"]["credentials_file"] = str(token)
            for pager in receiver.get("pagerduty_configs", ()):
                pager["url"] = f"{self._world.pagerduty.url}/v2/enqueue"
                pager["routing_key_file"] = str(key)
        return said

    def _backfill(self) -> None:
        """Give Prometheus last week's traffic, as `promtool` makes blocks of it.

        Raises:
            NotStarted: promtool is not there, or does not do it.
        """
        promtool = shutil.which("promtool")
        if promtool is None:
            raise NotStarted("promtool is not on the PATH; it comes with Prometheus")
        written = self.folder / "last_week.om"
        written.write_text("\n".join(self._last_week()) + "\n")
        done = subprocess.run(  # noqa: S603  what which() found, with files of our own
            [
                promtool,
                "tsdb",
                "create-blocks-from",
                "openmetrics",
                written,
                self.folder / "prometheus",
            ],
            capture_output=True,
            text=True,
            timeout=BACKFILL_WITHIN_S,
            check=False,
        )
        if done.returncode:
            raise NotStarted(f"promtool could not backfill: {done.stderr.strip()}")

    def _last_week(self) -> Iterator[str]:
        """The traffic of prod, a sample a second, a shortened week before the drill and while it
        lasts, in OpenMetrics."""
        usual = self._world.credlink_api.traffic["prod"].rate_per_s
        begins = self._world.clock.now() - (WEEK / self._factor).total_seconds()
        yield f"# TYPE {LAST_WEEK} gauge"
        for second in range(-30, round(LASTS.total_seconds())):
            at = begins + second
            yield f'{LAST_WEEK}{{env="prod",service="{seeds.SERVICE}"}} {usual} {at:.3f}'
        yield "# EOF"


def read(path: Path) -> Any:
    """A YAML document."""
    return yaml.safe_load(path.read_text())


def alerts() -> Mapping[str, Mapping[str, Any]]:
    """Every alert that is shipped, by name, as its rule says."""
    return {
        rule["alert"]: rule
        for path in sorted(RULES.glob("*.yml"))
        for group in read(path)["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
