"""Storms, as a table: who is folded, when it is over, who gets a card then, what is counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import Severity
from bot.domain.storm import (
    CARDS_IN_TIME,
    OWN_CARDS_AFTER,
    OWN_CRITICALS,
    PAGE,
    Left,
    Member,
    Storm,
    Waiting,
    fold,
    is_over,
    pages,
    tally,
    unfold,
)
from bot.domain.storm_silence import Heard, previewed, propose

NOW = datetime(2026, 11, 25, 3, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
STORM = Storm(
    id="s1", channel="#alerts", state_revision=3, own_criticals=0, began_at=NOW, joined_at=NOW
)
A_MEMBER = Member(
    name="HighLatency",
    severity=WARNING,
    started_at=NOW,
    is_firing=True,
    is_held=False,
    is_silenced=False,
    is_folded=True,
    alerts=10,
)


def waiting(*severities: Severity) -> list[Waiting]:
    return [
        Waiting(f"g{number}", severity, NOW + number * timedelta(seconds=1))
        for number, severity in enumerate(severities)
    ]


def test_what_a_channel_shows_in_time_is_no_storm():
    assert fold(waiting(*[WARNING] * CARDS_IN_TIME), None) is None


def test_one_more_is_a_storm_of_all_that_wait():
    folding = fold(waiting(*[WARNING] * (CARDS_IN_TIME + 1)), None)

    assert folding is not None
    assert len(folding.folded) == CARDS_IN_TIME + 1
    assert folding.own == ()


def test_in_a_storm_even_a_single_group_joins():
    folding = fold(waiting(INFO), STORM)

    assert folding is not None
    assert [one.group_id for one in folding.folded] == ["g0"]


def test_the_first_critical_groups_keep_their_cards_and_no_more_than_five():
    folding = fold(waiting(*[CRITICAL] * 8, WARNING), None)

    assert folding is not None
    assert [one.group_id for one in folding.own] == ["g0", "g1", "g2", "g3", "g4"]
    assert {one.group_id for one in folding.folded} == {"g5", "g6", "g7", "g8"}


def test_those_that_had_their_own_card_before_count_against_the_five():
    folding = fold(waiting(CRITICAL, CRITICAL), replace(STORM, own_criticals=OWN_CRITICALS - 1))

    assert folding is not None
    assert (len(folding.own), len(folding.folded)) == (1, 1)


@given(st.lists(st.sampled_from(Severity), max_size=40), st.integers(0, OWN_CRITICALS))
def test_whatever_waits_is_folded_or_has_its_own_card_and_never_both(severities, had):
    found = waiting(*severities)

    folding = fold(found, replace(STORM, own_criticals=had))

    assert folding is not None
    assert sorted([*folding.folded, *folding.own], key=lambda one: one.group_id) == sorted(
        found, key=lambda one: one.group_id
    )
    assert len(folding.own) <= OWN_CRITICALS - had
    assert all(one.severity is CRITICAL for one in folding.own)


@pytest.mark.parametrize(
    ("quiet", "left", "pace", "over"),
    [
        (1.9 * MINUTE, 0, 1, False),
        (2 * MINUTE, 0, 1, True),
        (2 * MINUTE, OWN_CARDS_AFTER, 1, True),
        (2 * MINUTE, OWN_CARDS_AFTER + 1, 1, False),
        (14 * MINUTE, 150, 1, False),
        (15 * MINUTE, 150, 1, True),
        (0.2 * MINUTE, 3, 10, True),
    ],
)
def test_a_storm_is_over_when_nothing_joins_and_later_when_much_is_left(quiet, left, pace, over):
    assert is_over(STORM, left, NOW + quiet, pace=pace) is over


def test_the_worst_get_cards_then_the_oldest_and_ten_at_most():
    left = [Left(f"w{n:02}", WARNING, NOW + n * MINUTE) for n in range(12)]
    left.append(Left("c", CRITICAL, NOW + 60 * MINUTE))

    found = unfold(left)

    assert [one.group_id for one in found] == ["c", *(f"w{n:02}" for n in range(9))]
    assert len(found) == OWN_CARDS_AFTER


def test_the_table_counts_by_name_and_severity_the_worst_that_fires_first():
    found = tally(
        [
            A_MEMBER,
            replace(A_MEMBER, started_at=NOW + MINUTE, is_held=True),
            replace(A_MEMBER, severity=CRITICAL, is_firing=False, alerts=0),
            replace(A_MEMBER, name="DatabaseDown", severity=CRITICAL, is_folded=False, alerts=1),
        ]
    )

    assert [(row.name, row.severity, row.firing, row.groups) for row in found.rows] == [
        ("DatabaseDown", CRITICAL, 1, 1),
        ("HighLatency", WARNING, 2, 2),
        ("HighLatency", CRITICAL, 0, 1),
    ]
    assert (found.rows[1].first_at, found.rows[1].last_at) == (NOW, NOW + MINUTE)
    assert (found.groups, found.firing, found.held, found.ended, found.alerts) == (4, 3, 1, 1, 21)
    assert (found.own, found.own_cards, found.own_firing) == (("DatabaseDown",), 1, 1)
    assert found.worst is CRITICAL


def test_a_group_that_is_acknowledged_and_silenced_is_quiet_once():
    both = replace(A_MEMBER, is_held=True, is_silenced=True)

    found = tally([both, A_MEMBER])

    assert (found.held, found.silenced, found.quiet, found.firing) == (1, 1, 1, 2)


@pytest.mark.parametrize(("groups", "many"), [(0, 1), (1, 1), (PAGE, 1), (PAGE + 1, 2), (1000, 20)])
def test_a_page_has_fifty_groups(groups, many):
    assert pages(groups) == many


def heard(group, name, **labels):
    return Heard(group, f"f-{group}", {"alertname": name, "env": "prod", **labels})


def test_one_silence_for_each_name_held_to_the_place_that_all_share():
    found = propose(
        [
            heard("a", "HighLatency", service="x"),
            heard("b", "HighLatency", service="y"),
            heard("c", "DatabaseDown", service="db"),
            Heard("d", "f-d", {"env": "prod"}),
        ],
        ("env", "service"),
    )

    assert [(one.name, one.groups, list(map(str, one.matchers))) for one in found] == [
        ("HighLatency", 2, ['alertname="HighLatency"', 'env="prod"']),
        ("DatabaseDown", 1, ['alertname="DatabaseDown"', 'env="prod"', 'service="db"']),
    ]


def test_the_preview_says_what_it_hides_and_what_of_that_is_not_of_the_storm():
    storm = [heard("a", "HighLatency"), heard("b", "HighLatency")]
    now = [(one.fingerprint, one.labels) for one in storm]
    now += [("other", {"alertname": "HighLatency", "env": "prod"})]
    now += [("eu", {"alertname": "HighLatency", "env": "eu"})]

    [found] = previewed(
        propose(storm, ("env",)), storm, now=now, past=[one.labels for one in storm] * 2
    )

    assert (found.now, found.beside, found.past) == (3, 1, 4)
    [silent] = previewed(propose(storm, ("env",)), storm, now=None, past=[])
    assert silent.now is None
