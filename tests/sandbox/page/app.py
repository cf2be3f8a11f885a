"""A small app behind the workspace's request URL: answers as it is told, remembers what came."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from sandbox import seeds

Json = dict[str, Any]


class App:
    """Acknowledges everything, unless told to wait or to fail."""

    def __init__(self) -> None:
        self.got: list[Json] = []
        self.answers: dict[str, Json] = {}  # payload type or command -> what is answered
        self.status = 200
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen on a free port of this machine and return the request URL."""
        application = web.Application()
        application.router.add_post("/", self._receive)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/"

    async def stop(self) -> None:
        self.may_answer.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def actions(self) -> list[Json]:
        """The actions pressed so far."""
        return [action for payload in self.got for action in payload.get("actions", [])]

    async def _receive(self, request: web.Request) -> web.Response:
        if request.content_type == "application/json":
            body = await request.json()
            return web.json_response({"challenge": body.get("challenge", "")})
        form = dict(parse_qsl(await request.text()))
        payload: Json = json.loads(form["payload"]) if "payload" in form else dict(form)
        what = payload.get("type") or payload.get("command")
        if what is None:  # ssl_check
            return web.Response()
        self.got.append(payload)
        await self.may_answer.wait()
        if self.status != 200:
            return web.Response(status=self.status)
        answer = self.answers.get(what)
        return web.json_response(answer) if answer else web.Response()


async def call(url: str, method: str, **arguments: Any) -> Json:
    """Call the Web API as the app; a refusal is an error of the test."""
    headers = {"Authorization": f"Bearer {seeds.BOT_TOKEN}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/api/{method}", json=arguments, headers=headers) as reply,
    ):
        answer: Json = await reply.json()
    assert answer["ok"], answer
    return answer


async def upload(url: str, channel: str, name: str, content: bytes) -> str:
    """Share a file in a channel and return its id."""
    ticket = await call(url, "files.getUploadURLExternal", filename=name, length=len(content))
    async with (
        aiohttp.ClientSession() as session,
        session.post(ticket["upload_url"], data=content) as reply,
    ):
        assert reply.status == 200
    file_id = str(ticket["file_id"])
    files = [{"id": file_id, "title": name}]
    await call(url, "files.completeUploadExternal", files=files, channel_id=channel)
    return file_id
