"""Tasks that die are told from tasks that are replaced and from those that are only being added."""

from datetime import timedelta

import pytest

from bot.domain.wellness import REPLACED_WITHIN, Wellness
from tests.changes.builders import NOW

EVERY = timedelta(seconds=11)
FULL_WITHIN = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("sentence", "looks", "is_bad"),
    [
        ("all are well", [(4, 4)] * 100, False),
        ("one is replaced within two minutes", [(4, 4)] + [(3, 4)] * 10 + [(4, 4)], False),
        ("one dies and none takes its place", [(4, 4)] + [(3, 4)] * 12, True),
        ("half die: two looks may be a coincidence", [(4, 4)] + [(2, 4)] * 2, False),
        ("half die and stay away for three looks", [(4, 4)] + [(2, 4)] * 3, True),
        ("all die", [(4, 4)] + [(0, 4)] * 3, True),
        ("all are dead at the first look already", [(0, 4)] * 3, True),
        ("half die and come back at once, twice", [(4, 4), (2, 4), (2, 4), (4, 4)] * 2, False),
        ("the service grows and its new tasks start", [(4, 4)] + [(4, 12)] * 20, False),
        ("the service grows and its new tasks never start", [(4, 4)] + [(4, 12)] * 83, True),
        ("the service shrinks", [(12, 12)] + [(6, 4)] * 20 + [(4, 4)] * 20, False),
        ("one of those that were added dies", [(4, 4), (6, 6)] + [(5, 6)] * 12, True),
        ("nothing is wanted any more", [(4, 4)] + [(0, 0)] * 30, False),
    ],
)
def test_a_version_is_bad_when_its_tasks_stay_away(
    sentence: str, looks: list[tuple[int, int]], is_bad: bool
):
    wellness, at = Wellness(), NOW
    said = False
    for healthy, desired in looks:
        at += EVERY
        wellness = wellness.after(healthy, desired, at)
        said = said or wellness.is_bad(at, replaced_within=REPLACED_WITHIN, full_within=FULL_WITHIN)

    assert said is is_bad, sentence
