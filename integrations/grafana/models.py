"""What Grafana answers, in its words."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Health:
    """Which Grafana this is, and whether its database answers (`ok`)."""

    version: str
    database: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel that can be shown by itself. `queries` are PromQL, of Prometheus targets only."""

    id: int
    title: str
    type: str
    queries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard and its panels, those within rows too, from top to bottom."""

    uid: str
    title: str
    slug: str
    panels: tuple[Panel, ...]

    def panel(self, panel_id: int) -> Panel | None:
        """The panel with this id, if it is still there."""
        return next((panel for panel in self.panels if panel.id == panel_id), None)


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mark; `end` equals `at` for a moment, and is later for a span."""

    id: int
    text: str
    tags: tuple[str, ...]
    at: datetime
    end: datetime
