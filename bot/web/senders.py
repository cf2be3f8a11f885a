"""Who sends webhooks, and how each is known: by a token of its own, or by what it signed.

Without a token or secret a route lets nothing in: nothing could be proved.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bot.alerts.normalise import dedup_key_of
from bot.web.keeping import Letter
from bot.web.webhooks import PutAside
from integrations.alertmanager import webhook as alertmanager
from integrations.errors import Rejected
from integrations.grafana import webhook as grafana
from integrations.pagerduty import webhook as pagerduty

ALERTMANAGER_PATH = "/webhooks/alertmanager"
GRAFANA_PATH = "/webhooks/grafana"
PAGERDUTY_PATH = "/webhooks/pagerduty"

# A group of a thousand alerts with long annotations has about 2 MiB; max_alerts makes it smaller.
ALERTMANAGER_BYTES = 8 * 1024 * 1024
# As Alertmanager's, and values and addresses beside each alert.
GRAFANA_BYTES = 8 * 1024 * 1024
# https://developer.pagerduty.com/docs/webhooks-behavior: larger ones are not sent.
PAGERDUTY_BYTES = 512 * 1024

ALERTMANAGER_KNOWN_S = 120.0
"""The second node of a pair and a repeated delivery come within this. Later the same body may be
news: a group that fires again as it did before."""
GRAFANA_KNOWN_S = 2 * grafana.WINDOW.total_seconds()
"""Longer than a signature is good, so that nothing is taken in twice."""
PAGERDUTY_KNOWN_S = 49 * 3600.0
"""PagerDuty repeats for 48 hours, under the same id; a replay after that is older than what is
known of its incident."""


@dataclass(frozen=True, slots=True)
class AlertmanagerSender:
    """Alertmanager: a token in a header proves it, so an unknown sender's body is not even read."""

    tokens: Sequence[str] = ()
    system: ClassVar[str] = alertmanager.SYSTEM
    path: ClassVar[str] = ALERTMANAGER_PATH
    most_bytes: ClassVar[int] = ALERTMANAGER_BYTES
    advice: ClassVar[str] = "Set `max_alerts` for this receiver in Alertmanager."

    def admit(self, headers: Mapping[str, str]) -> None:
        alertmanager.verify(headers.get("Authorization", ""), self.tokens)

    async def read(self, headers: Mapping[str, str], body: bytes) -> Letter:
        told = alertmanager.parse(body)
        return Letter(
            delivery_key=hashlib.sha256(body).hexdigest(),
            partition_key=dedup_key_of(told.group_key),
            body=body,
            known_for_s=ALERTMANAGER_KNOWN_S,
        )


@dataclass(frozen=True, slots=True)
class GrafanaSender:
    """Grafana's alerting: a token in a header proves it, or what it signed."""

    now: Callable[[], datetime]
    tokens: Sequence[str] = ()
    secrets: Sequence[str] = ()
    system: ClassVar[str] = grafana.SYSTEM
    path: ClassVar[str] = GRAFANA_PATH
    most_bytes: ClassVar[int] = GRAFANA_BYTES
    advice: ClassVar[str] = "Set the contact point's maximum of alerts in Grafana."

    def admit(self, headers: Mapping[str, str]) -> None:
        grafana.may_be_proved(headers, self.tokens)

    async def read(self, headers: Mapping[str, str], body: bytes) -> Letter:
        grafana.verify(headers, body, tokens=self.tokens, secrets=self.secrets, now=self.now())
        told = grafana.parse(body)
        return Letter(
            delivery_key=hashlib.sha256(body).hexdigest(),
            # The key of PagerDuty's webhook about that group: neither overtakes the other.
            partition_key=dedup_key_of(told.group_key),
            body=body,
            known_for_s=GRAFANA_KNOWN_S,
        )


@dataclass(frozen=True, slots=True)
class PagerDutySender:
    """PagerDuty: it signs the body, with each secret it holds."""

    secrets: Sequence[str] = ()
    system: ClassVar[str] = pagerduty.SYSTEM
    path: ClassVar[str] = PAGERDUTY_PATH
    most_bytes: ClassVar[int] = PAGERDUTY_BYTES
    advice: ClassVar[str] = "PagerDuty sends none so large."

    def admit(self, headers: Mapping[str, str]) -> None:
        """Only the body proves it."""

    async def read(self, headers: Mapping[str, str], body: bytes) -> Letter | PutAside:
        pagerduty.verify(body, headers.get(pagerduty.SIGNATURE_HEADER, ""), self.secrets)
        try:
            event = pagerduty.parse(body)
        except Rejected as exc:
            # PagerDuty did send it. A 4xx would be a drop, and three of them a day's silence.
            return PutAside(body=body, why=str(exc), known_for_s=PAGERDUTY_KNOWN_S)
        key = event.incident.incident_key if event.incident else None
        return Letter(
            # Signed, unlike the header with the delivery's id, and the same for every attempt.
            delivery_key=event.id,
            # The key of Alertmanager's webhook about that group: neither overtakes the other.
            partition_key=key or f"pagerduty:{event.incident_id or event.id}",
            body=body,
            known_for_s=PAGERDUTY_KNOWN_S,
        )
