"""The real Prometheus and Alertmanager, for a test on ports of their own."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import aiohttp

from tests.programs import require

T = TypeVar("T")

HOW_TO_GET_IT = "apt-get install prometheus prometheus-alertmanager"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def running(program: str, folder: Path, *arguments: str) -> AsyncIterator[str]:
    """Run `program` until the test is over; the URL it listens on, once it is ready."""
    path = require(program, HOW_TO_GET_IT)
    port = free_port()
    with (folder / f"{program}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            path,
            f"--web.listen-address=127.0.0.1:{port}",
            *arguments,
            cwd=folder,
            stdout=log,
            stderr=log,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            await _ready(url)
            yield url
        finally:
            process.terminate()
            await process.wait()


async def until(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until there is something to say, at most 20 s."""
    async with asyncio.timeout(20):
        while True:
            if found := await ask():
                return found
            await asyncio.sleep(0.05)


async def _ready(url: str) -> None:
    async with asyncio.timeout(20), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{url}/-/ready") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)
