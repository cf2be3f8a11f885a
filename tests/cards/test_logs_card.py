"""What a search of logs looks like, and what must never be on its card."""

import json
import re
from datetime import timedelta

import pytest

from bot.cards.answer_card import AnswerView
from bot.cards.log_lines import thread_text
from bot.cards.logs import LogsCard
from bot.cards.plain import as_text
from bot.catalog import Catalog, RequestIds
from bot.domain.logs import Range, Search
from bot.domain.logs.cost import TooMuch
from bot.domain.logs.found import Counts, Found
from bot.domain.logs.lines import Line, read_line
from bot.domain.question import Question, QuestionKind
from sandbox.transcript import as_text as read_by_people
from tests.cards.golden import assert_golden
from tests.changes.builders import ALICE, NOW

MINUTE = timedelta(minutes=1)
GIB = 1024**3
RANGE = Range.until(NOW, 15 * MINUTE)
IDS = re.compile(RequestIds().pattern)


def a_catalog(**service):
    place = {
        "account": "222222222222",
        "region": "eu-west-1",
        "cluster": "c",
        "ecs_service": "s",
        "logs": "/ecs/credlink-api",
    }
    return Catalog.model_validate(
        {
            "people": {"everyone": {"may": {"*": ["logs"]}}},
            "services": {"credlink-api": {"environments": {"prod": place}, **service}},
        }
    )


def lines(number=2):
    written = [
        '{"level": "error", "message": "upstream timed out", "request_id": "req-1", '
        '"path": "/v1/sign", "status": 504, "duration_ms": 2001}',
        "WARN retry of request_id=req-2 <!channel> *bold* `code`\n  at x\n  at y",
    ]
    return tuple(
        read_line(NOW - n * timedelta(seconds=20), written[n % 2], IDS) for n in range(number)
    )


def a_found(**said):
    return Found(
        **{
            "range": RANGE,
            "group": "/ecs/credlink-api",
            "filter": '"timed out"',
            "estimate": 9_000_000,
            **said,
        }
    )


def shown(found, *, pattern='"timed out"', catalog=None, picture=None, is_complete=True, **said):
    search = Search(environment="prod", service="credlink-api", pattern=pattern, since=RANGE.length)
    question = Question(
        id="answer-1",
        kind=QuestionKind.LOGS,
        asked_by=ALICE,
        asked_at=NOW,
        channel="C1",
        words=search.as_json(),
        found=None if found is None else json.loads(json.dumps(found.as_json())),
        is_complete=is_complete,
        completed_at=NOW if is_complete else None,
        **said,
    )
    card = LogsCard(catalog or a_catalog())
    return card(AnswerView(question=question, now=NOW, picture=picture))


def text_of(message):
    return read_by_people({"text": message.text, "blocks": list(message.blocks)}, {})


def counts(**said):
    return Counts(
        **{
            "bins": ((NOW - 2 * MINUTE, 22), (NOW - MINUTE, 6)),
            "total": 28,
            "scanned": 8_800_000,
            **said,
        }
    )


def test_lines_that_were_found_golden():
    said = (("upstream timed out after … ms", 20), ("retry of request_id=…", 5))
    found = a_found(lines=lines(), total=28, said=said, counts=counts())

    assert_golden(shown(found, picture="F1"), "logs_found")


def test_a_search_under_way_golden():
    assert_golden(shown(None, is_complete=False), "logs_searching")


def test_a_search_that_would_cost_too_much_golden():
    refused = TooMuch(40 * GIB, 2 * GIB, timedelta(minutes=5))

    assert_golden(shown(a_found(refused=refused)), "logs_refused")


def test_what_a_line_says_is_no_markup_and_calls_nobody():
    message = shown(a_found(lines=lines(), total=2))

    [rich] = [block for block in message.blocks if block["type"] == "rich_text"]
    [_, second] = rich["elements"][0]["elements"]
    said = "".join(one.get("text", "") for one in second["elements"])
    assert said == "  WARN  retry of request_id=req-2 <!channel> *bold* `code`  +2 lines"
    assert "<!channel>" not in as_text(message).text


def links(message):
    return {
        one["text"]: one["url"]
        for block in message.blocks
        if block["type"] == "rich_text"
        for item in block["elements"][0]["elements"]
        for one in item["elements"]
        if one["type"] == "link"
    }


def test_ids_lead_to_a_search_for_them_in_insights():
    found = links(shown(a_found(lines=lines(), total=2)))

    assert set(found) == {"req-1", "req-2"}
    assert found["req-1"].startswith(
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
        "#logsV2:logs-insights$3FqueryDetail$3D~("
    )
    assert "*22req-1*22" in found["req-1"]
    assert "~source~(~'*2fecs*2fcredlink-api)" in found["req-1"]


def test_ids_lead_where_the_catalogue_says():
    there = a_catalog(request_ids={"link": "https://traces.example/?id=$id"})
    line = Line(at=NOW, message="m", ids=("a&b",))

    found = links(shown(a_found(lines=(line,), total=1), catalog=there))

    assert found == {"a&b": "https://traces.example/?id=a%26b"}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (a_found(), "No line with “timed out” in the last 15 min; about 8.6 MiB were searched."),
        (a_found(counts=counts(bins=(), total=0, scanned=2048)), "2 KiB were searched"),
        (a_found(estimate=0), "counts nothing that was written to the group then"),
        (
            a_found(lines=lines(), total=2, is_searched=False, searched_from=NOW - 3 * MINUTE),
            "searched back to 13:59 UTC. Narrow the range",
        ),
        (a_found(is_searched=False), "no line found so far"),
        (a_found(is_searched=False), "The time was over before all of it was searched."),
        (
            a_found(lines=lines(), total=2, counts=counts(is_whole=False)),
            "more than 28 lines in the last 15 min",
        ),
        (
            a_found(lines=lines(), total=2, counts=counts(is_whole=False, not_stopped="a <b>")),
            "could not be stopped (a <b>)",
        ),
        (a_found(lines=lines(), total=2, uncounted="lacks logs:StartQuery"), "Not counted by"),
        (a_found(lines=lines(15), total=90), "and 75 older lines in the thread"),
        (a_found(lines=lines(15), total=100, is_cut=True), "more than 100 lines"),
        (a_found(trouble="There is no log group <x>."), "There is no log group <x>."),
        (a_found(refused=TooMuch(40 * GIB, 1, None)), "Not even a minute fits"),
    ],
)
def test_what_was_not_found_or_is_not_whole_is_said(found, said):
    assert said in text_of(shown(found)).replace("*", "")


def test_a_secret_in_the_pattern_is_on_no_part_of_the_card():
    refused = TooMuch(40 * GIB, 2 * GIB, MINUTE)

    for found in (None, a_found(), a_found(refused=refused), a_found(lines=lines(), total=2)):
        message = shown(found, pattern='"password=hunter2"')
        assert "hunter2" not in f"{message}"
        assert "password=***" in message.text


def test_the_whole_of_the_lines_stands_in_the_thread_and_what_does_not_fit_is_counted():
    many = [read_line(NOW, f"request {n} " + "x" * 500, IDS) for n in range(100)]

    message = thread_text(many)

    boxes = [block for block in message.blocks if block["type"] == "rich_text"]
    texts = [block["elements"][0]["elements"][0]["text"] for block in boxes]
    assert "request 0 " in texts[0]
    assert max(map(len, texts)) <= 3000
    assert sum(map(len, texts)) <= 12_000
    assert message.text == "The newest 20 lines, newest first, without secrets, and 80 more"
