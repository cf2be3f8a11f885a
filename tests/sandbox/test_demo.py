"""`make demo`: its exit status is what people and CI go by."""

import asyncio
import sys
import time
from pathlib import Path

import pytest

from sandbox import demo
from sandbox.demo import Story, Unmet
from sandbox.monitoring import HOW_TO_GET_THEM, Monitoring
from sandbox.world import World
from tests.programs import require

ROOT = Path(__file__).parents[2]
PROMISED_S = 180.0


@pytest.mark.slow
@pytest.mark.prometheus
@pytest.mark.timeout(240)
async def test_the_demo_tells_the_whole_story_in_time_and_ends_with_0():
    if not Monitoring.available():
        require("prometheus", HOW_TO_GET_THEM)
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox.demo", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    assert time.monotonic() - began < PROMISED_S
    assert "everything happened as it should" in told.decode()


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_without_prometheus_it_says_so_and_tells_what_it_can(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(Monitoring, "available", staticmethod(lambda: False))

    assert await demo.run() == 0

    told = capsys.readouterr().out
    assert HOW_TO_GET_THEM in told
    assert "nothing says whether it is good" in told
    assert "everything happened as it should" in told


@pytest.mark.timeout(90)
async def test_an_expectation_that_fails_ends_it_with_1_and_says_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(Monitoring, "available", staticmethod(lambda: False))

    async def in_vain(_: Story, __: World) -> None:
        raise Unmet("the moon is green")

    assert await demo.run(in_vain) == 1
    told = capsys.readouterr()
    assert "the moon is green" in told.err
    assert "everything happened" not in told.out
