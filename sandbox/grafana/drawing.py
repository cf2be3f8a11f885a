"""What a picture of a panel is to show: its query with its variables, over the time asked."""

from collections.abc import Iterable

from aiohttp import web

from sandbox.grafana import data, picture
from sandbox.grafana.annotations import Annotation
from sandbox.grafana.dashboards import Board, Panel
from sandbox.grafana.problems import whole

HOUR_MS = 3_600_000


async def drawing_of(
    board: Board,
    panel: Panel,
    request: web.Request,
    *,
    now_s: float,
    marks: Iterable[Annotation],
    prometheus_url: str,
) -> picture.Drawing:
    """Asks Prometheus where there is one; otherwise the line means nothing."""
    query = request.query
    end_ms = whole(query, "to", None) or int(now_s * 1000)
    start_ms = whole(query, "from", None) or end_ms - HOUR_MS
    start, end = start_ms / 1000, end_ms / 1000
    values = {
        name.removeprefix("var-"): query.getall(name) for name in query if name.startswith("var-")
    }
    if board.environment is not None:
        values["env"] = [board.environment]
    if prometheus_url:
        expression = data.filled(panel.expression, values)
        series = await data.ask(prometheus_url, expression, start, end, title=panel.title)
    else:
        series = {panel.title: picture.wave(panel.id + 10 * board.id, start, end)}
    return picture.Drawing(
        title=data.filled(panel.title, values),
        series=series,
        start=start,
        end=end,
        marks=[
            mark.time / 1000
            for mark in marks
            if mark.dashboard_uid in {None, board.uid} and start_ms <= mark.time <= end_ms
        ],
        is_ratio=panel.unit == "percentunit",
    )
