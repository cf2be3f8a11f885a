"""Tables, charts, plans and cards: the blocks of 2025 and 2026.

Source: https://docs.slack.dev/reference/block-kit/blocks (table, data table, data visualization,
task card, plan, alert, card, carousel, container).
"""

from typing import Any

from sandbox.workspace.blockkit.blocks import BLOCKS, ID
from sandbox.workspace.blockkit.composition import URL_CHARACTERS, plain, text
from sandbox.workspace.blockkit.elements import BUTTON, IMAGE
from sandbox.workspace.blockkit.rich_text import RICH_TEXT, rich_text
from sandbox.workspace.blockkit.shape import (
    Check,
    array,
    at_least_one,
    boolean,
    choice,
    integer,
    kind,
    number,
    obj,
    optional_item,
    string,
    typed,
)

SERIES = 6
"""Sources say 6 or 12; the smaller keeps us safe with both."""
POINTS = 20
LABEL = 20
COLUMNS = 20

CELL = typed(
    dict(
        [
            RICH_TEXT,
            kind("raw_text", {"text": string(minimum=0)}),
            kind("raw_number", {"value": number}, {"text": string()}),
        ]
    )
)
ROW = array(CELL, minimum=1, maximum=COLUMNS)
COLUMN = obj({}, {"align": choice("left", "center", "right"), "is_wrapped": boolean})


def _even_rows(block: dict[str, Any]) -> str | None:
    rows = [row for row in _listed(block, "rows") if isinstance(row, list)]
    if len({len(row) for row in rows}) > 1:
        return "all rows must have the same number of cells"
    header = rows[0] if rows else []
    if any(isinstance(cell, dict) and cell.get("type") == "rich_text" for cell in header):
        return "rich_text is not allowed in the header row"
    column = block.get("row_header_column_index")
    if isinstance(column, int) and header and column >= len(header):
        return "row_header_column_index must name a column"
    return None


def _charted(block: dict[str, Any]) -> str | None:
    """Every point of a series belongs to a category of the axis."""
    axis = block.get("axis_config")
    categories = _listed(axis, "categories") if isinstance(axis, dict) else []
    for series in _listed(block, "series"):
        for point in _listed(series, "data") if isinstance(series, dict) else []:
            if isinstance(point, dict) and point.get("label") not in categories:
                return "every label must be one of axis_config.categories"
    return None


def _listed(value: dict[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


POINT = obj({"label": string(LABEL), "value": number})
CHART_BODY: dict[str, Check] = {
    "series": array(
        obj({"name": string(LABEL), "data": array(POINT, minimum=1, maximum=POINTS)}),
        minimum=1,
        maximum=SERIES,
    ),
    "axis_config": obj(
        {"categories": array(string(LABEL), minimum=1, maximum=POINTS)},
        {"x_label": string(50), "y_label": string(50)},
    ),
}
CHART = typed(
    dict(
        [
            kind("line", CHART_BODY, None, [_charted]),
            kind("bar", CHART_BODY, None, [_charted]),
            kind("area", CHART_BODY, None, [_charted]),
            kind("pie", {"segments": array(POINT, minimum=1, maximum=12)}),
        ]
    )
)
TASK = kind(
    "task_card",
    {
        "task_id": string(),
        "title": string(),
        "status": choice("pending", "in_progress", "complete", "error"),
    },
    {
        **ID,
        "details": rich_text,
        "output": rich_text,
        "sources": array(
            typed(dict([kind("url", {"url": string(URL_CHARACTERS), "text": string()})]))
        ),
    },
)
CARD = kind(
    "card",
    None,
    {
        **ID,
        "hero_image": typed(IMAGE),
        "icon": typed(IMAGE),
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": array(typed(BUTTON), minimum=1, maximum=25),
    },
    [at_least_one("hero_image", "title", "actions", "body")],
)
OUTSIDE_CONTAINERS = ("input", "file", "context_actions", "video")


def _dividable(block: dict[str, Any]) -> str | None:
    if block.get("is_collapsible") is True and block.get("has_header_divider") is True:
        return "has_header_divider cannot be set when is_collapsible is true"
    if block.get("default_collapsed") is True and block.get("is_collapsible") is not True:
        return "default_collapsed requires is_collapsible"
    return None


TABLE = kind(
    "table",
    {"rows": array(ROW, minimum=1, maximum=100)},
    {**ID, "column_settings": array(optional_item(COLUMN), maximum=COLUMNS)},
)
CONTAINER = kind(
    "container",
    {
        "child_blocks": array(
            typed(
                {name: check for name, check in BLOCKS.items() if name not in OUTSIDE_CONTAINERS},
                dict([TABLE, CARD]),
            ),
            minimum=1,
            maximum=10,
        )
    },
    {
        **ID,
        "title": plain(150),
        "rich_text_title": rich_text,
        "subtitle": text(150),
        "width": choice("narrow", "standard", "wide", "full"),
        "icon": typed(IMAGE),
        "is_collapsible": boolean,
        "default_collapsed": boolean,
        "has_header_divider": boolean,
    },
    [at_least_one("title", "rich_text_title"), _dividable],
)
DATA_BLOCKS: dict[str, Check] = dict(
    [
        TABLE,
        kind(
            "data_table",
            {"caption": string(), "rows": array(ROW, minimum=2, maximum=101)},
            {**ID, "page_size": integer(1, 100), "row_header_column_index": integer(0)},
            [_even_rows],
        ),
        kind("data_visualization", {"title": string(50), "chart": CHART}, ID),
        TASK,
        kind("plan", {"title": string()}, {**ID, "tasks": array(typed(dict([TASK])))}),
        kind(
            "alert",
            {"text": text(3000)},
            {**ID, "level": choice("default", "info", "warning", "error", "success")},
        ),
        CARD,
        kind("carousel", {"elements": array(typed(dict([CARD])), minimum=1, maximum=10)}, ID),
        CONTAINER,
    ]
)
