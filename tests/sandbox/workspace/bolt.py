"""The real slack-bolt against the workspace, in Socket Mode and over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest

from sandbox import seeds
from sandbox.workspace.server import Workspace
from tests.sandbox.workspace.conftest import bot_of


def app_of(workspace: Workspace) -> AsyncApp:
    """An app as the bot makes its own; `process_before_response` for prompt acknowledgements."""
    return AsyncApp(
        client=bot_of(workspace),
        signing_secret=seeds.SIGNING_SECRET,
        process_before_response=True,
    )


@asynccontextmanager
async def socket(workspace: Workspace, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app connected by one socket."""
    handler = AsyncSocketModeHandler(
        app, seeds.APP_TOKEN, web_client=bot_of(workspace, seeds.APP_TOKEN)
    )
    await handler.connect_async()
    try:
        yield handler
    finally:
        await handler.close_async()


@asynccontextmanager
async def listening(app: AsyncApp, port: int) -> AsyncIterator[None]:
    """The app behind a request URL at /slack."""

    async def handle(request: web.Request) -> web.Response:
        asked = AsyncBoltRequest(
            body=await request.text(),
            query=request.query_string,
            headers=dict(request.headers),
        )
        answered = await app.async_dispatch(asked)
        return web.Response(
            status=answered.status,
            body=answered.body,
            headers=answered.first_headers_without_set_cookie(),
        )

    async with serving(handle, port):
        yield


@asynccontextmanager
async def serving(
    handle: Callable[[web.Request], Awaitable[web.Response]], port: int
) -> AsyncIterator[None]:
    """Anything at all behind a request URL at /slack."""
    application = web.Application()
    application.router.add_post("/slack", handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


async def eventually(holds: Callable[[], bool], *, within_s: float = 5.0) -> None:
    """Wait until something is so; fail when it does not become so in time."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110  any condition at all
            await asyncio.sleep(0.005)
