"""Real Prometheus and real Alertmanager, watching the sandbox's service."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from sandbox import seeds
from sandbox.monitoring import configuration
from sandbox.monitoring.program import NotStarted, Program, find
from sandbox.ports import free_port

# Debian's name for it comes first; elsewhere it has its own.
PROMETHEUS = ("prometheus",)
ALERTMANAGER = ("prometheus-alertmanager", "alertmanager")
HOW_TO_GET_THEM = (
    "Prometheus and Alertmanager are not on the PATH. "
    "On Debian and Ubuntu: apt-get install prometheus prometheus-alertmanager. "
    "With Homebrew: brew install prometheus alertmanager. "
    "Elsewhere: https://prometheus.io/download/"
)
READY_WITHIN_S = 30.0


class Monitoring:
    """Both programs, configured in `folder`, which also keeps their data and their logs.

    `api_url` is the service that is scraped, `pagerduty_url` where critical alerts go, and
    `webhook_url` where all alerts go, with `webhook_token` as its bearer token.
    """

    prometheus_flags: Sequence[str] = ()

    def __init__(
        self,
        *,
        folder: Path,
        api_url: str,
        pagerduty_url: str,
        webhook_url: str,
        webhook_token: str = seeds.ALERTMANAGER_WEBHOOK_TOKEN,
        routing_key: str = seeds.PAGERDUTY_ROUTING_KEY,
    ) -> None:
        self.folder = folder.resolve()
        self._api_url = api_url
        self._alertmanager_configuration = configuration.alertmanager(
            pagerduty_url=pagerduty_url,
            routing_key=routing_key,
            webhook_url=webhook_url,
            webhook_token=webhook_token,
        )
        self._programs: list[Program] = []
        self.prometheus_url = ""
        self.alertmanager_url = ""

    @staticmethod
    def available() -> bool:
        """Whether both programs are there; `HOW_TO_GET_THEM` says how to mend it if not."""
        return find(PROMETHEUS) is not None and find(ALERTMANAGER) is not None

    async def start(
        self,
        *,
        prometheus_port: int = 0,
        alertmanager_port: int = 0,
        within_s: float = READY_WITHIN_S,
    ) -> None:
        """Start both and wait until they are ready; port 0 takes a free one.

        Raises:
            NotStarted: with the reason, or how to get what is missing; nothing is left running.
        """
        prometheus, alertmanager = find(PROMETHEUS), find(ALERTMANAGER)
        if prometheus is None or alertmanager is None:
            raise NotStarted(HOW_TO_GET_THEM)
        self.prometheus_url = _url(prometheus_port)
        self.alertmanager_url = _url(alertmanager_port)
        self.write_configuration()
        self._programs = [
            self._alertmanager_program(alertmanager),
            self._prometheus_program(prometheus),
        ]
        try:
            for program in self._programs:
                await program.start(within_s=within_s)
        except NotStarted:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End both, Prometheus first: it would find its Alertmanager gone."""
        while self._programs:
            await self._programs.pop().stop()

    def freeze(self) -> None:
        """Let both take connections and answer nothing, until `thaw`."""
        for program in self._programs:
            program.freeze()

    def thaw(self) -> None:
        """Let both go on where they were."""
        for program in self._programs:
            program.thaw()

    def write_configuration(self) -> None:
        """Write what both read at start into `folder`; their addresses are known by now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write(configuration.RULES_FILE, configuration.rules())
        self.write(
            "prometheus.yml",
            configuration.prometheus(
                api=_address(self._api_url), alertmanager=_address(self.alertmanager_url)
            ),
        )
        self.write("alertmanager.yml", self._alertmanager_configuration)

    def write(self, name: str, document: Any) -> None:
        """Write a YAML document into `folder`."""
        # Names that are used twice are written twice: anchors are not for people.
        text = yaml.dump(document, Dumper=_WithoutAnchors, sort_keys=False)
        (self.folder / name).write_text(text)

    def _prometheus_program(self, path: str) -> Program:
        return Program(
            [
                path,
                f"--config.file={self.folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.folder / 'prometheus'}",
                "--storage.tsdb.retention.time=1d",
                f"--web.listen-address={_address(self.prometheus_url)}",
                # Alerts carry it as the address of their expression.
                f"--web.external-url={self.prometheus_url}",
                *self.prometheus_flags,
                # An Alertmanager that was restarted knows what is firing soon after.
                "--rules.alert.resend-delay=5s",
                "--log.level=warn",
            ],
            ready_url=f"{self.prometheus_url}/-/ready",
            log=self.folder / "prometheus.log",
        )

    def _alertmanager_program(self, path: str) -> Program:
        return Program(
            [
                path,
                f"--config.file={self.folder / 'alertmanager.yml'}",
                f"--storage.path={self.folder / 'alertmanager'}",
                f"--web.listen-address={_address(self.alertmanager_url)}",
                f"--web.external-url={self.alertmanager_url}",
                "--cluster.listen-address=",  # one alone; the default would listen everywhere
                "--log.level=warn",
            ],
            ready_url=f"{self.alertmanager_url}/-/ready",
            log=self.folder / "alertmanager.log",
        )


class _WithoutAnchors(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port or free_port()}"


def _address(url: str) -> str:
    """Return host:port of a URL without a path."""
    return url.removeprefix("http://")
