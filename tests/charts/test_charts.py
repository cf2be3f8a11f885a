"""Charts: what is drawn is what was measured, and "no data" is drawn as such."""

import io
import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from bot.charts import HEIGHT_PX, WIDTH_PX, Chart, Line, Marker, line_chart
from bot.domain.unit import Unit

GOLDEN = Path(__file__).parent / "golden"
END = datetime(2026, 11, 23, 14, 46, tzinfo=UTC)
START = END - timedelta(minutes=30)
ONSET = END - timedelta(minutes=14)
STEP = timedelta(seconds=15)
TOLERANCE = 4.0
"""Mean difference of a channel, of 255: fonts differ a little between machines."""


def a_line(label: str, values: Sequence[float], *, start: datetime = START) -> Line:
    return Line(label, [(start + STEP * n, value) for n, value in enumerate(values)])


def a_wave(label: str, height: float) -> Line:
    return a_line(
        label, [0.001 if n < 62 else height + 0.006 * math.sin(n / 3) for n in range(120)]
    )


ERRORS = Chart(
    title="HighErrorRatio, credlink-api in prod",
    lines=[a_wave("prod", 0.042)],
    start=START,
    end=END,
    step=STEP,
    unit=Unit.RATIO,
    threshold=0.01,
    markers=[Marker(ONSET, "firing", is_alarm=True), Marker(ONSET - 8 * STEP, "deploy of v1.2.0")],
)
CHARTS = {
    "firing": ERRORS,
    "resolved": replace(
        ERRORS,
        markers=[*ERRORS.markers, Marker(END - 4 * STEP, "resolved")],
        peak=(START + 81 * STEP, 0.048),
    ),
    "several": replace(
        ERRORS,
        title="Latency by route",
        lines=[a_wave(f"route {n} {'x' * 60}", 0.1 * n) for n in range(1, 10)],
        unit=Unit.SECONDS,
        threshold=None,
        markers=[],
    ),
    "limit_is_a_query": replace(
        ERRORS,
        title="QueueGrows",
        threshold=None,
        limits=[a_line("threshold", [0.02 + 0.0001 * n for n in range(120)])],
    ),
    "gap": replace(
        ERRORS,
        title="ApiDown",
        lines=[a_line("up", [1.0] * 40), a_line("up", [1.0] * 40, start=START + 80 * STEP)],
        unit=Unit.PLAIN,
        threshold=None,
        markers=[],
    ),
    "no_data": replace(ERRORS, title="ApiDown", lines=[], threshold=None, markers=[]),
}


def picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_looks_like_its_golden_picture(name: str):
    drawn = picture(line_chart(CHARTS[name]))
    golden = GOLDEN / f"{name}.png"
    if os.environ.get("CREDLINK_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        drawn.quantize(64).save(golden, optimize=True)

    assert drawn.size == (WIDTH_PX, HEIGHT_PX)
    assert difference(drawn, picture(golden.read_bytes())) < TOLERANCE


def test_the_same_chart_is_the_same_picture_from_any_thread():
    with ThreadPoolExecutor(4) as pool:
        drawn = set(pool.map(line_chart, [ERRORS] * 4))

    assert len(drawn) == 1


def test_no_data_is_not_the_chart_of_a_zero():
    zero = replace(CHARTS["no_data"], lines=[a_line("up", [0.0] * 121)])

    assert difference(picture(line_chart(CHARTS["no_data"])), picture(line_chart(zero))) > 0.2


def test_where_nothing_was_measured_the_line_is_broken():
    joined = replace(CHARTS["gap"], lines=[a_line("up", [1.0] * 121)])

    drawn, whole = (picture(line_chart(chart)) for chart in (CHARTS["gap"], joined))

    middle = WIDTH_PX // 2
    column = [drawn.getpixel((middle, y)) for y in range(HEIGHT_PX)]
    line = [whole.getpixel((middle, y)) for y in range(HEIGHT_PX)]
    blue = (0x00, 0x72, 0xB2)
    assert blue in line
    assert blue not in column


def test_text_from_outside_is_drawn_as_it_is_and_nothing_outside_the_window():
    chart = replace(
        ERRORS,
        title="$\\frac{1}{0}$ <!channel> costs 5$",
        lines=[a_line("_hidden $x^2", [math.nan, math.inf, 1.0]), a_line("empty", [])],
        markers=[Marker(END + timedelta(hours=1), "later")],
    )

    assert line_chart(chart).startswith(b"\x89PNG")
