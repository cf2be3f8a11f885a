"""What Prometheus and Alertmanager read at start; every key is one that Debian 12's versions know.

Sources: https://prometheus.io/docs/prometheus/2.42/configuration/configuration/ and
https://prometheus.io/docs/alerting/0.25/configuration/
"""

from typing import Any

from sandbox import seeds
from sandbox.monitoring.rules import RULES

ENVIRONMENTS = ("prod", "eu", "staging")
RULES_FILE = "rules.yml"
INTERVAL = "1s"
RECEIVER = "credlink"
WARNINGS_RECEIVER = "credlink-warnings"


def rules() -> dict[str, Any]:
    return {"groups": [{"name": seeds.SERVICE, "rules": [rule.document() for rule in RULES]}]}


def prometheus(*, api: str, alertmanager: str) -> dict[str, Any]:
    """Scrape every environment of the service at `api`; both addresses are host:port."""
    return {
        "global": {
            "scrape_interval": INTERVAL,
            "scrape_timeout": INTERVAL,
            "evaluation_interval": INTERVAL,
        },
        "rule_files": [RULES_FILE],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {
                "job_name": seeds.SERVICE,
                "static_configs": [
                    {
                        "targets": [api],
                        "labels": {
                            "__metrics_path__": f"/metrics/{environment}",
                            "env": environment,
                            "service": seeds.SERVICE,
                        },
                    }
                    for environment in ENVIRONMENTS
                ],
            }
        ],
    }


def alertmanager(
    *, pagerduty_url: str, routing_key: str, webhook_url: str, webhook_token: str
) -> dict[str, Any]:
    """Send everything to the bot and critical alerts to PagerDuty as well.

    For a critical alert both notifications come from one receiver, so that they share a group key:
    PagerDuty's incident key is its SHA-256, which joins the two without guessing.
    """
    webhook = {
        "url": webhook_url,
        "send_resolved": True,
        "http_config": {"authorization": {"type": "Bearer", "credentials": webhook_token}},
    }
    pagerduty = {
        "url": f"{pagerduty_url}/v2/enqueue",
        "routing_key": routing_key,
        "send_resolved": True,
        "severity": "{{ .CommonLabels.severity }}",
        "description": "{{ .CommonLabels.alertname }}: {{ .CommonAnnotations.summary }}",
        "client": "Alertmanager",
        "client_url": "{{ .ExternalURL }}",
    }
    return {
        "route": {
            "receiver": WARNINGS_RECEIVER,
            "group_by": ["alertname", "env", "service"],
            "group_wait": "0s",
            "group_interval": "1s",
            "repeat_interval": "4h",
            "routes": [{"receiver": RECEIVER, "matchers": ['severity="critical"']}],
        },
        "receivers": [
            {
                "name": RECEIVER,
                "pagerduty_configs": [pagerduty],
                "webhook_configs": [webhook],
            },
            {"name": WARNINGS_RECEIVER, "webhook_configs": [webhook]},
        ],
    }
