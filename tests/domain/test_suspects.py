"""Suspects: each reason as a sentence, and what holds whatever is known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.suspects import Deed, DeedKind, Onset, Verdict, rank
from bot.domain.suspects.beside import Firing, seen_beside, seen_elsewhere
from bot.domain.suspects.reasons import reasons
from bot.domain.suspects.turn import growth, turn_of

ONSET = datetime(2026, 11, 23, 14, 33, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_deed(**said: Any) -> Deed:
    """A deploy of the alert's own service, two minutes before it began."""
    return Deed(
        **{
            "kind": DeedKind.DEPLOY,
            "id": "change-1",
            "name": "deploy of v1.2.0",
            "environment": "prod",
            "service": "credlink-api",
            "began_at": ONSET - 2 * MINUTE,
            "settled_at": ONSET - MINUTE,
            "version": "v1.2.0",
            **said,
        }
    )


def an_onset(**said: Any) -> Onset:
    """An alert that fired three minutes after its value had begun to rise."""
    return Onset(
        **{
            "fired_at": ONSET + 3 * MINUTE,
            "environment": "prod",
            "service": "credlink-api",
            "turned_at": ONSET,
            "rising_since": ONSET,
            "depends_on": frozenset({"payments"}),
            **said,
        }
    )


FOR = [
    (a_deed(), {}, "2 min before it began"),
    (a_deed(began_at=ONSET - timedelta(seconds=40)), {}, "40 s before it began"),
    (a_deed(began_at=ONSET), {}, "as it began"),
    (a_deed(), {}, "the same service"),
    (a_deed(new_issues=1), {}, "Sentry saw 1 issue first in it"),
    (a_deed(new_issues=3), {}, "Sentry saw 3 issues first in it"),
    (a_deed(is_judged_bad=True), {}, "its own watch found it bad"),
    (a_deed(trouble="out of memory"), {}, "its tasks stopped: out of memory"),
    (a_deed(traffic=100.0), {}, "it had all the traffic"),
    (a_deed(traffic=50.0), {}, "it had 50 % of the traffic"),
    (a_deed(alerts_after=2), {}, "2 other alerts of the service began after it"),
    (a_deed(blamed=1), {}, "people said of v1.2.0 before that it was the cause"),
    (a_deed(followed_before=2), {}, "alerts followed v1.2.0 before"),
    (
        a_deed(undone_at=ONSET + 10 * MINUTE),
        {"ended_at": ONSET + 12 * MINUTE},
        "it ended 2 min after this was undone",
    ),
    (
        a_deed(kind=DeedKind.SCALING, capacity=0.33, version=None),
        {},
        "it cut capacity to 33 %",
    ),
    (a_deed(service="payments"), {}, "credlink-api depends on payments"),
    (
        a_deed(service="payments"),
        {"elsewhere": ("payments",)},
        "alerts of payments had begun before it",
    ),
    (a_deed(service="*"), {}, "all of prod"),
]
AGAINST = [
    (a_deed(began_at=ONSET - 180 * MINUTE, settled_at=ONSET - 178 * MINUTE), {}, "3 h before it"),
    (a_deed(service="search"), {}, "it was done to search"),
    (a_deed(new_issues=0), {}, "Sentry saw no new issue in it"),
    (a_deed(judged_good_at=ONSET - MINUTE), {}, "its own watch had found it good"),
    (a_deed(traffic=0.0), {}, "it had no traffic yet"),
    (a_deed(traffic=3.0), {}, "it had only 3 % of the traffic"),
    (a_deed(undone_at=ONSET - MINUTE), {}, "it had been undone by then"),
    (a_deed(replaced_at=ONSET - MINUTE), {}, "a later version had followed it"),
    (a_deed(was_firing=True), {}, "the same alert fired as it was done"),
    (a_deed(firings_before=1), {}, "the same alert fired once in the day before it"),
    (a_deed(firings_before=4), {}, "the same alert fired 4 times in the day before it"),
    (a_deed(cleared=1), {}, "people said of v1.2.0 before that it was not this"),
    (a_deed(), {"busier": 2.1}, "requests had grown to 2.1 times as many"),
    (a_deed(), {"elsewhere": ("payments",)}, "alerts of payments had begun before it"),
    (a_deed(), {"elsewhere": ("",)}, "alerts of all of prod had begun before it"),
    (a_deed(kind=DeedKind.RESTART, version=None), {}, "it brought no new version"),
    (a_deed(kind=DeedKind.ROLLBACK), {}, "it went back to what had run"),
    (a_deed(kind=DeedKind.SCALING, capacity=2.0), {}, "it cut no capacity"),
    (a_deed(kind=DeedKind.SCALING), {}, "it may not have cut any capacity"),
    (a_deed(kind=DeedKind.LOCK), {}, "a lock changes nothing that runs"),
    (a_deed(kind=DeedKind.FREEZE), {}, "a freeze changes nothing that runs"),
    (a_deed(kind=DeedKind.SILENCE), {}, "a silence changes nothing that runs"),
    (a_deed(), {"service": None}, "the alert names no service"),
    (a_deed(began_at=ONSET, settled_at=None), {}, "a task hardly starts so soon"),
    (
        a_deed(began_at=ONSET + 2.5 * MINUTE, settled_at=None),
        {"turned_at": ONSET + 3 * MINUTE},
        "it had begun 2 min before that",
    ),
]


def weight_of(deed: Deed, onset: Onset, words: str) -> float:
    [found] = [reason.weight for reason in reasons(deed, onset) if words in reason.words]
    return found


@pytest.mark.parametrize(("deed", "onset", "words"), FOR, ids=lambda value: str(value)[:40])
def test_what_speaks_for_a_suspect_says_so(deed: Deed, onset: dict[str, Any], words: str):
    assert weight_of(deed, an_onset(**onset), words) > 0


@pytest.mark.parametrize(("deed", "onset", "words"), AGAINST, ids=lambda value: str(value)[:40])
def test_what_speaks_against_a_suspect_says_so(deed: Deed, onset: dict[str, Any], words: str):
    assert weight_of(deed, an_onset(**onset), words) < 0


def test_a_deploy_right_before_is_the_first_suspect_and_a_lock_is_none():
    ranking = rank(an_onset(), [a_deed(id="lock", kind=DeedKind.LOCK), a_deed()])

    assert ranking.first is not None
    assert ranking.first.deed.id == "change-1"
    assert [one.deed.id for one in ranking.others] == ["lock"]


def test_a_leak_is_known_by_when_its_value_began_to_rise_and_not_by_when_it_fired():
    late = an_onset(fired_at=ONSET + 40 * MINUTE)
    other = a_deed(id="other", began_at=ONSET + 35 * MINUTE, settled_at=None)

    ranking = rank(late, [a_deed(), other])

    assert [one.deed.id for one in ranking.suspects] == ["change-1"]
    assert ranking.others == ()


def test_without_anything_done_nothing_is_a_suspect():
    assert rank(an_onset(), []).first is None


def test_an_alert_that_names_no_service_is_no_services_fault_by_the_time_alone():
    disk = an_onset(service=None, depends_on=frozenset())
    cut = a_deed(id="cut", kind=DeedKind.SCALING, capacity=0.3, version=None)

    assert rank(disk, [a_deed(traffic=100.0), a_deed(new_issues=2, id="sick"), cut]).first is None

    blamed = replace(a_deed(), verdict=Verdict(is_cause=True, by="U0BOB0001", at=ONSET))
    assert rank(disk, [blamed]).first is not None


def test_people_have_the_last_word():
    said = Verdict(is_cause=True, by="U0BOB0001", at=ONSET)
    innocent = replace(said, is_cause=False)
    lock = a_deed(id="lock", kind=DeedKind.LOCK, verdict=said)

    assert [s.deed.id for s in rank(an_onset(), [a_deed(), lock]).suspects] == ["lock", "change-1"]
    assert rank(an_onset(), [a_deed(verdict=innocent)]).suspects == ()


DEEDS = st.builds(
    Deed,
    kind=st.sampled_from(DeedKind),
    id=st.uuids().map(str),
    name=st.just("something"),
    environment=st.just("prod"),
    service=st.sampled_from(["credlink-api", "payments", "search", "*"]),
    began_at=st.integers(-500, 60).map(lambda n: ONSET + n * MINUTE),
    settled_at=st.none() | st.integers(-500, 60).map(lambda n: ONSET + n * MINUTE),
    undone_at=st.none() | st.integers(-300, 60).map(lambda n: ONSET + n * MINUTE),
    version=st.just("v1.2.0"),
    capacity=st.none() | st.floats(0.1, 3),
    traffic=st.none() | st.floats(0, 100),
    new_issues=st.none() | st.integers(0, 5),
    is_judged_bad=st.booleans(),
    firings_before=st.integers(0, 5),
    was_firing=st.booleans(),
    alerts_after=st.integers(0, 3),
    followed_before=st.integers(0, 2),
    blamed=st.integers(0, 2),
    cleared=st.integers(0, 2),
)
ONSETS = st.builds(
    an_onset,
    turned_at=st.none() | st.just(ONSET),
    rising_since=st.just(ONSET),
    busier=st.none() | st.floats(0.2, 5),
    elsewhere=st.lists(st.sampled_from(["", "payments", "search"]), unique=True).map(tuple),
    service=st.none() | st.just("credlink-api"),
)


@given(onset=ONSETS, deeds=st.lists(DEEDS, max_size=6))
@settings(max_examples=150, deadline=None)
def test_no_suspect_began_after_the_onset_or_is_without_a_reason(onset: Onset, deeds: list[Deed]):
    ranking = rank(onset, deeds)

    for suspect in ranking.suspects:
        assert suspect.deed.began_at <= onset.at
        assert any(reason.speaks_for and reason.words for reason in suspect.reasons)
    scores = [suspect.score for suspect in ranking.suspects]
    assert scores == sorted(scores, reverse=True)


@given(onset=ONSETS, deed=DEEDS)
@settings(max_examples=150, deadline=None)
def test_more_that_speaks_for_it_never_lowers_its_score(onset: Onset, deed: Deed):
    def score(one: Deed) -> float:
        return sum(reason.weight for reason in reasons(one, onset))

    assert score(replace(deed, new_issues=(deed.new_issues or 0) + 1)) >= score(deed)
    assert score(replace(deed, is_judged_bad=True)) >= score(replace(deed, is_judged_bad=False))
    assert score(replace(deed, blamed=deed.blamed + 1)) >= score(deed)
    assert score(replace(deed, alerts_after=deed.alerts_after + 1)) >= score(deed)
    assert score(replace(deed, trouble="out of memory")) >= score(deed)
    assert score(replace(deed, traffic=100.0)) >= score(replace(deed, traffic=30.0))
    assert score(replace(deed, firings_before=deed.firings_before + 1)) <= score(deed)


def a_series(*values: float) -> list[tuple[datetime, float]]:
    first = ONSET - len(values) * MINUTE
    return [(first + n * MINUTE, value) for n, value in enumerate(values)]


def noisy(count: int, level: float = 1.0) -> list[float]:
    return [level + 0.05 * (n % 3 - 1) for n in range(count)]


def test_a_step_turns_where_it_steps():
    turn = turn_of(a_series(*noisy(100), *noisy(10, 5.0)))

    assert turn is not None
    assert turn.at == ONSET - 10 * MINUTE
    assert ONSET - 12 * MINUTE <= turn.rising_since <= turn.at


def test_a_leak_turns_long_before_it_fires():
    turn = turn_of(a_series(*noisy(80), *(1 + 0.1 * n for n in range(40))))

    assert turn is not None
    assert abs(turn.rising_since - (ONSET - 40 * MINUTE)) < 2 * MINUTE
    assert turn.at > turn.rising_since


def test_what_falls_turns_too_where_low_is_bad():
    series = a_series(*noisy(60), *noisy(6, 0.1))

    turn = turn_of(series, is_worse_when_lower=True)

    assert turn is not None
    assert turn.at == ONSET - 6 * MINUTE
    assert turn_of(series) is None


@pytest.mark.parametrize(
    "values",
    [[], noisy(5), noisy(110), [float("nan")] * 60, noisy(110, 5.0)],
    ids=["nothing", "too little", "nothing changed", "no numbers", "always so"],
)
def test_where_nothing_turned_nobody_says_so(values: list[float]):
    assert turn_of(a_series(*values)) is None


def test_one_value_that_is_not_normal_is_noise_and_so_is_one_that_is():
    spiked = noisy(100)
    spiked[70] = 9.0
    dipped = [5.0, 5.0, 1.0, 5.0, 5.0, 5.0]

    turn = turn_of(a_series(*spiked, *dipped))

    assert turn is not None
    assert turn.at == ONSET - 6 * MINUTE


def test_requests_grow_by_what_they_were_just_before():
    requests = a_series(*noisy(100, 10.0), *noisy(6, 25.0))

    assert growth(requests, ONSET - 6 * MINUTE) == pytest.approx(2.5, abs=0.05)
    assert growth([], ONSET) is None
    assert growth(a_series(*[0.0] * 100), ONSET - 6 * MINUTE) is None


def test_an_alert_of_what_it_depends_on_came_first_only_if_it_still_fires():
    before = Firing(name="Down", service="payments", started_at=ONSET - 3 * MINUTE)
    ended = replace(before, resolved_at=ONSET - MINUTE)
    later = replace(before, started_at=ONSET + MINUTE)
    rose_before = replace(later, turned_at=ONSET - 2 * MINUTE)

    assert seen_elsewhere(an_onset(), [before]).elsewhere == ("payments",)
    assert seen_elsewhere(an_onset(), [rose_before]).elsewhere == ("payments",)
    assert seen_elsewhere(an_onset(), [ended, later]).elsewhere == ()


def test_the_same_alert_is_counted_before_a_deed_and_others_after_it():
    same = Firing(
        name="HighErrorRatio",
        service="credlink-api",
        started_at=ONSET - 60 * MINUTE,
        resolved_at=ONSET - 50 * MINUTE,
    )
    going_on = replace(same, resolved_at=None)
    other = replace(same, name="SlowQueries", started_at=ONSET - MINUTE)

    deed = seen_beside(a_deed(), "HighErrorRatio", an_onset(), [same, other])

    assert (deed.firings_before, deed.was_firing, deed.alerts_after) == (1, False, 1)
    assert seen_beside(a_deed(), "HighErrorRatio", an_onset(), [going_on]).was_firing
