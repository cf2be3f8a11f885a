"""Grafana's own alerting: the webhooks its contact point sends, signed with a time-stamp.

Source: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp

from sandbox import seeds
from sandbox.clock import Clock, RealClock

CONTACT_POINT = "credlink-bot"
ORGANISATION = 1
FOLDER = "CredLink"
DASHBOARD = "credlink-prod"
SIGNATURE_HEADER = "X-Grafana-Alerting-Signature"
TIMESTAMP_HEADER = "X-Grafana-Alerting-Timestamp"
"""Written into the contact point: Grafana has no name of its own for it."""
NO_DATA = "DatasourceNoData"
NO_END = "0001-01-01T00:00:00Z"
TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class GrafanaRule:
    """A rule of Grafana's own: what it is called and says, and the panel it belongs to."""

    uid: str
    name: str
    severity: str
    summary: str
    panel_id: int
    values: Mapping[str, float]
    """By letter: the query's, and 1 of the threshold that holds."""


RULE = GrafanaRule(
    uid="adredis0memory",
    name="RedisMemoryHigh",
    severity="warning",
    summary="Redis uses more than 90 % of its memory in prod.",
    panel_id=7,
    values={"A": 0.93, "C": 1},
)


def signature(body: bytes, stamp: str, secret: str) -> str:
    """The value of the signature's header for these bytes."""
    return hmac.new(secret.encode(), stamp.encode() + b":" + body, hashlib.sha256).hexdigest()


class Alerting:
    """Fires and resolves a rule by posting what Grafana's contact point would post.

    Nothing is tried twice: somebody is looking, and is told of a refusal by the exception.
    """

    def __init__(
        self,
        *,
        grafana_url: str,
        webhook_url: str,
        secret: str = seeds.GRAFANA_WEBHOOK_SECRET,
        held: dict[str, dict[str, Any]] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._grafana_url = grafana_url
        self._webhook_url = webhook_url
        self._secret = secret
        self._held = held if held is not None else {}
        """What fires, by fingerprint: Grafana's own Alertmanager is asked for it."""
        self._clock = clock or RealClock()
        self._started: dict[bool, float] = {}
        """Whether it is the alert that stands for no data → since when it fires."""

    async def fire(self, *, has_data: bool = True) -> None:
        """The rule fires, or has no data to be judged by; firing again repeats it.

        Raises:
            aiohttp.ClientError: the bot did not take it.
        """
        started_at = self._started.setdefault(has_data, self._clock.now())
        await self._send(self.payload(has_data=has_data, started_at=started_at))

    async def resolve(self) -> None:
        """Whatever of the rule fires is over. Raises what `fire` raises."""
        for has_data, started_at in list(self._started.items()):
            ended_at = self._clock.now()
            await self._send(
                self.payload(has_data=has_data, started_at=started_at, ended_at=ended_at)
            )
            del self._started[has_data]

    def payload(
        self, *, has_data: bool, started_at: float, ended_at: float | None = None
    ) -> dict[str, Any]:
        """The group with its one alert, as the contact point's default payload has it."""
        rule, status = RULE, "firing" if ended_at is None else "resolved"
        named = {"alertname": rule.name} if has_data else {"alertname": NO_DATA}
        labels = {
            **named,
            "grafana_folder": FOLDER,
            "service": seeds.SERVICE,
            "env": "prod",
            "severity": rule.severity,
            **({} if has_data else {"rulename": rule.name, "datasource_uid": "prometheus"}),
        }
        annotations = {"summary": rule.summary}
        group = {"alertname": labels["alertname"], "grafana_folder": FOLDER}
        return {
            "receiver": CONTACT_POINT,
            "status": status,
            "orgId": ORGANISATION,
            "alerts": [
                {
                    "status": status,
                    "labels": labels,
                    "annotations": annotations,
                    "startsAt": _moment(started_at),
                    "endsAt": NO_END if ended_at is None else _moment(ended_at),
                    "values": dict(rule.values) if has_data else None,
                    "valueString": _value_string(rule, labels) if has_data else "",
                    "generatorURL": f"{self._grafana_url}/alerting/grafana/{rule.uid}/view",
                    "fingerprint": hashlib.sha256(
                        json.dumps(labels, sort_keys=True).encode()
                    ).hexdigest()[:16],
                    "silenceURL": self._silence_url(labels),
                    "dashboardURL": f"{self._grafana_url}/d/{DASHBOARD}?orgId=1",
                    "panelURL": f"{self._grafana_url}/d/{DASHBOARD}"
                    f"?orgId=1&viewPanel={rule.panel_id}",
                    "imageURL": "",
                }
            ],
            "groupLabels": group,
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": f"{self._grafana_url}/",
            "version": "1",
            "groupKey": _group_key(group),
            "truncatedAlerts": 0,
            "title": f"[{status.upper()}:1] {labels['alertname']} {FOLDER}",
            "state": "alerting" if ended_at is None else "ok",
            "message": f"**{status.capitalize()}**",
        }

    def _silence_url(self, labels: Mapping[str, str]) -> str:
        matchers = [("matcher", f"{name}={value}") for name, value in sorted(labels.items())]
        query = urlencode([("alertmanager", "grafana"), *matchers, ("orgId", "1")])
        return f"{self._grafana_url}/alerting/silence/new?{query}"

    def hold(self, payload: Mapping[str, Any]) -> None:
        """Keep what fires as Alertmanager's API tells it, and what is over no longer."""
        for alert in payload["alerts"]:
            self._hold(alert)

    def _hold(self, alert: Mapping[str, Any]) -> None:
        self._held.pop(alert["fingerprint"], None)
        if alert["status"] == "firing":
            kept = ("labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint")
            status = {"state": "active", "silencedBy": [], "inhibitedBy": []}
            receivers = [{"name": CONTACT_POINT}]
            told = {name: alert[name] for name in kept}
            self._held[alert["fingerprint"]] = {**told, "status": status, "receivers": receivers}

    async def _send(self, payload: Mapping[str, Any]) -> None:
        self.hold(payload)
        body = json.dumps(payload).encode()
        stamp = str(int(self._clock.now()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: stamp,
            SIGNATURE_HEADER: signature(body, stamp, self._secret),
        }
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with (
            aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session,
            session.post(self._webhook_url, data=body, headers=headers),
        ):
            pass


def _group_key(labels: Mapping[str, str]) -> str:
    """Alertmanager's form, which Grafana took over."""
    said = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return f"{{}}:{{{said}}}"


def _value_string(rule: GrafanaRule, labels: Mapping[str, str]) -> str:
    said = ", ".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return ", ".join(
        f"[ var='{letter}' labels={{{said}}} value={value:g} ]"
        for letter, value in rule.values.items()
    )


def _moment(at: float) -> str:
    written = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")
