"""The clients of everything outside, made from the settings: None where nothing is configured."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from pydantic import SecretStr

from bot.settings import Settings
from integrations.alertmanager.client import AlertmanagerClient
from integrations.aws.accounts import Accounts
from integrations.aws.client import AwsConnection
from integrations.grafana.client import GrafanaClient
from integrations.pagerduty.client import PagerDutyClient
from integrations.pagerduty.events import EventsClient
from integrations.prometheus.client import PrometheusClient
from integrations.sentry.client import SentryClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Making a client costs nothing and reaches for nothing."""

    aws: Accounts
    prometheus: PrometheusClient | None
    prometheus_of_people: PrometheusClient | None
    """The same one with threads of its own, for queries that people ask."""
    alertmanager: AlertmanagerClient | None
    grafana: GrafanaClient | None
    pagerduty: PagerDutyClient | None
    sentry: SentryClient | None
    change_events: Mapping[str, EventsClient] = field(default_factory=dict)
    """Where PagerDuty takes change events, by service of the catalogue."""


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Outside]:
    """Make the clients, and let go of their connections and threads at the end."""
    async with AsyncExitStack() as leaving:
        aws = Accounts(AwsConnection(endpoint_url=settings.aws_endpoint_url))
        leaving.push_async_callback(aws.aclose)
        prometheus = of_people = alertmanager = grafana = pagerduty = sentry = None
        if settings.prometheus_url:
            prometheus = PrometheusClient(settings.prometheus_url)
            leaving.push_async_callback(prometheus.aclose)
            of_people = PrometheusClient(settings.prometheus_url, threads=2)
            leaving.push_async_callback(of_people.aclose)
        if settings.alertmanager_url:
            alertmanager = AlertmanagerClient(settings.alertmanager_url)
            leaving.push_async_callback(alertmanager.aclose)
        if settings.grafana_url and settings.grafana_token:
            grafana = GrafanaClient(
                settings.grafana_url,
                _plain(settings.grafana_token),
                public_url=settings.grafana_public_url,
            )
            leaving.push_async_callback(grafana.aclose)
        if settings.pagerduty_api_url and settings.pagerduty_token:
            pagerduty = PagerDutyClient(
                settings.pagerduty_api_url, _plain(settings.pagerduty_token)
            )
            leaving.push_async_callback(pagerduty.aclose)
        if settings.sentry_url and settings.sentry_token:
            sentry = SentryClient(settings.sentry_url, _plain(settings.sentry_token))
            leaving.push_async_callback(sentry.aclose)
        change_events: dict[str, EventsClient] = {}
        for service, key in settings.pagerduty_routing_keys.items():
            change_events[service] = EventsClient(settings.pagerduty_events_url, _plain(key))
            leaving.push_async_callback(change_events[service].aclose)
        yield Outside(
            aws=aws,
            prometheus=prometheus,
            prometheus_of_people=of_people,
            alertmanager=alertmanager,
            grafana=grafana,
            pagerduty=pagerduty,
            sentry=sentry,
            change_events=change_events,
        )


def _plain(secret: SecretStr) -> str:
    return secret.get_secret_value()
