"""What `credlink run` says when it cannot start: the words, and the exit status."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from bot.__main__ import FAILED, MISCONFIGURED
from sandbox import ports
from sandbox.world import World

ENDS_WITHIN_S = 30.0
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def environment(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[dict[str, str]]:
    """The environment of a bot that would start."""
    folder = tmp_path_factory.mktemp("world")
    world = World(folder=folder, ports=ports.choose(None), with_monitoring=False)
    async with world:
        yield world.process_environment()


async def run(environment: Mapping[str, str]) -> tuple[int | None, str]:
    """Start the bot and wait for its end: the exit status, and the last line it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=dict(environment), stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said.decode().rstrip().rpartition("\n")[2]


@pytest.mark.parametrize("token", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
async def test_a_token_that_slack_refuses_is_named(environment: dict[str, str], token: str):
    wrong = {"SLACK_BOT_TOKEN": "xoxb-wrong", "SLACK_APP_TOKEN": "xapp-wrong"}[token]
    status, said = await run(environment | {token: wrong})
    assert status == MISCONFIGURED
    assert "invalid_auth" in said
    assert f"Check {token}" in said
    assert wrong not in said


async def test_a_slack_that_is_away_does_not_count_as_a_bad_configuration(
    environment: dict[str, str],
):
    nobody = f"http://127.0.0.1:{ports.free_port()}/api/"
    status, said = await run(environment | {"SLACK_API_URL": nobody})
    assert status == FAILED
    assert said.startswith(f"Slack at {nobody} does not answer")


async def test_a_missing_catalogue_is_said_with_the_way_to_one(tmp_path: Path):
    nowhere = tmp_path / "credlink.yml"
    status, said = await run({"PATH": os.environ["PATH"], "CREDLINK_CONFIG": str(nowhere)})
    assert status == MISCONFIGURED
    assert said.startswith(f"{nowhere}: No such file or directory.")
    assert "credlink.example.yml" in said
