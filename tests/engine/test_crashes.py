"""The engine's contract: what DBOS must keep doing for us, proved by cutting the power.

Fails loudly on an upgrade of DBOS that changes what we lean on, its private recovery call included.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from dbos import DBOS

DEADLINE_S = 30.0


class Replicas:
    """Processes that run `tests.engine.program` on shared databases and one log."""

    def __init__(self, engine_url: str, database_url: str, log: Path) -> None:
        self.engine_url, self.database_url, self.log = engine_url, database_url, log
        log.touch()
        self.processes: dict[str, subprocess.Popen[str]] = {}

    def run(self, replica: str, *starts: str) -> None:
        command = [sys.executable, "-m", "tests.engine.program"]
        arguments = [self.engine_url, self.database_url, replica, str(self.log), *starts]
        process = subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.processes[replica] = process
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError(process.communicate()[1])

    def signal(self, replica: str, number: signal.Signals) -> None:
        self.processes[replica].send_signal(number)
        if number is signal.SIGKILL:
            self.processes.pop(replica).communicate()

    @property
    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def until(self, true: Callable[[list[str]], bool], *, within_s: float = DEADLINE_S) -> None:
        """Wait until the log says so, or fail with the log."""
        deadline = time.monotonic() + within_s
        while not true(self.lines):
            assert time.monotonic() < deadline, "\n".join(self.lines)
            time.sleep(0.02)

    def count(self, what: str) -> Counter[str]:
        """How often each workflow wrote `what`."""
        return Counter(line.split()[1] for line in self.lines if line.endswith(f" {what}"))

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.communicate()


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Replicas]:
    urls = f"sqlite:///{tmp_path}/engine.sqlite", f"sqlite:///{tmp_path}/bot.sqlite"
    replicas = Replicas(*urls, tmp_path / "log")
    yield replicas
    replicas.stop()


@pytest.fixture
def on_postgres(postgres_url: str, tmp_path: Path) -> Iterator[Replicas]:
    name = postgres_url.rsplit("/", 1)[1]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}_engine")
    replicas = Replicas(f"{postgres_url}_engine", postgres_url, tmp_path / "log")
    yield replicas
    replicas.stop()


def ended(number: int, step: str = "step5") -> Callable[[list[str]], bool]:
    return lambda lines: sum(line.endswith(f"{step}-ended") for line in lines) == number


def test_a_killed_process_goes_on_at_the_step_it_was_in_and_repeats_none_before_it(on_sqlite):
    on_sqlite.run("a", "five:w1")
    on_sqlite.until(lambda lines: any(line.endswith("step3-began") for line in lines))
    on_sqlite.signal("a", signal.SIGKILL)

    on_sqlite.run("b", "five:w1")
    on_sqlite.until(ended(1))

    for whole in ("step1-ended", "step2-ended", "step3-ended", "step4-ended", "step5-ended"):
        assert on_sqlite.count(whole) == {"w1": 1}
    assert on_sqlite.count("step1-began") == on_sqlite.count("step2-began") == {"w1": 1}


def test_a_wait_keeps_its_first_deadline_across_a_restart(on_sqlite):
    began = time.monotonic()
    on_sqlite.run("a", "waits:w1")
    on_sqlite.until(lambda lines: any(line.endswith("before-ended") for line in lines))
    time.sleep(0.5)  # let it be waiting when the power goes
    on_sqlite.signal("a", signal.SIGKILL)

    on_sqlite.run("b", "waits:w1")
    on_sqlite.until(lambda lines: any(line.endswith("after-None-ended") for line in lines))

    assert 3 < time.monotonic() - began < 7
    assert on_sqlite.count("before-ended") == {"w1": 1}


def test_a_second_process_on_the_same_sqlite_file_is_refused_in_words(on_sqlite):
    on_sqlite.run("a", "waits:w1")

    with pytest.raises(RuntimeError, match=r"Another process uses .*engine\.sqlite"):
        on_sqlite.run("b", "waits:w1")


@pytest.mark.postgres
def test_what_a_killed_replica_was_doing_is_finished_once_by_the_others(on_postgres):
    starts = [f"five:w{n}" for n in range(6)]
    on_postgres.run("a", *starts)
    on_postgres.run("b")
    on_postgres.run("c")
    on_postgres.until(lambda lines: any(line.endswith("step2-began") for line in lines))
    on_postgres.signal("a", signal.SIGKILL)

    on_postgres.until(ended(6))

    assert set(on_postgres.count("step5-ended").values()) == {1}
    assert set(on_postgres.count("step1-ended").values()) == {1}
    assert {line.split()[0] for line in on_postgres.lines if "step5" in line} <= {"b", "c"}


@pytest.mark.postgres
def test_an_owner_frozen_and_taken_over_does_no_further_step_when_it_thaws(on_postgres):
    on_postgres.run("a", "five:w1")
    on_postgres.run("b")
    on_postgres.until(lambda lines: any(line.endswith("step2-began") for line in lines))
    on_postgres.signal("a", signal.SIGSTOP)
    on_postgres.until(lambda lines: any(line.startswith("b ") for line in lines))
    on_postgres.signal("a", signal.SIGCONT)

    on_postgres.until(ended(1))

    for step in ("step3", "step4", "step5"):
        assert on_postgres.count(f"{step}-ended") == {"w1": 1}


@pytest.mark.postgres
def test_a_running_replica_is_left_alone_by_one_that_starts(on_postgres):
    on_postgres.run("a", "five:w1")
    on_postgres.run("b")
    on_postgres.until(ended(1))

    assert {line.split()[0] for line in on_postgres.lines} == {"a"}
    assert on_postgres.count("step1-began") == {"w1": 1}


def test_the_private_recovery_call_we_lean_on_is_there():
    assert callable(DBOS._recover_pending_workflows)


def test_nothing_of_dbos_that_costs_money_is_switched_on():
    source = Path("bot/engine.py").read_text()

    for paid in ("conductor_key", "auto_upgrade", "sharding"):
        assert paid not in source
    assert "CONDUCTOR" not in " ".join(os.environ)
