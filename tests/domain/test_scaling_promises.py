"""Promises of one place: whatever is set, kept, changed and over, in whatever order, no value that
was to stand for a while stays there forgotten."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.scaling.capacity import Capacity, Count
from bot.domain.scaling.promise import (
    AtAws,
    Due,
    Promise,
    at_aws,
    beneath,
    directly_above,
    when_due,
)

FIRST = Count(count=0)


@dataclass
class Place:
    """One place as AWS has it, and what stands there; `stays` is whatever may be there at last."""

    shown: Capacity = FIRST
    standing: list[Promise] = field(default_factory=list)
    stays: set[Capacity] = field(default_factory=lambda: {FIRST})
    number: int = 0

    def scale(self, to: Capacity, *, for_a_while: bool) -> None:
        self.number += 1
        promise = Promise(id=str(self.number), number=self.number, found=self.shown, wanted=to)
        self.shown = to
        if for_a_while:
            self.standing.append(promise)
        else:
            self._for_good(promise)

    def keep(self, promise: Promise) -> None:
        self.standing.remove(promise)
        self._for_good(promise)

    def _for_good(self, promise: Promise) -> None:
        self.stays.add(promise.wanted)
        ended = beneath(promise.number, self.standing)
        self.standing = [one for one in self.standing if one not in ended]

    def somebody_else_sets(self, to: Capacity) -> None:
        self.shown = to
        self.stays.add(to)

    def is_due(self, promise: Promise) -> None:
        self.standing.remove(promise)
        above = directly_above(promise, self.standing)
        match when_due(promise, above):
            case Due.HAND_OVER:
                place = self.standing.index(above)
                self.standing[place] = replace(above, found=promise.found)
            case Due.ASK_AWS if at_aws(promise, self.shown) is AtAws.SET_BACK:
                self.shown = promise.found


capacities = st.integers(1, 4).map(lambda count: Count(count=count))
acts = st.lists(
    st.tuples(
        st.sampled_from(["scale", "for good", "keep", "due", "due", "due", "outside"]),
        capacities,
        st.integers(0, 9),
    ),
    max_size=14,
)


def lived(place: Place, happened) -> None:
    for what, capacity, which in happened:
        chosen = place.standing[which % len(place.standing)] if place.standing else None
        match what:
            case "scale" | "for good":
                place.scale(capacity, for_a_while=what == "scale")
            case "outside":
                place.somebody_else_sets(capacity)
            case "keep" if chosen is not None:
                place.keep(chosen)
            case "due" if chosen is not None:
                place.is_due(chosen)


def all_are_over(place: Place, order) -> None:
    while place.standing:
        place.is_due(place.standing[order.pop() % len(place.standing)])


orders = st.lists(st.integers(0, 9), min_size=20, max_size=20)


@settings(max_examples=400)
@given(acts, orders)
def test_at_last_there_is_what_was_first_or_what_somebody_meant_to_stay(happened, order):
    place = Place()
    lived(place, happened)

    all_are_over(place, order)

    assert place.shown in place.stays


@settings(max_examples=400)
@given(acts, orders)
def test_no_value_that_only_a_temporary_one_ever_had_is_forgotten_there(happened, order):
    place = Place()
    told_apart = (
        (what, Count(count=100 + number) if what == "scale" else capacity, which)
        for number, (what, capacity, which) in enumerate(happened)
    )
    lived(place, told_apart)

    all_are_over(place, order)

    assert place.shown in place.stays


@settings(max_examples=400)
@given(st.lists(capacities, max_size=8), orders)
def test_of_temporary_ones_alone_nothing_is_left_in_whatever_order_they_end(temporary, order):
    place = Place()
    for capacity in temporary:
        place.scale(capacity, for_a_while=True)

    all_are_over(place, order)

    assert place.shown == FIRST


@given(acts, capacities, orders)
def test_what_is_set_for_good_at_last_stays_whatever_stood_beneath_it(happened, capacity, order):
    place = Place()
    lived(place, happened)

    place.scale(capacity, for_a_while=False)
    all_are_over(place, order)

    assert place.shown == capacity


def test_one_that_stands_on_somebody_elses_change_is_handed_nothing():
    below = Promise(id="1", number=1, found=FIRST, wanted=Count(count=1))
    above = Promise(id="2", number=2, found=Count(count=3), wanted=Count(count=2))

    assert when_due(below, above) is Due.GIVE_WAY
