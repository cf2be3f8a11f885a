"""A program on a leash ends with whoever started it, even if that one was killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.monitoring.program import LEASH, NotStarted, Program

DEADLINE_S = 10.0
SLEEPER = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(60)
"""
STARTER = """
import subprocess, sys, time
subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, start_new_session=True)
time.sleep(60)
"""


def pid_in(file: Path) -> int:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if file.exists() and (text := file.read_text()):
            return int(text)
        time.sleep(0.02)
    raise AssertionError("the program did not start")


def is_gone(pid: int) -> bool:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        # Somebody who has ended and whom nobody has asked after is still listed.
        if Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


def test_it_ends_when_its_starter_is_killed(tmp_path: Path):
    pid_file = tmp_path / "pid"
    leash = [sys.executable, "-I", str(LEASH), sys.executable, "-c", SLEEPER, str(pid_file)]
    starter = subprocess.Popen([sys.executable, "-c", STARTER, *leash])
    try:
        pid = pid_in(pid_file)
    finally:
        starter.send_signal(signal.SIGKILL)
        starter.wait()
    assert is_gone(pid)


async def test_a_program_that_stops_at_once_is_told_with_the_end_of_its_log(tmp_path: Path):
    log = tmp_path / "log"
    program = Program(
        [sys.executable, "-c", "raise SystemExit('no such thing')"],
        ready_url="http://127.0.0.1:9",
        log=log,
    )
    with pytest.raises(NotStarted, match="stopped as it started:\nno such thing"):
        await program.start(within_s=DEADLINE_S)


async def test_a_program_that_is_never_ready_is_ended(tmp_path: Path):
    pid_file = tmp_path / "pid"
    program = Program(
        [sys.executable, "-c", SLEEPER, str(pid_file)],
        ready_url="http://127.0.0.1:9",
        log=tmp_path / "log",
    )
    with pytest.raises(NotStarted, match="is not ready"):
        await program.start(within_s=1.0)
    assert is_gone(pid_in(pid_file))
