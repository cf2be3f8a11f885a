"""What holds for every bake, however odd its series are."""

import math
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.judgement import Bake, Judged, Measured, Traffic, judge_bake
from bot.domain.unit import Unit
from tests.domain.judged import a_measure, after, before

VALUES = st.one_of(
    st.floats(0, 2), st.floats(-1e12, 1e12), st.sampled_from([0.0, math.nan, math.inf, 1.7e308])
)
UNITS = st.sampled_from(list(Unit))


def series(most: int = 20) -> st.SearchStrategy[list[float]]:
    return st.lists(VALUES, max_size=most)


@st.composite
def measured(draw: st.DrawFn) -> Measured:
    return a_measure(
        draw(st.text(max_size=3)),
        draw(UNITS),
        draw(series(70)),
        draw(series()),
        control=draw(series()),
        bad_above=draw(st.none() | st.floats(0, 2)),
        decides=draw(st.booleans()),
        missing=draw(st.none() | st.just("Prometheus did not answer")),
    )


@st.composite
def bakes(draw: st.DrawFn) -> Bake:
    rates = Traffic(
        before=before(draw(series(70))),
        after=after(draw(series())),
        control=after(draw(series())),
        needed=draw(st.none() | st.floats(0, 5)),
    )
    return Bake(
        measures=tuple(draw(st.lists(measured(), max_size=3))),
        traffic=draw(st.none() | st.just(rates)),
        is_over=draw(st.booleans()),
    )


def usable(bake: Bake, one: Measured) -> bool:
    return one.missing is None and any(abs(sample.value) < 1e150 for sample in one.after)


@settings(deadline=None, max_examples=150)
@given(bakes())
def test_the_same_bake_is_judged_the_same_and_gaps_do_no_harm(bake: Bake):
    found = judge_bake(bake)

    assert judge_bake(bake) == found
    assert len(found.findings) == len(bake.measures)
    assert all(finding.why for finding in found.findings)


@settings(deadline=None, max_examples=150)
@given(bakes())
def test_nothing_is_good_too_early_or_without_data(bake: Bake):
    found = judge_bake(bake)

    if found.judged is Judged.GOOD:
        assert bake.is_over
        assert all(usable(bake, one) for one in bake.measures if one.decides)
    for one, finding in zip(bake.measures, found.findings, strict=True):
        assert usable(bake, one) or finding.judged is Judged.INCONCLUSIVE


@settings(deadline=None, max_examples=100)
@given(bakes())
def test_a_query_that_does_not_decide_changes_no_verdict(bake: Bake):
    deciding = tuple(one for one in bake.measures if one.decides)

    assert judge_bake(bake).judged == judge_bake(replace(bake, measures=deciding)).judged


@settings(deadline=None, max_examples=100)
@given(
    unit=UNITS,
    value=st.floats(0, 100),
    old=st.integers(0, 60),
    new=st.integers(1, 12),
    rate=st.none() | st.floats(0.01, 1e5),
    limit=st.floats(0, 200),
    has_control=st.booleans(),
)
def test_a_series_that_does_not_change_is_never_bad(
    unit: Unit,
    value: float,
    old: int,
    new: int,
    rate: float | None,
    limit: float,
    has_control: bool,
):
    value = min(value, 1.0) if unit is Unit.RATIO else value
    control = [value] * new if has_control else []
    bad_above = limit if old >= 2 else max(limit, value)
    one = a_measure("x", unit, [value] * old, [value] * new, control=control, bad_above=bad_above)
    rates = None
    if rate is not None:
        rates = Traffic(
            before=before([rate] * old),
            after=after([rate] * new),
            control=after([rate] * len(control)),
        )

    for is_over in (False, True):
        found = judge_bake(Bake(measures=(one,), traffic=rates, is_over=is_over))
        assert found.judged is not Judged.BAD


@settings(deadline=None, max_examples=60)
@given(ratio=st.floats(0, 0.5), rate=st.floats(1, 10), more=st.floats(1, 1000))
def test_more_traffic_never_turns_no_change_from_good_to_doubtful(
    ratio: float, rate: float, more: float
):
    one = a_measure("errors", Unit.RATIO, [ratio] * 60, [ratio] * 10, bad_above=0.01)

    def at(rate: float) -> Judged | None:
        rates = Traffic(before=before([rate] * 60), after=after([rate] * 10))
        return judge_bake(Bake(measures=(one,), traffic=rates, is_over=True)).judged

    assert at(rate) is not Judged.GOOD or at(rate * more) is Judged.GOOD
