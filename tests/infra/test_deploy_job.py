"""The job to copy does with GitHub's shell and curl what docs/pipelines.md says of it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.web.server import Listener
from infra.checks.documents import read_yaml

JOBS = read_yaml(Path("infra/github/deploy.yml"))["jobs"]
JOB = JOBS["deploy"]
ASK, WAIT = JOB["steps"]
ACCEPTED = {"change": "change-1", "card": "https://slack/p1", "status": "/api/changes/change-1"}

pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("jq")), reason="curl and jq, which GitHub has"
)


class Github:
    """What a step is given: a place to ask for its token, files for what it says, and the bot."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.asked: list[tuple[dict[str, str], Any]] = []
        self.url = ""

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/token", self._token),
                web.post("/api/changes", self._answer),
                web.get("/api/changes/change-1", self._answer),
            ]
        )
        return app

    async def _token(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "bearer of-the-runner"
        return web.json_response({"value": f"for-{request.query['audience']}"})

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.asked.append((dict(request.headers), body))
        status, said = self.answers.pop(0)
        return web.json_response(said, status=status)

    async def runs(self, step: dict[str, Any], **given: str) -> tuple[int, str]:
        """Run a step as GitHub does; its exit status and what it printed."""
        environment = {
            "PATH": os.environ["PATH"],
            **JOB["env"],
            **step["env"],
            "BOT": self.url,
            "VERSION": "v1.2.0",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api=1",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-the-runner",
            "GITHUB_RUN_ID": "9001",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_ACTOR": "alice",
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            **given,
        }
        started = await asyncio.create_subprocess_exec(
            "bash",
            "-e",
            "-c",
            step["run"],
            cwd=self.folder,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(started.communicate(), 30)
        assert started.returncode is not None
        return started.returncode, said.decode()


@pytest.fixture
async def github(tmp_path: Path) -> AsyncIterator[Github]:
    given = Github(tmp_path)
    listener = Listener(given.application(), "127.0.0.1:0")
    await listener.start()
    given.url = listener.url
    yield given
    await listener.stop()


def test_what_is_asked_for_is_what_was_built_and_pushed_before():
    *_, push = JOBS["build"]["steps"]

    assert JOB["needs"] == "build"
    assert push["with"]["push"] is True
    assert push["with"]["tags"].endswith(f":{JOB['env']['VERSION']}")


async def test_it_asks_by_its_token_and_shows_the_card(github: Github):
    github.answers = [(202, ACCEPTED)]

    status, _ = await github.runs(ASK)

    [(headers, body)] = github.asked
    assert status == 0
    assert headers["Authorization"] == "Bearer for-credlink-bot.example.com"
    assert headers["Idempotency-Key"] == "9001-1"
    assert body == {"environment": "staging", "version": "v1.2.0", "reason": "run 9001 by alice"}
    assert (github.folder / "summary").read_text() == "Card: https://slack/p1\n"
    assert (github.folder / "output").read_text() == "status=/api/changes/change-1\n"


async def test_it_asks_again_where_that_may_help_and_tells_of_the_last_answer_alone(github: Github):
    github.answers = [(503, {"error": "Send it again."}), (202, ACCEPTED)]

    status, said = await github.runs(ASK)

    assert (status, len(github.asked)) == (0, 2)
    assert "Send it again" not in said
    assert (github.folder / "output").read_text() == "status=/api/changes/change-1\n"


async def test_a_refusal_fails_the_job_at_once_and_says_why(github: Github):
    github.answers = [(403, {"error": "locked by somebody"})]

    status, said = await github.runs(ASK)

    assert (status, len(github.asked)) == (1, 1)
    assert "locked by somebody" in said


@pytest.mark.parametrize(
    ("state", "status"), [("succeeded", 0), ("refused", 1), ("rolled_back", 1)]
)
async def test_it_ends_as_the_deploy_does(github: Github, state: str, status: int):
    github.answers = [(200, {**ACCEPTED, "state": state, "is_final": True, "why": "of this"})]

    ended, said = await github.runs(WAIT, STATUS="/api/changes/change-1")

    assert (ended, len(github.asked)) == (status, 1)
    assert "of this" in said
