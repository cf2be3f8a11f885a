"""What the service logs: every failure, some of the rest, and now and then what it should not."""

import json
from collections import Counter
from dataclasses import dataclass

import pytest

from sandbox.clock import ManualClock
from sandbox.credlink_api import CredlinkApi
from sandbox.credlink_api.history import BLIP_BEFORE_S, BLIP_S, history
from sandbox.credlink_api.lines import Line
from sandbox.credlink_api.server import USUAL_REQUESTS_PER_S
from sandbox.credlink_api.traffic import MOST_LINES_A_STEP, SUCCESSES_PER_LINE


@dataclass(frozen=True)
class Task:
    tag: str
    traffic_weight: float = 1.0


class Prod:
    """Prod alone, and what it logs while the clock moves on."""

    def __init__(self, *tags: str) -> None:
        self.clock = ManualClock()
        self.lines: list[Line] = []
        tasks = [Task(tag, 1 / len(tags)) for tag in tags]
        self.api = CredlinkApi(
            running=lambda environment: tasks if environment == "prod" else [],
            clock=self.clock,
            on_lines=self._note,
        )

    def _note(self, environment: str, lines: "list[Line] | tuple[Line, ...]") -> None:
        assert environment == "prod"
        self.lines += lines

    def over(self, seconds: float) -> list[dict[str, object]]:
        self.lines.clear()
        for _ in range(int(seconds)):
            self.clock.advance(1)
            self.api.advance()
        return [json.loads(line.message) for line in self.lines]


def test_every_failed_request_is_logged_and_some_of_the_others() -> None:
    prod = Prod("v1.1.9")
    told = prod.over(600)
    levels = Counter(line["level"] for line in told)
    failed = sum(
        count
        for (status, *_), count in prod.api.traffic["prod"].requests.items()
        if status == "500"
    )
    assert levels["error"] == failed > 50
    usual = USUAL_REQUESTS_PER_S["prod"] * 600 / SUCCESSES_PER_LINE
    assert len(told) - failed == pytest.approx(usual, rel=0.2)
    assert levels["warning"] > 5


def test_a_line_says_what_was_asked_and_by_which_request() -> None:
    prod = Prod("v1.1.9", "v1.2.0")
    told = prod.over(60)
    assert {line["version"] for line in told} == {"v1.1.9", "v1.2.0"}
    assert {line.version for line in prod.lines} == {"v1.1.9", "v1.2.0"}
    assert len({line["request_id"] for line in told}) == len(told)
    assert all(str(line["path"]).startswith("/api/v1/") for line in told)
    assert prod.lines[0].at <= prod.clock.now()


def test_a_version_that_fails_fills_the_log_with_errors_up_to_a_limit() -> None:
    prod = Prod("v1.3.0-errors")
    prod.over(10)
    assert sum(line["level"] == "error" for line in prod.over(30)) > 150
    prod.api.set_demand("prod", 1000)
    assert len(prod.over(2)) == 2 * MOST_LINES_A_STEP


def test_nothing_that_runs_logs_nothing() -> None:
    silent = Prod()
    assert silent.over(5) == []


def test_the_hour_before_is_quiet_but_for_a_blip() -> None:
    lines = list(history("v1.1.9", start=0.0, end=3600.0, seed=1))
    failed = [line.at for line in lines if json.loads(line.message)["level"] == "error"]
    blip_at = 3600.0 - BLIP_BEFORE_S
    within = [at for at in failed if blip_at <= at < blip_at + BLIP_S]
    assert len(lines) == pytest.approx(3000, rel=0.05)
    assert len(within) > 30
    assert len(failed) - len(within) < 10
    assert [line.at for line in lines] == sorted(line.at for line in lines)


def test_a_log_that_nobody_reviewed_tells_a_secret() -> None:
    lines = history("v1.1.9", start=0.0, end=3600.0, seed=1)
    assert any("Authorization: Bearer " in line.message for line in lines)
