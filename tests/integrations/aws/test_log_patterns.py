"""What a person writes finds the same in both of CloudWatch's ways, and never leaves its quotes."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.aws.log_patterns import filter_pattern, insights_filter
from sandbox.aws import filter_patterns, insights
from sandbox.aws.conditions import LogEvent

# Python wonders what `[[` in a regular expression may come to mean.
pytestmark = pytest.mark.filterwarnings("ignore:Possible:FutureWarning")

SAID = st.text(st.sampled_from("abE5 \"'\\/%?{}()[]$.*|&=<>!-_`#~\n\té→"), max_size=30)
QUOTED = r'"(?:[^"\\]|\\.)*"'


def event(message):
    fields = json.loads(message) if message.startswith("{") else None
    return LogEvent(0, "prod/credlink-api/1", message, 1, fields)


def line(**members):
    return event(json.dumps({"level": "error", "status": 500, "path": "/api/v1/cards", **members}))


def query(condition):
    counted = "stats count(*) as events by bin(1m)"
    return insights.read(f"filter {condition} | {counted}" if condition else counted)


@pytest.mark.parametrize(
    ("said", "pattern", "condition"),
    [
        ("", "", ""),
        ("  ", "", ""),
        ("timeout", '"timeout"', "@message like /timeout/"),
        ("card not found", '"card not found"', "@message like /card not found/"),
        ('"card not found"', '"card not found"', "@message like /card not found/"),
        ('say "no"', r'"say \"no\""', r"@message like /say \"no\"/"),
        (r"C:\tmp", r'"C:\\tmp"', r"@message like /C\:\\tmp/"),
        ("/api/v1", '"/api/v1"', r"@message like /\/api\/v1/"),
        ("?timeout ?refused", '?"timeout" ?"refused"', None),
        ('?"timed out" ?5.0', '?"timed out" ?"5.0"', None),
        ("what?", '"what?"', r"@message like /what\?/"),
        (r"%5\d\d%", r"%5\d\d%", r"@message like /5\d\d/"),
        ("100% of a%", '"100% of a%"', r"@message like /100\% of a\%/"),
        ("%(%", '"%(%"', r"@message like /\%\(\%/"),
        ("%a/b%", "%a/b%", r"@message like /a\/b/"),
        ('{ $.level = "error" }', '{ $.level = "error" }', "level like /^error$/"),
        ("{ $.status >= 500 }", "{ $.status >= 500 }", "status >= 500"),
        ("{ $.user[0].id != 7 }", "{ $.user[0].id != 7 }", "user.0.id != 7"),
        ('{"level": "error"}', r'"{\"level\": \"error\"}"', None),
        ("a\nb", '"a b"', "@message like /a b/"),
    ],
)
def test_what_is_no_pattern_is_a_term_as_it_stands(said, pattern, condition):
    assert filter_pattern(said) == pattern
    if condition is not None:
        assert insights_filter(said) == condition


@pytest.mark.parametrize(
    "said",
    [
        '{ $.level = "error" && ($.status = 500 || $.status = 503) }',
        '{ $.path = "/api/*" && $.level != info }',
        "{ $.path = %cards$% }",
        "{ $.status > 499.5 && $.status <= 500 }",
        "?nothing ?cards",
        "%card[sx]%",
        '"/api/v1/cards"',
        '"level": "error"',
        "",
    ],
)
def test_both_ways_find_the_line_and_leave_another(said):
    other = event(json.dumps({"level": "info", "status": 200, "path": "/healthz"}))
    by_pattern = filter_patterns.predicate(filter_pattern(said))
    by_query = query(insights_filter(said))
    for found in (by_pattern, by_query.finds):
        assert found(line())
        assert found(other) is not bool(said)


@pytest.mark.parametrize(
    "said",
    [
        "{ $.error IS NULL }",
        "{ $.error NOT EXISTS }",
        "{ $.status > high }",
        "{ $.status }",
        "{ $.a = 1 && }",
        "{ ($.a = 1 }",
        "{ $.a = 1) }",
        "{ $.a = 1 $.b = 2 }",
        "{ $.a-b = 1 }",
        '{ $.a = "x }',
        "{ $.a = %(% }",
    ],
)
def test_what_insights_has_no_words_for_is_not_counted_as_something_else(said):
    assert insights_filter(said) is None
    assert filter_pattern(said) == said  # CloudWatch itself may know it, or says why not


@given(SAID)
def test_no_text_leaves_its_quotes_in_a_filter_pattern(said):
    pattern = filter_pattern(said)
    if pattern == re.sub(r"[\x00-\x1f\x7f]", " ", said).strip() and pattern[:1] in {"", "{", "%"}:
        return  # a pattern of its own is the whole of what is sent
    assert re.fullmatch(rf"{QUOTED}|\?{QUOTED}(?: \?{QUOTED})*", pattern)


@given(SAID)
def test_no_text_adds_a_command_to_a_query(said):
    condition = insights_filter(said)
    if condition is None:
        return
    # `read` knows filter and stats: a third command, or an end of the condition, it would refuse.
    assert query(condition).name == "events"


@given(SAID, SAID, SAID)
def test_a_term_finds_itself_and_only_itself_in_both_ways(said, before, after):
    term = "x" + re.sub(r"[\x00-\x1f\x7f]", " ", said).rstrip()
    by_pattern = filter_patterns.predicate(filter_pattern(term))
    by_query = query(insights_filter(term))
    for message in (f"{before}{term}{after}", f"{before}{after}"):
        told = LogEvent(0, "s", message, 1)
        assert by_pattern(told) is (term in message)
        assert by_query.finds(told) is (term in message)
