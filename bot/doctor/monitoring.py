"""Prometheus, Alertmanager and Grafana, with the dashboards the catalogue names."""

from collections.abc import Iterator
from functools import partial

from bot.catalog import Catalog
from bot.doctor.look import Finding, Look, Missing
from bot.doctor.named import called, where
from bot.domain.place import Place, places
from bot.outside import Outside
from bot.settings import Settings
from integrations.grafana.client import GrafanaClient


def looks(catalog: Catalog, outside: Outside) -> Iterator[Look]:
    yield Look("Prometheus", partial(_prometheus, outside), "PROMETHEUS_URL")
    yield Look("Alertmanager", partial(_alertmanager, outside), "ALERTMANAGER_URL")
    yield Look("Grafana", partial(_grafana, outside), "GRAFANA_URL", "GRAFANA_TOKEN")
    if outside.grafana is None:
        return
    for place in places(catalog):
        if place.config.grafana is not None:
            yield Look(
                f"Grafana, {called(place)}",
                partial(_dashboard, outside.grafana, place),
                "GRAFANA_URL",
                "GRAFANA_TOKEN: a service account's, with dashboards:read, annotations:read, "
                "annotations:create and annotations:write",
                f"`grafana` of {where(place)}",
            )


def closed(settings: Settings) -> Iterator[Finding]:
    """Alertmanager's webhook, if nobody can use it yet."""
    if settings.alertmanager_webhook_token is None:
        said = "closed: set ALERTMANAGER_WEBHOOK_TOKEN, and the same in Alertmanager's receiver."
        yield Finding("Alertmanager's webhook", ok=False, said=said)


async def _prometheus(outside: Outside) -> str:
    if outside.prometheus is None:
        return "not configured (PROMETHEUS_URL): no charts"
    await outside.prometheus.query("vector(1)")
    return "answers"


async def _alertmanager(outside: Outside) -> str:
    if outside.alertmanager is None:
        return "not configured (ALERTMANAGER_URL)"
    return f"version {(await outside.alertmanager.get_status()).version}"


async def _grafana(outside: Outside) -> str:
    if outside.grafana is None:
        return "not configured (GRAFANA_URL and GRAFANA_TOKEN)"
    return f"version {(await outside.grafana.get_health()).version}"


async def _dashboard(grafana: GrafanaClient, place: Place) -> str:
    """Found only with a token that is good; every panel the catalogue names is there."""
    shown = place.config.grafana
    if shown is None:
        return "not configured"
    await grafana.list_annotations(tags=["credlink"], limit=1)
    dashboard = await grafana.get_dashboard(shown.dashboard)
    named = {*shown.panels.values(), *([] if shown.panel is None else [shown.panel])}
    if gone := sorted(number for number in named if dashboard.panel(number) is None):
        numbers = ", ".join(map(str, gone))
        raise Missing(
            f"dashboard {dashboard.title!r} has no panel {numbers}. "
            f"Correct `grafana` of {where(place)}."
        )
    return f"dashboard {dashboard.title!r}, annotations can be read"
