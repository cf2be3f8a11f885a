"""`credlink sandbox` as a newcomer runs it: a process of its own, in a group of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from sandbox import ports

STARTS_WITHIN_S = 60.0
STOPS_WITHIN_S = 30.0
LOOK_EVERY_S = 0.1


@contextmanager
def sandbox(
    folder: Path, *options: str, until: str
) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """A sandbox that has said `until`, with all that it has said."""
    said = folder / "said"
    base = str(ports.free_port())
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "sandbox", "--port", base, *options],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"TMPDIR": str(folder)},
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while until not in said.read_text():
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(LOOK_EVERY_S)
        yield process, said.read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def interrupted(process: "subprocess.Popen[bytes]") -> int:
    """Press Ctrl-C; returns the exit status."""
    process.send_signal(signal.SIGINT)
    return process.wait(STOPS_WITHIN_S)


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_options_of_the_sandbox_are_its_own(capfd: pytest.CaptureFixture[str]):
    for options in (["--help"], ["--open", "--help"]):
        status = subprocess.run(
            [sys.executable, "-m", "bot", "sandbox", *options], check=False, timeout=30
        ).returncode
        assert status == 0
        assert "usage: credlink sandbox" in capfd.readouterr().out


def test_without_a_bot_it_prints_where_to_point_one_and_ctrl_c_leaves_nothing(tmp_path: Path):
    options = ("--without", "bot", "--without", "monitoring")
    with sandbox(tmp_path, *options, until="SLACK_SIGNING_SECRET") as (process, said):
        names = re.findall(r"^export ([A-Z_]+)='.*'$", said, re.MULTILINE)
        assert {"CREDLINK_CONFIG", "SLACK_API_URL", "AWS_ENDPOINT_URL"} <= set(names)
        assert interrupted(process) == 0
        assert not group_lives(process.pid)
    assert not list(tmp_path.glob("credlink-sandbox-*"))


def test_without_a_workspace_slack_is_left_to_be_named(tmp_path: Path):
    options = ("--without", "workspace", "--without", "bot", "--without", "monitoring")
    with sandbox(tmp_path, *options, until="SENTRY_TOKEN") as (process, said):
        assert "SLACK" not in said
        assert interrupted(process) == 0


@pytest.mark.timeout(120)
async def test_an_alert_can_be_fired_and_resolved_by_hand_without_prometheus(tmp_path: Path):
    with sandbox(tmp_path, "--without", "monitoring", until="bot's log") as (process, said):
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found
        async with aiohttp.ClientSession(found[0]) as page:
            for scenario in ("fire-by-hand", "resolve-by-hand"):
                async with page.post("/world/scenario", json={"id": scenario}) as answer:
                    assert await answer.json() == {"ok": True}
        assert interrupted(process) == 0
        assert not group_lives(process.pid)
