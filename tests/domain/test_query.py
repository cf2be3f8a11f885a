"""What somebody types after `query`, and named queries with their parameters."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.catalog import Catalog, NamedQuery, UnitWord
from bot.domain.promql import parsed, selectors
from bot.domain.query import MOST_SERIES, STEPS, Wanted, Window, counting, cut_to_highest
from bot.domain.query.found import Found, Row, told_apart
from bot.domain.query.named import substituted, usage
from bot.domain.query.read import read
from bot.domain.unit import Unit, read_unit
from bot.errors import NotKnown, UsageError
from bot.slack.words import words_of

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 25, 13, 30, 0, 400_000, tzinfo=UTC)
ERRORS = 'sum(rate(x{code=~"5..",env="$env"}[5m]))'


def a_catalog(queries: dict[str, Any] | None = None) -> Catalog:
    written = yaml.safe_load(Path("credlink.example.yml").read_text())
    written["queries"] = queries or {
        "error-ratio": {"query": ERRORS, "unit": "ratio", "threshold": 0.01},
        "requests": {
            "query": 'rate(x{env="$env",service="$service",code=~"$code",zone="$zone"}[5m])',
            "parameters": {
                "code": {"default": "...", "pattern": "[1-5.][0-9.]{2}"},
                "zone": {"choices": ["a", "b"]},
            },
        },
        "instances": {"query": 'sort_desc(up{env="$env"})'},
    }
    return Catalog.model_validate(written)


def asked(typed: str, catalog: Catalog | None = None) -> Wanted:
    return read(words_of(typed), typed, catalog or a_catalog(), command="/credlink")


@pytest.mark.parametrize(
    ("typed", "promql", "since"),
    [
        ("error-ratio env=prod", ERRORS.replace("$env", "prod"), HOUR),
        ("error-ratio env=prod since 15m", ERRORS.replace("$env", "prod"), HOUR / 4),
        ("error-ratio since 2d env=prod", ERRORS.replace("$env", "prod"), 48 * HOUR),
        ("Error-Ratio env=prod now", ERRORS.replace("$env", "prod"), None),
        ("instances env=prod", 'sort_desc(up{env="prod"})', None),
        ("instances env=prod since 1h", 'sort_desc(up{env="prod"})', HOUR),
        ("up", "up", HOUR),
        ('up{env="prod"}  since 2 d', 'up{env="prod"}', 48 * HOUR),
        ("`up == 0` now", "up == 0", None),
        ("x / y", "x / y", HOUR),
        ("foo - bar", "foo - bar", HOUR),
        ("error-ratio == 0", "error-ratio == 0", HOUR),
        ("up{a=‘b’}", "up{a='b'}", HOUR),
        ("topk(3, up)", "topk(3, up)", None),
        ("topk(3, up) since 1h", "topk(3, up)", HOUR),
        ("41 + 1", "41 + 1", None),
        ("42", "42", None),
    ],
)
def test_a_query_is_its_name_or_its_own_promql_and_when(
    typed: str, promql: str, since: timedelta | None
):
    wanted = asked(typed)

    assert (wanted.promql, wanted.since) == (promql, since)
    assert Wanted.of_json(wanted.as_json()) == wanted


def test_a_named_query_brings_its_unit_its_threshold_and_its_place():
    wanted = asked("error-ratio env=prod")

    assert (wanted.name, wanted.unit, wanted.threshold) == ("error-ratio", Unit.RATIO, 0.01)
    assert (wanted.environment, wanted.service) == ("prod", None)


def test_a_query_of_ones_own_is_about_the_place_it_asks_for():
    wanted = asked('rate(http_requests_total{env="prod",service="credlink-api"}[5m])')

    assert (wanted.environment, wanted.service) == ("prod", "credlink-api")
    assert wanted.unit is Unit.PER_SECOND
    assert asked('up{env="nowhere"}').environment is None


@pytest.mark.parametrize(
    ("typed", "refusal", "says"),
    [
        ("error-ratio", UsageError, "error-ratio needs env. There are prod and staging."),
        ("error-ratio env=prd", NotKnown, "There is no environment prd (did you mean prod?)"),
        ("error-ratio prod", UsageError, "Which parameter is prod? Write `/credlink query err"),
        ("error-ratio enw=prod", UsageError, "no parameter enw (did you mean env?). It has env."),
        ("error-ratio env=prod env=prod", UsageError, "env is there twice"),
        ("requests env=prod", UsageError, "requests needs zone. There are a and b."),
        ("requests env=prod zone=c", UsageError, "zone cannot be 'c'. There are a and b."),
        ("requests env=prod zone=a code=.*", UsageError, "It must match `[1-5.][0-9.]{2}`"),
        ("requests env=prod zone=a service=web", NotKnown, "There is no service web"),
        ("eror-ratio env=prod", NotKnown, "no query eror-ratio (did you mean error-ratio?)"),
        ("eror-ratio", NotKnown, "If you mean PromQL, write `eror - ratio`."),
        ("error_ratio", NotKnown, "If you mean PromQL, write `error_ratio{}`."),
        ("eror-ratio prod", NotKnown, "did you mean error-ratio?"),
        ("foo-bar", NotKnown, "There is no query foo-bar. There are error-ratio"),
        ("whatever env=prod", NotKnown, "There is no query whatever."),
        ("since 1h", UsageError, "Which query?"),
        ("up since", UsageError, "Since when?"),
        ("up since 10y", UsageError, "I do not understand since 10y: write `since 15m`"),
        ("up since 5 parsecs", UsageError, "I do not understand since 5 parsecs"),
        ("up since 1", UsageError, "I do not understand since 1:"),
        ("up since -1h", UsageError, "I do not understand since -1h"),
        ("up since 0s", UsageError, "since 0s is out of bounds"),
        ("up since 32d", UsageError, "10 seconds at least and 31 days at most"),
        (f"up since {'9' * 30}d", UsageError, "I do not understand since 999"),
        (f"up since {'9' * 400}d", UsageError, "I do not understand since 999"),
        ("up[5m]", UsageError, "put a function around it, as `rate(…[5m])`"),
        ('"up"', UsageError, "This is a text, not numbers"),
        (
            "sum(up",
            UsageError,
            "This is no PromQL: this ( is never closed.\n```\nsum(up\n   ^\n```",
        ),
        ("(" * 3000, UsageError, "This query is too long to be read"),
    ],
)
def test_what_cannot_be_asked_is_told_with_what_to_write(
    typed: str, refusal: type[Exception], says: str
):
    with pytest.raises(refusal) as caught:
        asked(typed)

    assert says in str(caught.value)


def test_a_value_that_is_no_regular_expression_is_told_and_not_asked():
    loose = {"q": {"query": 'x{a=~"$a"}', "parameters": {"a": {"pattern": ".*"}}}}

    with pytest.raises(UsageError, match=r"The catalogue's query q is no PromQL with these values"):
        asked("q a=(", a_catalog(loose))


def test_what_takes_long_to_read_is_not_read_while_slack_waits():
    with pytest.raises(UsageError, match="3,010 characters, and I read 3,000 at most"):
        asked("x" * 3010)


def test_what_may_be_left_out_stands_in_brackets():
    catalog = a_catalog()

    shown = usage("requests", catalog.queries["requests"], catalog)

    assert shown == "requests env=<env> [service=credlink-api] [code=...] zone=<zone>"


@given(value=st.text(st.characters(exclude_categories=["Cs"])), quote=st.sampled_from("\"'"))
def test_no_value_leaves_its_quotes(value: str, quote: str):
    query = f"sum(x{{a={quote}$a{quote},b={quote}-$a-$b{quote}}})"

    [selector] = selectors(parsed(substituted(query, {"a": value, "b": "$a"})))

    read_back = {matcher.name: matcher.value for matcher in selector.matchers.matchers}
    assert read_back == {"a": value, "b": f"-{value}-$a"}


def test_a_dollar_of_a_regular_expression_stays():
    query = 'label_replace(x{a=~"b$"}, "c", "$1", "a", "(.*)")'

    assert substituted(query, {"c": "d"}) == query


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"query": 'x{a="$b"}'}, "$b is not among its parameters"),
        ({"query": "x", "parameters": {"a": {}}}, "its parameter 'a' does not stand in the query"),
        ({"query": "rate(x[$env])"}, '$env must stand within quotes, as env="$env"'),
        ({"query": "x{env=`$env`}"}, "$env must stand within quotes"),
        ({"query": 'x{a="$a"}', "parameters": {"a": {"pattern": "("}}}, "no regular expression"),
        ({"query": 'x{a="$a"}', "parameters": {"a": {"default": '"'}}}, "does not fit"),
        ({"query": "x", "unit": "parsecs"}, "Input should be"),
        ({"query": ""}, "at least 1 character"),
    ],
)
def test_a_named_query_that_cannot_work_is_refused_with_the_catalogue(
    query: dict[str, Any], says: str
):
    with pytest.raises(ValidationError) as caught:
        NamedQuery.model_validate(query)

    assert says in str(caught.value)


def test_the_units_of_the_catalogue_are_the_units_that_are_read():
    assert all(read_unit(word) is not None for word in get_args(UnitWord))
    assert {unit.value for unit in Unit} <= set(get_args(UnitWord))


@pytest.mark.parametrize("file", ["credlink.example.yml", "sandbox/credlink.yml"])
def test_every_query_of_our_catalogues_is_promql_and_says_what_it_tells(file: str):
    queries = Catalog.model_validate(yaml.safe_load(Path(file).read_text())).queries

    assert queries
    for query in queries.values():
        values = dict.fromkeys(query.placeholders(), "x")
        assert parsed(substituted(query.query, values))
        assert query.summary


@pytest.mark.parametrize("length_s", [10, 60, 3600, 3601, 86_400, 31 * 86_400])
def test_a_window_ends_now_and_has_no_more_points_than_can_be_drawn(length_s: int):
    window = Window.until(NOW, timedelta(seconds=length_s))

    assert window.end == NOW.replace(microsecond=0) + timedelta(seconds=1)
    assert window.length >= timedelta(seconds=length_s)
    assert window.length / window.step <= STEPS


def test_what_is_younger_than_half_of_the_window_is_drawn_from_its_beginning():
    window = Window.until(NOW, HOUR)
    first = window.end - timedelta(minutes=10)

    assert window.from_first(window.end - timedelta(minutes=40)) == window
    narrowed = window.from_first(first)
    assert timedelta(minutes=10) <= narrowed.length < timedelta(minutes=11)
    assert narrowed.end == window.end
    assert window.from_first(window.end).length == timedelta(minutes=1)


@pytest.mark.parametrize("promql", ["up", "up # of all", "a or b", "-up", "topk(3, up)"])
def test_any_query_can_be_counted_and_cut(promql: str):
    wanted = Wanted(promql=promql)
    window = Window.until(NOW, HOUR)

    for expression in (
        counting(wanted, None),
        counting(wanted, window),
        cut_to_highest(wanted, None),
        cut_to_highest(wanted, window),
    ):
        assert parsed(expression)
    assert f"topk({MOST_SERIES}" in cut_to_highest(wanted, window)


def test_what_was_found_is_kept_whole_whatever_the_numbers_are():
    rows = (
        Row({"a": "b"}, 1.5, float("-inf"), float("inf")),
        Row({"__name__": "up"}, None, 0.0, 2.0),
    )
    found = Found(at=NOW, window=Window.until(NOW, HOUR), rows=rows, total=10_000)

    assert Found.of_json(found.as_json()) == found
    assert not re.search(r"Infinity|NaN", str(found.as_json()))


@pytest.mark.parametrize(
    ("labels", "of", "names"),
    [
        ([{"__name__": "up", "job": "a"}], "series", ("value",)),
        ([{"code": "200", "job": "a"}, {"code": "500", "job": "a"}], "code", ("200", "500")),
        ([{"code": "200"}, {}], "code", ("200", "no code")),
        ([{"__name__": "a"}, {"__name__": "b"}], "series", ("a", "b")),
        (
            [{"__name__": "a", "x": "1", "y": "1"}, {"__name__": "a", "x": "2", "y": "3"}],
            "x, y",
            ("1, 1", "2, 3"),
        ),
        (
            [{"__name__": "a", "x": "1"}, {"__name__": "b", "x": "2"}],
            "series",
            ("a x=1", "b x=2"),
        ),
        ([], "series", ()),
    ],
)
def test_series_are_named_by_the_labels_in_which_they_differ(
    labels: list[dict[str, str]], of: str, names: tuple[str, ...]
):
    told = told_apart(labels)

    assert (told.of, told.each) == (of, names)
