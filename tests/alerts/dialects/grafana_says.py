"""Grafana's webhooks, made with only what a test wants to say."""

import json
from typing import Any

from bot.alerts.dialects.grafana import from_grafana
from bot.alerts.normalise import GroupUpdate
from integrations.grafana import webhook
from sandbox.grafana.alerting import Alerting
from tests.alerts.builders import NOW, ONSET

GRAFANA = Alerting(grafana_url="https://grafana.example", webhook_url="http://127.0.0.1:9/")


def says(
    *alerts: dict[str, Any], has_data: bool = True, is_over: bool = False, **said: Any
) -> GroupUpdate:
    """The group of the sandbox's rule, each alert changed by what is given."""
    ended_at = NOW.timestamp() if is_over else None
    told = GRAFANA.payload(has_data=has_data, started_at=ONSET.timestamp(), ended_at=ended_at)
    [only] = told["alerts"]
    changed = [_changed(only, number, alert) for number, alert in enumerate(alerts or ({},))]
    body = json.dumps({**told, "alerts": changed, **said}).encode()
    return from_grafana(webhook.parse(body), at=NOW)


def _changed(only: dict[str, Any], number: int, alert: dict[str, Any]) -> dict[str, Any]:
    labels = {**only["labels"], **alert.get("labels", {})}
    annotations = {**only["annotations"], **alert.get("annotations", {})}
    given = {**alert, "labels": labels, "annotations": annotations}
    return {**only, "fingerprint": f"g{number}", **given}
