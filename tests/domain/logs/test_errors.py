"""Error lines: found in any case and structure by CloudWatch's own pattern, and told from noise."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.logs.errors import PATTERN, is_error, said_by
from bot.domain.logs.lines import Line, read_line
from integrations.aws.log_patterns import filter_pattern
from sandbox.aws.conditions import LogEvent
from sandbox.aws.filter_patterns import predicate

AT = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
IDS = re.compile(r"request_id=(\w+)")
ERRORS = [
    '{"level": "error", "message": "upstream timed out"}',
    '{"level":"ERROR","msg":"upstream timed out"}',
    '{"level":50,"msg":"upstream timed out"}',
    '{"level": 60, "msg": "gone"}',
    '{"lvl":"eror","msg":"go-kit says so"}',
    '{"severity":"CRITICAL","message":"disk"}',
    "level=err msg=refused",
    "2026-11-23 14:30:00,123 ERROR upstream timed out",
    "[error] 12#12: upstream timed out",
    "ValueError: not a number",
    "eRRoR: odd, and yet",
    "Traceback (most recent call last):\n  File x\nKeyError: 'a'",
    "panic: runtime error: index out of range",
    "java.lang.NullPointerException at Foo",
]
NOISE = [
    '{"level": "info", "message": "0 errors in the last minute"}',
    '{"level": "warning", "message": "error budget is low"}',
    "finished, no errors",
    "batch done errors=0 seconds=4",
    "GET /errors/summary 200",
    "request served",
]


def a_line(written: str, after_s: float = 0) -> Line:
    return read_line(AT + timedelta(seconds=after_s), written, IDS)


@pytest.mark.parametrize("written", ERRORS)
def test_a_line_that_tells_of_a_failure_is_found_however_it_says_so(written: str):
    assert predicate(filter_pattern(PATTERN))(LogEvent(0, "task/1", written, 1))
    assert is_error(a_line(written))


@pytest.mark.parametrize("written", NOISE)
def test_a_line_that_only_speaks_of_errors_is_none(written: str):
    assert not is_error(a_line(written))


def test_a_traceback_that_ends_in_a_page_keeps_nobody_busy():
    written = "Traceback (most recent call last):\n" + "a-" * 1900
    lines = [read_line(AT, written, IDS)] * 100
    begun = time.process_time()
    [said] = said_by(lines)
    assert time.process_time() - begun < 0.5  # it took ten seconds
    assert (said.words, said.count) == ("a-" * 150, 100)


def test_lines_that_say_the_same_are_counted_and_what_nobody_said_before_comes_first():
    usual = '{"level":"error","message":"cache miss for user-%s"}'
    lines = [
        *(a_line(usual % n, n) for n in range(3)),
        a_line("Traceback (most recent call last):\n  File x\nKeyError: 'a'", 5),
    ]

    said = said_by(lines, [a_line(usual % 99)])

    assert [(one.words, one.count, one.is_new) for one in said] == [
        ("KeyError: 'a'", 1, True),
        ("cache miss for …", 3, False),
    ]
    assert said[1].first_at == AT
    assert [one.is_new for one in said_by(lines)] == [False, False]
