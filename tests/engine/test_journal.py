"""The engine's contract within one process: what the journal gives back, and what it forgets.

What needs the power cut is in test_crashes.py.
"""

import asyncio
import math
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.engine import (
    MAX_RECOVERY_ATTEMPTS,
    Engine,
    EngineSettings,
    receive,
    step,
    workflow,
    workflow_id,
    world,
)

DEADLINE_S = 20.0
RESULTS: list[Any] = [
    None,
    True,
    0,
    -1,
    2**53 + 1,
    2.5,
    1e-9,
    1763913600.123456,
    math.pi,
    "",
    "ümlaut 🟢\n\"quoted\" \\ \u2028 {'json': 'inside'}",
    [],
    {},
    [[None], {"": [1, 2.0, "3"]}],
    {"steps": [{"at": 1.5, "by": None, "ok": False}], "ключ": "значение"},
]
"""One step's result each: what JSON can hold, in the shapes steps give."""


@dataclass(slots=True)
class Notes:
    """What steps really did: a step taken from the journal notes nothing."""

    done: list[str] = field(default_factory=list)


@step(retry_when=lambda _: False)
async def produce(number: int) -> Any:
    world(Notes).done.append(f"produce {number}")
    return RESULTS[number]


@step(retry_when=lambda _: False)
async def count(what: str) -> int:
    world(Notes).done.append(what)
    return len(world(Notes).done)


@step(retry_when=lambda _: False)
async def breaks() -> None:
    raise RuntimeError("a bug")


@step(retry_when=lambda _: False)
async def gives_bytes() -> bytes:
    return b"not JSON"


@workflow
async def keeps_results() -> dict[str, Any]:
    results = [await produce(number) for number in range(len(RESULTS))]
    said = await receive("go on", timeout_s=60)
    await count("compared" if _same(results) else f"differs: {results}")
    return {"said": said}


def _same(results: list[Any]) -> bool:
    """Equal in type too, which `==` is not: 1 == 1.0 == True."""
    return repr(results) == repr(RESULTS)


@workflow
async def waits() -> None:
    await count(f"{workflow_id()} began")
    await receive("go on", timeout_s=60)
    await count(f"{workflow_id()} ended")


@workflow
async def ends() -> None:
    await count(f"{workflow_id()} ended")


@workflow
async def fails() -> None:
    await breaks()


@workflow
async def tries_bytes() -> None:
    try:
        await gives_bytes()
    except Exception as exc:  # what is raised is the engine's affair, that it is raised is ours
        await count(f"refused: {type(exc).__name__}")
        raise


@asynccontextmanager
async def running(folder: Path, notes: Notes, *, as_: str = "local") -> AsyncIterator[Engine]:
    """An engine on the folder's journal; what it leaves behind is there for the next.

    What still waits is cancelled after the engine has stopped, as at the end of the process.
    """
    before = asyncio.all_tasks()
    engine = Engine(
        EngineSettings(f"sqlite:///{folder}/engine.sqlite", as_, signal_poll_s=0.02), notes
    )
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()
        interrupted = asyncio.all_tasks() - before
        for task in interrupted:
            task.cancel()
        await asyncio.gather(*interrupted, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def until_all_ended(engine: Engine) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while await engine.owners_of_unfinished():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_every_result_a_step_can_have_comes_back_from_the_journal_as_it_was(tmp_path: Path):
    first, second = Notes(), Notes()
    async with running(tmp_path, first) as engine:
        await engine.begin(keeps_results, "w1")
        await until(lambda: len(first.done) == len(RESULTS))

    async with running(tmp_path, second) as engine:
        assert await engine.tell("w1", "go on", {"by": "alice"}, key="1")
        await until_all_ended(engine)

    assert second.done == ["compared"]


async def test_a_result_the_journal_could_not_give_back_is_refused_at_once(tmp_path: Path):
    notes = Notes()
    async with running(tmp_path, notes) as engine:
        await engine.begin(tries_bytes, "w1")
        await until_all_ended(engine)

    assert len(notes.done) == 1
    assert notes.done[0].startswith("refused: ")


async def test_a_message_told_twice_under_one_key_is_heard_once(tmp_path: Path):
    notes = Notes()
    async with running(tmp_path, notes) as engine:
        await engine.begin(keeps_results, "w1")
        assert await engine.tell("w1", "go on", "first", key="press-1")
        assert await engine.tell("w1", "go on", "again", key="press-1")
        await until_all_ended(engine)
        assert not await engine.tell("w2", "go on", "anybody?", key="press-2")

    assert notes.done[-1] == "compared"


async def test_begun_twice_under_one_id_a_workflow_runs_once(tmp_path: Path):
    notes = Notes()
    async with running(tmp_path, notes) as engine:
        for _ in range(5):
            await engine.begin(ends, "w1")
        await until_all_ended(engine)
        await engine.begin(ends, "w1")
        await until_all_ended(engine)

        assert await engine.known(["w1", "w2"]) == {"w1"}
    assert notes.done == ["w1 ended"]


async def test_recovering_a_dead_replicas_work_twice_does_it_once(tmp_path: Path):
    dead, alive = Notes(), Notes()
    async with running(tmp_path, dead, as_="dead") as engine:
        for identity in ("w1", "w2"):
            await engine.begin(waits, identity)
        await until(lambda: len(dead.done) == 2)

    async with running(tmp_path, alive, as_="alive") as engine:
        assert await engine.owners_of_unfinished() == {"dead"}
        await engine.recover(["dead"])
        await engine.recover(["dead"])
        await asyncio.gather(engine.recover(["dead"]), engine.recover(["dead"]))
        for identity in ("w1", "w2"):
            assert await engine.tell(identity, "go on", "now", key=identity)
        await until_all_ended(engine)
        await engine.recover(["dead"])

    assert sorted(dead.done) == ["w1 began", "w2 began"]
    assert sorted(alive.done) == ["w1 ended", "w2 ended"]


async def test_a_workflow_under_way_in_too_many_crashes_is_given_up_and_kept_until_resumed(
    tmp_path: Path,
):
    notes = Notes()
    async with running(tmp_path, notes) as engine:
        await engine.begin(waits, "w1")
        await until(lambda: len(notes.done) == 1)
        assert await engine.given_up() == set()
    with closing(sqlite3.connect(tmp_path / "engine.sqlite")) as journal, journal:
        journal.execute(
            "UPDATE workflow_status SET recovery_attempts = ?", [MAX_RECOVERY_ATTEMPTS + 1]
        )

    async with running(tmp_path, notes) as engine:
        deadline = time.monotonic() + DEADLINE_S
        while await engine.given_up() != {"w1"}:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        assert await engine.owners_of_unfinished() == set()
        assert await engine.forget(ended_before=datetime.now(UTC) + timedelta(hours=1)) == 0

        resumed = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "dbos.cli.cli", "workflow", "resume", "w1"),
            *("-s", f"sqlite:///{tmp_path}/engine.sqlite"),
        )
        assert await resumed.wait() == 0
        assert await engine.tell("w1", "go on", "now", key="1")
        await until(lambda: len(notes.done) == 2)

    assert notes.done == ["w1 began", "w1 ended"]


async def test_the_loop_still_has_threads_when_the_engine_has_stopped(tmp_path: Path):
    notes = Notes()
    async with running(tmp_path, notes) as engine:
        await engine.begin(ends, "w1")
        await until_all_ended(engine)

    assert await asyncio.to_thread(lambda: "done") == "done"


async def test_forgetting_deletes_workflows_that_ended_long_enough_ago_and_no_other(
    tmp_path: Path,
):
    notes = Notes()
    async with running(tmp_path, notes) as engine:
        await engine.begin(waits, "waiting")
        await engine.begin(ends, "ended")
        await engine.begin(fails, "failed")
        await until(lambda: len(notes.done) == 2)

        assert await engine.forget(ended_before=datetime.now(UTC) - timedelta(hours=1)) == 0
        forgotten = 0
        deadline = time.monotonic() + DEADLINE_S
        while forgotten < 2:  # one may still be ending
            assert time.monotonic() < deadline
            forgotten += await engine.forget(ended_before=datetime.now(UTC) + timedelta(hours=1))

        assert await engine.known(["waiting", "ended", "failed"]) == {"waiting"}
        assert await engine.tell("waiting", "go on", "now", key="1")
        await until_all_ended(engine)

    assert "waiting ended" in notes.done
