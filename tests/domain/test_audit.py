"""The audit's chain: whatever is done to it is found and named."""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import (
    GENESIS,
    VALUE_CHARACTERS,
    Entry,
    Head,
    Link,
    Unreadable,
    digest,
    link_after,
    read_head,
    storable,
)
from bot.domain.audit_proof import Fault, Problem, Walk
from tests.domain.audit_builders import NOW, a_chain, an_entry, head_of

LENGTH = 12
CHAIN = a_chain(LENGTH)
HEAD = head_of(CHAIN)
numbers = st.integers(1, LENGTH)
ENTRY_FIELDS = [field.name for field in fields(Entry)]
OTHERWISE: dict[str, Any] = {
    "key": "another",
    "at": NOW + timedelta(microseconds=1),
    "actor": "U0MALLORY",
    "act": "rollback",
    "outcome": "denied",
    "environment": None,
    "service": "credlink-web",
    "subject": "change-999",
    "source": "",
    "detail": {"version": "v9.9.9"},
}


def problems(
    links: Iterable[Link | Unreadable], head: Head | None = HEAD, posted: Iterable[Head] = ()
) -> tuple[Problem, ...]:
    walk = Walk(head, tuple(posted))
    for link in links:
        walk.see(link)
    return walk.end()


def faults(*args: Any, **more: Any) -> list[tuple[Fault, int, int]]:
    return [(one.fault, one.first, one.last) for one in problems(*args, **more)]


def altered(number: int, **said: Any) -> list[Link]:
    """The chain with other words in one entry, and its hash as it was."""
    return [
        replace(link, entry=replace(link.entry, **said)) if link.number == number else link
        for link in CHAIN
    ]


def written_again(number: int, **said: Any) -> list[Link]:
    """The chain with other words in one entry, and a hash that fits them."""
    links = list(CHAIN)
    before = CHAIN[number - 1]
    entry = replace(before.entry, **said)
    links[number - 1] = Link(number, entry, before.previous, digest(number, entry, before.previous))
    return links


def rebuilt(entries: Iterable[Entry]) -> list[Link]:
    """A chain made anew, as somebody with the whole database and this code could."""
    head, links = Head(), []
    for entry in entries:
        links.append(link_after(head, entry))
        head = head_of(links)
    return links


def test_a_chain_as_it_was_written_has_no_problem():
    assert problems(CHAIN) == ()
    assert CHAIN[0].previous == GENESIS


def test_an_empty_chain_has_no_problem():
    assert problems([], None) == ()
    assert problems([], Head()) == ()


@given(numbers, st.sampled_from(ENTRY_FIELDS))
def test_any_column_altered_is_found_with_its_number(number: int, column: str):
    assert faults(altered(number, **{column: OTHERWISE[column]})) == [
        (Fault.CONTENT, number, number)
    ]


@given(numbers, st.sampled_from(["previous", "hash"]), st.sampled_from(["0" * 64, "f" * 64, ""]))
def test_an_altered_link_is_found_and_told_from_altered_content(number, column, value):
    links = [replace(link, **{column: value}) if link.number == number else link for link in CHAIN]
    if links == CHAIN:
        return  # the first entry's previous is the genesis
    assert faults(links) == [(Fault.LINK, number, number)]


@given(st.integers(1, LENGTH - 1))
def test_an_entry_written_again_with_a_fitting_hash_breaks_the_link_behind_it(number: int):
    assert faults(written_again(number, actor="U0MALLORY")) == [
        (Fault.LINK, number + 1, number + 1)
    ]


def test_the_last_entry_written_again_does_not_fit_the_head():
    assert faults(written_again(LENGTH, actor="U0MALLORY")) == [(Fault.HEAD, LENGTH, LENGTH)]


@given(st.sets(st.integers(1, LENGTH - 1), min_size=1))
def test_missing_entries_are_named(gone: set[int]):
    found = problems(link for link in CHAIN if link.number not in gone)

    assert {one.fault for one in found} == {Fault.MISSING}
    assert {n for one in found for n in range(one.first, one.last + 1)} == gone


@given(st.integers(0, LENGTH - 1))
def test_a_tail_cut_off_is_found_by_the_head(kept: int):
    assert faults(CHAIN[:kept]) == [(Fault.CUT, kept + 1, LENGTH)]


def test_a_tail_cut_off_with_the_head_set_back_is_found_by_a_head_posted_before():
    kept = CHAIN[:7]

    assert problems(kept, head_of(kept)) == ()
    assert faults(kept, head_of(kept), [HEAD]) == [(Fault.CUT, 8, LENGTH)]
    assert faults([], None, [HEAD]) == [(Fault.CUT, 1, LENGTH)]


@given(numbers, numbers)
def test_a_chain_made_anew_is_found_by_a_head_posted_at_or_after_what_was_altered(at, posted):
    anew = rebuilt(link.entry for link in altered(at, actor="U0MALLORY"))
    witness = head_of(CHAIN[:posted])

    assert problems(anew, head_of(anew)) == ()
    expected = [(Fault.REWRITTEN, posted, posted)] if posted >= at else []
    assert faults(anew, head_of(anew), [witness]) == expected


@given(st.integers(1, LENGTH - 1))
def test_two_entries_that_changed_places_are_both_named(number: int):
    one, two = CHAIN[number - 1], CHAIN[number]
    swapped = [
        *CHAIN[: number - 1],
        replace(two, number=number),
        replace(one, number=number + 1),
        *CHAIN[number + 1 :],
    ]

    named = {n for one in problems(swapped) for n in range(one.first, one.last + 1)}

    assert {number, number + 1} <= named


def test_what_stands_behind_the_head_was_inserted():
    more = link_after(HEAD, an_entry("inserted"))

    assert faults([*CHAIN, more]) == [(Fault.INSERTED, LENGTH + 1, LENGTH + 1)]


def test_a_head_set_back_leaves_entries_behind_it_and_none_is_called_cut_off():
    assert faults(CHAIN, head_of(CHAIN[:7]), [HEAD]) == [(Fault.INSERTED, 8, LENGTH)]


@pytest.mark.parametrize("number", [0, -5])
def test_numbers_that_were_never_given_were_inserted(number: int):
    inserted = Link(number, an_entry("inserted"), GENESIS, digest(number, an_entry(), GENESIS))

    assert faults([inserted, *CHAIN]) == [(Fault.INSERTED, number, number)]


def test_an_entry_put_into_the_middle_alters_every_later_one():
    inserted = link_after(head_of(CHAIN[:4]), an_entry("inserted"))
    pushed = [replace(link, number=link.number + 1) for link in CHAIN[4:]]

    found = faults([*CHAIN[:4], inserted, *pushed])

    # What stands at 5 fits; the entries behind it say other numbers than were hashed.
    assert found == [
        (Fault.CONTENT, 6, LENGTH),
        (Fault.HEAD, LENGTH, LENGTH),
        (Fault.INSERTED, LENGTH + 1, LENGTH + 1),
    ]


def test_a_head_that_is_gone_is_said():
    assert faults(CHAIN, None) == [(Fault.HEAD, LENGTH, LENGTH)]


def test_a_row_that_cannot_be_read_counts_as_altered_and_the_walk_goes_on():
    links = [Unreadable(3) if link.number == 3 else link for link in altered(9, actor="U0MALLORY")]

    assert faults(links) == [(Fault.CONTENT, 3, 3), (Fault.CONTENT, 9, 9)]


def test_neighbours_with_the_same_fault_are_one_problem():
    links = [*altered(4, act="x")[:4], *altered(5, act="x")[4:5], *CHAIN[5:]]

    (found,) = problems(links)

    assert found.text.startswith("Entries 4 to 5 were altered")


@given(st.data())
def test_any_mixture_of_alterations_is_found(data: st.DataObject):
    """Rows altered, deleted, exchanged and put in, in any number and order."""
    links: list[Link] = list(CHAIN)
    for _ in range(data.draw(st.integers(1, 4), label="how many")):
        if not links:
            break
        place = data.draw(st.integers(0, len(links) - 1))
        match data.draw(st.sampled_from(["alter", "delete", "exchange", "insert"])):
            case "alter":
                column = data.draw(st.sampled_from(ENTRY_FIELDS))
                entry = replace(links[place].entry, **{column: OTHERWISE[column]})
                links[place] = replace(links[place], entry=entry)
            case "delete":
                del links[place]
            case "exchange":
                other = data.draw(st.integers(0, len(links) - 1))
                links[place], links[other] = (
                    replace(links[other], number=links[place].number),
                    replace(links[place], number=links[other].number),
                )
            case "insert":
                number = data.draw(st.integers(-2, LENGTH + 3))
                fits = Link(
                    number, an_entry("in"), HEAD.hash, digest(number, an_entry("in"), HEAD.hash)
                )
                links = sorted([*links, fits], key=lambda link: link.number)

    found = problems(links)

    assert bool(found) == (links != CHAIN)


@pytest.mark.parametrize("fault", list(Fault))
def test_every_problem_is_told_in_sentences_with_what_to_do(fault: Fault):
    one, several = Problem(fault, 3, 3).text, Problem(fault, 3, 5).text

    assert one.startswith("Entry 3 ")
    assert several.startswith("Entries 3 to 5 ")
    for text in (one, several):
        assert text.endswith(".")
        assert text.count(". ") == 1


def test_two_entries_that_could_be_read_alike_have_different_hashes():
    one = an_entry(environment="prod", service=None)
    other = an_entry(environment=None, service="prod")

    assert digest(1, one, GENESIS) != digest(1, other, GENESIS)
    assert digest(1, an_entry(detail={"a": '1","b":"2'}), GENESIS) != digest(
        1, an_entry(detail={"a": "1", "b": "2"}), GENESIS
    )


def test_the_order_of_details_and_the_zone_of_a_moment_do_not_matter():
    here = NOW.astimezone(timezone(timedelta(hours=2)))

    assert digest(1, an_entry(at=here, detail={"a": "1", "b": "2"}), GENESIS) == digest(
        1, an_entry(detail={"b": "2", "a": "1"}), GENESIS
    )


def test_the_hash_is_what_it_was_when_the_first_chains_were_written():
    """A new encoding would call every chain that stands altered."""
    assert digest(1, an_entry(), GENESIS) == (
        "c0ecefc31acd0ee89cf206b3c021ce29ffd93158fc86ff07f596d86d514785f4"
    )


@given(st.text(max_size=700))
def test_whatever_text_is_given_can_be_stored_and_is_cut(text: str):
    kept = storable(an_entry(detail={"why": text, text: "why"}))

    for name, value in kept.detail.items():
        assert "\0" not in name + value
        (name + value).encode("utf-8")
        assert len(value) <= VALUE_CHARACTERS


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
)
def test_a_moment_is_hashed_as_the_database_gives_it_back(at: datetime):
    assert storable(an_entry(at=at)).at == at


def test_a_head_is_read_as_it_was_posted():
    assert read_head(f"`{HEAD}`") == HEAD


@pytest.mark.parametrize(
    "text", ["", "12", "12:", "x:" + "0" * 64, "-1:" + "0" * 64, "1:" + "G" * 64]
)
def test_what_is_no_head_is_refused_with_an_example(text: str):
    with pytest.raises(ValueError, match="not a head such as 42:0000"):
        read_head(text)
