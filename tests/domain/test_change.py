"""What may happen to a change next, exhaustively."""

import itertools

import pytest

from bot.domain.change import ACTS, FINAL, MOVES, UNDER_WAY, ChangeState, ImpossibleMove
from bot.domain.plan import Revision
from tests.changes.builders import NOW, a_change, a_plan, an_arn

S = ChangeState


@pytest.mark.parametrize(("before", "after"), [*itertools.product(sorted(FINAL), ChangeState)])
def test_a_change_that_ended_never_moves_again(before: ChangeState, after: ChangeState):
    with pytest.raises(ImpossibleMove):
        a_change(state=before).to(after, at=NOW)


def test_every_state_can_be_reached_from_the_first():
    reached, unseen = set(), {S.PROPOSING}
    while unseen:
        reached |= unseen
        unseen = {after for before in unseen for after in MOVES.get(before, ())} - reached

    assert reached == set(ChangeState)


@pytest.mark.parametrize(("before", "after"), [*itertools.product(MOVES, ChangeState)])
def test_a_move_is_possible_exactly_when_the_table_has_it(before: ChangeState, after: ChangeState):
    change = a_change(state=before)

    if after in MOVES[before]:
        moved = change.to(after, at=NOW)
        assert (moved.state, moved.state_revision) == (after, change.state_revision + 1)
    else:
        with pytest.raises(ImpossibleMove):
            change.to(after, at=NOW)


def test_a_change_under_way_can_end_and_one_that_is_not_holds_no_place():
    assert MOVES.keys() >= UNDER_WAY
    assert not UNDER_WAY & FINAL


def test_every_act_leads_where_the_table_lets_it():
    for from_states, to in ACTS.values():
        assert all(to in MOVES[state] for state in from_states)


@pytest.mark.parametrize(
    ("revision", "name"),
    [
        (Revision(image="i", version="v1.2.0", task_definition=an_arn(7)), "v1.2.0"),
        (Revision(image="i", task_definition=an_arn(7)), "credlink-api:7"),
        (Revision(image="registry/i@sha256:1"), "registry/i@sha256:1"),
    ],
)
def test_a_revision_is_called_by_its_version_or_else_its_number(revision: Revision, name: str):
    assert revision.name == name


def test_a_change_is_called_by_what_was_asked_until_it_is_known_what_that_is():
    assert a_change(version=None).wanted_name == "the last good revision"
    assert a_change(version="v9").wanted_name == "v9"
    assert a_change(version="v9", plan=a_plan()).wanted_name == "v1.2.0"
