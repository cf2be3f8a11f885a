"""Windows without changes: when they stand, until when, and when the next one begins."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.catalog import Freeze
from bot.domain.freeze import Declared, Frozen, earlier, next_of, standing

HOUR = timedelta(hours=1)
WEEKEND = ("0 16 * * FRI", "64h", "Europe/Berlin")


def a_window(cron: str, length: str, zone: str = "UTC") -> Freeze:
    return Freeze.model_validate({"cron": cron, "for": length, "zone": zone, "reason": "quiet"})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("sentence", "window", "now", "until"),
    [
        ("a weekend begins on Friday at four, in Berlin", WEEKEND, "2026-11-27T15:00Z",
         "2026-11-30T07:00Z"),
        ("and not a second earlier", WEEKEND, "2026-11-27T14:59:59Z", None),
        ("it stands on its last second", WEEKEND, "2026-11-30T06:59:59Z", "2026-11-30T07:00Z"),
        ("and not at its end", WEEKEND, "2026-11-30T07:00Z", None),
        ("half a second after its start it stands", WEEKEND, "2026-11-27T15:00:00.5Z",
         "2026-11-30T07:00Z"),
        ("in summer four in Berlin is two hours before", WEEKEND, "2026-07-03T14:00Z",
         "2026-07-06T06:00Z"),
        ("64 hours are 64 hours when the clocks go forward", WEEKEND, "2026-03-29T12:00Z",
         "2026-03-30T07:00Z"),
        ("and when they go back", WEEKEND, "2026-10-24T12:00Z", "2026-10-26T06:00Z"),
        ("a time that the clocks skip is the moment after it",
         ("30 2 * * *", "1h", "Europe/Berlin"), "2026-03-29T01:30Z", "2026-03-29T02:00Z"),
        ("a time that comes twice is the first of the two",
         ("30 2 * * *", "2h", "Europe/Berlin"), "2026-10-25T01:10Z", "2026-10-25T02:30Z"),
        ("and stands in the second as well",
         ("30 2 * * *", "2h", "Europe/Berlin"), "2026-10-25T01:45Z", "2026-10-25T02:30Z"),
        ("a window of almost a year is found however long ago it began",
         ("0 0 1 1 *", "360d", "UTC"), "2026-12-26T12:00Z", "2026-12-27T00:00Z"),
        ("a leap day is found years later", ("0 0 29 2 *", "1000d", "UTC"), "2026-10-01T00:00Z",
         "2026-11-25T00:00Z"),
        ("windows that touch are one freeze", ("0 0 * * SAT,SUN", "24h", "UTC"),
         "2026-11-28T12:00Z", "2026-11-30T00:00Z"),
    ],
)  # fmt: skip
def test_when_a_window_stands(sentence, window, now, until):
    found = standing([a_window(*window)], at(now))

    assert [frozen.ends_at for frozen in found] == ([at(until)] if until else []), sentence


def test_a_window_longer_than_its_period_stands_for_ever_and_none_is_next():
    window = a_window("0 0 * * *", "25h")
    now = at("2026-11-27T15:00Z")

    [frozen] = standing([window], now)

    assert frozen.ends_at > now + timedelta(days=365)
    assert next_of([window], now) is None


def test_a_window_that_opens_every_minute_costs_no_more_than_others():
    now = at("2026-11-27T15:00:30Z")

    [frozen] = standing([a_window("* * * * *", "2h")], now)

    assert frozen.ends_at > now + 2 * HOUR


@pytest.mark.parametrize(
    ("sentence", "window", "now", "begins"),
    [
        ("the next weekend begins on Friday", WEEKEND, "2026-11-25T09:00Z", "2026-11-27T15:00Z"),
        ("the one that stands is not next", WEEKEND, "2026-11-28T09:00Z", "2026-12-04T15:00Z"),
        ("the one that begins now is not next", WEEKEND, "2026-11-27T15:00Z", "2026-12-04T15:00Z"),
        ("a day that is years away is not next", ("0 0 29 2 *", "1d", "UTC"),
         "2026-11-27T15:00Z", None),
    ],
)  # fmt: skip
def test_when_the_next_freeze_begins(sentence, window, now, begins):
    found = next_of([a_window(*window)], at(now))

    assert (found and found.begins_at) == (at(begins) if begins else None), sentence


def test_of_several_windows_the_one_that_begins_first_is_next():
    windows = [a_window("0 0 24 12 *", "72h"), a_window(*WEEKEND)]

    found = next_of(windows, at("2026-11-25T09:00Z"))

    assert found.begins_at == at("2026-11-27T15:00Z")
    assert next_of([], at("2026-11-25T09:00Z")) is None


def test_of_a_declared_and_a_recurring_one_the_earlier_is_next():
    one, other = (
        Frozen(begins_at=at(begins), ends_at=at("2027-01-01T00:00Z"), reason="quiet")
        for begins in ("2026-11-27T15:00Z", "2026-12-01T00:00Z")
    )

    assert earlier(one, other) == earlier(other, one) == earlier(None, one) == one
    assert earlier(None, None) is None


def test_a_declared_freeze_is_over_when_it_ends_or_is_lifted():
    begins = at("2026-11-27T15:00Z")
    freeze = Declared(
        id="freeze-1", environment="prod", service="*", begins_at=begins, ends_at=begins + HOUR,
        reason="sale", by="U1", at=begins - HOUR,
    )  # fmt: skip
    lifted = Declared(
        **{
            **{name: getattr(freeze, name) for name in Declared.__slots__},
            "lifted_at": begins,
        }
    )

    assert [freeze.stands(begins + n * HOUR / 2) for n in (-1, 0, 1, 2)] == [
        False,
        True,
        True,
        False,
    ]
    assert not lifted.stands(begins)
    assert lifted.is_over(begins)
    assert not freeze.is_over(begins)
    assert freeze.is_over(begins + HOUR)
    assert freeze.covers("prod", "api")
    assert not freeze.covers("staging", "api")
