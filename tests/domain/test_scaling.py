"""What somebody wants of a capacity, read and applied; and where a scaling may go from where."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog import Scale
from bot.domain.scaling.capacity import ALL, NONE, Bounds, Count, Suspended, led
from bot.domain.scaling.proposal import Schedule, Shown, landing, propose
from bot.domain.scaling.scaling import (
    AT_REST,
    FINAL,
    MOVES,
    STACKED,
    TOUCHING,
    ImpossibleMove,
    ScalingState,
)
from bot.domain.scaling.wish import (
    LONGEST,
    MOST,
    SHORTEST,
    Wish,
    WishKind,
    beyond,
    check_length,
    read_wish,
    wanted_of,
)
from bot.domain.verification import Level
from bot.errors import UsageError
from tests.domain.scalings import NOW, a_scaling, bounds

S = ScalingState
CATALOGUE = Scale(min=3, max=10)
counts = st.integers(0, MOST)


def wanted(word: str, found):
    wish = read_wish(word)
    assert wish is not None
    return wanted_of(wish, found, place="api in prod", written=lambda what: f"scale prod {what}")


def checks(word: str, **shown) -> list[str]:
    """What is to be known of it, as its texts; what is in order by its name."""
    wish = read_wish(word)
    there = Shown(**{"capacity": bounds(3, 10), "desired": 4, "running": 4, "pending": 0, **shown})
    found = propose(wish, there, wanted(word, there.capacity), CATALOGUE).checks
    return [one.name if one.level is Level.OK else one.text for one in found]


@given(counts, counts)
def test_bounds_are_read_however_they_are_written(one, other):
    low, high = sorted((one, other))

    for word in (f"{low}-{high}", f"{low}–{high}", f"{low}..{high}", f" {low} - {high} "):
        assert read_wish(word) == Wish(kind=WishKind.RANGE, minimum=low, maximum=high)


@given(counts)
def test_a_count_is_read(count):
    assert read_wish(str(count)) == Wish(kind=WishKind.COUNT, minimum=count)


@pytest.mark.parametrize("word", ["suspend", "RESUME", "Suspend"])
def test_words_are_read_in_whatever_letters(word):
    assert read_wish(word).kind.value == word.lower()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("10-3", "Write `3-10`"),
        ("-3", "no fewer than 0"),
        ("-3-5", "no fewer than 0"),
        ("5001", "at most 5,000"),
        ("3-99999", "at most 5,000"),
        ("9" * 5000, "999999999… tasks are too many"),
        ("1.5", "cannot read 1.5"),
        ("5-", "cannot read 5-"),
        ("1,000", "cannot read 1,000"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_write(word, said):
    with pytest.raises(UsageError, match=said):
        read_wish(word)


@given(st.text(max_size=20))
def test_whatever_is_typed_is_a_wish_or_none_or_refused(text):
    try:
        wish = read_wish(text)
    except UsageError:
        return
    assert wish is None or wish.text


@pytest.mark.parametrize(
    ("word", "found", "becomes"),
    [
        ("5-8", bounds(3, 10), bounds(5, 8)),
        ("6", bounds(3, 10), bounds(6, 10)),
        ("12", bounds(3, 10), bounds(12, 12)),
        ("2", bounds(3, 10), bounds(2, 10)),
        ("5-8", bounds(3, 10, ALL), bounds(5, 8, ALL)),
        ("suspend", bounds(3, 10), bounds(3, 10, ALL)),
        ("suspend", bounds(3, 10, Suspended(scale_in=True)), bounds(3, 10, ALL)),
        ("resume", bounds(3, 10, ALL), bounds(3, 10)),
        ("6", Count(count=4), Count(count=6)),
    ],
)
def test_it_moves_what_autoscaling_goes_by_or_else_the_count(word, found, becomes):
    assert wanted(word, found) == becomes


@pytest.mark.parametrize(
    ("word", "write"), [("5-8", "scale prod 5"), ("suspend", "scale prod 4"), ("resume", "4")]
)
def test_without_autoscaling_it_says_what_to_write_instead(word, write):
    with pytest.raises(UsageError, match=f"Nothing scales api in prod by itself.*{write}"):
        wanted(word, Count(count=4))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("3-10", 0),
        ("3", 0),
        ("suspend", 0),
        ("2", 1),
        ("0", 1),
        ("11", 1),
        ("2-11", 2),
        ("4-11", 1),
    ],
)
def test_what_the_catalogue_does_not_allow_is_named(word, said):
    assert len(beyond(read_wish(word), CATALOGUE)) == said


@pytest.mark.parametrize("length", [SHORTEST, timedelta(hours=2), LONGEST])
def test_it_may_stand_from_half_a_minute_to_two_weeks(length):
    check_length(length)


@pytest.mark.parametrize(
    "length",
    [timedelta(), timedelta(seconds=29), LONGEST + timedelta(seconds=1), timedelta(days=400)],
)
def test_no_other_time_is_promised(length):
    with pytest.raises(UsageError, match="for 2h"):
        check_length(length)


@pytest.mark.parametrize(
    ("found", "to", "said"),
    [
        (bounds(3, 10), bounds(5, 10), "3–10 → 5–10"),
        (bounds(3, 10, ALL), bounds(5, 10, ALL), "3–10 → 5–10, scaling suspended"),
        (bounds(3, 10), bounds(3, 10, ALL), "scaling suspended"),
        (bounds(3, 10, ALL), bounds(3, 10), "scaling resumed"),
        (bounds(3, 10), bounds(3, 10, Suspended(scale_in=True)), "scale-in suspended"),
        (bounds(3, 10, ALL), bounds(5, 10), "3–10, scaling suspended → 5–10"),
        (Count(count=1), Count(count=4), "1 → 4 tasks"),
        (Count(count=4), bounds(3, 10), "4 tasks → 3–10"),
    ],
)
def test_what_leads_where_is_said_in_few_words(found, to, said):
    assert led(found, to) == said


@given(counts, counts, st.integers(0, MOST))
def test_aws_goes_at_once_into_the_bounds_and_no_further(one, other, desired):
    low, high = sorted((one, other))
    to = landing(desired, bounds(low, high))

    assert low <= to <= high
    assert to == desired or to in {low, high}


@pytest.mark.parametrize(
    ("word", "shown", "said"),
    [
        ("6", {}, "undo a plain count. The minimum moves instead"),
        ("12", {}, "Minimum and maximum move instead"),
        ("0-4", {}, "nothing serves"),
        ("3-4", {"desired": 7, "running": 7}, "3 tasks are stopped at once"),
        ("5-10", {}, "1 task more at once"),
        ("2-10", {}, "4 tasks as now"),
        ("4-10", {"running": 12}, "12 tasks run, above the catalogue's largest count, 10"),
        ("4-20", {}, "The maximum is above the catalogue's largest count"),
        ("suspend", {}, "Nothing adds tasks under load"),
        ("5-10", {"capacity": bounds(3, 10, ALL)}, "Scaling suspended, and stays so"),
        ("5-10", {"is_rolling_out": True}, "A rollout is under way"),
        ("5-10", {"silent": ("Its policies could not be read: x",)}, "could not be read: x"),
    ],
)
def test_what_whoever_confirms_it_should_know_is_said(word, shown, said):
    assert any(said in text for text in checks(word, **shown))


def test_a_schedule_that_will_undo_it_is_named_unless_schedules_are_suspended():
    night = Schedule(name="night", schedule="cron(0 22 * * ? *)", minimum=2)

    assert any("Schedule night sets min 2" in text for text in checks("5-8", schedules=(night,)))
    assert not any("night" in text for text in checks("suspend", schedules=(night,)))


def test_every_state_is_final_or_leads_on_and_none_leads_back_from_an_end():
    assert {S.REHEARSED, S.REFUSED, S.CANCELLED, S.EXPIRED, S.SCALED, S.STUCK, S.KEPT,
                     S.REVERTED, S.HANDED_OVER, S.GAVE_WAY, S.FAILED} == FINAL  # fmt: skip
    reached = {S.LOOKING}.union(*MOVES.values())
    assert reached == set(ScalingState)
    assert not TOUCHING & AT_REST
    assert not STACKED & FINAL


@pytest.mark.parametrize("to", list(ScalingState))
@pytest.mark.parametrize("of", list(ScalingState))
def test_it_moves_as_the_table_says_and_a_workflow_begins_anew_after_each_rest(of, to):
    scaling = a_scaling(state=of, run=4)

    if to not in MOVES.get(of, frozenset()):
        with pytest.raises(ImpossibleMove):
            scaling.to(to, at=NOW)
        return
    moved = scaling.to(to, at=NOW)
    assert (moved.state, moved.state_revision) == (to, scaling.state_revision + 1)
    assert moved.run == (5 if of in AT_REST and to not in AT_REST else 4)


def test_only_what_is_set_and_has_an_end_is_a_promise():
    assert a_scaling(state=S.STANDING).is_promise
    assert not a_scaling(state=S.SCALING, until=None, lasts_s=None).is_promise
    assert not a_scaling(state=S.REVERTED).is_promise
    with pytest.raises(ValueError, match="has not been set"):
        _ = a_scaling(number=None).promise


def test_suspension_names_what_it_holds():
    assert Suspended(scale_in=True, scheduled=True).text == "scale-in and schedules suspended"
    assert (ALL.text, NONE.text) == ("scaling suspended", "")
    assert Bounds(minimum=3, maximum=10).written == "3-10"
