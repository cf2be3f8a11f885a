"""What Grafana answers, in its words."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Health:
    """Which Grafana this is, and whether its database answers (`ok`)."""

    version: str
    database: str


@dataclass(frozen=True, slots=True)
class Found:
    """A dashboard as the search lists it."""

    uid: str
    title: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A template variable whose value is chosen from a list.

    `label` is the label its values are of, where its query says so: `label_values(up, instance)`.
    """

    name: str
    label: str | None = None
    takes_several: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel that can be shown by itself. `queries` are PromQL, of Prometheus targets only.

    `library` is the uid of the library panel it is one of, which holds its queries. `repeats` are
    the variables for each of whose values it, or its row, is shown once.
    """

    id: int
    title: str
    type: str = ""
    queries: tuple[str, ...] = ()
    library: str | None = None
    repeats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard and its panels, those within rows and tabs too, from top to bottom."""

    uid: str
    title: str
    slug: str
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...] = ()

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
