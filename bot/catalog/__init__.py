"""The catalogue, as credlink.yml says it: what there is, who may do what, where it is told.

Everything about CredLink, or any other service, stands here and nowhere in the code. Every model
is frozen and refuses unknown keys: a typing mistake is an error, not a setting that does nothing.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from bot.catalog.alerts import Alerts, Route
from bot.catalog.deploys import VERSION, CloudFront, DeployPolicy, Freeze, Scale, Slo
from bot.catalog.parts import ANY, ChannelName, Part, read_duration
from bot.catalog.people import People, PipelinePeople, Pipelines, Verb
from bot.catalog.queries import (
    OF_THE_CATALOGUE,
    PLACEHOLDER,
    QUOTED,
    NamedQuery,
    Parameter,
    UnitWord,
)
from bot.catalog.services import (
    Environment,
    GrafanaPlace,
    PagerDutyService,
    RequestIds,
    SentryProject,
    Service,
)

__all__ = [
    "ANY",
    "OF_THE_CATALOGUE",
    "PLACEHOLDER",
    "QUOTED",
    "VERSION",
    "Catalog",
    "CloudFront",
    "Connections",
    "DeployPolicy",
    "Environment",
    "Freeze",
    "GrafanaPlace",
    "NamedQuery",
    "PagerDutyService",
    "Parameter",
    "People",
    "PipelinePeople",
    "Pipelines",
    "RequestIds",
    "Route",
    "Scale",
    "SentryProject",
    "Service",
    "Slack",
    "Slo",
    "UnitWord",
    "Verb",
    "read_duration",
]


class Slack(Part):
    command: str = Field(default="/credlink", pattern=r"^/[a-z0-9_-]{1,31}$")
    """The slash command's name; the manifest must declare the same one."""
    default_channel: ChannelName = "#credlink-ops"
    """Where the bot says what belongs nowhere else."""
    audit_channel: ChannelName | None = None
    """Where the head of the audit's chain is posted daily; otherwise the default channel."""


class Connections(Part):
    """Addresses of everything outside. The environment variable named beside each wins."""

    slack_api_url: str = "https://slack.com/api/"
    """SLACK_API_URL"""
    aws_endpoint_url: str | None = None
    """AWS_ENDPOINT_URL; unset means AWS itself"""
    prometheus_url: str | None = None
    """PROMETHEUS_URL"""
    alertmanager_url: str | None = None
    """ALERTMANAGER_URL"""
    grafana_url: str | None = None
    """GRAFANA_URL"""
    pagerduty_api_url: str | None = None
    """PAGERDUTY_API_URL, for example https://api.pagerduty.com; unset: no PagerDuty"""
    sentry_url: str | None = None
    """SENTRY_URL"""
    pipeline_issuer_url: str | None = None
    """PIPELINE_ISSUER_URL; unset means GitHub Actions"""


class Catalog(Part):
    """All of credlink.yml."""

    slack: Slack = Slack()
    connections: Connections = Connections()
    people: Mapping[str, People]
    pipelines: Pipelines | None = None
    """Without it no pipeline is let in."""
    services: Mapping[str, Service] = Field(min_length=1)
    alerts: Alerts = Alerts()
    queries: Mapping[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,60}$")], NamedQuery] = (
        Field(default_factory=dict)
    )
    """Named queries, for `query <name>`."""
    pace: float = Field(default=1.0, gt=0)
    """Every wait is divided by it: 1 everywhere but in the sandbox and in tests. CREDLINK_PACE"""

    def place(self, service: str | None, environment: str | None) -> Environment | None:
        """What is said of a service in an environment; None where it is not there."""
        known = self.services.get(service or "")
        return known.environments.get(environment or "") if known is not None else None

    def channels(self) -> tuple[str, ...]:
        """Every channel something may be shown in, each once."""
        places = [
            place.channel
            for service in self.services.values()
            for place in service.environments.values()
            if place.channel is not None
        ]
        routed = [route.channel for route in self.alerts.routes]
        own = [self.slack.default_channel, self.slack.audit_channel or self.slack.default_channel]
        return tuple(dict.fromkeys([*own, *places, *routed]))

    def user_groups(self) -> tuple[str, ...]:
        """The ids of the Slack user groups that have rights."""
        return tuple(people.group for people in self.people.values() if people.group is not None)

    @model_validator(mode="after")
    def _environments_exist(self) -> "Catalog":
        known = {name for service in self.services.values() for name in service.environments}
        for group, people in self.people.items():
            if people.pipeline is not None and self.pipelines is None:
                raise ValueError(
                    f"people.{group} is a pipeline, and `pipelines` does not say which audience "
                    "its tokens must have"
                )
            for environment in people.may.keys() - known - {ANY}:
                raise ValueError(
                    f"people.{group}.may names the environment {environment!r}; "
                    f"there are {', '.join(sorted(known))} and '*'"
                )
            for named in people.services:
                if named not in self.services:
                    raise ValueError(
                        f"people.{group}.services names the service {named!r}; "
                        f"there are {', '.join(sorted(self.services))}"
                    )
        for name, service in self.services.items():
            for called in service.depends_on:
                if called not in self.services or called == name:
                    raise ValueError(
                        f"services.{name}.depends_on names {called!r}, which is not another "
                        f"service; there are {', '.join(sorted(self.services))}"
                    )
            for environment, place in service.environments.items():
                after = place.deploy.after
                if after is not None and (
                    after not in service.environments or after == environment
                ):
                    raise ValueError(
                        f"services.{name}.environments.{environment}.deploy.after names {after!r}, "
                        "which is not another environment of this service"
                    )
        return self
