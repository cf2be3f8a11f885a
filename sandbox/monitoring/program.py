"""A program of somebody else's, run for as long as the sandbox lives."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp

LEASH = Path(__file__).with_name("leash.py")
# The leash gives its program five seconds to end by itself.
STOPS_WITHIN_S = 7.0
LOOK_EVERY_S = 0.05
LOG_LINES = 15


class NotStarted(RuntimeError):
    """The program is missing, stopped at once, or was not ready in time; says why."""


def find(names: Sequence[str]) -> str | None:
    """The path of the first of these that is on PATH."""
    return next((path for name in names if (path := shutil.which(name))), None)


class Program:
    """One process on a leash, its output in `log`; ready when `ready_url` answers 200."""

    def __init__(self, command: Sequence[str], *, ready_url: str, log: Path) -> None:
        self._command = command
        self._ready_url = ready_url
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *, within_s: float) -> None:
        """Start it and wait until it is ready.

        Raises:
            NotStarted: it ended or was not ready in time; nothing is left running.
        """
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                str(LEASH),
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(within_s):
                await self._ready(self._process)
        except (NotStarted, TimeoutError) as exc:
            await self.stop()
            reason = "stopped as it started" if isinstance(exc, NotStarted) else "is not ready"
            raise NotStarted(f"{self._command[0]} {reason}:\n{self._end_of_log()}") from None

    def freeze(self) -> None:
        """Let it take connections and answer nothing, until `thaw`."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it was."""
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(self._process.pid, number)

    async def stop(self) -> None:
        """End it: politely, then not."""
        self.thaw()
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(STOPS_WITHIN_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        timeout = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while process.returncode is None:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(self._ready_url) as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(LOOK_EVERY_S)
        raise NotStarted

    def _end_of_log(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES:])
