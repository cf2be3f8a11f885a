"""The Grafana panel that shows what an alert is about: how it is found, and with what values."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from bot.domain.promql.drawn import Drawn, drawn, expanded

SOURCE = "panel"

DASHBOARD_ANNOTATION, PANEL_ANNOTATION = "__dashboardUid__", "__panelId__"
"""Grafana's own names for "this panel shows it"."""
LONGEST_UID = 40
CLOSE_ENOUGH = 0.5
"""Of the metrics of an alert and a panel together, how many both must have: one of two."""
MOST_VALUES = 10
"""Of one variable: an address has an end."""
LONGEST_VALUE = 128


class Found(StrEnum):
    """How the panel was found."""

    NAMED = "named"
    """The alert's annotations name it."""
    CATALOGUE = "catalogue"
    METRICS = "metrics"
    """It draws the same metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelShown:
    """The panel an alert group's card points at."""

    title: str
    dashboard: str
    """The dashboard's title."""
    url: str
    found: Found
    metrics: tuple[str, ...] = ()
    """What the alert and the panel have in common, where it was found by that."""
    no_picture: str = ""
    """Why Grafana drew no picture of it; empty while it is asked, and where it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSeen:
    """One panel of one dashboard, and what each of its queries draws."""

    dashboard: str
    """The dashboard's uid."""
    dashboard_title: str = ""
    panel: int
    type: str = ""
    drawn: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A panel, and the metrics it has in common with the alert."""

    seen: PanelSeen
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Naming:
    """What an alert's annotations name: a dashboard, and perhaps one of its panels."""

    dashboard: str
    panel: int | None


def named_by(annotations: Iterable[Mapping[str, str]]) -> Naming | None:
    """The first dashboard that one of these alerts names; what is no uid or number names none."""
    for said in annotations:
        uid = said.get(DASHBOARD_ANNOTATION, "").strip()
        panel = said.get(PANEL_ANNOTATION, "").strip()
        if uid.strip(".") and len(uid) <= LONGEST_UID:  # dots alone lead elsewhere in an address
            return Naming(uid, int(panel) if panel.isdecimal() and len(panel) < 10 else None)
    return None


_AS_A_LINE = frozenset({"timeseries", "graph", ""})
"""Kinds of panels that show a value over time; one of the library may not say its kind."""
_AS_A_FIGURE = frozenset({"stat", "gauge", "bargauge", "singlestat", "barchart", "state-timeline"})


def choose(
    asked: Drawn,
    labels: Mapping[str, str],
    seen: Iterable[PanelSeen],
    *,
    rules: Mapping[str, str] | None = None,
) -> Choice | None:
    """The panel that shows most nearly what the alert asks; None where none is near enough.

    Nearest has the same metrics, then the same narrowing; then a line over time goes before a
    figure, the same calculation before another, and a dashboard that is called after the alert's
    place before others. A query about another place than the alert's `labels` does not count.
    `rules` are expressions of recording rules, by name.
    """
    known = rules or {}
    could_show = _could_show(asked, known)
    ranked = [
        (rank, one, shared)
        for one in seen
        if any(query.metrics & could_show for query in one.drawn)
        for rank, shared in [_nearness(asked, labels, one, known)]
        if shared
    ]
    if not ranked:
        return None
    # The first of several equals: dashboards are read from top to bottom.
    _, best, shared = max(ranked, key=lambda found: found[0])
    return Choice(best, tuple(sorted(shared)))


def _could_show(asked: Drawn, rules: Mapping[str, str]) -> frozenset[str]:
    """Every name under which a panel may draw what is asked: most panels have none of them."""
    wanted = frozenset[str]().union(*(one.metrics for one in _readings(asked, rules)))
    return wanted.union(name for name, what in rules.items() if drawn(what).metrics & wanted)


Rank = tuple[float, float, int, float, int]


def _nearness(
    asked: Drawn, labels: Mapping[str, str], seen: PanelSeen, rules: Mapping[str, str]
) -> tuple[Rank, frozenset[str]]:
    """How near the panel comes, by its nearest query or by all of them, and the shared metrics."""
    best: tuple[Rank, frozenset[str]] = ((0, 0, 0, 0, 0), frozenset())
    of_place = [one for one in seen.drawn if not _is_elsewhere(one, labels)]
    form, mentions = _form(seen.type), _mentions(seen.dashboard_title, labels)
    both = product(_readings(asked, rules), _together(of_place, rules))
    for alert, panel in both:
        shared = alert.metrics & panel.metrics
        near = _alike(alert.metrics, panel.metrics)
        if not shared or near < CLOSE_ENOUGH:
            continue
        narrowing = _alike(_narrowing(alert, labels), _narrowing(panel, labels))
        rank = (near, narrowing, form, _alike(alert.calls, panel.calls), mentions)
        best = max(best, (rank, shared), key=lambda found: found[0])
    return best


def _readings(one: Drawn, rules: Mapping[str, str]) -> list[Drawn]:
    """As it is written, and with what its recording rules stand for."""
    return list(dict.fromkeys((one, expanded(one, rules))))


def _together(queries: Sequence[Drawn], rules: Mapping[str, str]) -> Iterator[Drawn]:
    """Each query by itself, and all of a panel as one: an alert may divide what it draws."""
    whole = Drawn()
    for query in queries:
        yield from _readings(query, rules)
        whole |= query
    if len(queries) > 1:
        yield whole


def _is_elsewhere(query: Drawn, labels: Mapping[str, str]) -> bool:
    """Whether it is narrowed to another place than the alert's."""
    return any(
        name in labels and (labels[name] == value) == (sign == "!=")
        for name, sign, value in query.matchers
        if sign in {"=", "!="}
    )


def _narrowing(query: Drawn, labels: Mapping[str, str]) -> frozenset[tuple[str, str, str]]:
    """What it is narrowed to beside its place, which variables may say as well."""
    return frozenset(matcher for matcher in query.matchers if matcher[0] not in labels)


def _alike(one: frozenset[object], other: frozenset[object]) -> float:
    together = one | other
    return len(one & other) / len(together) if together else 1.0


def _form(kind: str) -> int:
    return 2 if kind in _AS_A_LINE else 1 if kind in _AS_A_FIGURE else 0


def _mentions(title: str, labels: Mapping[str, str]) -> int:
    """How many of the alert's labels a dashboard is called after."""
    words = set(re.findall(r"[\w-]+", title.lower()))
    return len(words & {value.lower() for value in labels.values()})


_SYNONYMS: Mapping[str, str] = {
    "environment": "environment",
    "env": "environment",
    "service": "service",
    "app": "service",
    "application": "service",
}
"""What people call a variable for the place of a service, where no label is called so."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A variable of the dashboard: its name, the label its values are of, how many it takes."""

    name: str
    label: str | None
    takes_several: bool


def values_for(
    variables: Iterable[Asked],
    labels: Sequence[Mapping[str, str]],
    *,
    service: str | None,
    environment: str | None,
) -> dict[str, tuple[str, ...]]:
    """What the alerts' labels say a dashboard's variables are; the others stay as they are.

    A variable that takes one value is left alone where the alerts have several.
    """
    place = {"service": service, "environment": environment}
    chosen = {}
    for variable in variables:
        values = _values_of(variable, labels)
        if not values and (known := place.get(_SYNONYMS.get(variable.name.lower(), ""))):
            values = (known,)
        if values and (len(values) == 1 or variable.takes_several):
            chosen[variable.name] = values[:MOST_VALUES]
    return chosen


_NAMED = re.compile(r"\$\{(\w+)(?::[^}$]*)?\}|\$(\w+)|\[\[(\w+)\]\]")


def titled(title: str, values: Mapping[str, Sequence[str]]) -> str:
    """A panel's title with the variables that were chosen; the others stay as they are written."""

    def chosen(found: re.Match[str]) -> str:
        return ", ".join(values.get(found[1] or found[2] or found[3], ())) or found[0]

    return _NAMED.sub(chosen, title)


def _values_of(variable: Asked, labels: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """By the label its query lists, or else by its own name."""
    for label in filter(None, (variable.label, variable.name)):
        found = dict.fromkeys(one[label] for one in labels if label in one)
        values = tuple(value for value in found if _is_plain(value))
        if values:
            return values
    return ()


def _is_plain(value: str) -> bool:
    """Whether it may stand in an address as a value: Grafana's own words for all begin with $__."""
    return 0 < len(value) <= LONGEST_VALUE and value.isprintable() and not value.startswith("$__")
