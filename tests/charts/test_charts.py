"""Charts: what is drawn is what was measured, and "no data" is drawn as such."""

import io
import math
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from bot.charts import (
    HEIGHT_PX,
    WIDTH_PX,
    Chart,
    Line,
    Marker,
    Span,
    Tone,
    line_chart,
)
from bot.charts.frame import time_said
from bot.charts.legend import draw_legend, names_of
from bot.charts.look import COLOURS, DASHES
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
    "few": replace(
        ERRORS,
        title="requests, prod",
        lines=[a_wave(name, 30.0 / n) for n, name in enumerate(("200", "201", "404", "500"), 1)],
        unit=Unit.PER_SECOND,
        threshold=10.0,
        more=9_996,
    ),
    "names_that_begin_alike": replace(
        ERRORS,
        title="sum by (path, status_code) (rate(http_requests_total[1m]))",
        lines=[a_wave(f"/api/v1/transactions/confirm, {code}", code) for code in (200, 201, 500)],
        unit=Unit.PLAIN,
        threshold=None,
        markers=[],
    ),
    "days": replace(
        ERRORS,
        title="memory, prod",
        lines=[
            Line(
                "m", [(END - STEP * 40 * n, 1e9 + 2e8 * math.sin(n / 9)) for n in range(288, 0, -1)]
            )
        ],
        start=END - timedelta(days=2),
        step=STEP * 40,
        unit=Unit.BYTES,
        threshold=None,
        markers=[
            Marker(END - timedelta(hours=30), "deploy of v1.2.0"),
            Marker(END - timedelta(hours=29), "rollback to v1.1.9"),
            Marker(END - timedelta(hours=2), "deploy of v1.2.1, prod"),
        ],
    ),
    "states": replace(
        ERRORS,
        title="api-p99-latency",
        states=[
            Span(START, ONSET, "OK", Tone.GOOD),
            Span(ONSET, END - STEP * 20, "ALARM", Tone.BAD),
            Span(END - STEP * 20, END, "INSUFFICIENT_DATA", Tone.UNKNOWN),
        ],
    ),
    "counts": replace(
        ERRORS,
        title="lines a minute with ERROR",
        lines=[a_line("lines", [0.0, 0.0, 1.0, 0.0, 2.0, 1.0] * 20)],
        unit=Unit.PLAIN,
        threshold=None,
        markers=[],
    ),
    "single_points": replace(
        ERRORS,
        title="up",
        lines=[a_line("up", [1.0] + [math.nan] * 59 + [1.0])],
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


def test_lines_of_many_are_told_apart_by_their_pattern_too():
    assert len(set(zip(COLOURS, DASHES, strict=True))) == len(COLOURS)
    assert len(set(DASHES[2:])) == len(DASHES[2:])


def test_what_is_not_drawn_is_counted():
    chart = replace(CHARTS["few"], lines=[a_wave(str(n), n) for n in range(50)], more=9_950)

    names = names_of(chart, list(chart.lines[:6]))

    assert names[-1][0] == "and 9,994 more, not drawn"


def test_thousands_of_lines_and_thresholds_are_drawn_as_soon_as_a_few():
    few = replace(
        ERRORS, lines=[a_line("value", [0.02] * 120)], limits=[a_line("threshold", [0.04] * 120)]
    )
    many = replace(few, lines=[*few.lines] * 2000, limits=[*few.limits] * 2000)
    line_chart(few)
    begun = time.process_time()
    assert line_chart(many).startswith(b"\x89PNG")
    assert time.process_time() - begun < 8  # each threshold had a line of its own


def test_one_line_needs_no_legend_but_one_of_many_does():
    assert names_of(ERRORS, list(ERRORS.lines)) == []
    assert len(names_of(replace(ERRORS, more=3), list(ERRORS.lines))) == 2
    assert draw_legend(None, []) is None


def test_a_state_is_told_by_its_pattern_and_not_by_its_colour_alone():
    def strip(tone: Tone) -> Image.Image:
        one = replace(ERRORS, states=[Span(START, END, "", tone)])
        return picture(line_chart(one)).convert("L")

    patterns = {strip(tone).tobytes() for tone in Tone}

    assert len(patterns) == len(Tone)


@pytest.mark.parametrize(
    ("at", "length", "said"),
    [
        (datetime(2026, 11, 23, tzinfo=UTC), timedelta(days=2), "23 Nov"),
        (datetime(2026, 11, 23, 12, tzinfo=UTC), timedelta(days=2), "12:00"),
        (datetime(2026, 11, 23, tzinfo=UTC), timedelta(hours=1), "00:00"),
        (datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC), timedelta(minutes=1), "12:00:05"),
    ],
)
def test_a_mark_of_the_time_axis_says_what_tells_it_from_the_others(
    at: datetime, length: timedelta, said: str
):
    assert time_said(at, length) == said


def test_starting_the_bot_does_not_import_what_draws():
    program = "import sys, bot.app; sys.exit('matplotlib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_text_from_outside_is_drawn_as_it_is_and_nothing_outside_the_window():
    chart = replace(
        ERRORS,
        title="$\\frac{1}{0}$ <!channel> costs 5$",
        lines=[a_line("_hidden $x^2", [math.nan, math.inf, 1.0]), a_line("empty", [])],
        markers=[Marker(END + timedelta(hours=1), "later")],
    )

    assert line_chart(chart).startswith(b"\x89PNG")
