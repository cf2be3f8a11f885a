"""Log lines as people read them."""

import json
import re
import time

import pytest

from bot.catalog import RequestIds
from bot.domain.logs.lines import Line, most_said, read_line
from tests.changes.builders import NOW

IDS = re.compile(RequestIds().pattern)
REQUEST = "0f8fad5b-d9cb-469f-a165-70867728950e"


def read(written: str, ids: re.Pattern[str] = IDS) -> Line:
    return read_line(NOW, written, ids)


@pytest.mark.parametrize(
    ("written", "level", "message"),
    [
        ("timed out after 3 s", "", "timed out after 3 s"),
        ("2026-11-23T14:02:00.123Z ERROR timed out", "ERROR", "timed out"),
        ("2026-11-23 14:02:00,123 [warning] - slow", "WARNING", "slow"),
        ("[2026-11-23T14:02:00+00:00] INFO: started", "INFO", "started"),
        ("\x1b[31mERROR\x1b[0m red\x07", "ERROR", "red"),
        ("Errors happen", "", "Errors happen"),
        ('level=error msg="it is \\"bad\\"" status=504', "ERROR", 'it is "bad"'),
        ('{"level": "error", "message": "bad", "ts": 1}', "ERROR", "bad"),
        ('{"severity": "WARNING", "msg": "bad\\n  twice"}', "WARNING", "bad twice"),
        ('{"level": 50, "msg": "pino"}', "ERROR", "pino"),
        ('{"levelname": "INFO", "event": "started"}', "INFO", "started"),
        ('{"cut off', "", '{"cut off'),
        ("", "", ""),
    ],
)
def test_level_and_message_are_found_in_what_programs_write(written, level, message):
    line = read(written)

    assert (line.level, line.message) == (level, message)


def test_the_rest_of_a_json_line_follows_in_its_order_and_is_counted_where_it_is_much():
    line = read(
        json.dumps(
            {
                "time": "2026-11-23T14:02:00Z",
                "level": "info",
                "message": "signed",
                "path": "/v1/sign",
                "status": 504,
                "user": None,
                "tags": ["a", "b"],
                "one": 1,
                "two": 2,
                "three": 3,
            }
        )
    )

    assert line.fields == (
        ("path", "/v1/sign"),
        ("status", "504"),
        ("tags", '["a", "b"]'),
    )
    assert line.more == 4


def test_a_stack_trace_is_told_by_its_first_line_and_its_length():
    line = read("ERROR Traceback (most recent call last):\n  File x\n    y()\n\nValueError: z")

    assert (line.message, line.more) == ("Traceback (most recent call last):", 3)
    assert "ValueError: z" in line.whole


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        (f"request_id={REQUEST} timed out", (REQUEST,)),
        (f'{{"requestId": "{REQUEST}", "trace_id": "abcd"}}', (REQUEST, "abcd")),
        (f"request_id={REQUEST} and again request_id={REQUEST}", (REQUEST,)),
        ("X-Correlation-ID: c-12345", ("c-12345",)),
        ("nothing of the kind", ()),
    ],
)
def test_ids_of_requests_are_found_wherever_they_stand(written, ids):
    assert read(written).ids == ids


def test_a_pattern_of_the_catalogue_without_a_group_finds_the_id_itself():
    assert read("served req-7f3a", re.compile(r"req-[0-9a-f]{4}")).ids == ("req-7f3a",)


@pytest.mark.parametrize(
    "written",
    [
        "login password=hunter2 for bob",
        '{"message": "login", "password": "hunter2"}',
        '{"message": "login with password=hunter2"}',
        '{"message": "login", "body": "{\\"password\\": \\"hunter2\\"}"}',
        '{"message": "login", "user": {"credentials": ["hunter2"]}}',
        "level=info msg=login password=hunter2",
        "request_id=1234 https://bob:hunter2@db/ password=hunter2",
        "ERROR failed\nTraceback\n  token = 'hunter2'",
        '{"message": "' + "x" * 40_000 + '", "password": "hunter2"}',
    ],
)
def test_no_part_of_a_line_ever_holds_its_secret(written):
    line = read(written)

    assert "hunter2" not in f"{line.as_json()} {line.whole}"


def test_json_nested_beyond_sense_is_a_text_like_any_other():
    line = read('{"a":' * 600 + '"password=hunter2"' + "}" * 600)

    assert line.message.startswith('{"a":')
    assert "hunter2" not in line.whole


def test_a_line_survives_its_row_and_leaves_the_whole_of_it_behind():
    line = read('{"level": "error", "message": "bad", "status": 504, "request_id": "abcd"}')

    kept = Line.of_json(json.loads(json.dumps(line.as_json())))

    assert (kept.message, kept.fields, kept.ids) == (line.message, line.fields, line.ids)
    assert kept.whole == ""


@pytest.mark.parametrize("piece", ["{", '{"a":', "a=b ", "x" * 50 + " ", "\x1b[", "[", 'a="\\'])
def test_a_hostile_line_takes_no_time_and_is_cut(piece):
    begun = time.process_time()

    line = read(piece * (200_000 // len(piece)))

    assert time.process_time() - begun < 0.5
    assert len(line.message) <= 300
    assert len(line.whole) <= 4000


def test_what_lines_say_most_often_is_counted_whatever_numbers_and_ids_are_in_it():
    written = ["timed out after 31 ms of req-7f", "timed out after 2 ms of req-1a", "ok", "late"]

    assert most_said([read(one) for one in written]) == (("timed out after … ms of …", 2),)


@pytest.mark.parametrize("written", [[], ["same", "same"], ["one", "other"]])
def test_where_all_or_none_say_the_same_nothing_is_counted(written):
    assert most_said([read(one) for one in written]) == ()
