"""An Alertmanager that holds what a test says, and the clock the bot looks at."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from integrations.alertmanager.models import Alert, Status
from integrations.errors import Unavailable
from tests.alerts.builders import NOW


@dataclass
class Alertmanager:
    """Plays the client: two calls, and what it holds."""

    holds: list[Alert] = field(default_factory=list)
    up_since: datetime = NOW - timedelta(days=3)
    is_away: bool = False

    async def get_status(self) -> Status:
        self._answers()
        return Status(version="0.25.0", uptime_since=self.up_since, cluster_status="disabled")

    async def get_alerts(self) -> tuple[Alert, ...]:
        self._answers()
        return tuple(self.holds)

    def _answers(self) -> None:
        if self.is_away:
            raise Unavailable("alertmanager", "get_alerts", "connection refused")


@dataclass
class Clock:
    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def goes_on(self, length: timedelta) -> None:
        self.at += length


def a_held(fingerprint: str = "a1", *, name: str = "HighErrorRatio", **said: Any) -> Alert:
    """An alert as Alertmanager holds it."""
    labels = {
        "alertname": name,
        "env": "prod",
        "service": "credlink-api",
        "severity": "critical",
        **said.pop("labels", {}),
    }
    return Alert(
        **{
            "fingerprint": fingerprint,
            "labels": labels,
            "state": "active",
            "starts_at": NOW,
            "ends_at": NOW + timedelta(minutes=4),
            "updated_at": NOW,
            "receivers": ("credlink",),
            **said,
        }
    )
