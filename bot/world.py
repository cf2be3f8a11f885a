"""What workflow steps may use: one object, given to the engine before it starts."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.catalog import Catalog
from bot.domain.evidence.panel import PanelSeen
from bot.domain.mark import MarkPhase
from bot.storage.database import Database
from integrations.alertmanager.client import AlertmanagerClient
from integrations.aws.accounts import Accounts
from integrations.aws.models import TaskDefinition
from integrations.grafana.client import GrafanaClient
from integrations.pagerduty.client import PagerDutyClient
from integrations.pagerduty.events import EventsClient
from integrations.prometheus.client import PrometheusClient
from integrations.sentry.client import SentryClient


def _nobody() -> None:
    """Wake nobody: the deliverer finds by polling what is owed."""


def _nobody_told(_change_id: str, _phase: MarkPhase) -> None:
    """Begin nothing: the sweep finds what was promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything outside a workflow. Steps read it through `engine.world`, workflows never.

    `now` gives an aware moment in UTC. Every wait is divided by `pace`.
    """

    database: Database
    catalog: Catalog
    aws: Accounts
    now: Callable[[], datetime]
    pace: float = 1.0
    prometheus: PrometheusClient | None = None
    prometheus_of_people: PrometheusClient | None = None
    """The same one for what people ask in their own words: however slow that is, it takes no
    thread of those that judge."""
    alertmanager: AlertmanagerClient | None = None
    grafana: GrafanaClient | None = None
    pagerduty: PagerDutyClient | None = None
    sentry: SentryClient | None = None
    change_events: Mapping[str, EventsClient] = field(default_factory=dict)
    """Where PagerDuty takes change events, by service of the catalogue."""
    tell_others: Callable[[str, MarkPhase], None] = _nobody_told
    """Begins to tell other systems of a change, without waiting; call it after the transaction
    that promised so."""
    workspace_url: str = ""
    """Slack's address of the workspace, with a slash at its end: permalinks begin with it."""
    wake: Callable[[], None] = _nobody
    """Says that a card may be owed, so that it is edited now and not at the next poll."""
    definitions: MutableMapping[str, TaskDefinition] = field(default_factory=dict)
    """Task definitions already described, by ARN: a revision never changes."""
    versions: MutableMapping[str, str] = field(default_factory=dict)
    """Tags already looked up, by image digest."""
    panels: MutableMapping[str, tuple[PanelSeen, ...]] = field(default_factory=dict)
    """What Grafana's dashboards draw, by their uid, as it was read last."""
    recorded: MutableMapping[str, str] = field(default_factory=dict)
    """The expressions of Prometheus' recording rules, by their names, as they were read last."""

    def paced(self, length: timedelta) -> timedelta:
        """A length of time of the catalogue's, as this world lives it."""
        return length / self.pace
