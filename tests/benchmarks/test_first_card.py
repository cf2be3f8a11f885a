"""The benchmark of the first card: what it fires is news each time, and what hangs is let go."""

from benchmarks import fired, first_card


def test_it_measures_the_card_while_all_hangs_and_the_complete_card():
    assert set(first_card.NOTES) == {
        "first_card_p50_ms",
        "first_card_p99_ms",
        "complete_p50_ms",
        "complete_max_ms",
    }


def test_every_group_it_fires_is_one_nobody_has_seen():
    bodies = [fired.payload("prod", number) for number in range(50)]

    assert len({body["groupKey"] for body in bodies}) == 50
    assert len({body["alerts"][0]["fingerprint"] for body in bodies}) == 50
