"""A frozen program takes connections and answers nothing: what a source that hangs looks like."""

import sys
from pathlib import Path

import aiohttp
import pytest

from sandbox.monitoring.program import Program
from sandbox.ports import free_port


async def test_it_answers_nothing_until_it_is_thawed_and_can_be_stopped_while_frozen(
    tmp_path: Path,
):
    url = f"http://127.0.0.1:{(port := free_port())}/"
    serving = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    program = Program(serving, ready_url=url, log=tmp_path / "log")
    await program.start(within_s=10.0)
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.5)) as impatient:
            program.freeze()
            with pytest.raises(TimeoutError):
                await impatient.get(url)
        program.thaw()
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.get(url) as reply,
        ):
            assert reply.status == 200
        program.freeze()
    finally:
        await program.stop()

    with pytest.raises(aiohttp.ClientError):
        async with aiohttp.ClientSession() as session:
            await session.get(url)
