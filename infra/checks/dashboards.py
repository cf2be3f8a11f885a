"""Grafana's dashboards: every query is PromQL of metrics that there are, panels stand well."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from bot.domain.promql import NotPromql
from infra.checks.documents import (
    COMPOSE,
    DASHBOARDS,
    DATA_SOURCES,
    PROVIDERS,
    read_json,
    read_yaml,
)
from infra.checks.metrics import known, mistakes, named, tree_of
from infra.checks.problem import Problem

LEAST_PANELS = 11
GRID = 24
"""Columns of a dashboard's grid."""
BUILT_IN = {"type": "grafana", "uid": "-- Grafana --"}
"""Grafana's own data source: the annotations that the bot makes."""
OWN_VARIABLES = re.compile(r"^__")
_VARIABLE = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")

Panels = Mapping[tuple[str, str], set[str]]
"""Dashboard and panel, as alerts name them, to the metrics that it shows."""


def panels_of(root: Path) -> Panels:
    """What every panel shows. Queries that are not PromQL show nothing."""
    return {
        (model["uid"], str(panel["id"])): set().union(*map(_metrics, _queries(panel)))
        for model in map(read_json, sorted((root / DASHBOARDS).glob("*.json")))
        for panel in _shown(model)
    }


def check(root: Path) -> Iterator[Problem]:
    """Needs nothing but the files."""
    metrics, sources = known(root), set(_sources(root))
    yield from _provided(root)
    for path in sorted((root / DASHBOARDS).glob("*.json")):
        where = str(path.relative_to(root))
        model = read_json(path)
        for what in (*_of_dashboard(path, model), *_unknown(model["templating"]["list"], sources)):
            yield Problem(where, what)
        for panel in _shown(model):
            for what in _of_panel(panel, metrics, sources, set(_variables(model))):
                yield Problem(f"{where}, panel {panel['id']}", what)


def _provided(root: Path) -> Iterator[Problem]:
    """Grafana shows dashboards only of folders that a provider names."""
    looked_at = {
        provider["options"]["path"]
        for path in sorted((root / PROVIDERS).glob("*.yml"))
        for provider in read_yaml(path)["providers"]
    }
    source = f"./{DASHBOARDS.relative_to(COMPOSE.parent)}"
    mounts = read_yaml(root / COMPOSE)["services"]["grafana"]["volumes"]
    mounted = {mount.split(":")[1] for mount in mounts if mount.startswith(f"{source}:")}
    if not mounted & looked_at:
        yield Problem(str(PROVIDERS), f"no provider looks where {COMPOSE.name} mounts {source}")


def _of_dashboard(path: Path, model: Mapping[str, Any]) -> Iterator[str]:
    if model.get("uid") != path.stem:
        yield f"its uid is {model.get('uid')!r} and its file's name is {path.stem!r}"
    panels = _shown(model)
    if len(panels) < LEAST_PANELS:
        yield f"it has {len(panels)} panels, and {LEAST_PANELS} are promised"
    ids = [panel["id"] for panel in model["panels"]]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"two panels have the id {twice}"
    yield from _grid(model["panels"])
    yield from _marks(model)


def _grid(panels: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for panel in panels:
        if panel["gridPos"]["x"] + panel["gridPos"]["w"] > GRID:
            yield f"panel {panel['id']} reaches beyond the grid's {GRID} columns"
    for one, other in combinations(panels, 2):
        if overlap(*(_box(panel["gridPos"], "w", "h") for panel in (one, other))):
            yield f"panels {one['id']} and {other['id']} overlap"


def _marks(model: Mapping[str, Any]) -> Iterator[str]:
    """The bot's own marks of deploys and of alerts are shown."""
    shown = [mark for mark in model["annotations"]["list"] if mark.get("datasource") == BUILT_IN]
    for kind in ("deploy", "rollback", "alert"):
        if not any({"credlink", kind} <= set(mark["target"]["tags"]) for mark in shown):
            yield f"it does not show the bot's marks tagged {kind}"


def _of_panel(
    panel: Mapping[str, Any], metrics: Mapping[str, str], sources: set[str], variables: set[str]
) -> Iterator[str]:
    if not panel.get("title") or not panel.get("description"):
        yield "it says not what it shows: it needs a title and a description"
    queries = _queries(panel)
    if not queries:
        yield "it asks nothing"
    for query in queries:
        yield from mistakes(query, metrics)
        for name in _used(query):
            if name not in variables and not OWN_VARIABLES.match(name):
                yield f"there is no variable ${name}"
    yield from _unknown((panel, *panel.get("targets", ())), sources)


def _unknown(askers: Iterable[Mapping[str, Any]], sources: set[str]) -> Iterator[str]:
    """Data sources that are asked and that nobody provides."""
    for uid in {(asker.get("datasource") or {}).get("uid") for asker in askers} - sources:
        yield f"there is no data source {uid}"


def _shown(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The panels, those in rows too, without the rows themselves."""
    inner = (below for panel in model["panels"] for below in panel.get("panels") or ())
    return [panel for panel in (*model["panels"], *inner) if panel["type"] != "row"]


def _queries(panel: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(target["expr"] for target in panel.get("targets") or ())


def _metrics(query: str) -> set[str]:
    try:
        return named(tree_of(query))
    except NotPromql:
        return set()


def _sources(root: Path) -> Iterator[str]:
    for path in sorted((root / DATA_SOURCES).glob("*.yml")):
        for source in read_yaml(path)["datasources"]:
            yield source["uid"]


def _variables(model: Mapping[str, Any]) -> Iterator[str]:
    for variable in model["templating"]["list"]:
        yield variable["name"]


def _used(text: str) -> Iterable[str]:
    return (braced or bare for braced, bare in _VARIABLE.findall(text))


Box = tuple[int, int, int, int]
"""Left, top, width, height, in columns and rows of a grid."""


def _box(place: Mapping[str, int], width: str, height: str) -> Box:
    return place["x"], place["y"], place[width], place[height]


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes of a grid cover a place both."""
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )
