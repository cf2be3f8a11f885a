"""What people type, as words."""

import time

import pytest

from bot.slack.words import words_of


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("deploy prod v1.2.0", ["deploy", "prod", "v1.2.0"]),
        ("  deploy   prod\t", ["deploy", "prod"]),
        (
            'deploy prod v1 --reason "fix for #421"',
            ["deploy", "prod", "v1", "--reason", "fix for #421"],
        ),
        ("deploy --reason=“can’t wait”", ["deploy", "--reason=can’t wait"]),
        ("lock prod Alice's turn", ["lock", "prod", "Alice's", "turn"]),
        ('query "rate(x[5m]) > 1', ["query", '"rate(x[5m])', ">", "1"]),
        ("query up &lt; 1 &amp;&amp; a", ["query", "up", "<", "1", "&&", "a"]),
        ("say &amp;lt;", ["say", "&lt;"]),
        ('say ""', ["say", ""]),
        ("", []),
    ],
)
def test_words_are_split_at_spaces_and_kept_together_by_double_quotes(typed, words):
    assert words_of(typed) == words


def test_a_long_word_and_many_quotes_cost_no_more_than_their_length():
    started = time.perf_counter()
    words_of("x" * 1_000_000 + " " + '"' * 100_001)
    assert time.perf_counter() - started < 1.0
