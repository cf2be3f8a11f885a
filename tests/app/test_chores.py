"""Chores: done at their interval, and a failing one is said once."""

import asyncio
import logging

import pytest

from bot.chores import Chore, Chores


@pytest.mark.looptime
async def test_a_chore_is_done_at_its_interval_and_a_failing_one_does_not_stop_the_others():
    done: list[str] = []

    async def sweep() -> None:
        done.append("sweep")

    async def breaks() -> None:
        done.append("breaks")
        raise RuntimeError("away")

    chores = Chores([Chore("sweep", 10, sweep), Chore("breaks", 10, breaks)], pace=2)
    chores.start()
    await asyncio.sleep(16)
    await chores.stop()

    assert done.count("sweep") == done.count("breaks") == 4


@pytest.mark.looptime
async def test_a_failing_chore_is_logged_once_and_once_more_when_it_is_well(
    caplog: pytest.LogCaptureFixture,
):
    outcomes = iter([RuntimeError("away"), RuntimeError("away"), None, None, None])

    async def sweep() -> None:
        if (outcome := next(outcomes)) is not None:
            raise outcome

    chores = Chores([Chore("sweep", 1, sweep)])
    with caplog.at_level(logging.INFO):
        chores.start()
        await asyncio.sleep(4.5)
        await chores.stop()

    assert [record.message for record in caplog.records] == ["chore_failed", "chore_well"]
