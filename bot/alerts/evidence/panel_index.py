"""What Grafana's dashboards draw, read again and again in the background: no alert waits for it."""

import asyncio
import logging
from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.evidence.panel import PanelSeen
from bot.domain.promql.drawn import drawn
from bot.world import World
from integrations.errors import IntegrationError
from integrations.grafana.client import GrafanaClient
from integrations.grafana.models import Dashboard, Found, Panel

READ_EVERY_S = 600.0
MOST_DASHBOARDS = 300
"""A larger Grafana is read as far as this, in the order of its search."""
PAGE = 100
WITHIN = timedelta(minutes=5)
"""One reading; what it did not come to is read the next time."""
TRUE_FOR = timedelta(hours=2)
"""What could not be read again for so long is forgotten: panels move."""
MOST_OF_LIBRARY = 100

log = logging.getLogger(__name__)

Library = MutableMapping[str, Panel | None]
"""Panels of the library read already, by uid; None for one that is not to be had."""


@dataclass(slots=True)
class ReadPanels:
    """Brings the world's `panels` to what Grafana has: a chore, each replica for itself.

    Costs one call of Grafana for each hundred dashboards, one for each of them and one for each
    panel of the library, one after another; and one of Prometheus.
    """

    world: World
    _read_at: dict[str, datetime] = field(default_factory=dict, init=False)

    async def __call__(self) -> int:
        """Returns how many dashboards were read."""
        if self.world.grafana is None:
            return 0
        read = 0
        library: Library = {}
        try:
            async with asyncio.timeout(self.world.paced(WITHIN).total_seconds()):
                listed = await _listed(self.world.grafana)
                for found in listed:
                    read += await self._read(self.world.grafana, found, library)
                self._forget_others(listed)
        except (TimeoutError, IntegrationError) as exc:
            log.warning("panels_unread", extra={"action": "panels_unread", "why": str(exc)})
        self._forget_old()
        await self._read_rules()
        return read

    async def _read_rules(self) -> None:
        """What recording rules stand for; without an answer the last one stands."""
        if self.world.prometheus is None:
            return
        try:
            rules = await self.world.prometheus.list_recording_rules()
        except IntegrationError as exc:
            log.info("rules_unread", extra={"action": "rules_unread", "why": exc.detail})
            return
        for expression in rules.values():
            drawn(expression)  # kept read: an alert looks through all of them
            await asyncio.sleep(0)
        self.world.recorded.clear()
        self.world.recorded.update(rules)

    async def _read(self, grafana: GrafanaClient, found: Found, library: Library) -> bool:
        """One dashboard; one that cannot be read costs itself and no other."""
        try:
            dashboard = await grafana.get_dashboard(found.uid)
            self.world.panels[found.uid] = await panels_of(grafana, dashboard, library)
        except IntegrationError as exc:
            log.info(
                "dashboard_unread",
                extra={"action": "dashboard_unread", "dashboard": found.uid, "why": exc.detail},
            )
            return False
        self._read_at[found.uid] = self.world.now()
        return True

    def _forget_others(self, listed: list[Found]) -> None:
        for uid in self.world.panels.keys() - {found.uid for found in listed}:
            del self.world.panels[uid]

    def _forget_old(self) -> None:
        cutoff = self.world.now() - TRUE_FOR
        for uid in [uid for uid, at in self._read_at.items() if at < cutoff]:
            del self._read_at[uid]
            self.world.panels.pop(uid, None)


async def _listed(grafana: GrafanaClient) -> list[Found]:
    listed: list[Found] = []
    for page in range(1, MOST_DASHBOARDS // PAGE + 1):
        found = await grafana.search_dashboards(page=page, limit=PAGE)
        listed += found
        if len(found) < PAGE:
            break
    return listed


async def panels_of(
    grafana: GrafanaClient, dashboard: Dashboard, library: Library | None = None
) -> tuple[PanelSeen, ...]:
    """The panels of a dashboard that draw something, with what they draw.

    Costs one call for each panel of the library that is not in `library`.

    Raises:
        Unavailable: Grafana does not answer; what is refused is left out.
    """
    known: Library = library if library is not None else {}
    seen = []
    for one in dashboard.panels:
        panel = await _with_queries(grafana, one, known)
        queries = tuple(query for query in map(drawn, panel.queries) if query.metrics)
        if queries:
            seen.append(
                PanelSeen(
                    dashboard=dashboard.uid,
                    dashboard_title=dashboard.title,
                    panel=panel.id,
                    type=panel.type,
                    drawn=queries,
                )
            )
        await asyncio.sleep(0)  # a large dashboard takes a while to parse
    return tuple(seen)


async def _with_queries(grafana: GrafanaClient, panel: Panel, library: Library) -> Panel:
    """A panel of the library with the library's queries; its id stays the dashboard's."""
    if panel.library is None or panel.queries:
        return panel
    if panel.library not in library and len(library) < MOST_OF_LIBRARY:
        try:
            library[panel.library] = await grafana.get_library_panel(panel)
        except IntegrationError as exc:
            if exc.retryable:
                raise
            library[panel.library] = None
    read = library.get(panel.library)
    return panel if read is None else replace(panel, type=read.type, queries=read.queries)
