"""The webhooks that Alertmanager would send, for machines without it; marked as fired by hand.

Source of the payload: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import aiohttp

from sandbox import seeds
from sandbox.clock import Clock, RealClock
from sandbox.monitoring.rules import RULES, Rule

RECEIVER = "by hand"
MARK = {"by_hand": "Fired by hand in the sandbox; no Prometheus saw it."}
TIMEOUT_S = 5.0
FIRING, RESOLVED = "firing", "resolved"
# What Alertmanager writes for an end that has not come.
NO_END = "0001-01-01T00:00:00Z"


def payload(
    rule: Rule,
    environment: str,
    *,
    status: str,
    value: float,
    started_at: float,
    ended_at: float | None = None,
) -> dict[str, Any]:
    """Build a version 4 payload with the one alert of its group, marked as fired by hand."""
    group_labels = {"alertname": rule.name, "env": environment, "service": seeds.SERVICE}
    labels = group_labels | rule.labels()
    annotations = rule.annotations(environment=environment, value=value) | MARK
    return {
        "version": "4",
        "groupKey": group_key(rule, environment),
        "truncatedAlerts": 0,
        "status": status,
        "receiver": RECEIVER,
        "groupLabels": group_labels,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "http://127.0.0.1",
        "alerts": [
            {
                "status": status,
                "labels": labels,
                "annotations": annotations,
                "startsAt": _moment(started_at),
                "endsAt": NO_END if ended_at is None else _moment(ended_at),
                "generatorURL": f"http://127.0.0.1/graph?g0.expr={quote(rule.expression)}&g0.tab=1",
                "fingerprint": fingerprint(labels),
            }
        ],
    }


def group_key(rule: Rule, environment: str) -> str:
    """Alertmanager's form of a group key, on a route that it does not have."""
    return (
        f'{{}}/{{receiver="{RECEIVER}"}}:'
        f'{{alertname="{rule.name}", env="{environment}", service="{seeds.SERVICE}"}}'
    )


def dedup_key(group_key: str) -> str:
    """What Alertmanager gives PagerDuty for a group."""
    return hashlib.sha256(group_key.encode()).hexdigest()


def fingerprint(labels: dict[str, str]) -> str:
    """Alertmanager's fingerprint of a label set: FNV-1a, 64 bits, over the sorted pairs."""
    value = 0xCBF29CE484222325
    for name, text in sorted(labels.items()):
        for byte in name.encode() + b"\xff" + text.encode() + b"\xff":
            value = ((value ^ byte) * 0x100000001B3) % 2**64
    return f"{value:016x}"


class ByHand:
    """Fires and resolves alerts by posting what Alertmanager would post.

    Without a `pagerduty_url`, PagerDuty hears of nothing. Nothing is tried twice: somebody is
    looking, and is told of a refusal by the exception.
    """

    def __init__(
        self,
        *,
        webhook_url: str,
        webhook_token: str = seeds.ALERTMANAGER_WEBHOOK_TOKEN,
        pagerduty_url: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._webhook_url = webhook_url
        self._webhook_token = webhook_token
        self._pagerduty_url = pagerduty_url
        self._clock = clock or RealClock()
        self._started: dict[tuple[str, str], float] = {}

    async def fire(self, alert: str, environment: str, *, value: float | None = None) -> None:
        """Fire the alert of that name (see `rules.RULES`); firing again repeats it.

        Raises:
            ValueError: there is no such alert.
            aiohttp.ClientError: the bot or PagerDuty did not take it.
        """
        rule = _rule(alert)
        started_at = self._started.setdefault((alert, environment), self._clock.now())
        value = rule.example if value is None else value
        await self._send(
            rule,
            payload(rule, environment, status=FIRING, value=value, started_at=started_at),
        )

    async def resolve(self, alert: str, environment: str) -> None:
        """Resolve what was fired; what was not is left alone. Raises what `fire` raises."""
        rule = _rule(alert)
        started_at = self._started.get((alert, environment))
        if started_at is None:
            return
        await self._send(
            rule,
            payload(
                rule,
                environment,
                status=RESOLVED,
                value=rule.example,
                started_at=started_at,
                ended_at=self._clock.now(),
            ),
        )
        del self._started[alert, environment]

    async def _send(self, rule: Rule, body: dict[str, Any]) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session:
            if self._pagerduty_url is not None and rule.severity == "critical":
                url, event = f"{self._pagerduty_url}/v2/enqueue", _pagerduty_event(rule, body)
                async with session.post(url, json=event):
                    pass
            headers = {"Authorization": f"Bearer {self._webhook_token}"}
            async with session.post(self._webhook_url, json=body, headers=headers):
                pass


def _pagerduty_event(rule: Rule, body: dict[str, Any]) -> dict[str, Any]:
    """What Alertmanager's PagerDuty receiver sends for the same group."""
    summary = f"{rule.name}: {body['commonAnnotations']['summary']}"
    return {
        "routing_key": seeds.PAGERDUTY_ROUTING_KEY,
        "dedup_key": dedup_key(body["groupKey"]),
        "event_action": "trigger" if body["status"] == FIRING else "resolve",
        "client": RECEIVER,
        "payload": {"summary": summary, "source": RECEIVER, "severity": rule.severity},
    }


def _rule(name: str) -> Rule:
    for rule in RULES:
        if rule.name == name:
            return rule
    raise ValueError(f"There is no alert {name!r}; there are {', '.join(r.name for r in RULES)}.")


def _moment(at: float) -> str:
    written = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")
