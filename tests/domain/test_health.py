"""How a place is: the worst that is known decides, and what is not known is never fine."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.alert import Severity
from bot.domain.health import DECIDE, Health, Part, read, written
from bot.domain.health.budget import budget_left
from bot.domain.health.facts import (
    Alarms,
    AlarmSeen,
    Alerts,
    FiringAlert,
    Known,
    LastChange,
    NewIssue,
    OnDuty,
    OpenIncident,
    Scaling,
    SilencedAlert,
    SloSeen,
    Targets,
    Tasks,
    Version,
)
from bot.domain.health.overall import Grade, overall
from bot.domain.health.sparkline import CELLS, sparkline, worst_of_each

NOW = datetime(2026, 11, 25, 14, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def some_tasks(**said):
    version = Version(name="v1.2.0", since=NOW - HOUR)
    return Tasks(
        **{"version": version, "desired": 4, "running": 4, "pending": 0, "rollout": "COMPLETED"}
        | said
    )


def an_slo(**said):
    return SloSeen(**{"name": "errors", "unit": "ratio", "value": 0.001, "bad_above": 0.01, **said})


def an_alert(severity=Severity.CRITICAL, **said):
    return FiringAlert(
        **{"name": "HighErrorRatio", "severity": severity, "since": NOW - HOUR, **said}
    )


def an_incident(**said):
    return OpenIncident(
        **{"label": "#7", "title": "t", "status": "triggered", "is_severe": True, "url": "", **said}
    )


def an_issue(age):
    return NewIssue(
        short_id="CRED-1", title="t", events=1, users=1, first_seen_at=NOW - age, url=""
    )


def a_health(**said):
    """A place that is well in every respect."""
    asked = (*Part,)
    return Health(
        **{
            "service": "credlink-api",
            "environment": "prod",
            "asked_at": NOW,
            "asked": asked,
            "answered": asked,
            "tasks": some_tasks(),
            "targets": Targets(states={"healthy": 4}),
            "scaling": Scaling(minimum=3, maximum=10),
            "slos": (an_slo(),),
            "alerts": Alerts(),
            "alarms": Alarms(well=3),
            **said,
        }
    )


def without(part, why="did not answer within 2 s"):
    rest = tuple(each for each in Part if each is not part)
    return {"answered": rest, "silent": {part: why}}


@pytest.mark.parametrize(
    ("said", "grade", "why"),
    [
        ({}, Grade.GOOD, ()),
        ({"tasks": some_tasks(running=3)}, Grade.WARNING, ("3 of 4 tasks running",)),
        ({"tasks": some_tasks(running=2)}, Grade.BAD, ("2 of 4 tasks running",)),
        ({"tasks": some_tasks(running=0, desired=1)}, Grade.BAD, ("none of 1 task runs",)),
        (
            {"tasks": some_tasks(desired=0, running=0), "targets": Targets(states={})},
            Grade.WARNING,
            ("it is scaled to no task at all",),
        ),
        (
            {"tasks": some_tasks(running=3, rollout="IN_PROGRESS")},
            Grade.CHANGING,
            ("v1.2.0 is rolling out",),
        ),
        ({"tasks": some_tasks(older=1, rollout=None)}, Grade.CHANGING, ("v1.2.0 is rolling out",)),
        (
            {"tasks": some_tasks(rollout="FAILED", rollout_reason="tasks failed to start")},
            Grade.WARNING,
            ("the last rollout failed: tasks failed to start",),
        ),
        (
            {"targets": Targets(states={"healthy": 4, "draining": 2, "initial": 1, "unused": 4})},
            Grade.GOOD,
            (),
        ),
        (
            {"targets": Targets(states={"healthy": 3, "unhealthy": 1})},
            Grade.WARNING,
            ("1 of 4 targets unhealthy",),
        ),
        (
            {"targets": Targets(states={"healthy": 1, "unhealthy": 3})},
            Grade.BAD,
            ("3 of 4 targets unhealthy",),
        ),
        ({"targets": Targets(states={"initial": 4})}, Grade.BAD, ("no target is healthy",)),
        (
            {"targets": Targets(states={"unavailable": 4})},
            Grade.UNKNOWN,
            ("the load balancer does not check its targets",),
        ),
        ({"slos": (an_slo(value=0.042),)}, Grade.BAD, ("errors 4.2 %, bad above 1 %",)),
        (
            {"slos": (an_slo(value=0.042, decides=False),)},
            Grade.WARNING,
            ("errors 4.2 %, bad above 1 %",),
        ),
        ({"slos": (an_slo(value=None),)}, Grade.UNKNOWN, ("errors: no data",)),
        ({"slos": (an_slo(value=None, decides=False),)}, Grade.GOOD, ()),
        (
            {"slos": (an_slo(name="traffic", unit="req/s", value=0.1, bad_above=None, needed=2),)},
            Grade.UNKNOWN,
            ("traffic 0.1/s, too little to judge (needs 2/s)",),
        ),
        ({"budgets": {"errors": 0.3}}, Grade.GOOD, ()),
        ({"budgets": {"errors": None}}, Grade.GOOD, ()),
        ({"budgets": {"errors": -0.2}}, Grade.WARNING, ("the error budget of errors is spent",)),
        ({"alerts": Alerts(firing=(an_alert(),))}, Grade.BAD, ("HighErrorRatio fires",)),
        (
            {"alerts": Alerts(firing=(an_alert(Severity.WARNING, times=3),))},
            Grade.WARNING,
            ("HighErrorRatio fires 3 times",),
        ),
        ({"alerts": Alerts(firing=(an_alert(Severity.INFO),))}, Grade.GOOD, ()),
        ({"alerts": Alerts(silenced=(SilencedAlert("DiskFull", NOW),))}, Grade.GOOD, ()),
        (
            {"alarms": Alarms(raised=(AlarmSeen("5xx", None),))},
            Grade.WARNING,
            ("alarm 5xx",),
        ),
        (
            {"alarms": Alarms(well=1, silent=(AlarmSeen("cpu", NOW - HOUR / 2),))},
            Grade.UNKNOWN,
            ("alarm cpu has lost its data",),
        ),
        ({"alarms": Alarms(well=1, silent=(AlarmSeen("queue", NOW - 30 * HOUR),))}, Grade.GOOD, ()),
        (
            {"alarms": Alarms(silent=(AlarmSeen("queue", NOW - 30 * HOUR),))},
            Grade.UNKNOWN,
            ("no alarm has data",),
        ),
        ({"alarms": Alarms()}, Grade.UNKNOWN, ("no alarm begins as the catalogue says",)),
        ({"incidents": (an_incident(),)}, Grade.BAD, ("PagerDuty #7 is triggered",)),
        (
            {"incidents": (an_incident(is_severe=False, status="acknowledged"),)},
            Grade.WARNING,
            ("PagerDuty #7 is acknowledged",),
        ),
        (
            {"issues": (an_issue(HOUR / 2), an_issue(3 * HOUR))},
            Grade.WARNING,
            ("1 new Sentry issue in the last hour",),
        ),
        ({"issues": (an_issue(3 * HOUR),)}, Grade.GOOD, ()),
    ],
)
def test_a_place_is_as_well_as_the_worst_that_is_known_of_it(said, grade, why):
    found = overall(a_health(**said))

    assert found.grade is grade
    assert tuple(reason.words for reason in found.reasons) == why


@pytest.mark.parametrize("part", Part)
def test_a_place_is_never_well_while_what_decides_is_unknown(part):
    grade = overall(a_health(**without(part))).grade

    assert grade is (Grade.UNKNOWN if part in DECIDE else Grade.GOOD)


def test_what_is_known_to_be_bad_is_said_although_other_things_are_unknown():
    found = overall(a_health(**without(Part.SLOS), tasks=some_tasks(running=0)))

    assert found.grade is Grade.BAD
    assert [reason.words for reason in found.reasons] == ["none of 4 tasks runs", "SLOs unknown"]


def test_while_sources_are_awaited_only_what_is_bad_is_said_for_sure():
    awaited = a_health(answered=(Part.TASKS,))
    firing = replace(awaited, alerts=None, known=Known(firing=(an_alert(),)))

    assert overall(awaited).grade is Grade.LOOKING
    assert overall(firing).grade is Grade.BAD
    assert overall(replace(awaited, slos=(an_slo(value=None),))).grade is Grade.LOOKING


def test_alertmanagers_word_replaces_what_it_told_us_before():
    told = Known(firing=(an_alert(),))

    assert overall(a_health(known=told)).grade is Grade.GOOD
    silent = a_health(known=told, alerts=None, **without(Part.ALERTS))
    assert overall(silent).grade is Grade.BAD


def test_all_that_is_known_survives_the_database():
    health = a_health(
        **without(Part.ISSUES),
        zones={"us-east-1a": 4},
        budgets={"errors": 0.97, "latency": None},
        incidents=(an_incident(since=NOW),),
        on_duty=(OnDuty(name="Carol", until=NOW),),
        known=Known(
            version=Version(name="v1.2.0", digest="sha256:1", revision="credlink-api:4"),
            firing=(an_alert(acknowledged_by="<@U0CAROL01>"),),
            change=LastChange(mark="🟢", words="Deployed", by="by <@U0ALICE01>", at=NOW),
        ),
        buttons=({"type": "button", "value": "{}"},),
    )

    assert read(written((health, health))) == (health, health)


@pytest.mark.parametrize(
    ("cells", "full", "drawn"),
    [
        ((0.0, 0.001, 0.005, 0.0099, 0.01, 0.5), 0.01, "▁▁▁▁▁█"),
        ((0.0, 0.001, 0.005, 0.0099, 0.01), 0.01, "▁▁▅██"),
        ((200.0, 210.0, 190.0), None, "███"),
        ((None, 1.0, None), None, "·█·"),
        ((0.0, 0.0), None, "▁▁"),
        ((None, None), None, "··"),
        ((), 0.01, ""),
    ],
)
def test_a_sparkline_begins_at_zero_and_is_full_where_it_is_bad(cells, full, drawn):
    assert sparkline(cells, full=full) == drawn


def test_a_cell_is_the_worst_of_its_minutes_and_empty_where_nothing_was_measured():
    minutes = [(NOW - timedelta(minutes=age), float(age)) for age in (60, 59, 4, 2, 0)]
    odd = [(NOW - timedelta(minutes=30), math.nan), (NOW - timedelta(minutes=31), math.inf)]
    too_old = [(NOW - timedelta(minutes=61), 99.0)]

    cells = worst_of_each([*minutes, *odd, *too_old], end=NOW, length=HOUR)

    assert cells == (60.0, *[None] * (CELLS - 2), 4.0)
    lowest = worst_of_each(minutes, end=NOW, length=HOUR, is_worse_when_lower=True)
    assert lowest == (59.0, *[None] * (CELLS - 2), 0.0)


@pytest.mark.parametrize(("mean", "left"), [(0.0, 1.0), (0.0005, 0.5), (0.001, 0.0), (0.002, -1.0)])
def test_an_error_budget_is_what_the_objective_allows_to_go_wrong(mean, left):
    assert budget_left(mean, 0.999) == pytest.approx(left)
