"""Alertmanager's matchers: read, written, judged, and held against labels."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.silence.matchers import (
    LONGEST_VALUE,
    Matcher,
    Operator,
    hold,
    read,
    read_first,
    too_broad,
    written,
)
from bot.errors import UsageError

EQUAL, NOT_EQUAL, MATCHES, MATCHES_NOT = Operator
NAMES = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,20}", fullmatch=True)
VALUES = st.text(max_size=60)
MATCHERS = st.one_of(
    st.builds(Matcher, NAMES, st.sampled_from([EQUAL, NOT_EQUAL]), VALUES),
    st.builds(Matcher, NAMES, st.sampled_from([MATCHES, MATCHES_NOT]), VALUES.map(re.escape)),
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("alertname=HighLatency", [("alertname", "=", "HighLatency")]),
        ('alertname="High Latency"', [("alertname", "=", "High Latency")]),
        ("a=b,c!=d", [("a", "=", "b"), ("c", "!=", "d")]),
        ("a=b , c!=d", [("a", "=", "b"), ("c", "!=", "d")]),
        ("a=b c=~d.*", [("a", "=", "b"), ("c", "=~", "d.*")]),
        ('{a="b", c!~"5..|4.."}', [("a", "=", "b"), ("c", "!~", "5..|4..")]),
        ("a = b", [("a", "=", "b")]),
        ('a="b",\nc="d"', [("a", "=", "b"), ("c", "=", "d")]),
        (r'a="say \"no\", \\ or\nnot"', [("a", "=", 'say "no", \\ or\nnot')]),
        ('a=""', [("a", "=", "")]),
        ('url=~"http://x/{1,2}"', [("url", "=~", "http://x/{1,2}")]),
    ],
)
def test_matchers_are_read_as_alertmanager_reads_them(typed, meant):
    assert [(m.name, m.operator.value, m.value) for m in read(typed)] == meant


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("HighLatency", "cannot read HighLatency as a matcher"),
        ("a=b HighLatency", "cannot read HighLatency as a matcher"),
        ("a=", "What is a to be"),
        ("a=,b=c", "What is a to be"),
        ('a=b"c"', "Quote its value"),
        ("a=~(", "cannot read the regular expression of a"),
        ('a=~"[z-a]"', "cannot read the regular expression of a"),
        ("{a=b", "is not closed"),
        (r'a="\d"', "write a backslash as two"),
        (f"a={'x' * (LONGEST_VALUE + 1)}", "longer than 500"),
        (",".join(["a=b"] * 21), "at most 20 matchers"),
        ("1a=b", "cannot read 1a=b"),
    ],
)
def test_what_is_no_matcher_is_said_with_how_to_write_it(typed, why):
    with pytest.raises(UsageError, match=re.escape(why)):
        read(typed)


@given(st.lists(MATCHERS, min_size=1, max_size=8))
def test_what_is_written_and_read_again_is_the_same(matchers):
    assert list(read(written(matchers))) == matchers


@given(st.lists(MATCHERS, min_size=1, max_size=4))
def test_what_follows_the_matchers_is_left_for_others(matchers):
    assert read_first(f"{written(matchers)} 2h because") == (tuple(matchers), "2h because")


@given(st.text(max_size=80))
def test_whatever_is_typed_is_read_or_refused_in_words(typed):
    try:
        found, _ = read_first(typed)
    except UsageError:
        return
    assert not found or read(written(found)) == found


@pytest.mark.parametrize(
    "typed",
    [
        "a=~.*",
        "a=~.+",
        'a=""',
        'a=~""',
        'a=~".*|x"',
        'a=~"[^x]*.*"',
        'a=~"(?i).+"',
        "a!=b",
        "a!=b,c!~d",
        "a=~.*,b!=c",
        'a=~"(x+x+)+y"',
        'a=~"^.*$"',
        'a=~"\\\\D*\\\\d*\\\\D*"',
        'alertname=~"\\\\w+"',
        'alertname=~"[A-Z].*"',
        'alertname=~"[[:alpha:]]+"',
        'alertname=~"[^[:space:]]+"',
        'a=~".{3,}"',
        'severity=~"[a-z]+"',
        'service=~"[a-z0-9-]+"',
        'instance=~".+:.+"',
        'code=~"[0-9]+"',
        'a=~"(.|x)+"',
    ],
)
def test_matchers_that_would_silence_everything_are_refused(typed):
    assert too_broad(read(typed))


def test_no_matchers_at_all_are_refused():
    assert too_broad(()) == "Without a matcher everything would be silenced."


@pytest.mark.parametrize(
    "typed",
    [
        "a=b",
        "a=~.*,b=c",
        'a=~"High.*"',
        'a=~"x|y"',
        "a!=b,c=d",
        'a=~"(x+x+)+y",b=c',
        'instance=~"10[.].*"',
        'code=~"5.."',
        'service=~"credlink-.*"',
        'service=~"a--.*"',
        'severity=~"critical|warning"',
    ],
)
def test_matchers_that_name_something_are_not(typed):
    assert too_broad(read(typed)) is None


@pytest.mark.parametrize(
    ("typed", "labels", "holds"),
    [
        ("a=b", {"a": "b"}, True),
        ("a=b", {}, False),
        ('a=""', {}, True),
        ("a!=b", {}, True),
        ("a=~b", {"a": "bc"}, False),
        ("a=~b.*", {"a": "bc"}, True),
        ("a!~b.*", {"a": "bc"}, False),
        ("a=~b.*,c=d", {"a": "bc"}, False),
        ('a=~"(x|y)*z"', {"a": "xz"}, None),
        ('a=~"(x|y)*z",c=d', {"a": "xz"}, False),
        ("a=~b.*", {"a": "b" * 201}, None),
    ],
)
def test_they_hold_for_labels_as_in_alertmanager_or_it_is_not_known(typed, labels, holds):
    assert hold(read(typed), labels) is holds


@pytest.mark.parametrize(
    "regex", ["(x+x+)+y", "x*" * 40 + "y", r"\\\\*" * 40 + "y", "((x*)*)*y", "x*x*x*y"]
)
def test_no_regular_expression_holds_the_bot_up(regex):
    matcher = Matcher("a", MATCHES, regex)
    before = time.perf_counter()

    too_broad([matcher])
    matcher.holds("x" * 200)
    matcher.holds("\\" * 200)

    assert time.perf_counter() - before < 0.5
