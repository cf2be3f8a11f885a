"""The shipped dashboards, as Grafana's stand-in keeps them: alerts name their panels."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.drill.shipped import SHIPPED
from sandbox.grafana.dashboards import BOARDS, Board, Panel

FOLDER = SHIPPED / "grafana" / "dashboards"


def shipped_boards() -> dict[str, Board]:
    """Every dashboard by its uid; of a panel with several queries the first is drawn."""
    files = sorted(FOLDER.glob("*.json"))
    boards = (_board(number, file) for number, file in enumerate(files, len(BOARDS) + 1))
    return {board.uid: board for board in boards}


def _board(number: int, file: Path) -> Board:
    model = json.loads(file.read_text())
    panels = {panel["id"]: _panel(panel) for panel in model["panels"] if panel["type"] != "row"}
    tags = tuple(model["tags"])
    return Board(number, model["uid"], model["title"], tags, panels, {**model, "id": number})


def _panel(model: Mapping[str, Any]) -> Panel:
    unit = model["fieldConfig"]["defaults"]["unit"]
    return Panel(model["id"], model["title"], model["targets"][0]["expr"], unit)
