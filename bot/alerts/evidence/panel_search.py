"""Which panel shows what an alert is about: one that is named, or the nearest by its metrics."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.alerts.evidence.panel_index import panels_of
from bot.domain.alert import Alert, AlertGroup, common
from bot.domain.evidence.panel import Choice, Found, PanelSeen, choose, named_by
from bot.domain.promql.drawn import Drawn, drawn
from bot.world import World
from integrations.errors import Forbidden, NotFound
from integrations.grafana.client import GrafanaClient
from integrations.grafana.models import Dashboard, Panel

NOBODY = "HTTP 401"
"""How the refusal begins of one whom Grafana does not know: nothing is said of the dashboard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A panel that is there, and how it was found."""

    dashboard: Dashboard
    panel: Panel
    found: Found
    metrics: tuple[str, ...] = ()


@dataclass(slots=True)
class PanelSearch:
    """One search for one group's panel. `notes` are sentences about what is named and not there."""

    world: World
    grafana: GrafanaClient
    group: AlertGroup
    alerts: Sequence[Alert]
    notes: list[str] = field(default_factory=list)

    async def __call__(self) -> Target | None:
        """The panel that the alert names, that the catalogue names, or that draws its metrics.

        Costs a call for each dashboard that is named, and at most one more.

        Raises:
            IntegrationError: Grafana did not answer, or does not know the bot.
        """
        named = named_by(alert.annotations for alert in self.alerts)
        opened: list[Dashboard] = []
        if named is not None:
            dashboard = await self._open(named.dashboard, "The alert")
            if target := self._panel(dashboard, named.panel, Found.NAMED, "The alert"):
                return target
            opened += filter(None, [dashboard])
        place = self.world.catalog.place(self.group.service, self.group.environment)
        if place is not None and place.grafana is not None:
            dashboard = await self._open(place.grafana.dashboard, "The catalogue")
            panel = place.grafana.panels.get(self.group.name)
            if target := self._panel(dashboard, panel, Found.CATALOGUE, "The catalogue"):
                return target
            opened += filter(None, [dashboard])
        return await self._by_metrics(opened)

    async def _open(self, uid: str, who: str) -> Dashboard | None:
        try:
            return await self.grafana.get_dashboard(uid)
        except (NotFound, Forbidden) as exc:
            if exc.detail.startswith(NOBODY):
                raise
            self.notes.append(
                f"{who} names dashboard {uid}, which Grafana has not or does not show the bot."
            )
            return None

    def _panel(
        self, dashboard: Dashboard | None, panel_id: int | None, found: Found, who: str
    ) -> Target | None:
        if dashboard is None or panel_id is None:
            return None
        panel = dashboard.panel(panel_id)
        if panel is None:
            self.notes.append(
                f"{who} names panel {panel_id} of {dashboard.title} in Grafana, "
                "which has no such panel any more."
            )
            return None
        return Target(dashboard=dashboard, panel=panel, found=found)

    async def _by_metrics(self, opened: Sequence[Dashboard]) -> Target | None:
        """The nearest of the dashboards that were named, or else of all of them."""
        condition = self.group.condition
        asked = drawn(condition.expression) if condition is not None else Drawn()
        if not asked.metrics:
            return None
        for dashboard in opened:
            seen = self.world.panels.get(dashboard.uid)
            choice = self._choose(
                asked, await panels_of(self.grafana, dashboard) if seen is None else seen
            )
            if choice is not None and (target := _target(dashboard, choice)):
                return target
        everything = [one for panels in self.world.panels.values() for one in panels]
        choice = self._choose(asked, everything)
        if choice is None:
            return None
        try:
            return _target(await self.grafana.get_dashboard(choice.seen.dashboard), choice)
        except (NotFound, Forbidden) as exc:
            if exc.detail.startswith(NOBODY):
                raise
            # It is gone since it was read.
            self.world.panels.pop(choice.seen.dashboard, None)
            return None

    def _choose(self, asked: Drawn, seen: Sequence[PanelSeen]) -> Choice | None:
        labels = common(alert.labels for alert in self.alerts)
        return choose(asked, labels, seen, rules=self.world.recorded)


def _target(dashboard: Dashboard, choice: Choice) -> Target | None:
    """The panel that was chosen, as the dashboard has it now."""
    panel = dashboard.panel(choice.seen.panel)
    if panel is None:
        return None
    return Target(dashboard=dashboard, panel=panel, found=Found.METRICS, metrics=choice.metrics)
