"""Alert groups: what may happen next, what is worth saying, what numbers and routes mean."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from bot.catalog import Route
from bot.domain.alert import (
    FINAL,
    MOVES,
    AlertGroup,
    Condition,
    GroupState,
    ImpossibleMove,
    Peak,
    Severity,
    Source,
    read_severity,
)
from bot.domain.incident import IncidentStatus, PagerDutyIncident, Responder
from bot.domain.notify import Picture, PostReason, reason_to_post
from bot.domain.routing import destination
from bot.domain.unit import Unit, read_unit, spoken_value

NOW = datetime(2026, 11, 23, 14, 33, tzinfo=UTC)
S = GroupState
CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING


def a_group(**said) -> AlertGroup:
    return AlertGroup(
        **{
            "id": "g1",
            "source": Source.ALERTMANAGER,
            "receiver": "credlink",
            "group_key": "k",
            "dedup_key": "d",
            "occurrence": 1,
            "name": "HighErrorRatio",
            "service": "credlink-api",
            "environment": "prod",
            "channel": "#credlink-alerts",
            "is_routed": True,
            "severity": CRITICAL,
            "started_at": NOW,
            **said,
        }
    )


@pytest.mark.parametrize(("state", "to"), list(product(sorted(FINAL), S)))
def test_a_group_that_has_ended_never_moves_again(state: GroupState, to: GroupState):
    with pytest.raises(ImpossibleMove):
        a_group(state=state).to(to)


def test_every_state_can_be_reached_and_every_move_makes_older_buttons_old():
    reached = {S.FIRING}
    while more := {to for state in reached for to in MOVES.get(state, ())} - reached:
        reached |= more
    moved = a_group().to(S.ACKNOWLEDGED)

    assert reached == set(S)
    assert moved.state_revision == 2


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (None, Picture(frozenset("a"), WARNING), PostReason.FIRST_ALERT),
        (None, Picture(frozenset(), WARNING), None),
        (Picture(frozenset("a"), WARNING), Picture(frozenset("a"), WARNING), None),
        (
            Picture(frozenset("a"), WARNING),
            Picture(frozenset("ab"), WARNING),
            PostReason.MORE_ALERTS,
        ),
        (Picture(frozenset("ab"), WARNING), Picture(frozenset("a"), WARNING), None),
        (Picture(frozenset("a"), WARNING), Picture(frozenset("ab"), CRITICAL), PostReason.WORSE),
        (Picture(frozenset("a"), CRITICAL), Picture(frozenset("a"), WARNING), None),
        (Picture(frozenset("a"), WARNING), Picture(frozenset(), WARNING), PostReason.ALL_RESOLVED),
        (Picture(frozenset(), WARNING), Picture(frozenset(), WARNING), None),
    ],
)
def test_what_is_worth_an_entry_in_the_thread(
    before: Picture | None, now: Picture, reason: PostReason | None
):
    assert reason_to_post(before, now) is reason


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        ({"severity": "critical"}, CRITICAL),
        ({"severity": " Page "}, CRITICAL),
        ({"severity": "warning"}, WARNING),
        ({"severity": "info"}, Severity.INFO),
        ({"severity": "purple"}, WARNING),
        ({}, WARNING),
    ],
)
def test_a_severity_nobody_knows_asks_for_attention_and_wakes_nobody(labels, severity):
    assert read_severity(labels) is severity


def test_the_peak_is_the_worst_value_seen_whichever_side_is_bad():
    too_high = a_group(condition=Condition("x", ">", 1.0))
    too_low = a_group(condition=Condition("x", "<", 1.0))
    later = NOW + timedelta(minutes=1)

    for group, values, worst in ((too_high, (2.0, 5.0, 3.0), 5.0), (too_low, (0.5, 0.1, 0.3), 0.1)):
        seen = group
        for value in values:
            seen = seen.measured(value, later)
        assert seen.peak == Peak(worst, later)
        assert seen.value == values[-1]


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.042, Unit.RATIO, "4.2 %"),
        (0.01, Unit.RATIO, "1 %"),
        (0.0004, Unit.RATIO, "0.04 %"),
        (1.0, Unit.RATIO, "100 %"),
        (0.31, Unit.SECONDS, "310 ms"),
        (1.25, Unit.SECONDS, "1.2 s"),
        (300, Unit.SECONDS, "5 min"),
        (7300, Unit.SECONDS, "2 h"),
        (1.5 * 1024**3, Unit.BYTES, "1.5 GiB"),
        (0, Unit.BYTES, "0 B"),
        (212.4, Unit.PER_SECOND, "212/s"),
        (0.5, Unit.PLAIN, "0.5"),
        (-3, Unit.PLAIN, "−3"),
        (45_000, Unit.PLAIN, "45 k"),
        (2_500_000, Unit.PLAIN, "2.5 M"),
        (float("nan"), Unit.PLAIN, "not a number"),
        (float("inf"), Unit.RATIO, "∞"),
    ],
)
def test_values_are_said_in_units(value: float, unit: Unit, said: str):
    assert spoken_value(value, unit) == said


def test_a_unit_may_be_written_as_grafana_writes_it():
    assert read_unit("percentunit") is Unit.RATIO
    assert read_unit(" Bytes ") is Unit.BYTES
    assert read_unit("furlongs") is None


ROUTES = (
    Route(match={"component": "business"}, channel="#business"),
    Route(match={"severity": "critical", "env": "prod"}, channel="#alerts", mention="S0DEPLOY"),
)


def test_the_first_route_that_matches_decides_and_without_one_it_is_said():
    business = destination(
        ROUTES, {"component": "business", "severity": "critical"}, default="#ops"
    )
    prod = destination(ROUTES, {"severity": "critical", "env": "prod"}, default="#ops")
    nowhere = destination(ROUTES, {"severity": "critical"}, default="#ops")

    assert (business.channel, prod.channel, prod.mention) == ("#business", "#alerts", "S0DEPLOY")
    assert (nowhere.channel, nowhere.is_routed) == ("#ops", False)


def an_incident(status: IncidentStatus, told_at: datetime, **said) -> PagerDutyIncident:
    return PagerDutyIncident(
        **{
            "id": "P1",
            "number": 4711,
            "title": "t",
            "status": status,
            "urgency": "high",
            "url": "https://pd.example/incidents/P1",
            "incident_key": "d",
            "created_at": NOW,
            "told_at": told_at,
            **said,
        }
    )


CAROL = Responder("PUCAROL", "Carol")


@pytest.mark.parametrize("known", IncidentStatus)
@pytest.mark.parametrize("told", IncidentStatus)
def test_an_older_word_of_pagerduty_never_replaces_a_newer_one(known, told):
    newer = an_incident(known, NOW + timedelta(minutes=1))

    assert newer.after(an_incident(told, NOW)) == newer


def test_within_one_second_the_word_that_is_further_on_counts():
    triggered = an_incident(IncidentStatus.TRIGGERED, NOW + timedelta(milliseconds=800))
    by_rest = an_incident(IncidentStatus.ACKNOWLEDGED, NOW, acknowledged_by=CAROL)

    assert triggered.after(by_rest).acknowledged_by == CAROL
    assert by_rest.after(triggered) == by_rest


def test_who_acknowledged_is_kept_until_the_acknowledgement_runs_out():
    acknowledged = an_incident(
        IncidentStatus.ACKNOWLEDGED, NOW, acknowledged_by=CAROL, acknowledged_at=NOW
    )
    later = NOW + timedelta(minutes=5)
    reassigned = acknowledged.after(
        replace(acknowledged, told_at=later, acknowledged_by=None, acknowledged_at=later)
    )
    resolved = acknowledged.after(an_incident(IncidentStatus.RESOLVED, later))
    let_go = acknowledged.after(an_incident(IncidentStatus.TRIGGERED, later))

    assert (reassigned.acknowledged_by, reassigned.acknowledged_at) == (CAROL, NOW)
    assert (resolved.acknowledged_by, resolved.acknowledged_at) == (CAROL, NOW)
    assert let_go.acknowledged_by is None
