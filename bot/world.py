"""What workflow steps may use: one object, given to the engine before it starts."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.catalog import Catalog
from bot.storage.database import Database
from integrations.aws.accounts import Accounts
from integrations.aws.models import TaskDefinition
from integrations.pagerduty.client import PagerDutyClient
from integrations.prometheus.client import PrometheusClient


def _nobody() -> None:
    """Wake nobody: the deliverer finds by polling what is owed."""


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
    pagerduty: PagerDutyClient | None = None
    wake: Callable[[], None] = _nobody
    """Says that a card may be owed, so that it is edited now and not at the next poll."""
    definitions: MutableMapping[str, TaskDefinition] = field(default_factory=dict)
    """Task definitions already described, by ARN: a revision never changes."""
    versions: MutableMapping[str, str] = field(default_factory=dict)
    """Tags already looked up, by image digest."""

    def paced(self, length: timedelta) -> timedelta:
        """A length of time of the catalogue's, as this world lives it."""
        return length / self.pace
