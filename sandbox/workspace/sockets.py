"""Socket Mode: one-use addresses, at most ten sockets, each envelope to exactly one of them.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from sandbox import seeds
from sandbox.workspace.parcel import (
    ACK_WITHIN_S,
    EVENT,
    NotAcknowledged,
    Parcel,
    Retry,
)
from sandbox.workspace.timing import Timing

MAX_SOCKETS = 10
HEARTBEAT_S = 30.0


class Sockets:
    """The app's open sockets, served in turn."""

    def __init__(self, timing: Timing, new_id: Callable[[str], str]) -> None:
        self._timing = timing
        self._new_id = new_id
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._waiting: dict[str, tuple[web.WebSocketResponse, asyncio.Future[dict[str, Any]]]] = {}

    @property
    def connected(self) -> int:
        """How many sockets are open."""
        return len(self._open)

    def ticket(self) -> str:
        """A path that one connection may use once."""
        ticket = self._new_id("T").lower()
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one socket until either side ends it."""
        ticket = request.match_info["ticket"]
        if ticket not in self._tickets:
            return web.json_response({"ok": False, "error": "invalid_ticket"}, status=403)
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S)
        await socket.prepare(request)
        if len(self._open) >= MAX_SOCKETS:
            await self._disconnect(socket, "too_many_websockets")
            return socket
        self._open.append(socket)
        try:
            await socket.send_json(self._hello())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledged(socket, message.data)
        finally:
            if socket in self._open:
                self._open.remove(socket)
        return socket

    async def send(self, parcel: Parcel, retry: Retry | None = None) -> dict[str, Any]:
        """Put the parcel on the next socket and wait for its acknowledgement.

        Slack does not say whether an acknowledgement counts that comes on another socket than the
        envelope went out on; here it does not, so that the app proves it copes with redelivery.
        """
        if not self._open:
            raise NotAcknowledged("connection_failed")
        socket = self._open.pop(0)
        self._open.append(socket)
        envelope_id = self._new_id("E")
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = (socket, answer)
        try:
            await socket.send_json(_envelope(envelope_id, parcel, retry))
            answered: dict[str, Any] = await self._timing.answer(answer, within_s=ACK_WITHIN_S)
        except TimeoutError:
            raise NotAcknowledged("http_timeout") from None
        except ConnectionError:
            raise NotAcknowledged("connection_failed") from None
        finally:
            self._waiting.pop(envelope_id, None)
        return answered

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask every socket to reconnect, as Slack does every few hours."""
        for socket in list(self._open):
            self._open.remove(socket)
            await self._disconnect(socket, reason, close=False)

    async def stop(self) -> None:
        for socket in list(self._open):
            await socket.close()
        self._open.clear()

    async def _disconnect(
        self, socket: web.WebSocketResponse, reason: str, *, close: bool = True
    ) -> None:
        await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})
        if close:
            await socket.close()

    def _acknowledged(self, socket: web.WebSocketResponse, text: str) -> None:
        try:
            message = json.loads(text)
            envelope_id = message["envelope_id"]
        except (ValueError, KeyError, TypeError):
            return
        sent_on, answer = self._waiting.get(envelope_id, (None, None))
        if answer is not None and sent_on is socket and not answer.done():
            answer.set_result(message.get("payload") or {})

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": {"host": "sandbox", "approximate_connection_time": 3600},
            "connection_info": {"app_id": seeds.APP_ID},
        }


def _envelope(envelope_id: str, parcel: Parcel, retry: Retry | None) -> dict[str, Any]:
    envelope = {
        "envelope_id": envelope_id,
        "type": parcel.kind,
        "accepts_response_payload": parcel.kind != EVENT,
        "payload": parcel.payload,
    }
    if parcel.kind == EVENT:
        envelope["retry_attempt"] = retry.number if retry else 0
        envelope["retry_reason"] = retry.reason if retry else ""
    return envelope
