"""A client of the control API: what a person at the page does, for tests, demo and benchmarks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import aiohttp

Json = dict[str, Any]
TIMEOUT_S = 15.0
SETTLED_EVERY_S = 0.01


class ControlFailed(Exception):
    """The control API did not understand the call (HTTP 400), or broke."""


class WorkspaceClient:
    """People's hands and eyes in a workspace; one connection pool, closed by `aclose`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def state(self, as_: str) -> Json:
        """People, channels, commands, Home tab and open views, as `as_` sees them."""
        return await self._get("state", {"as": as_})

    async def messages(self, as_: str, channel: str, thread_ts: str | None = None) -> list[Json]:
        """A channel's messages, or a thread's with its parent, oldest first."""
        query = {"as": as_, "channel": channel}
        if thread_ts is not None:
            query["thread_ts"] = thread_ts
        answer = await self._get("messages", query)
        found: list[Json] = answer["messages"]
        return found

    async def say(self, as_: str, channel: str, text: str, *, thread_ts: str | None = None) -> Json:
        """Say something, or run a command when the text starts with a slash."""
        said = {"as": as_, "channel": channel, "text": text}
        if thread_ts is not None:
            said["thread_ts"] = thread_ts
        return await self._post("say", said)

    async def press(
        self,
        as_: str,
        where: Mapping[str, Any],
        block_id: str,
        action_id: str,
        *,
        value: str | None = None,
        selected: Sequence[Any] = (),
        state: Mapping[str, Json] | None = None,
    ) -> Json:
        """Use an element of `where`: a message, a view, or `{"home": True}`."""
        done: Json = {"as": as_, **_place(where), "block_id": block_id, "action_id": action_id}
        done |= {"selected": list(selected), "state": dict(state or {})}
        if value is not None:
            done["value"] = value
        return await self._post("press", done)

    async def press_button(self, as_: str, where: Mapping[str, Any], label: str) -> Json:
        """Press the button that says `label`.

        Raises:
            LookupError: no such button is shown; the text names those that are.
        """
        block_id, element = button(where, label)
        return await self.press(as_, where, block_id, element["action_id"])

    async def press_stale(self, as_: str, where: Mapping[str, Any], label: str) -> Json:
        """Press a button as `where` shows it, though the message may have changed since."""
        block_id, element = button(where, label)
        action = {
            "type": "button",
            "block_id": block_id,
            "action_id": element["action_id"],
            "text": element["text"],
            **({"value": element["value"]} if "value" in element else {}),
        }
        return await self._post(
            "press", {"as": as_, **_place(where), "stale": True, "action": action}
        )

    async def options(
        self, as_: str, where: Mapping[str, Any], block_id: str, action_id: str, typed: str
    ) -> Json:
        """Type into an external select."""
        asked = {"block_id": block_id, "action_id": action_id, "value": typed}
        return await self._post("options", {"as": as_, **_place(where), **asked})

    async def submit(
        self, as_: str, view: Mapping[str, Any], state: Mapping[str, Json] | None = None
    ) -> Json:
        """Submit a modal; `state` is block id → action id → value, over the initial values."""
        filled = {"as": as_, "view_id": view["id"], "state": dict(state or {})}
        return await self._post("view/submit", filled)

    async def close_view(self, as_: str, view: Mapping[str, Any]) -> Json:
        return await self._post("view/close", {"as": as_, "view_id": view["id"]})

    async def open_home(self, as_: str) -> Json:
        return await self._post("home", {"as": as_})

    async def react(self, as_: str, message: Mapping[str, Any], name: str) -> Json:
        return await self._post("react", {"as": as_, **_place(message), "name": name})

    async def unreact(self, as_: str, message: Mapping[str, Any], name: str) -> Json:
        taken = {"as": as_, **_place(message), "name": name, "remove": True}
        return await self._post("react", taken)

    async def shortcut(
        self, as_: str, callback_id: str, message: Mapping[str, Any] | None = None
    ) -> Json:
        used = {"as": as_, "callback_id": callback_id, **(_place(message) if message else {})}
        return await self._post("shortcut", used)

    async def join(self, as_: str, channel: str) -> Json:
        return await self._post("join", {"as": as_, "channel": channel})

    async def leave(self, as_: str, channel: str) -> Json:
        return await self._post("leave", {"as": as_, "channel": channel})

    async def direct_message(self, as_: str) -> str:
        """The id of the person's conversation with the bot."""
        return str((await self._post("dm", {"as": as_}))["channel"])

    async def set_user_group(self, group_id: str, members: Sequence[str]) -> Json:
        """Replace the members of a user group, as an administrator would."""
        return await self._post("user_group", {"id": group_id, "members": list(members)})

    async def rename(self, as_: str, real_name: str) -> Json:
        """Change a person's full name."""
        return await self._post("profile", {"as": as_, "real_name": real_name})

    async def calls(self, method: str | None = None) -> list[Json]:
        """What the app called, oldest first."""
        answer = await self._get("calls", {"method": method} if method else {})
        found: list[Json] = answer["calls"]
        return found

    async def deliveries(self) -> list[Json]:
        """What was sent to the app and what became of it."""
        found: list[Json] = (await self._get("deliveries", {}))["deliveries"]
        return found

    async def settled(self, *, within_s: float = 5.0) -> None:
        """Wait until every delivery is taken or given up; TimeoutError when they are not."""
        async with asyncio.timeout(within_s):
            while any(each["pending"] for each in await self.deliveries()):  # noqa: ASYNC110  remote
                await asyncio.sleep(SETTLED_EVERY_S)

    async def verdict(self) -> list[str]:
        """What went wrong that no fault explains; empty when all is well."""
        found: list[str] = (await self._get("verdict", {}))["problems"]
        return found

    async def fault(self, kind: str, **details: Any) -> None:
        """Make something go wrong, once unless `times` says otherwise."""
        await self._post("faults", {"faults": [{"kind": kind, **details}]})

    async def clear_faults(self) -> None:
        await self._request("DELETE", "faults")

    async def file(self, file_id: str) -> bytes:
        """A file's bytes as the page shows it."""
        async with self._connected().get(f"{self.url}/control/files/{file_id}") as reply:
            reply.raise_for_status()
            return await reply.read()

    @asynccontextmanager
    async def stream(self, as_: str) -> AsyncIterator["Watching"]:
        """Everything the person sees happening from now on."""
        address = f"{self.url}/control/stream"
        async with self._connected().ws_connect(address, params={"as": as_}) as socket:
            yield Watching(socket)

    async def _get(self, name: str, query: Mapping[str, str]) -> Json:
        return await self._request("GET", name, params=dict(query))

    async def _post(self, name: str, body: Json) -> Json:
        return await self._request("POST", name, json=body)

    async def _request(self, verb: str, name: str, **sent: Any) -> Json:
        address = f"{self.url}/control/{name}"
        async with self._connected().request(verb, address, **sent) as reply:
            body: Json = await reply.json(content_type=None)
            if reply.status >= 400:
                raise ControlFailed(f"{verb} {name}: {body.get('detail', reply.status)}")
            return body

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session


class Watching:
    """A stream of happenings, oldest first."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def next(self, *, within_s: float = 5.0) -> Json:
        """The next happening; TimeoutError when there is none in time."""
        happening: Json = await self._socket.receive_json(timeout=within_s)
        return happening

    async def until(
        self, kind: str, wanted: Callable[[Json], bool] = bool, *, within_s: float = 5.0
    ) -> Json:
        """The first happening of this kind that `wanted` accepts; others are passed over."""
        while True:
            happening = await self.next(within_s=within_s)
            if happening["type"] == kind and wanted(happening):
                return happening


def button(where: Mapping[str, Any], label: str) -> tuple[str, Json]:
    """The block id and element of the button that says `label`, in a message or view.

    Raises:
        LookupError: there is none; the text names those there are.
    """
    labels = []
    for block in where.get("blocks", []):
        for element in [*block.get("elements", []), block.get("accessory")]:
            if isinstance(element, dict) and element.get("type") == "button":
                labels.append(element["text"]["text"])
                if labels[-1] == label:
                    return block["block_id"], element
    raise LookupError(f"there is no button {label!r}, only {labels}")


def _place(where: Mapping[str, Any]) -> Json:
    """How the control API names a message, a view, or the Home tab."""
    if where.get("home"):
        return {"home": True}
    if "ts" in where:
        key = "ephemeral_ts" if where.get("ephemeral") else "ts"
        return {"channel": where["channel"], key: where["ts"]}
    return {"home": True} if where.get("type") == "home" else {"view_id": where["id"]}
