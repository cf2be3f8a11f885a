"""Where people look at what the card says: pages of other systems, and our own cards. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, urlencode

from bot.cards.aws_console import service_page
from bot.cards.links import open_address, permalink
from bot.catalog import SentryProject
from bot.domain.card import Place as Standing
from bot.domain.health import GRAFANA, Part
from bot.domain.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Addresses for people's browsers, without what lets the bot in; empty where there is none."""

    prometheus: str = ""
    alertmanager: str = ""
    grafana: str = ""
    sentry: str = ""
    slack: str = ""
    """The workspace's own, ending in a slash."""

    @classmethod
    def of(
        cls,
        *,
        prometheus: str | None,
        alertmanager: str | None,
        grafana: str | None,
        sentry: str | None,
        slack: str,
    ) -> "Addresses":
        """From the addresses that the bot itself uses."""
        return cls(
            prometheus=open_address(prometheus),
            alertmanager=open_address(alertmanager),
            grafana=open_address(grafana),
            sentry=open_address(sentry),
            slack=slack,
        )

    def graph(self, query: str, *, hours: int = 1) -> str:
        """A query in Prometheus' own page."""
        if not self.prometheus:
            return ""
        asked = {"g0.expr": query, "g0.tab": "0", "g0.range_input": f"{hours}h"}
        return f"{self.prometheus}/graph?{urlencode(asked, quote_via=quote)}"

    def alerts(self, labels: Mapping[str, str]) -> str:
        """Alertmanager's page, with the alerts of these labels."""
        if not self.alertmanager:
            return ""
        matchers = ",".join(f'{name}="{value}"' for name, value in labels.items())
        # https://github.com/prometheus/alertmanager/tree/main/ui: what follows # is its own
        return f"{self.alertmanager}/#/alerts?{urlencode({'filter': f'{{{matchers}}}'})}"

    def issues(self, project: SentryProject, version: str) -> str:
        """The issues that began with a version, in Sentry."""
        if not self.sentry:
            return ""
        query = f'is:unresolved project:{project.project} first-release:"{version}"'
        where = f"{self.sentry}/organizations/{quote(project.organization, safe='')}/issues/"
        return f"{where}?{urlencode({'query': query})}"

    def card(self, standing: Standing | None) -> str:
        """A message of ours; empty until it is posted."""
        if standing is None or not self.slack:
            return ""
        return permalink(self.slack, standing)

    def dashboard(self, place: Place) -> str:
        """The place's dashboard, or the panel the catalogue names, in Grafana."""
        grafana = place.config.grafana
        if grafana is None or not self.grafana:
            return ""
        panel = f"?viewPanel={grafana.panel}" if grafana.panel is not None else ""
        return f"{self.grafana}/d/{quote(grafana.dashboard, safe='')}{panel}"


def links(addresses: Addresses, place: Place, *, labels: Mapping[str, str]) -> dict[str, str]:
    """Where each part of a place can be looked at, as far as the catalogue alone tells.

    `labels` are those its alerts carry.
    """
    config = place.config
    service = partial(service_page, config.region, config.cluster, config.ecs_service)
    found = {
        Part.TASKS.value: service(),
        Part.TARGETS.value: service(),
        Part.SCALING.value: service("configuration"),
        Part.ALERTS.value: addresses.alerts(labels),
        GRAFANA: addresses.dashboard(place),
    }
    return {part: address for part, address in found.items() if address}
