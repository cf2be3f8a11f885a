"""What a search found and what it would cost, in numbers."""

import json
from datetime import timedelta

import pytest

from bot.domain.logs import Range
from bot.domain.logs.cost import TooMuch, too_much
from bot.domain.logs.found import Counts, Found, binned
from bot.domain.logs.lines import Line
from tests.changes.builders import NOW

MINUTE = timedelta(minutes=1)
GIB = 1024**3
QUARTER = Range.until(NOW, timedelta(minutes=15))


@pytest.mark.parametrize(
    ("estimate", "since", "fits"),
    [
        (4 * GIB, timedelta(hours=6), timedelta(hours=3)),
        (5 * GIB, timedelta(minutes=15), timedelta(minutes=5)),
        (40 * GIB, timedelta(days=7), timedelta(hours=6)),
        (4000 * GIB, timedelta(hours=1), None),
    ],
)
def test_a_range_that_holds_too_much_is_refused_with_a_time_that_fits(estimate, since, fits):
    refused = too_much(estimate, 2 * GIB, since)

    assert refused == TooMuch(estimate, 2 * GIB, fits)
    assert TooMuch.of_json(json.loads(json.dumps(refused.as_json()))) == refused


def test_what_is_within_the_limit_is_searched():
    assert too_much(2 * GIB, 2 * GIB, MINUTE) is None


def test_what_it_would_cost_is_about_half_a_cent_for_a_gigabyte():
    assert TooMuch(40 * 10**9, 1, None).dollars == pytest.approx(0.2)


def test_minutes_without_a_line_are_zero_where_all_was_counted():
    bins, step = binned([(NOW - 3 * MINUTE, 7)], QUARTER, is_whole=True)

    assert step == MINUTE
    assert len(bins) == 16
    assert sum(number for _, number in bins) == 7
    assert (NOW - 3 * MINUTE, 7) in bins
    assert (NOW - 2 * MINUTE, 0) in bins


def test_of_a_count_that_was_stopped_nothing_is_made_up():
    bins, _ = binned([(NOW - 3 * MINUTE, 7)], QUARTER, is_whole=False)

    assert bins == ((NOW - 3 * MINUTE, 7),)


def test_a_long_range_has_longer_bins_that_lose_nothing():
    week = Range.until(NOW, timedelta(days=7))
    minutes = [(NOW - n * MINUTE, 1) for n in range(500)]

    bins, step = binned(minutes, week, is_whole=True)

    assert step == timedelta(hours=1)
    assert len(bins) <= 200
    assert sum(number for _, number in bins) == 500


@pytest.mark.parametrize(
    ("found", "matched"),
    [
        (Found(range=QUARTER, group="g", total=7), (7, False)),
        (Found(range=QUARTER, group="g", total=200, is_cut=True), (200, True)),
        (Found(range=QUARTER, group="g", total=7, is_searched=False), (7, True)),
        (
            Found(range=QUARTER, group="g", total=200, is_cut=True, counts=Counts(total=999)),
            (999, False),
        ),
        (
            Found(range=QUARTER, group="g", total=2, counts=Counts(total=90, is_whole=False)),
            (90, True),
        ),
    ],
)
def test_how_many_lines_matched_is_said_as_surely_as_it_is_known(found, matched):
    assert found.matched == matched


def test_an_answer_survives_its_row():
    found = Found(
        range=QUARTER,
        group="/ecs/credlink-api",
        lines=(Line(at=NOW, level="ERROR", message="m", fields=(("a", "b"),), ids=("i",)),),
        total=3,
        said=(("m", 2),),
        is_cut=True,
        is_searched=False,
        searched_from=NOW - MINUTE,
        counts=Counts(bins=((NOW, 3),), total=3, scanned=7, is_whole=False, not_stopped="why"),
        estimate=9,
        refused=TooMuch(3, 2, MINUTE),
        trouble="t",
    )

    assert Found.of_json(json.loads(json.dumps(found.as_json()))) == found
    assert found.scanned == 7
