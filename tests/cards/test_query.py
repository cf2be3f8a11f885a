"""What a query's answer looks like, in every case it can come to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.cards.answer_card import AnswerView
from bot.cards.blocks import TABLE_CHARACTERS, TABLE_ROWS, Message, table
from bot.cards.plain import as_text
from bot.cards.query import QueryCard, chart_alt, listed_queries
from bot.cards.query_links import Pages, pages_of
from bot.domain.query import Wanted, Window
from bot.domain.query.found import Found, Row, told_apart
from bot.domain.question import Question, QuestionKind
from bot.domain.unit import Unit
from tests.cards.golden import assert_golden
from tests.domain.test_query import a_catalog

NOW = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = Window.until(NOW, HOUR)
PAGES = Pages.at(prometheus="https://prometheus.example", grafana="https://grafana.example/")
ERRORS = Wanted(
    promql='sum(rate(x{code=~"5..",env="prod"}[5m]))',
    name="error-ratio",
    values={"env": "prod"},
    since=HOUR,
    unit=Unit.RATIO,
    threshold=0.01,
)
OWN = Wanted(promql="sum by (code) (rate(x[5m])) > `0`", since=HOUR, unit=Unit.PER_SECOND)
ONE = Found(at=NOW, window=WINDOW, rows=(Row({}, 0.042, 0.001, 0.051),), total=1)


def rows(number: int) -> tuple[Row, ...]:
    return tuple(
        Row({"job": "api", "code": str(200 + n)}, None if n == 1 else 9.0 - n, 1.0, 10.0)
        for n in range(number)
    )


def shown(
    wanted: Wanted, found: Found | None, picture: str | None = None, **question: Any
) -> Message:
    asked = Question(
        **{
            "id": "answer-1",
            "kind": QuestionKind.QUERY,
            "asked_by": "U0ALICE01",
            "asked_at": NOW,
            "channel": "C1",
            "words": wanted.as_json(),
            "found": None if found is None else found.as_json(),
            "is_complete": found is not None,
            "completed_at": None if found is None else NOW,
            **question,
        }
    )
    return QueryCard(pages=PAGES)(AnswerView(question=asked, now=NOW, picture=picture))


SEVERAL = Found(at=NOW, window=WINDOW, rows=rows(3), total=3)
CARDS: dict[str, tuple[Wanted, Found | None, str | None]] = {
    "asking": (OWN, None, None),
    "one": (ERRORS, ONE, "F1"),
    "ended": (ERRORS, replace(ONE, rows=(Row({}, None, 0.001, 0.051),)), "F1"),
    "several": (OWN, SEVERAL, "F1"),
    "young": (ERRORS, replace(ONE, window=Window.until(NOW, HOUR / 6)), None),
    "cut": (OWN, replace(SEVERAL, rows=rows(50), total=10_000), "F1"),
    "table": (replace(OWN, since=None), replace(SEVERAL, window=None), None),
    "no_data": (ERRORS, replace(ONE, rows=(), total=0), "F1"),
    "trouble": (
        ERRORS,
        Found(at=NOW, window=WINDOW, trouble="Prometheus gave no answer: <!channel>."),
        "F1",
    ),
    "refused": (
        OWN,
        Found(at=NOW, window=WINDOW, trouble="Prometheus refuses this: sum.", mistake_at=4),
        None,
    ),
}


@pytest.mark.parametrize("name", CARDS)
def test_the_card_golden(name: str):
    assert_golden(shown(*CARDS[name]), f"query_{name}")


def test_the_list_of_queries_golden():
    answer = listed_queries(a_catalog())

    assert_golden(Message(answer.text, answer.blocks), "query_list")


def test_without_named_queries_the_list_says_how_to_ask_ones_own():
    empty = a_catalog().model_copy(update={"queries": {}})

    assert "`/credlink query <PromQL>` asks your own" in listed_queries(empty).text


def test_an_interrupted_question_says_so_and_can_be_asked_anew():
    card = shown(ERRORS, None, completed_at=NOW, is_complete=True, trouble="I was stopped.")

    assert card.text == "⚪ Not answered: error-ratio, prod"
    assert "Refresh" in str(card.blocks)


def test_nothing_of_a_query_or_of_its_labels_can_call_anybody():
    evil = "<!channel> ``` *x*"
    own = replace(OWN, promql=f'x{{a="{evil}"}}')
    found = replace(SEVERAL, rows=(Row({"a": evil}, 1.0, 1.0, 1.0),), total=1)

    for card in (
        shown(own, found),
        shown(own, None),
        shown(own, replace(found, trouble="<!channel>")),
    ):
        assert "<!channel>" not in card.text
        sections = [b for b in card.blocks if b["type"] in {"section", "context"}]
        assert "<!channel>" not in str(sections)
        for block in sections:
            if "text" in block:
                assert block["text"]["text"].count("```") in {0, 2}


def test_a_secret_stands_nowhere_on_the_card():
    secret = "-".join(["xoxb", "1234567890", "abcdefghijkl"])  # of no workspace
    own = replace(OWN, promql=f'label_replace(up{{password="{secret}"}}, "a", "{secret}", "", "")')
    labelled = replace(SEVERAL, rows=(Row({"a": secret}, 1.0, 1.0, 1.0),), total=1)
    failed = replace(labelled, trouble="no", mistake_at=5)

    for found in (None, labelled, replace(labelled, rows=(), total=0), failed):
        card = shown(own, found)
        assert secret not in f"{card.text} {card.blocks}"


@pytest.mark.parametrize(
    "promql",
    [
        'label_replace(up, "token", "hunter2", "", "")',
        "label_replace(up, 'token', `hunter2`, '', '')",
        'up{x!="y", api_key =~ "hunter2"}',
        'up{x="https://bot:hunter2@x.example"}',
    ],
)
def test_what_stands_under_a_telling_name_is_crossed_out_and_mistakes_are_still_pointed_at(
    promql: str,
):
    own = replace(OWN, promql=f"{promql} + sum")
    card = shown(own, Found(at=NOW, window=WINDOW, trouble="no", mistake_at=len(promql) + 3))

    assert "hunter2" not in f"{card.text} {card.blocks}"
    line, mark = str(card.blocks[1]["text"]["text"]).split("\n")[2:4]
    assert line[mark.index("^") :] == "sum"


def test_the_names_of_series_hold_no_secrets():
    labels = [{"token": f"hunter{n}", "password": "pass phrase"} for n in range(2)]
    several = replace(SEVERAL, rows=tuple(Row(one, 1.0, 1.0, 1.0) for one in labels), total=2)

    card = shown(OWN, several, "F1")
    assert "hunter" not in f"{card.blocks} {chart_alt(OWN, several)}"
    assert told_apart(labels).each == ("***", "***")
    assert "phrase" not in str(card.blocks)


def test_the_alternative_text_tells_the_figures():
    assert chart_alt(ERRORS, ONE) == (
        "Chart of error-ratio, prod: 4.2 % now · lowest 0.1 % · highest 5.1 % · in the last 1 h · "
        "threshold 1 %"
    )
    assert chart_alt(OWN, replace(SEVERAL, rows=rows(50), total=10_000)).endswith(
        "204: 5/s, 205: 4/s and 9,994 more"
    )


def test_the_pages_have_the_same_query_and_the_same_window_and_no_credentials():
    pages = Pages.at(prometheus="https://bot:secret@p.example/x/", grafana="https://g.example")

    [(_, prometheus), (_, grafana)] = pages_of(pages, ERRORS, ONE)

    assert prometheus.startswith("https://p.example/x/graph?g0.expr=sum%28rate%28x%7Bcode")
    assert "g0.tab=0&g0.range_input=3600s&g0.end_input=2026-11-25%2013%3A30%3A00" in prometheus
    assert grafana.startswith("https://g.example/explore?schemaVersion=1&panes=%7B")
    assert f"{WINDOW.start.timestamp() * 1000:.0f}" in grafana
    assert list(pages_of(Pages(), ERRORS, ONE)) == []
    long = replace(ERRORS, promql="x + " * 1000)
    assert list(pages_of(pages, long, ONE)) == []


def test_a_table_that_slack_refuses_is_told_row_by_row():
    text = as_text(shown(OWN, SEVERAL)).text

    assert "code · now · low · high\n200 · 9/s · 1/s · 10/s" in text


def test_a_table_is_never_longer_than_slack_takes():
    block = table(["series", "now"], [["x" * 1000, "1"]] * 200)
    few = table(["series", "now"], [["x", "1"]] * 200)

    assert sum(len(cell["text"]) for row in block["rows"] for cell in row) <= TABLE_CHARACTERS
    assert len(few["rows"]) == TABLE_ROWS
