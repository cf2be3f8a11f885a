"""CloudWatch's words for alarms, as people say them."""

import json
from datetime import timedelta

import pytest

from bot.domain.alarms import Alarm, AlarmState, Found, Mute, Place, to_chart
from bot.domain.alarms.words import followed, reasoned, unit_of, watched
from bot.domain.unit import Unit
from tests.changes.builders import NOW

CROSSED = (
    "Threshold Crossed: 3 out of the last 5 datapoints [91.2 (25/11/26 13:10:00), "
    "90.0 (25/11/26 13:09:00), 88.5 (25/11/26 13:08:00), 87.0 (25/11/26 13:07:00)] were greater "
    "than the threshold (85.0) (minimum 3 datapoints for OK -> ALARM transition)."
)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (CROSSED, "3 of the last 5 values: 91 %, 90 %, 88 %"),
        (
            "Threshold Crossed: 1 out of the last 1 datapoints [195.0 (25/11/26 13:10:00)] was "
            "greater than the threshold (180.0) (minimum 1 datapoint for OK -> ALARM transition).",
            "195 % in the last period",
        ),
        (
            "Threshold Crossed: 1 datapoint [3.2E-4 (25/11/26 13:10:00)] was greater than the "
            "threshold (0.0).",
            "0.00032 % in the last period",
        ),
        (
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint "
            "was treated as [Breaching].",
            "no value came, which it takes as Breaching",
        ),
        ("Insufficient Data: 1 datapoint was unknown.", "no value came"),
        ("Unchecked: Initial alarm creation", "it has not been judged yet"),
        ("Something\n new", "Something new"),
        ("x" * 500, "x" * 199 + "…"),
        ("", ""),
    ],
)
def test_why_an_alarm_is_in_its_state(reason, said):
    assert reasoned(reason, unit=Unit.PERCENT) == said


@pytest.mark.parametrize(
    ("metric", "unit", "expected"),
    [
        ("CPUUtilization", None, (Unit.PERCENT, 1.0)),
        ("TargetResponseTime", None, (Unit.SECONDS, 1.0)),
        ("Duration", "Milliseconds", (Unit.SECONDS, 1e-3)),
        ("FreeStorageSpace", None, (Unit.BYTES, 1.0)),
        ("Memory", "Megabytes", (Unit.BYTES, 1024.0**2)),
        ("RequestCount", "Count", (Unit.PLAIN, 1.0)),
        (None, None, (Unit.PLAIN, 1.0)),
    ],
)
def test_the_unit_of_a_metric(metric, unit, expected):
    assert unit_of(metric, unit) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "Average CPUUtilization above 85 %"),
        ({"comparison": "LessThanOrEqualToThreshold"}, "Average CPUUtilization at or below 85 %"),
        ({"metric": None, "statistic": None}, "an expression of metrics above 85 %"),
        (
            {"threshold": None, "comparison": "GreaterThanUpperThreshold"},
            "Average CPUUtilization above its usual band",
        ),
        ({"comparison": "NewThreshold"}, "Average CPUUtilization NewThreshold 85 %"),
    ],
)
def test_what_an_alarm_watches(said, expected):
    usual = {
        "metric": "CPUUtilization",
        "statistic": "Average",
        "comparison": "GreaterThanThreshold",
        "threshold": 85.0,
        "unit": Unit.PERCENT,
    }
    assert watched(**{**usual, **said}) == expected


def test_what_a_composite_alarm_follows():
    rule = 'ALARM("prod-5xx") OR (ALARM(prod-slow) AND NOT OK("prod-cpu"))'

    assert followed(rule, "prod-") == "5xx fires or (slow fires and not cpu is OK)"


def an_alarm(name: str, state: AlarmState = AlarmState.FIRING, ago: int = 5, **said) -> Alarm:
    since = NOW - timedelta(minutes=ago)
    return Alarm(name=name, state=state, since=since, **{"has_series": True, **said})


def a_place(*alarms: Alarm) -> Place:
    return Place(
        environment="prod", service="api", region="us-east-1", prefix="prod-", alarms=alarms
    )


def test_the_alarm_that_began_to_fire_last_is_drawn_and_never_one_without_numbers():
    one = a_place(an_alarm("prod-a", ago=9), an_alarm("prod-b", ago=5))
    other = a_place(
        an_alarm("prod-c", ago=1, has_series=False), an_alarm("prod-d", AlarmState.OK, ago=0)
    )

    chosen = to_chart((other, one), None)

    assert chosen is not None
    assert (chosen[0], chosen[1].name) == (1, "prod-b")


@pytest.mark.parametrize("name", ["prod-d", "d"])
def test_an_alarm_that_is_named_is_drawn_whatever_its_state(name):
    chosen = to_chart(
        (a_place(an_alarm("prod-a")), a_place(an_alarm("prod-d", AlarmState.OK))), name
    )

    assert chosen is not None
    assert (chosen[0], chosen[1].name) == (1, "prod-d")


@pytest.mark.parametrize("name", [None, "nothing"])
def test_where_nothing_fires_or_nothing_has_that_name_nothing_is_drawn(name):
    assert to_chart((a_place(an_alarm("prod-d", AlarmState.NO_DATA)),), name) is None


def test_an_answer_survives_its_row():
    mute = Mute(rule="r", is_ours=True, starts_at=NOW, until=NOW, by="U0ALICE01", why="w")
    place = a_place(an_alarm("prod-a", mute=mute, unit=Unit.SECONDS, threshold=1.5))
    found = Found(places=(place,), charted="prod-a", alt="a", uncharted="u")

    assert Found.of_json(json.loads(json.dumps(found.as_json()))) == found
    assert found.chart == (place, place.alarms[0])
