"""The engine's contract: what DBOS must keep doing for us, proved by cutting the power.

Fails loudly on an upgrade of DBOS that changes what we lean on, its private recovery call included.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from dbos import DBOS

DEADLINE_S = 30.0
WAIT_S = 5.0
"""`WAIT_S` of the program; importing it would register its workflows in this process."""
PROGRAM = Path(__file__).with_name("program.py")


class Replicas:
    """Processes that run program.py, or an edition of it, on shared databases and one log."""

    def __init__(self, engine_url: str, database_url: str, log: Path) -> None:
        self.engine_url, self.database_url, self.log = engine_url, database_url, log
        log.touch()
        self.processes: dict[str, subprocess.Popen[str]] = {}

    def run(self, replica: str, *starts: str, edition: Path = PROGRAM) -> None:
        command = [sys.executable, str(edition)]
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

    def status(self, identity: str) -> str:
        """What the journal on SQLite says of a workflow."""
        file = self.engine_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(file)) as journal:
            asked = "SELECT status FROM workflow_status WHERE workflow_uuid = ?"
            (status,) = journal.execute(asked, [identity]).fetchone()
        return str(status)

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
    on_sqlite.run("a", "waits:w1")
    on_sqlite.until(lambda lines: any(line.endswith("before-ended") for line in lines))
    began = time.monotonic()
    time.sleep(0.6 * WAIT_S)  # most of the wait is over when the power goes
    on_sqlite.signal("a", signal.SIGKILL)

    on_sqlite.run("b", "waits:w1")
    ready = time.monotonic()
    on_sqlite.until(lambda lines: any(line.endswith("after-None-began") for line in lines))

    ended = time.monotonic()
    assert ended - began > 0.9 * WAIT_S
    assert ended - ready < 0.9 * WAIT_S
    assert on_sqlite.count("before-ended") == {"w1": 1}


def edition(folder: Path, written: str, changed: str) -> Path:
    """The program as its next version has it."""
    source = PROGRAM.read_text()
    assert source.count(written) == 1
    file = folder / "program.py"
    file.write_text(source.replace(written, changed))
    return file


IN_ORDER = """    await first(identity)
    await second(identity)
"""
CHANGED_ORDER = """    await second(identity)
    await first(identity)
"""
PATCHED_ORDER = """    if await patched("second before first"):
        await second(identity)
        await first(identity)
    else:
        await first(identity)
        await second(identity)
"""


def test_a_comment_in_a_workflow_strands_nothing(on_sqlite, tmp_path):
    commented = edition(tmp_path, IN_ORDER, f"    # a comment\n{IN_ORDER}\n    # and another\n")
    on_sqlite.run("a", "order:w1")
    on_sqlite.until(lambda lines: any(line.endswith("second-began") for line in lines))
    on_sqlite.signal("a", signal.SIGKILL)

    on_sqlite.run("b", "order:w1", edition=commented)
    on_sqlite.until(ended(1, "last"))

    assert on_sqlite.count("first-ended") == on_sqlite.count("second-ended") == {"w1": 1}


def test_an_order_changed_behind_a_patch_is_for_new_workflows_and_old_ones_keep_theirs(
    on_sqlite, tmp_path
):
    changed = edition(tmp_path, IN_ORDER, PATCHED_ORDER)
    changed.write_text(changed.read_text().replace("receive, step,", "patched, receive, step,"))
    on_sqlite.run("a", "order:old")
    on_sqlite.until(lambda lines: any(line.endswith("second-began") for line in lines))
    on_sqlite.signal("a", signal.SIGKILL)

    on_sqlite.run("b", "order:old", "order:new", edition=changed)
    on_sqlite.until(ended(2, "last"))

    def order(identity: str) -> list[str]:
        lines = [line.split() for line in on_sqlite.lines]
        return [what for _, who, what in lines if who == identity and what.endswith("ended")]

    assert order("old") == ["first-ended", "second-ended", "last-ended"]
    assert order("new") == ["second-ended", "first-ended", "last-ended"]


def test_an_order_changed_without_a_patch_stops_what_runs_rather_than_repeat_a_step(
    on_sqlite, tmp_path
):
    changed = edition(tmp_path, IN_ORDER, CHANGED_ORDER)
    on_sqlite.run("a", "order:w1")
    on_sqlite.until(lambda lines: any(line.endswith("second-began") for line in lines))
    on_sqlite.signal("a", signal.SIGKILL)
    on_sqlite.run("b", "order:w1", edition=changed)

    deadline = time.monotonic() + DEADLINE_S
    while on_sqlite.status("w1") != "ERROR":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert on_sqlite.count("first-began") == {"w1": 1}
    assert on_sqlite.count("last-began") == {}


def test_a_second_process_on_the_same_sqlite_file_is_refused_in_words(on_sqlite):
    on_sqlite.run("a", "waits:w1")

    with pytest.raises(RuntimeError, match=r"Another process uses .*engine\.sqlite"):
        on_sqlite.run("b", "waits:w1")


@pytest.mark.postgres
def test_what_a_killed_replica_was_doing_is_finished_once_by_the_others(on_postgres):
    starts = [f"five:w{n}" for n in range(6)]
    on_postgres.run("b")
    on_postgres.run("c")
    on_postgres.run("a", *starts)
    # Whatever has begun its second step has its first in the journal.
    on_postgres.until(lambda _: on_postgres.count("step2-began").total() == 6)
    on_postgres.signal("a", signal.SIGKILL)

    on_postgres.until(ended(6))

    assert set(on_postgres.count("step5-ended").values()) == {1}
    assert set(on_postgres.count("step1-ended").values()) == {1}
    assert {line.split()[0] for line in on_postgres.lines if "step5" in line} <= {"b", "c"}


@pytest.mark.postgres
def test_an_owner_frozen_and_taken_over_does_no_further_step_when_it_thaws(on_postgres):
    on_postgres.run("b")
    on_postgres.run("a", "five:w1")
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
