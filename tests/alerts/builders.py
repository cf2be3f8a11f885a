"""Webhooks as Alertmanager and PagerDuty send them, made with only what a test wants to say."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from bot.alerts.normalise import GroupUpdate, dedup_key_of, from_alertmanager
from bot.catalog import Catalog
from bot.domain.incident import IncidentStatus, PagerDutyIncident, Responder
from integrations.alertmanager import webhook
from integrations.webhooks import NO_TIME

NOW = datetime(2026, 11, 23, 14, 33, tzinfo=UTC)
ONSET = NOW - timedelta(seconds=5)
GROUP_KEY = '{}:{alertname="HighErrorRatio", env="prod", service="credlink-api"}'
DEDUP_KEY = dedup_key_of(GROUP_KEY)
EXPRESSION = (
    'sum by (env, service) (rate(http_requests_total{status_code=~"5.."}[15s])) '
    "/ sum by (env, service) (rate(http_requests_total[15s])) > 0.01"
)
CAROL = Responder("PUCAROL", "Carol Méndez")


def a_catalog(**said: Any) -> Catalog:
    place = {
        "account": "222222222222",
        "region": "us-east-1",
        "cluster": "credlink-prod",
        "ecs_service": "credlink-api",
    }
    return Catalog.model_validate(
        {
            "people": {
                "everyone": {"may": {"*": ["alerts"], "prod": ["acknowledge"]}},
            },
            "services": {
                "credlink-api": {
                    "pagerduty": {"service": "PCREDLNK"},
                    "environments": {"prod": place},
                }
            },
            "alerts": {
                "routes": [
                    {"match": {"component": "business"}, "channel": "#credlink-business"},
                    {"match": {"service": "credlink-api"}, "channel": "#credlink-alerts"},
                ]
            },
            **said,
        }
    )


def an_alert(
    fingerprint: str = "a1",
    *,
    status: str = "firing",
    starts_at: datetime = ONSET,
    ends_at: datetime | None = None,
    value: str = "0.042",
    expression: str = EXPRESSION,
    annotations: dict[str, str] | None = None,
    **labels: str,
) -> dict[str, Any]:
    """One alert of a payload."""
    if status == "resolved" and ends_at is None:
        ends_at = NOW + timedelta(minutes=14)
    return {
        "status": status,
        "labels": {
            "alertname": "HighErrorRatio",
            "env": "prod",
            "service": "credlink-api",
            "severity": "critical",
            **labels,
        },
        "annotations": {
            "summary": "Errors are above 1 %",
            "runbook_url": "https://runbooks.example/errors",
            "value": value,
            **(annotations or {}),
        },
        "startsAt": starts_at.isoformat(),
        "endsAt": ends_at.isoformat() if ends_at else NO_TIME,
        "generatorURL": f"http://prometheus.example/graph?g0.expr={quote(expression)}",
        "fingerprint": fingerprint,
    }


def a_payload(*alerts: dict[str, Any], **said: Any) -> dict[str, Any]:
    """Alertmanager's payload of version 4."""
    alerts = alerts or (an_alert(),)
    firing = any(alert["status"] == "firing" for alert in alerts)
    return {
        "version": "4",
        "groupKey": GROUP_KEY,
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": "credlink",
        "groupLabels": {"alertname": "HighErrorRatio"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "alerts": list(alerts),
        **said,
    }


def a_body(*alerts: dict[str, Any], **said: Any) -> bytes:
    return json.dumps(a_payload(*alerts, **said)).encode()


def an_update(*alerts: dict[str, Any], **said: Any) -> GroupUpdate:
    return from_alertmanager(webhook.parse(a_body(*alerts, **said)), at=NOW)


def an_incident(
    status: IncidentStatus = IncidentStatus.TRIGGERED, *, at: datetime = NOW, **said: Any
) -> PagerDutyIncident:
    """What PagerDuty says of the group's incident at that moment."""
    people: dict[str, Any] = {}
    if status is IncidentStatus.ACKNOWLEDGED:
        people = {"acknowledged_by": CAROL, "acknowledged_at": at}
    if status is IncidentStatus.RESOLVED:
        people = {"resolved_by": CAROL, "resolved_at": at}
    return PagerDutyIncident(
        **{
            "id": "PINC1",
            "number": 4711,
            "title": "HighErrorRatio credlink-api",
            "status": status,
            "urgency": "high",
            "url": "https://pagerduty.example/incidents/PINC1",
            "incident_key": DEDUP_KEY,
            "service_id": "PCREDLNK",
            "assignees": ("Carol Méndez",),
            "created_at": NOW,
            "told_at": at,
            **people,
            **said,
        }
    )


def an_event_body(
    kind: str = "incident.triggered",
    *,
    event_id: str = "event-1",
    at: datetime = NOW,
    agent: dict[str, str] | None = None,
    **incident: Any,
) -> bytes:
    """PagerDuty's webhook of version 3."""
    status = {
        "incident.acknowledged": "acknowledged",
        "incident.resolved": "resolved",
    }.get(kind, "triggered")
    data = {
        "id": "PINC1",
        "type": "incident",
        "html_url": "https://pagerduty.example/incidents/PINC1",
        "number": 4711,
        "status": status,
        "incident_key": DEDUP_KEY,
        "created_at": NOW.isoformat(),
        "title": "HighErrorRatio credlink-api",
        "service": {"id": "PCREDLNK", "type": "service_reference", "summary": "credlink-api"},
        "assignees": [{"id": "PUCAROL", "type": "user_reference", "summary": "Carol Méndez"}],
        "urgency": "high",
        **incident,
    }
    event = {
        "id": event_id,
        "event_type": kind,
        "resource_type": "incident",
        "occurred_at": at.isoformat(),
        "agent": agent,
        "client": None,
        "data": data,
    }
    return json.dumps({"event": event}).encode()
