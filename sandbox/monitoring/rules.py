"""The alerting rules of the sandbox's Prometheus, also for firing the same alerts by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox import seeds

RUNBOOKS = "https://runbooks.credlink.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One alert: when it fires and what it says.

    `summary` and `description` may name {value}, {service} and {env}. `template` writes the value
    in Prometheus' templates, `spoken` by hand; `example` is a value that would fire.
    """

    name: str
    expression: str
    holds_for: str
    severity: str
    component: str
    summary: str
    description: str
    runbook: str
    template: str
    spoken: Callable[[float], str]
    example: float
    panel_id: int | None = None
    """The panel it names; whoever wants that of one without has to look for it."""

    def labels(self) -> dict[str, str]:
        """What the rule adds to the labels its expression leaves, `env` and `service`."""
        return {"severity": self.severity, "component": self.component}

    def annotations(self, *, environment: str, value: float) -> dict[str, str]:
        """The annotations as they read once Prometheus has filled them in."""
        return self._annotations(
            value=self.spoken(value), number=str(value), service=seeds.SERVICE, env=environment
        )

    def document(self) -> dict[str, Any]:
        """The rule as Prometheus' configuration writes it."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.holds_for,
            "labels": self.labels(),
            "annotations": self._annotations(
                value=self.template,
                number="{{ $value }}",
                service="{{ $labels.service }}",
                env="{{ $labels.env }}",
            ),
        }

    def _annotations(self, *, value: str, number: str, service: str, env: str) -> dict[str, str]:
        words = {"value": value, "service": service, "env": env}
        # Grafana's own names for "this panel shows it".
        named = {"__dashboardUid__": f"credlink-{env}", "__panelId__": str(self.panel_id)}
        return {
            "summary": self.summary.format(**words),
            "description": self.description.format(**words),
            "runbook_url": f"{RUNBOOKS}/{self.runbook}",
            "value": number,
            **(named if self.panel_id is not None else {}),
        }


HIGH_ERROR_RATIO = Rule(
    name="HighErrorRatio",
    expression=(
        'sum by (env, service) (rate(http_requests_total{status_code=~"5.."}[15s]))'
        " / sum by (env, service) (rate(http_requests_total[15s])) > 0.01"
    ),
    holds_for="3s",
    severity="critical",
    component="api",
    summary="{value} of requests to {service} in {env} fail",
    description="More than 1 % of requests have been answered with a 5xx status.",
    runbook="high-error-ratio",
    panel_id=2,
    template="{{ $value | humanizePercentage }}",
    spoken=lambda value: f"{value * 100:.4g}%",
    example=0.048,
)
HIGH_LATENCY_P95 = Rule(
    name="HighLatencyP95",
    expression=(
        "histogram_quantile(0.95, sum by (le, env, service)"
        " (rate(http_request_duration_seconds_bucket[15s]))) > 1"
    ),
    holds_for="3s",
    severity="warning",
    component="api",
    summary="One request in twenty to {service} in {env} takes longer than {value}",
    description="The 95th percentile of latency is above 1 s.",
    runbook="high-latency",
    panel_id=3,
    template="{{ $value | humanizeDuration }}",
    spoken=lambda value: f"{value:.4g}s",
    example=1.3,
)
API_DOWN = Rule(
    name="ApiDown",
    expression=(
        "min by (env, service) (aws_ecs_running_task_count) == 0"
        ' or min by (env, service) (up{job="credlink-api"}) == 0'
    ),
    holds_for="3s",
    severity="critical",
    component="api",
    summary="{service} in {env} is down",
    description="No task runs, or its metrics cannot be read.",
    runbook="api-down",
    panel_id=4,
    template="{{ $value }}",
    spoken=lambda value: f"{value:g}",
    example=0.0,
)
LOW_TRAFFIC = Rule(
    name="LowTraffic",
    expression="sum by (env, service) (rate(http_requests_total[30s])) < 1",
    holds_for="5s",
    severity="warning",
    component="business",
    summary="Only {value} requests a second reach {service} in {env}",
    description="Customers may be unable to reach us.",
    runbook="low-traffic",
    template='{{ $value | printf "%.2f" }}',
    spoken=lambda value: f"{value:.2f}",
    example=0.2,
)
RULES = (HIGH_ERROR_RATIO, HIGH_LATENCY_P95, API_DOWN, LOW_TRAFFIC)
