"""Charts: what is drawn is what was measured, and "no data" is drawn as such."""

import io
import math
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from bot.charts import Chart, Line, Marker, line_chart, window, written

GOLDEN = Path(__file__).parent / "golden"
END = datetime(2026, 11, 23, 14, 46, tzinfo=UTC)
START = END - timedelta(minutes=30)
TOLERANCE = 6.0
"""Mean difference of a channel, of 255: fonts differ a little between machines."""


def wave(height: float, name: str = "prod") -> Line:
    points = tuple(
        (START + timedelta(seconds=15 * n), 0.001 if n < 64 else height + 0.006 * math.sin(n))
        for n in range(120)
    )
    return Line(name, points)


def picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


CHARTS = {
    "error_ratio": Chart(
        title="HighErrorRatio · credlink-api in prod",
        lines=(wave(0.045),),
        start=START,
        end=END,
        unit="ratio",
        threshold=0.01,
        markers=(Marker(END - timedelta(minutes=15), "v1.2.0"),),
    ),
    "several": Chart(
        title="Latency by route",
        lines=tuple(wave(0.1 * n, f"route {n} {'x' * 40}") for n in range(1, 10)),
        start=START,
        end=END,
        unit="s",
    ),
    "no_data": Chart(title="ApiDown", lines=(), start=START, end=END),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_looks_like_its_golden_picture(name: str):
    drawn = picture(line_chart(CHARTS[name]))
    golden = GOLDEN / f"{name}.png"
    if os.environ.get("CREDLINK_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        drawn.save(golden)

    kept = picture(golden.read_bytes())

    assert drawn.size == kept.size
    differences = ImageStat.Stat(ImageChops.difference(drawn, kept)).mean
    assert max(differences) < TOLERANCE


def test_a_chart_without_data_is_not_the_chart_of_a_zero():
    zero = Chart(
        title="ApiDown",
        lines=(Line("up", ((START, 0.0), (END, 0.0))),),
        start=START,
        end=END,
    )

    assert line_chart(CHARTS["no_data"]) != line_chart(zero)


def test_gaps_and_markers_outside_the_window_draw_without_complaint():
    line = Line("prod", ((START, 1.0), (START + timedelta(minutes=5), math.nan), (END, 2.0)))
    late = Marker(END + timedelta(hours=1), "later")

    png = line_chart(Chart(title="x", lines=(line,), start=START, end=END, markers=(late,)))

    assert png.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.042, "ratio", "4.2 %"),
        (0.001, "ratio", "0.1 %"),
        (0.305, "s", "0.305 s"),
        (1234.0, "req/s", "1,234 req/s"),
        (2_500_000.0, "", "2.5M"),
        (45_000.0, "", "45k"),
        (math.nan, "s", "no data"),
        (0.0, "", "0"),
    ],
)
def test_values_are_written_as_people_say_them(value: float, unit: str, said: str):
    assert written(value, unit) == said


def test_the_window_shows_as_much_before_the_onset_as_since():
    onset = END - timedelta(hours=2)

    assert window(onset, END) == (END - timedelta(hours=4), END)
    assert window(END - timedelta(minutes=1), END)[0] == END - timedelta(minutes=16)
