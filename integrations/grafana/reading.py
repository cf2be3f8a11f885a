"""Dashboards of every schema as one shape. Pure.

The classic schema nests panels in collapsed rows, before version 16 in all of them, and keeps
copies of repeated panels in some versions; version 2 keeps panels as named elements and says in a
layout of rows, tabs and grids where they stand.

Sources: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
and grafana/grafana:apps/dashboard/kinds/v2beta1/dashboard_spec.cue
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from integrations.grafana.models import Dashboard, Panel, Variable

PROMETHEUS = frozenset({"", "prometheus", "grafana-amazonprometheus-datasource"})
"""Kinds of data sources that are asked in PromQL; older panels do not say theirs."""
LISTED = frozenset({"query", "custom", "QueryVariable", "CustomVariable"})
"""Kinds of variables with a list of values: the others are free text, lengths of time, sources."""
LONGEST_TITLE = 200
"""Characters of a dashboard's or panel's title: whoever writes one need not be brief."""
_LABEL = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_DEEPEST_LAYOUT = 8


def dashboard(raw: Mapping[str, Any]) -> Dashboard:
    """Read an answer of `/api/dashboards/uid` (`dashboard`, `meta`) or of `/apis` (`spec`).

    Raises:
        AttributeError, KeyError, TypeError, ValueError: it is neither.
    """
    model = raw["dashboard"] if "dashboard" in raw else raw["spec"]
    if "spec" in model and "title" not in model:
        model = model["spec"]  # what is stored in version 2 is handed out whole by some versions
    metadata = raw.get("metadata") or {}
    is_new = isinstance(model.get("elements"), Mapping)
    title = model["title"][:LONGEST_TITLE]
    return Dashboard(
        uid=model.get("uid") or metadata.get("name") or raw["meta"]["uid"],
        title=title,
        slug=(raw.get("meta") or {}).get("slug") or slug_of(title),
        panels=tuple(_elements(model) if is_new else _classic(model)),
        variables=tuple(_variables(model, is_new=is_new)),
    )


def with_model(panel: Panel, model: Mapping[str, Any]) -> Panel:
    """A panel of the library with what its model says; its place and title are the dashboard's."""
    read = _panel({**model, "id": panel.id})
    return replace(
        panel, title=panel.title or read.title, type=read.type, queries=read.queries, library=None
    )


def slug_of(title: str) -> str:
    """What Grafana puts into addresses; any text leads to the same dashboard."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:50] or "dashboard"


def _classic(model: Mapping[str, Any]) -> Iterator[Panel]:
    yield from _panels(model.get("panels") or (), ())
    for row in model.get("rows") or ():
        yield from _panels(row.get("panels") or (), _repeats(row))


def _panels(raws: Sequence[Mapping[str, Any]], repeats: tuple[str, ...]) -> Iterator[Panel]:
    """Every panel, those within collapsed rows too; those below an open row are the row's."""
    for raw in raws:
        if raw.get("repeatPanelId") is not None or raw.get("repeatedByRow"):
            continue  # a copy, whose id Grafana gives anew; the panel it is of is there too
        if raw.get("type") == "row":
            repeats = _repeats(raw)
            yield from _panels(raw.get("panels") or (), repeats)
            continue
        panel = _panel(raw)
        yield replace(panel, repeats=tuple(dict.fromkeys((*repeats, *panel.repeats))))


def _title(raw: Mapping[str, Any], library: Mapping[str, Any]) -> str:
    """Its own, or the one of the library."""
    return str(raw.get("title") or library.get("name") or "")[:LONGEST_TITLE]


def _repeats(raw: Mapping[str, Any]) -> tuple[str, ...]:
    repeat = raw.get("repeat")
    return (repeat,) if isinstance(repeat, str) and repeat else ()


def _panel(raw: Mapping[str, Any]) -> Panel:
    library = raw.get("libraryPanel") or {}
    source = _kind(raw.get("datasource"))
    return Panel(
        id=int(raw["id"]),
        title=_title(raw, library),
        type=raw.get("type") or "",
        queries=tuple(
            target["expr"]
            for target in raw.get("targets") or ()
            if isinstance(target.get("expr"), str)
            and target["expr"].strip()
            and not target.get("hide")
            and (_kind(target.get("datasource")) or source) in PROMETHEUS
        ),
        library=library.get("uid"),
        repeats=_repeats(raw),
    )


def _kind(source: Any) -> str:
    """The kind of a data source; older dashboards have its name only, which says nothing."""
    return str(source.get("type") or "") if isinstance(source, Mapping) else ""


def _elements(model: Mapping[str, Any]) -> Iterator[Panel]:
    """The panels in the order of the layout, and behind them those that it does not place."""
    elements = dict(model["elements"])
    for name, repeats in _placed(model.get("layout") or {}, (), _DEEPEST_LAYOUT):
        if name in elements:
            yield replace(_element(elements.pop(name)), repeats=repeats)
    for element in elements.values():
        yield _element(element)


def _placed(
    layout: Mapping[str, Any], repeats: tuple[str, ...], deepest: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names of elements in their order, each with the variables it is repeated for."""
    spec = layout.get("spec") or {}
    if deepest == 0:
        return
    for item in (*(spec.get("items") or ()), *(spec.get("rows") or ()), *(spec.get("tabs") or ())):
        inner = item.get("spec") or {}
        repeated = (inner.get("repeat") or {}).get("value")
        own = (*repeats, repeated) if repeated else repeats
        if "element" in inner:
            yield inner["element"]["name"], own
        else:
            yield from _placed(inner.get("layout") or {}, own, deepest - 1)


def _element(raw: Mapping[str, Any]) -> Panel:
    spec = raw["spec"]
    if raw.get("kind") == "LibraryPanel":
        library = spec.get("libraryPanel") or {}
        return Panel(id=int(spec["id"]), title=_title(spec, library), library=library.get("uid"))
    shown = spec.get("vizConfig") or {}
    queries = ((spec.get("data") or {}).get("spec") or {}).get("queries") or ()
    return Panel(
        id=int(spec["id"]),
        title=_title(spec, {}),
        # Before v2beta1 a plugin's name was the kind itself.
        type=shown.get("group") or shown.get("kind") or "",
        queries=tuple(filter(None, (_query(query.get("spec") or {}) for query in queries))),
    )


def _query(spec: Mapping[str, Any]) -> str:
    query = spec.get("query") or {}
    kind = query.get("group") or query.get("kind") or ""
    expression = (query.get("spec") or {}).get("expr")
    if spec.get("hidden") or kind not in {*PROMETHEUS, "DataQuery"}:
        return ""
    return expression.strip() if isinstance(expression, str) else ""


def _variables(model: Mapping[str, Any], *, is_new: bool) -> Iterator[Variable]:
    if is_new:
        raws = [(v.get("kind"), v.get("spec") or {}) for v in model.get("variables") or ()]
    else:
        listed = (model.get("templating") or {}).get("list") or ()
        raws = [(variable.get("type"), variable) for variable in listed]
    for kind, raw in raws:
        if kind in LISTED and raw.get("name"):
            yield Variable(
                name=str(raw["name"]), label=_label_of(raw), takes_several=bool(raw.get("multi"))
            )


def _label_of(raw: Mapping[str, Any]) -> str | None:
    """The label whose values a variable lists; its query is text or an object."""
    query = raw.get("query")
    if isinstance(query, Mapping):
        inner = query.get("spec") if isinstance(query.get("spec"), Mapping) else query
        query = inner.get("query") if isinstance(inner, Mapping) else None
    for text in (raw.get("definition"), query):
        if isinstance(text, str) and (label := _listed_by(text)) is not None:
            return label
    return None


def _listed_by(query: str) -> str | None:
    """The label of `label_values(label)` or `label_values(selector, label)`."""
    _, is_there, arguments = query.partition("label_values")
    arguments = arguments.strip()
    if not is_there or not arguments.startswith("(") or not arguments.endswith(")"):
        return None
    label = arguments[1:-1].rpartition(",")[2].strip()
    return label if _LABEL.fullmatch(label) else None
