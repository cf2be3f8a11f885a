"""The judge of a bake: bad when it surely is, good when nothing could hide, otherwise it asks."""

import math
from datetime import timedelta

import pytest

from bot.domain.judgement import BASELINE, Judged
from bot.domain.unit import Unit
from tests.domain.judged import (
    STEADY_AT,
    a_latency,
    a_measure,
    errors,
    failing,
    judged,
    noisy,
    traffic,
)

GOOD, BAD, ASKS = Judged.GOOD, Judged.BAD, Judged.INCONCLUSIVE
USUAL = noisy(0.3, 60)
FEW_ERRORS = failing(0.001, 60, requests=1200)
BUSY = traffic(20, 60, 10)


def test_a_version_like_the_old_one_is_good_when_the_bake_is_over():
    measures = (
        errors(FEW_ERRORS, failing(0.001, 10, requests=1200)),
        a_latency(USUAL, noisy(0.3, 10)),
    )

    found = judged(*measures, of=BUSY)

    assert found.judged is GOOD
    assert "errors stayed at" in found.why
    assert "latency stayed at" in found.why


def test_nothing_is_good_before_the_bake_is_over():
    found = judged(a_latency(USUAL, noisy(0.3, 9)), is_over=False)

    assert found.judged is None
    assert found.findings[0].judged is GOOD


@pytest.mark.parametrize("ratio", [0.01, 0.05])
def test_errors_that_rise_are_bad_before_the_bake_is_over(ratio: float):
    new = failing(ratio, 6, requests=1200)

    found = judged(errors(FEW_ERRORS, new), of=BUSY, is_over=False)

    assert found.judged is BAD
    assert "errors rose to" in found.why
    assert "p < 0.001" in found.why
    assert found.findings[0].since == STEADY_AT + timedelta(minutes=1)


@pytest.mark.parametrize("times", [1.5, 3])
def test_latency_that_rises_is_bad_below_its_limit_too(times: float):
    found = judged(a_latency(noisy(0.2, 60), noisy(0.2 * times, 6)), is_over=False)

    assert found.judged is BAD
    assert found.findings[0].after == pytest.approx(0.2 * times, rel=0.15)


def test_a_rise_too_small_to_matter_is_good_however_sure_it_is():
    found = judged(a_latency(noisy(0.3, 60, noise=0.01), noisy(0.32, 10, noise=0.01)))

    assert found.judged is GOOD
    assert found.findings[0].p < 0.001
    assert "less than what matters" in found.why


def test_a_sure_rise_between_both_is_shown_to_a_person():
    found = judged(a_latency(noisy(0.3, 60, noise=0.01), noisy(0.345, 10, noise=0.01)))

    assert found.judged is ASKS


def test_what_was_bad_before_the_deploy_is_not_the_deploys():
    old = failing(0.05, 60, requests=1200)

    found = judged(errors(old, failing(0.05, 10, requests=1200)), of=BUSY)

    assert found.judged is GOOD
    assert "not since the deploy" in found.why


def test_what_was_bad_before_and_got_clearly_worse_is_the_deploys():
    old = failing(0.02, 60, requests=1200)

    assert judged(errors(old, failing(0.08, 10, requests=1200)), of=BUSY).judged is BAD


def test_a_change_shortly_before_the_deploy_is_the_level_that_counts():
    old = failing(0.001, 50, requests=1200) + failing(0.04, 10, requests=1200)

    assert judged(errors(old, failing(0.04, 10, requests=1200)), of=BUSY).judged is GOOD


def test_a_drift_that_goes_on_is_not_the_deploys():
    drift = [0.3 * 1.9 ** (minute / 60) for minute in range(73)]
    values = [level * factor for level, factor in zip(drift, noisy(1, 73, noise=0.04), strict=True)]

    found = judged(a_latency(values[:60], values[63:]))

    assert found.judged is GOOD
    assert "rising" in found.why


def test_a_hiccup_of_two_windows_decides_nothing():
    new = failing(0.001, 10, requests=1200)
    new[:2] = [0.2, 0.3]

    for seen in range(1, 11):
        measured = errors(FEW_ERRORS, new[:seen])
        assert judged(measured, of=traffic(20, 60, seen), is_over=seen == 10).judged is not BAD


def test_what_befalls_the_old_version_at_the_same_time_is_not_the_new_ones():
    new, old = failing(0.04, 10, requests=600), failing(0.04, 10, requests=600, seed=2)

    found = judged(errors(FEW_ERRORS, new, control=old), of=traffic(10, 60, 10, control=10))

    assert found.judged is GOOD
    assert "the old version at the same time" in found.why


def test_a_canary_worse_than_the_old_version_beside_it_is_bad():
    new, old = failing(0.05, 6, requests=600), failing(0.001, 6, requests=600)

    found = judged(
        errors(FEW_ERRORS, new, control=old), of=traffic(10, 60, 6, control=10), is_over=False
    )

    assert found.judged is BAD
    assert found.findings[0].control == pytest.approx(0.001, abs=0.001)


def test_a_canary_is_slower_than_the_old_version_beside_it():
    wave = [1, 1.4, 0.8, 1.3, 0.9, 1.2]
    new = [0.6 * each for each in wave]
    old = [0.3 * each * (1 + 0.01 * n) for n, each in enumerate(wave)]

    assert judged(a_latency(USUAL, new, control=old), is_over=False).judged is BAD


def test_a_query_that_was_not_answered_is_no_data_and_never_fine():
    unanswered = errors(FEW_ERRORS, [], missing="Prometheus did not answer")

    found = judged(unanswered, a_latency(USUAL, noisy(0.3, 10)), of=BUSY)

    assert found.judged is ASKS
    assert found.why == "errors no data: Prometheus did not answer"


@pytest.mark.parametrize("new", [[], [math.nan] * 10])
def test_no_data_since_the_deploy_asks(new: list[float]):
    assert judged(a_latency(USUAL, new)).why == "latency no data since the deploy"


def test_a_bake_that_was_hardly_watched_asks():
    new = [*noisy(0.3, 3), *[math.nan] * 7]

    found = judged(a_latency(USUAL, new), length=timedelta(minutes=10))

    assert found.judged is ASKS
    assert "only 3 of 10 windows" in found.why


def test_too_little_traffic_asks_even_where_it_looks_bad():
    few = traffic(0.2, 60, 10, needed=0.5)

    found = judged(errors([0.0] * 60, [0.5] * 10), of=few)

    assert found.judged is ASKS
    assert found.why == "too little traffic to judge: 0.2/s, 0.5/s needed"


def test_traffic_that_could_not_have_shown_a_rise_asks():
    found = judged(errors([0.0] * 60, [0.0] * 10), of=traffic(0.3, 60, 10))

    assert found.judged is ASKS
    assert "to rule out a rise to 1 %" in found.why


def test_a_window_without_a_request_says_nothing():
    found = judged(errors([0.0] * 60, [0.0] * 10), of=traffic(0.001, 60, 10))

    assert found.why == "errors no data since the deploy"


def test_a_query_that_is_only_measured_is_shown_and_decides_nothing():
    bad = errors(FEW_ERRORS, failing(0.05, 10, requests=1200), decides=False)

    found = judged(bad, a_latency(USUAL, noisy(0.3, 10)), of=BUSY)

    assert found.judged is GOOD
    assert [finding.judged for finding in found.findings] == [BAD, GOOD]
    assert judged(bad, of=BUSY).why == "no query decides"


QUARTER = timedelta(seconds=15)
SHORT = timedelta(seconds=30)


@pytest.mark.parametrize("samples", [0, 1, 2, 3])
@pytest.mark.parametrize(("ratio", "verdict"), [(0.05, BAD), (0.001, GOOD)])
def test_a_bake_of_half_a_minute_tells_errors_by_its_many_requests(
    samples: int, ratio: float, verdict: Judged
):
    old, new = failing(0.001, samples, requests=900), failing(ratio, 2, requests=900)
    measured = errors(old, new, window=QUARTER)

    found = judged(measured, of=traffic(60, samples, 2, window=QUARTER), length=SHORT)

    assert found.judged is verdict
    assert ("too little from before" in found.why) is (samples < 2)


@pytest.mark.parametrize("samples", [0, 1, 2, 3])
@pytest.mark.parametrize(("level", "verdict"), [(1.2, BAD), (0.3, GOOD)])
def test_a_bake_of_half_a_minute_tells_latency_by_its_limit(
    samples: int, level: float, verdict: Judged
):
    measured = a_latency(noisy(0.3, samples), noisy(level, 2), window=QUARTER)

    found = judged(measured, of=traffic(60, samples, 2, window=QUARTER), length=SHORT)

    assert found.judged is verdict


@pytest.mark.parametrize("samples", [0, 3, 60])
@pytest.mark.parametrize(("level", "verdict"), [(1.2, BAD), (0.3, GOOD)])
def test_a_canary_of_half_a_minute_is_told_by_the_old_version_beside_it(
    samples: int, level: float, verdict: Judged
):
    measured = a_latency(
        noisy(0.3, samples), noisy(level, 2), control=noisy(0.3, 2, seed=2), window=QUARTER
    )

    found = judged(measured, of=traffic(6, samples, 2, control=54, window=QUARTER), length=SHORT)

    assert found.judged is verdict


def test_without_anything_to_compare_with_it_asks():
    found = judged(a_measure("queue", Unit.PLAIN, [], [3.0] * 10))

    assert found.judged is ASKS
    assert "too little from before" in found.why
    assert "no limit" in found.why


def test_a_queue_that_was_empty_may_stay_empty_and_nothing_is_known_of_its_growth():
    assert judged(a_measure("queue", Unit.PLAIN, [0.0] * 60, [0.0] * 10)).judged is GOOD
    assert judged(a_measure("queue", Unit.PLAIN, [0.0] * 60, [3.0] * 10)).judged is ASKS


def test_percent_is_judged_as_the_ratio_is():
    old, new = ([100 * each for each in part] for part in (FEW_ERRORS, [0.05] * 5))

    found = judged(
        a_measure("errors", Unit.PERCENT, old, new), of=traffic(20, 60, 5), is_over=False
    )

    assert found.judged is BAD
    assert "rose to 5 %" in found.why


def test_an_hour_before_the_deploy_is_asked_for():
    assert timedelta(hours=1) == BASELINE
