"""Slack over Socket Mode: an outgoing connection that comes back by itself."""

import asyncio
import inspect
import logging
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot import metrics
from bot.slack.api import TIMEOUT_S, web_client

PING_S = 5.0
"""How often the connection is proved; a silent one is replaced after four."""
WATCH_S = 1.0
CONNECT_WITHIN_S = 10.0

log = logging.getLogger(__name__)
sdk_log = logging.getLogger(f"{__name__}.sdk")
sdk_log.setLevel(logging.CRITICAL)  # a traceback per attempt; we say once that it is gone, and back


class SocketMode:
    """Keeps a socket to Slack open from `start` to `stop`."""

    def __init__(
        self, app: AsyncApp, app_token: str, base_url: str, *, ping_s: float = PING_S
    ) -> None:
        self._app = app
        self._app_token = app_token
        self._base_url = base_url
        self._ping_s = ping_s
        self._session: aiohttp.ClientSession | None = None
        self._handler: AsyncSocketModeHandler | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._connected = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    async def start(self) -> None:
        """Connect; goes on trying in the background when Slack does not answer at once."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        client = web_client(self._app_token, self._base_url, self._session)
        # With a client of its own it asks this Slack, and not slack.com, where to connect.
        self._handler = AsyncSocketModeHandler(
            self._app,
            self._app_token,
            logger=sdk_log,
            web_client=client,
            proxy=client.proxy,
            ping_interval=self._ping_s,
        )
        self._handler.client.proxy = client.proxy  # it reads the environment as well
        self._tasks = [
            asyncio.create_task(self._connect(self._handler), name="socket connect"),
            asyncio.create_task(self._watch(self._handler), name="socket watch"),
        ]
        await asyncio.wait({self._tasks[0]}, timeout=CONNECT_WITHIN_S)

    async def stop(self) -> None:
        """Close the connection and leave no task behind."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._handler is not None:
            client = self._handler.client
            await client.close()  # type: ignore[no-untyped-call]
            left = _tasks_of(client)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        self._say(connected=False)
        self._tasks, self._handler, self._session = [], None, None

    async def _connect(self, handler: AsyncSocketModeHandler) -> None:
        await handler.client.connect()  # type: ignore[no-untyped-call]
        self._say(connected=True)

    async def _watch(self, handler: AsyncSocketModeHandler) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            connected = await handler.client.is_connected()
            if connected != self.is_connected:
                log.log(
                    logging.INFO if connected else logging.WARNING,
                    "slack_socket",
                    extra={"action": "slack_socket", "connected": connected},
                )
            self._say(connected=connected)

    def _say(self, *, connected: bool) -> None:
        metrics.slack_connected.set(1 if connected else 0)
        if connected:
            self._connected.set()
        else:
            self._connected.clear()


def _tasks_of(client: object) -> list[asyncio.Task[Any]]:
    """The tasks slack_sdk started for this client and keeps no account of.

    A reconnection replaces the tasks that read and watch the socket; the client knows only the
    last ones, and the others notice seconds later.
    """
    found = []
    for task in asyncio.all_tasks():
        coroutine = task.get_coro()
        frame = coroutine.cr_frame if inspect.iscoroutine(coroutine) else None
        if frame is not None and frame.f_locals.get("self") is client:
            found.append(task)
    return found
