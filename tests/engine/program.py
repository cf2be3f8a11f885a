"""A process of its own for the engine's contract tests: run, killed, frozen and run again by them.

Usage: python program.py ENGINE_URL DATABASE_URL REPLICA LOG START...

Each START is `flow:id` and is begun unless the engine knows it. Every step appends a line
`replica id what` to LOG, so that the tests can count what ran, where, and how often.
"""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.engine import Engine, EngineSettings, receive, step, workflow, world
from bot.failover import Failover
from bot.storage.database import Database
from bot.storage.schema import metadata

PACE = 15.0  # a lease of 2 s, a beat each third of a second
STEP_S = 0.4
WAIT_S = 5.0


@dataclass(frozen=True)
class Notebook:
    replica: str
    path: Path

    def write(self, identity: str, what: str) -> None:
        with self.path.open("a") as file:
            file.write(f"{self.replica} {identity} {what}\n")


@step(retry_when=lambda _: False)
async def note(identity: str, what: str) -> dict[str, Any]:
    """Say that it began, take a while, say that it ended: a kill falls in between."""
    await _take_a_while(identity, what)
    return {"what": what, "numbers": [1, 2.5, None, True], "at": time.time()}


@workflow
async def five_steps(identity: str) -> dict[str, Any]:
    """Five steps, one after another; the results must come back from the journal as they were."""
    results = [await note(identity, f"step{n}") for n in range(1, 6)]
    return {"last": results[-1]["what"], "kept": all(r["numbers"][2] is None for r in results)}


@step(retry_when=lambda _: False)
async def first(identity: str) -> None:
    await _take_a_while(identity, "first")


@step(retry_when=lambda _: False)
async def second(identity: str) -> None:
    await _take_a_while(identity, "second")


@step(retry_when=lambda _: False)
async def last(identity: str) -> None:
    await _take_a_while(identity, "last")


async def _take_a_while(identity: str, what: str) -> None:
    notebook = world(Notebook)
    notebook.write(identity, f"{what}-began")
    await asyncio.sleep(STEP_S)
    notebook.write(identity, f"{what}-ended")


@workflow
async def in_order(identity: str) -> None:
    """Three steps whose order another edition of this file changes."""
    await first(identity)
    await second(identity)
    await last(identity)


@workflow
async def waits(identity: str) -> dict[str, Any]:
    """Wait for a message that does not come."""
    await note(identity, "before")
    said = await receive("control", timeout_s=WAIT_S)
    await note(identity, f"after-{said}")
    return {"said": said}


FLOWS = {"five": five_steps, "order": in_order, "waits": waits}


async def main() -> None:
    engine_url, database_url, replica, log, *starts = sys.argv[1:]
    database = Database(database_url)
    async with database.write() as connection:
        await connection.run_sync(metadata.create_all)
    several = engine_url.startswith("postgresql")
    executor = replica if several else "local"
    engine = Engine(
        EngineSettings(engine_url, executor, signal_poll_s=0.05), Notebook(replica, Path(log))
    )
    failover = Failover(database, engine, replica, lost=lambda: os._exit(3), pace=PACE)
    if several:
        await failover.beat()
    await engine.start()
    if several:
        await failover.start()
    known = await engine.known(start.split(":")[1] for start in starts)
    for start in starts:
        flow, identity = start.split(":")
        if identity not in known:
            await engine.begin(FLOWS[flow], identity, identity)
    print("ready", flush=True)  # noqa: T201  the test waits for this line
    await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main())
