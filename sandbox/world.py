"""The whole world on one machine: every stand-in, the monitored service, and how to reach them."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox import seeds
from sandbox.actions import Issuer
from sandbox.aws import seeds as aws_seeds
from sandbox.aws.running import RunningTask
from sandbox.aws.seeded_alarms import DATABASE_TOPIC, USUAL_CPU_PERCENT
from sandbox.aws.server import AwsWorld
from sandbox.aws.sns import Sns
from sandbox.clock import Clock, RealClock
from sandbox.credlink_api.lines import Line
from sandbox.credlink_api.server import CredlinkApi
from sandbox.grafana.alerting import Alerting
from sandbox.grafana.server import Grafana
from sandbox.monitoring import ByHand, Monitoring
from sandbox.monitoring.storm import Storm
from sandbox.pagerduty.server import PagerDuty
from sandbox.sentry.server import Sentry
from sandbox.workspace.server import Workspace

Routes = Sequence[web.RouteDef]

ROOT = Path(__file__).parent.parent
CATALOG = Path(__file__).parent / "credlink.yml"
MANIFEST = ROOT / "manifest.yml"
ENVIRONMENTS = {each.name: each for each in aws_seeds.ENVIRONMENTS}
PLACES = {
    "prod": (seeds.PROD_ACCOUNT, "credlink-prod"),
    "eu": (seeds.PROD_ACCOUNT, "credlink-eu"),
    "staging": (seeds.MAIN_ACCOUNT, "credlink-staging"),
}
"""Environment → AWS account and ECS cluster."""


class PageWorkspace(Workspace):
    """The workspace, whose listener also serves what the page shows of the rest of the world."""

    more_routes: Routes = ()

    def application(self) -> web.Application:
        application = super().application()
        application.add_routes(self.more_routes)
        return application


@dataclass(slots=True)
class World:
    """Everything outside the bot. Ports are chosen before, because the parts must know each other.

    `pace` divides every wait of the world; `with_monitoring` runs real Prometheus and
    Alertmanager when they are installed.
    """

    folder: Path
    ports: Mapping[str, int]
    pace: float = 1.0
    with_workspace: bool = True
    with_monitoring: bool = True
    make_monitoring: Callable[[], Monitoring] | None = None
    """Another Prometheus and Alertmanager than the sandbox's own; asked for once the rest is up."""
    slack_mode: str = "socket"
    clock: Clock = field(default_factory=RealClock)
    workspace: PageWorkspace = field(init=False)
    aws: AwsWorld = field(init=False)
    pagerduty: PagerDuty = field(init=False)
    grafana: Grafana = field(init=False)
    sentry: Sentry = field(init=False)
    actions: Issuer = field(init=False)
    sns: Sns = field(init=False)
    credlink_api: CredlinkApi = field(init=False)
    monitoring: Monitoring | None = field(init=False, default=None)
    load: dict[str, float] = field(init=False, default_factory=dict)
    """Environment → its load, where it is not the usual one."""
    started_in_s: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        request_url = f"{self.bot_url}/slack/events" if self.slack_mode == "http" else None
        self.workspace = PageWorkspace(
            manifest=MANIFEST, clock=self.clock, request_url=request_url, pace=self.pace
        )
        self.aws = AwsWorld(clock=self.clock, pace=self.pace)
        self.aws.utilisation = self._utilisation
        self.pagerduty = PagerDuty(
            clock=self.clock, webhook_url=f"{self.bot_url}/webhooks/pagerduty", pace=self.pace
        )
        self.grafana = Grafana(clock=self.clock)
        self.sentry = Sentry(clock=self.clock, webhook_url=f"{self.bot_url}/webhooks/sentry")
        self.actions = Issuer(clock=self.clock)
        self.sns = Sns(clock=self.clock, pace=self.pace)
        self.aws.publish = self.sns.publish
        self.credlink_api = CredlinkApi(
            running=self.running,
            clock=self.clock,
            on_errors=self.sentry.saw,
            on_lines=self.log,
        )

    @property
    def bot_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['bot']}"

    @property
    def alertmanager_webhook_url(self) -> str:
        return f"{self.bot_url}/webhooks/alertmanager"

    @property
    def operations_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['operations']}"

    def by_hand(self) -> ByHand:
        """Alertmanager's part, played by hand."""
        return ByHand(webhook_url=self.alertmanager_webhook_url, pagerduty_url=self.pagerduty.url)

    def grafana_alerting(self) -> Alerting:
        """Grafana's own alerting, played by hand."""
        url = f"{self.bot_url}/webhooks/grafana"
        return Alerting(
            grafana_url=self.grafana.url,
            webhook_url=url,
            clock=self.clock,
            held=self.grafana.alerts,
        )

    def storm(self) -> Storm:
        """A storm to come, through Alertmanager where one runs."""
        url = self.monitoring.alertmanager_url if self.monitoring is not None else None
        return Storm(self.alertmanager_webhook_url, url)

    def running(self, environment: str) -> Sequence[RunningTask]:
        """The tasks that serve traffic in an environment now."""
        account, cluster = PLACES[environment]
        return self.aws.running(account, cluster, seeds.SERVICE)

    def set_load(self, environment: str, factor: float) -> None:
        """Have so many times the usual requests arrive, and use that much more of the CPU."""
        self.credlink_api.set_demand(environment, factor)
        self.load[environment] = factor

    def log(self, environment: str, lines: Sequence[Line]) -> None:
        """Have AWS keep what the service logged."""
        self.aws.log(ENVIRONMENTS[environment], lines)

    def _utilisation(self, cluster: str, service: str, tasks: int) -> float | None:
        """What `tasks` of a service use of their CPU, in percent: less, the more there are."""
        environment = next((e for e in ENVIRONMENTS.values() if e.cluster == cluster), None)
        if environment is None or service != seeds.SERVICE or not tasks:
            return None
        load = self.load.get(environment.name, 1.0)
        return USUAL_CPU_PERCENT * load * environment.tasks / tasks

    def desired(self, environment: str) -> int:
        """The desired count of the service in an environment, in tasks."""
        account, cluster = PLACES[environment]
        return self.aws.desired(account, cluster, seeds.SERVICE)

    async def start(self) -> None:
        """Start every part; the order is that of who asks whom first."""
        began = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(self.aws.start, self.ports["aws"])
        await asyncio.gather(
            self.pagerduty.start(self.ports["pagerduty"]),
            self.grafana.start(self.ports["grafana"]),
            self.sentry.start(self.ports["sentry"]),
            self.actions.start(self.ports["actions"]),
            self.sns.start(self.ports["sns"]),
            self.credlink_api.start(self.ports["credlink_api"]),
        )
        if self.with_workspace:
            await self.workspace.start(self.ports["workspace"])
        if self.with_monitoring and Monitoring.available():
            self.monitoring = (self.make_monitoring or self._own_monitoring)()
            await self.monitoring.start(
                prometheus_port=self.ports["prometheus"],
                alertmanager_port=self.ports["alertmanager"],
            )
            self.grafana.prometheus_url = f"http://127.0.0.1:{self.ports['prometheus']}"
        self.sns.subscribe(DATABASE_TOPIC, f"{self.bot_url}/webhooks/sns")
        self.started_in_s = time.monotonic() - began

    def _own_monitoring(self) -> Monitoring:
        return Monitoring(
            folder=self.folder / "monitoring",
            api_url=self.credlink_api.url,
            pagerduty_url=self.pagerduty.url,
            webhook_url=self.alertmanager_webhook_url,
        )

    async def stop(self) -> None:
        if self.monitoring is not None:
            await self.monitoring.stop()
            self.monitoring = None
        if self.with_workspace:
            await self.workspace.stop()
        others = (self.sns, self.actions, self.sentry, self.grafana, self.pagerduty)
        for part in (self.credlink_api, *others):
            await part.stop()
        await asyncio.to_thread(self.aws.stop)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def environment(self) -> dict[str, str]:
        """The variables that point a bot at this world, and nothing else of ours."""
        prometheus = f"http://127.0.0.1:{self.ports['prometheus']}" if self.monitoring else ""
        alertmanager = f"http://127.0.0.1:{self.ports['alertmanager']}" if self.monitoring else ""
        variables = {
            "CREDLINK_CONFIG": str(CATALOG),
            "CREDLINK_PACE": f"{self.pace:g}",
            "CREDLINK_LISTEN": f"127.0.0.1:{self.ports['bot']}",
            "CREDLINK_OPERATIONS_LISTEN": f"127.0.0.1:{self.ports['operations']}",
            "DATABASE_URL": f"sqlite:///{self.folder}/bot.sqlite",
            "ENGINE_DATABASE_URL": f"sqlite:///{self.folder}/engine.sqlite",
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_ENDPOINT_URL_SNS": self.sns.url,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_DEFAULT_REGION": seeds.REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PROMETHEUS_URL": prometheus,
            "ALERTMANAGER_URL": alertmanager,
            "ALERTMANAGER_WEBHOOK_TOKEN": seeds.ALERTMANAGER_WEBHOOK_TOKEN,
            "GRAFANA_URL": self.grafana.url,
            "GRAFANA_TOKEN": seeds.GRAFANA_TOKEN,
            "GRAFANA_WEBHOOK_SECRETS": seeds.GRAFANA_WEBHOOK_SECRET,
            "PAGERDUTY_API_URL": self.pagerduty.url,
            "PAGERDUTY_EVENTS_URL": self.pagerduty.url,
            "PAGERDUTY_ROUTING_KEYS": f"{seeds.SERVICE}={seeds.PAGERDUTY_ROUTING_KEY}",
            "PAGERDUTY_TOKEN": seeds.PAGERDUTY_TOKEN,
            "PAGERDUTY_WEBHOOK_SECRETS": seeds.PAGERDUTY_WEBHOOK_SECRET,
            "SENTRY_URL": self.sentry.url,
            "SENTRY_TOKEN": seeds.SENTRY_TOKEN,
            "SENTRY_CLIENT_SECRETS": seeds.SENTRY_CLIENT_SECRET,
            "PIPELINE_ISSUER_URL": self.actions.url,
        }
        if self.with_workspace:
            variables |= {
                "SLACK_MODE": self.slack_mode,
                "SLACK_API_URL": f"{self.workspace.url}/api/",
                "SLACK_BOT_TOKEN": seeds.BOT_TOKEN,
                "SLACK_APP_TOKEN": seeds.APP_TOKEN,
                "SLACK_SIGNING_SECRET": seeds.SIGNING_SECRET,
            }
        return variables

    def process_environment(self) -> dict[str, str]:
        """`environment` for a process of ours: with PATH and the like, without any proxy."""
        kept = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "TMPDIR", "PYTHONPATH")
        inherited = {name: os.environ[name] for name in kept if name in os.environ}
        return inherited | self.environment()
