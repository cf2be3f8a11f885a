"""May this place be scaled now: as any change may, but for what it has nothing to do with."""

import pytest

from bot.catalog import People, Verb
from bot.domain.change import ChangeState
from bot.domain.gate import Obstacle, may_begin, may_scale, still_in_the_way
from bot.domain.lock import BOT
from tests.changes.builders import a_change
from tests.domain.situations import (
    ALICE,
    DEPLOYERS,
    FORCERS,
    FRANK,
    MALLORY,
    a_finding,
    a_freeze,
    a_lock,
    a_situation,
    severe,
)

PEOPLE = {
    "deployers": People(group=DEPLOYERS, may={"prod": (Verb.DEPLOY, Verb.SCALE)}),
    "forcers": People(group=FORCERS, may={"prod": (Verb.FORCE,)}),
}
UNDER_WAY = a_change(state=ChangeState.ROLLING_OUT, service="api")
OUT_OF_BOUNDS = ("11 is above the catalogue's largest count, 10.",)


def obstacles(decision) -> list[Obstacle]:
    return [reason.obstacle for reason in decision.reasons]


@pytest.mark.parametrize(
    ("there", "in_the_way"),
    [
        ({}, []),
        ({"severe": (severe(),)}, []),
        ({"after": "staging", "is_good_there": False}, []),
        ({"scanned": a_finding()}, []),
        ({"required": 2}, []),
        ({"under_way": UNDER_WAY}, []),
        ({"locks": (a_lock(owner=BOT),)}, []),
        ({"locks": (a_lock(change_id="change-1"),)}, []),
        ({"locks": (a_lock(),)}, [Obstacle.LOCK]),
        ({"freezes": (a_freeze(),)}, [Obstacle.FREEZE]),
        ({"locks": (a_lock(),), "freezes": (a_freeze(),)}, [Obstacle.LOCK, Obstacle.FREEZE]),
    ],
)
def test_what_stands_in_the_way_of_a_scaling(there, in_the_way):
    situation = a_situation(people=PEOPLE, **there)

    assert obstacles(may_scale(situation, ALICE)) == in_the_way
    assert obstacles(still_in_the_way(situation, Verb.SCALE)) == in_the_way


def test_a_rollout_is_in_the_way_of_a_deploy_all_the_same():
    situation = a_situation(people=PEOPLE, under_way=UNDER_WAY)

    assert obstacles(may_begin(situation, ALICE, Verb.DEPLOY)) == [Obstacle.UNDER_WAY]


@pytest.mark.parametrize(
    ("who", "forced", "in_the_way", "overridden"),
    [
        (ALICE, False, [Obstacle.BOUNDS], []),
        (ALICE, True, [Obstacle.BOUNDS, Obstacle.RIGHTS], []),
        (FRANK, False, [Obstacle.BOUNDS], []),
        (FRANK, True, [], [Obstacle.BOUNDS]),
        (MALLORY, True, [Obstacle.RIGHTS, Obstacle.BOUNDS, Obstacle.RIGHTS], []),
    ],
)
def test_the_catalogues_bounds_are_passed_by_force_alone(who, forced, in_the_way, overridden):
    situation = a_situation(people=PEOPLE)

    decision = may_scale(situation, who, beyond=OUT_OF_BOUNDS, forced=forced)

    assert obstacles(decision) == in_the_way
    assert [reason.obstacle for reason in decision.overridden] == overridden
    if Obstacle.BOUNDS in in_the_way:
        assert "`forcers` may pass it" in decision.text
