"""The bot as a process of its own: the world goes on when it is killed, as it would outside."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import aiohttp

READY_WITHIN_S = 30.0
STOPS_WITHIN_S = 20.0
LOOK_EVERY_S = 0.1


class BotProcess:
    """`credlink run` with an environment that points at the world; its log is a file."""

    def __init__(
        self, environment: Callable[[], Mapping[str, str]], *, operations_url: str, log: Path
    ) -> None:
        """`environment` is asked at each start: the world must be up by then."""
        self._environment = environment
        self._operations_url = operations_url
        self.log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def most_memory_mb(self) -> float | None:
        """The most memory it has held so far, in MiB; None where nobody says (not on Linux)."""
        status = Path(f"/proc/{self._process.pid}/status") if self._process is not None else None
        if status is None or not status.exists():
            return None
        found = [line.split() for line in status.read_text().splitlines()]
        return next((float(words[1]) / 1024 for words in found if words[0] == "VmHWM:"), None)

    async def start(self) -> None:
        """Start the bot and wait until it says it is ready.

        Raises:
            RuntimeError: it stopped, or was not ready in time; with the end of its log.
        """
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "run",
                env=dict(self._environment()),
                stdout=log,
                stderr=log,
            )
        reason = "no answer"
        deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as session:
            while asyncio.get_running_loop().time() < deadline:
                if not self.is_running:
                    raise RuntimeError(f"The bot stopped as it started:\n{self._end_of_log()}")
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{self._operations_url}/readyz") as reply:
                        if reply.status == 200:
                            return
                        reason = await reply.text()
                await asyncio.sleep(LOOK_EVERY_S)
        raise RuntimeError(f"The bot is not ready ({reason}):\n{self._end_of_log()}")

    async def stop(self) -> int | None:
        """Ask it to leave (SIGTERM) and wait while it drains; its exit status, if it ran.

        One that does not leave in time is killed: its status is negative then.
        """
        return await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """Cut its power (SIGKILL)."""
        await self._end(signal.SIGKILL)

    async def _end(self, number: signal.Signals) -> int | None:
        if self._process is None:
            return None
        if self._process.returncode is None:
            self._process.send_signal(number)
        try:
            async with asyncio.timeout(STOPS_WITHIN_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        status = self._process.returncode
        self._process = None
        return status

    def _end_of_log(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
