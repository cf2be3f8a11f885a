"""A storm: hundreds of alert groups at once, as when what many services need is gone.

Through a real Alertmanager where one runs, which groups and sends them as it would any others;
otherwise by the webhooks it would send.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from sandbox import seeds
from sandbox.monitoring import by_hand

GROUPS, ALERTS = 200, 2000
TOGETHER = 2000
"""Alerts in one request to Alertmanager; as many as Prometheus sends would be fewer."""
AT_ONCE = 20
LASTS = timedelta(hours=2)
"""After that Alertmanager ends them by itself."""
TIMEOUT_S = 60.0
KINDS = (
    ("DatabaseDown", "critical", 1, "The database does not answer"),
    ("APIDown", "critical", 9, "No instance answers"),
    ("HighLatency", "warning", 80, "p95 is above 1 s"),
    ("QueueBacklog", "warning", 45, "Jobs wait for more than 5 min"),
    ("SlowQueries", "warning", 30, "Queries take longer than 2 s"),
    ("CacheMisses", "warning", 20, "Every second look-up misses"),
    ("TaskRestarts", "info", 15, "Tasks restart"),
)
"""Alert name, severity, how many of 200 groups, and what it says of itself."""

Labels = dict[str, str]


def groups(number: int = GROUPS) -> list[Labels]:
    """The labels of so many alert groups: Alertmanager groups by alert name, place and service."""
    found: list[Labels] = []
    whole = sum(share for _, _, share, _ in KINDS)
    while len(found) < number:
        turn = len(found) // whole
        for name, severity, share, _ in KINDS:
            for one in range(share):
                service = seeds.SERVICE if turn == one == 0 else f"svc-{turn * share + one:03}"
                found.append(
                    {"alertname": name, "severity": severity, "env": "prod", "service": service}
                )
    return found[:number]


@dataclass(slots=True)
class Storm:
    """Blows and calms down again; `alertmanager_url` is None where none runs."""

    webhook_url: str
    alertmanager_url: str | None
    webhook_token: str = seeds.ALERTMANAGER_WEBHOOK_TOKEN
    _began_at: datetime | None = field(default=None, init=False)
    _groups: list[Labels] = field(default_factory=list, init=False)

    async def blow(self, number: int = GROUPS, alerts: int = ALERTS) -> None:
        """So many groups begin at once, with so many alerts in all.

        Raises:
            aiohttp.ClientError: nobody takes them.
        """
        self._began_at, self._groups = datetime.now(UTC), groups(number)
        await self._send(self._alerts(alerts // number, ends_at=self._began_at + LASTS))

    async def calm(self, alerts: int = ALERTS) -> None:
        """What began ends. Raises what `blow` raises."""
        if self._began_at is None:
            return
        ended_at = datetime.now(UTC)
        await self._send(self._alerts(alerts // len(self._groups), ends_at=ended_at), ended_at)
        self._began_at = None

    def _alerts(self, each: int, *, ends_at: datetime) -> list[list[dict[str, Any]]]:
        """The alerts of every group, in Alertmanager's words."""
        says = {name: text for name, _, _, text in KINDS}
        began_at = self._began_at or ends_at
        return [
            [
                {
                    "labels": {**labels, "instance": f"10.0.{number}.{len(labels['service'])}"},
                    "annotations": {"summary": says[labels["alertname"]]},
                    "startsAt": began_at.isoformat(),
                    "endsAt": ends_at.isoformat(),
                    "generatorURL": f"http://127.0.0.1/graph?g0.expr={labels['alertname'].lower()}",
                }
                for number in range(each)
            ]
            for labels in self._groups
        ]

    async def _send(
        self, found: Sequence[Sequence[dict[str, Any]]], ended_at: datetime | None = None
    ) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session:
            if self.alertmanager_url is None:
                await self._by_hand(session, found, ended_at)
                return
            every = [alert for group in found for alert in group]
            url = f"{self.alertmanager_url}/api/v2/alerts"
            for start in range(0, len(every), TOGETHER):
                async with session.post(url, json=every[start : start + TOGETHER]):
                    pass

    async def _by_hand(
        self,
        session: aiohttp.ClientSession,
        found: Sequence[Sequence[dict[str, Any]]],
        ended_at: datetime | None,
    ) -> None:
        limit = asyncio.Semaphore(AT_ONCE)
        headers = {"Authorization": f"Bearer {self.webhook_token}"}

        async def send(labels: Labels, alerts: Sequence[dict[str, Any]]) -> None:
            body = _payload(labels, alerts, ended_at)
            async with limit, session.post(self.webhook_url, json=body, headers=headers):
                pass

        async with asyncio.TaskGroup() as together:
            for labels, alerts in zip(self._groups, found, strict=True):
                together.create_task(send(labels, alerts))


def _payload(
    labels: Labels, alerts: Sequence[dict[str, Any]], ended_at: datetime | None
) -> dict[str, Any]:
    """The webhook of one group."""
    status = by_hand.FIRING if ended_at is None else by_hand.RESOLVED
    group_labels = {name: labels[name] for name in ("alertname", "env", "service")}
    written = ", ".join(f'{name}="{value}"' for name, value in sorted(group_labels.items()))
    return {
        "version": "4",
        "groupKey": f"{{}}:{{{written}}}",
        "truncatedAlerts": 0,
        "status": status,
        "receiver": by_hand.RECEIVER,
        "groupLabels": group_labels,
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "http://127.0.0.1",
        "alerts": [
            {
                **alert,
                "status": status,
                "endsAt": by_hand.NO_END if ended_at is None else ended_at.isoformat(),
                "fingerprint": by_hand.fingerprint(alert["labels"]),
            }
            for alert in alerts
        ],
    }
