"""Locks: how long they stand, what they hold, and when their owners are asked about them."""

from datetime import timedelta

import pytest

from bot.catalog import ANY
from tests.domain.situations import NOW, a_lock

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("sentence", "said", "asked"),
    [
        ("a young lock is not asked about", {"at": NOW - 11 * HOUR}, False),
        ("one that is half a day old is", {"at": NOW - 12 * HOUR}, True),
        ("not again on the same day", {"at": NOW - 2 * DAY, "nudged_at": NOW - 23 * HOUR}, False),
        ("but on the next", {"at": NOW - 2 * DAY, "nudged_at": NOW - DAY}, True),
        ("an end that is far off changes nothing",
         {"at": NOW - DAY, "expires_at": NOW + 5 * DAY}, True),
        ("one that ends soon goes by itself", {"at": NOW - DAY, "expires_at": NOW + 12 * HOUR},
         False),
        ("a released one is not asked about", {"at": NOW - DAY, "released_at": NOW}, False),
        ("the bot cannot be asked", {"at": NOW - DAY, "owner": "bot"}, False),
    ],
)  # fmt: skip
def test_when_the_owner_is_asked_whether_it_is_still_needed(sentence, said, asked):
    assert a_lock(**said).wants_nudge(NOW) is asked, sentence


def test_the_pace_divides_how_long_it_takes_until_somebody_is_asked():
    assert a_lock(at=NOW - HOUR).wants_nudge(NOW, pace=20)
    assert not a_lock(at=NOW - HOUR / 2).wants_nudge(NOW, pace=20)


def test_a_lock_holds_its_service_or_all_of_its_environment():
    assert a_lock().covers("prod", "api")
    assert not a_lock().covers("prod", "web")
    assert not a_lock().covers("staging", "api")
    assert a_lock(service=ANY).covers("prod", "web")


def test_a_lock_stands_until_the_moment_it_expires():
    lock = a_lock(expires_at=NOW)

    assert lock.stands(NOW - timedelta(seconds=1))
    assert not lock.stands(NOW)
