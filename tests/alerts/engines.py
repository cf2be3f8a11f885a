"""An engine of its own for one test, with a file of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.engine import Engine, EngineSettings
from bot.world import World


@asynccontextmanager
async def running(world: World, folder: Path) -> AsyncIterator[Engine]:
    """The engine in this world until the end; what waits for a message then is let go."""
    settings = EngineSettings(
        url=f"sqlite:///{folder}/engine.sqlite", executor_id="local", signal_poll_s=0.02
    )
    engine = Engine(settings, world)
    await engine.start()
    yield engine
    await engine.stop()
    parked = asyncio.all_tasks() - {asyncio.current_task()}
    for task in parked:
        task.cancel()
    await asyncio.gather(*parked, return_exceptions=True)
