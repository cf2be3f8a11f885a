"""Annotations as Grafana takes them and hands them out."""

from dataclasses import dataclass
from typing import Any

from sandbox.grafana.problems import Problem

KEYS = {"dashboardUID", "panelId", "time", "timeEnd", "tags", "text"}
PATCHABLE_KEYS = {"time", "timeEnd", "tags", "text"}


@dataclass(frozen=True, slots=True)
class Annotation:
    """Times are milliseconds since the epoch; without a dashboard it belongs to all of them."""

    id: int
    text: str
    tags: tuple[str, ...]
    time: int
    time_end: int
    dashboard_uid: str | None
    panel_id: int | None

    def document(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "dashboardUID": self.dashboard_uid,
            "panelId": self.panel_id or 0,
            "time": self.time,
            "timeEnd": self.time_end,
            "text": self.text,
            "tags": list(self.tags),
        }


def check(body: dict[str, Any], known: set[str]) -> None:
    """Refuse what Grafana would ignore, and an end before the beginning."""
    unknown = body.keys() - known
    if unknown:
        raise Problem(400, f"bad request data: unknown {', '.join(sorted(unknown))}")
    tags = body.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Problem(400, "bad request data: tags must be a list of strings")
    if not isinstance(body.get("text", ""), str):
        raise Problem(400, "bad request data: text must be a string")
    if body.get("timeEnd") and body.get("time") and body["timeEnd"] < body["time"]:
        raise Problem(400, "bad request data: timeEnd is before time")


def milliseconds(body: dict[str, Any], name: str, default: int) -> int:
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Problem(400, f"bad request data: {name} must be milliseconds since the epoch")
    return value
