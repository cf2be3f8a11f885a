"""PromQL read before anything is asked, and the place of a mistake in it."""

import time

import pytest

from bot.domain.promql import NotPromql, TooLong, Type, parsed, selected, type_of
from bot.domain.promql.place import mistake_in
from bot.domain.promql.pointed import pointed


@pytest.mark.parametrize(
    ("expression", "gives"),
    [
        ("up", Type.VECTOR),
        ("(sum by (a) (rate(up[5m])))", Type.VECTOR),
        ("up > 1", Type.VECTOR),
        ("1 + up", Type.VECTOR),
        ("vector(1)", Type.VECTOR),
        ("-up", Type.VECTOR),
        ("1 + 1", Type.SCALAR),
        ("-(1)", Type.SCALAR),
        ("time() - 60", Type.SCALAR),
        ("scalar(up) * 2", Type.SCALAR),
        ("up[5m]", Type.MATRIX),
        ("rate(up[5m])[1h:1m]", Type.MATRIX),
        ('"up"', Type.TEXT),
    ],
)
def test_what_an_expression_gives_is_known_before_it_is_asked(expression: str, gives: Type):
    assert type_of(parsed(expression)) is gives


@pytest.mark.parametrize(
    ("expression", "why", "under"),
    [
        ("sum(rate(x[5m])", "this ( is never closed", "(rate"),
        ("x[5m:", "this [ is never closed", "[5m:"),
        ("up{", "this { is never closed", "{"),
        ("sum by (a) rate", "rate cannot stand here", "rate"),
        ("x and", "something is missing here", ""),
        ("1 +  ", "something is missing here", ""),
        ("up offset", "something is missing here", ""),
        ("hello world", "world cannot stand here", "world"),
        ("up)", ") cannot stand here", ")"),
        ("topk(5 x)", "x cannot stand here", "x)"),
        ("avg by (job) rate(x[5m])", "rate cannot stand here", "rate(x"),
        ('up{a="1" b="c"}', "b cannot stand here", 'b="c"'),
        ("sum by (le (x)", "( cannot stand here", "(x)"),
        ("x >> 1", "> cannot stand here", "> 1"),
        ("été", "é cannot stand here", "été"),
        ("up{env=prod}", 'a label\'s value needs quotes, as "prod"', "prod}"),
        ("sum(rate(x{env=prod}[5m]))", 'a label\'s value needs quotes, as "prod"', "prod}[5m]"),
        ('up{env="prod}', "this text is never closed", '"prod}'),
        ("rate(up)", "rate needs a range behind the series, as [5m]", "rate(up)"),
        ("sum(nocall(up))", "unknown function with name 'nocall'", "nocall"),
        ('up{a=~"("}', "illegal regex for (", '("}'),
        ("x\n+ y\n+ ) z", ") cannot stand here", ") z"),
    ],
)
def test_a_mistake_is_found_where_it_is(expression: str, why: str, under: str):
    with pytest.raises(NotPromql) as caught:
        parsed(expression)

    mistake = mistake_in(expression, caught.value)

    assert mistake.why == why
    assert expression[mistake.at :].startswith(under)
    assert under or mistake.at == len(expression.rstrip())


def test_the_line_of_a_mistake_is_shown_with_a_mark_under_its_place():
    assert pointed("x +\n`y` + ) z", 10) == "```\n'y' + ) z\n      ^\n```"


def test_what_would_keep_the_parser_busy_is_not_given_to_it():
    with pytest.raises(TooLong):
        parsed("(" * 20_000)
    with pytest.raises(TooLong):
        parsed("x" * 30_000)


def test_a_quote_in_a_comment_hides_nothing_from_who_counts_how_deep_it_is():
    with pytest.raises(TooLong):  # given to the parser it would end the process
        parsed(f"# '\n{'(' * 9000}up{')' * 9000}\n# '\n")
    assert selected(parsed('up{env="prod"} # it is (not) "staging'), "env") == "prod"


@pytest.mark.parametrize("opening", ['"', "'", "`"])
def test_a_quote_that_never_ends_is_a_mistake_found_at_once(opening: str):
    begun = time.process_time()
    with pytest.raises(NotPromql):
        parsed("up" + opening + "\\'" * 9000 + '\\"' * 900)
    assert time.process_time() - begun < 0.2  # it took seconds


@pytest.mark.parametrize(
    ("expression", "env"),
    [
        ('up{env="prod"}', "prod"),
        ('sum(rate(x{env="prod"}[5m])) / sum(rate(x{env="prod",a=~"b"}[5m]))', "prod"),
        ('x{env="prod"} / x{env="eu"}', None),
        ('x{env=~"prod"}', None),
        ('x{env!="prod"}', None),
        ("up", None),
    ],
)
def test_the_environment_of_a_query_is_the_one_it_asks_for_alone(expression: str, env: str | None):
    assert selected(parsed(expression), "env") == env
