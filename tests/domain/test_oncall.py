"""Who is on call: shifts that follow each other, overlap, leave gaps, or never end."""

from datetime import UTC, datetime, timedelta

from bot.domain.oncall import Level, OnCall, Roster, Shift, levels, read_roster

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
AHEAD = NOW + timedelta(days=14)


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def shift(person: str, begins: float | None, ends: float | None, *, level: int = 1) -> Shift:
    return Shift(
        level=level,
        person=person,
        begins_at=None if begins is None else at(begins),
        ends_at=None if ends is None else at(ends),
    )


def only_level(*shifts: Shift) -> Level:
    [level] = levels(shifts, now=NOW, until=AHEAD)
    return level


def names(level: Level) -> list[str]:
    return [one.person for one in level.current]


def test_who_is_on_call_now_is_followed_by_the_first_of_another():
    level = only_level(
        shift("carol", -1, 1), shift("alice", 1, 8), shift("bob", 8, 400), shift("dan", -9, -1)
    )
    assert names(level) == ["carol"]
    assert level.next is not None
    assert (level.next.person, level.next.begins_at) == ("alice", at(1))
    assert level.uncovered_from is None


def test_shifts_of_one_person_without_a_gap_are_one():
    level = only_level(shift("carol", -1, 1), shift("carol", 1, 9), shift("alice", 9, 400))
    assert [one.ends_at for one in level.current] == [at(9)]
    assert level.next is not None
    assert level.next.person == "alice"


def test_a_shift_within_a_longer_one_of_the_same_person_does_not_shorten_it():
    level = only_level(shift("carol", -1, 400), shift("carol", 0, 1))
    assert [one.ends_at for one in level.current] == [at(400)]


def test_a_gap_before_the_next_is_known():
    level = only_level(shift("carol", -1, 2), shift("alice", 5, 400))
    assert level.uncovered_from == at(2)
    assert level.next is not None
    assert level.next.begins_at == at(5)


def test_a_gap_that_another_covers_is_none():
    level = only_level(shift("carol", -1, 2), shift("bob", -1, 6), shift("alice", 5, 400))
    assert names(level) == ["bob", "carol"]
    assert level.uncovered_from is None


def test_a_rotation_that_ends_is_known_and_one_that_was_not_asked_for_further_is_not():
    assert only_level(shift("carol", -1, 2)).uncovered_from == at(2)
    assert only_level(shift("carol", -1, 14 * 24)).uncovered_from is None


def test_who_is_always_on_call_has_no_end_and_nobody_needs_to_follow():
    level = only_level(shift("carol", None, None))
    assert (names(level), level.next, level.uncovered_from) == (["carol"], None, None)


def test_nobody_now_though_somebody_later():
    level = only_level(shift("alice", 3, 400))
    assert (names(level), level.uncovered_from) == ([], NOW)
    assert level.next is not None
    assert OnCall(levels=(level,)).is_nobody
    assert OnCall().is_nobody


def test_levels_come_in_the_order_in_which_they_are_called():
    found = levels([shift("bob", None, None, level=2), shift("carol", -1, 1)], now=NOW, until=AHEAD)
    assert [level.level for level in found] == [1, 2]
    assert not OnCall(levels=found).is_nobody


def test_a_level_without_anybody_is_a_level_before_one_with_somebody():
    found = levels([shift("bob", None, None, level=2)], now=NOW, until=AHEAD)
    assert [(level.level, names(level)) for level in found] == [(1, []), (2, ["bob"])]


def test_a_shift_ends_at_the_first_moment_that_it_does_not_cover():
    assert names(only_level(shift("carol", -1, 0), shift("alice", 0, 400))) == ["alice"]


def test_a_roster_is_written_and_read():
    on_call = OnCall(policy="Ops", levels=levels([shift("carol", -1, 1)], now=NOW, until=AHEAD))
    roster = Roster(services={"api": on_call}, silent={"web": "no answer"}, without=("docs",))
    assert read_roster(roster.as_json()) == roster
