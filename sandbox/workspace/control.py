"""The control API: everything the page can do, and the fault switchboard.

The page is its first client, tests and the demo the others. Refusals of the workspace answer
HTTP 200 with `ok: false`; a call that makes no sense answers 400.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSMsgType, web

from sandbox import seeds
from sandbox.workspace import commands, modals, posting, presses, reacting
from sandbox.workspace.attempts import Refused
from sandbox.workspace.control_read import (
    home,
    messages,
    state,
)
from sandbox.workspace.membership import join, leave
from sandbox.workspace.mentions import as_sent
from sandbox.workspace.people_changes import rename_person, set_group_members
from sandbox.workspace.platform import Platform
from sandbox.workspace.presses import Press, Surface
from sandbox.workspace.state import Channel, Message
from sandbox.workspace.views import View
from sandbox.workspace.wire import ApiError

Json = dict[str, Any]
Action = Callable[[Platform, "Asked"], Awaitable[Json]]


class Malformed(Exception):
    """A control call that names nothing, or nothing that exists."""


class Asked:
    """The body or query of a control call, its names resolved."""

    def __init__(self, platform: Platform, values: Json) -> None:
        self.platform = platform
        self.values = values

    def need(self, name: str) -> str:
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            raise Malformed(f"{name} is missing")
        return value

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return str(value) if value is not None else None

    @property
    def person(self) -> str:
        """Who acts."""
        person = self.need("as")
        if person not in self.platform.store.users:
            raise Malformed(f"there is nobody called {person}")
        return person

    @property
    def channel(self) -> Channel:
        """The channel, which the person must be allowed to see."""
        channel = self.platform.store.channels.get(self.need("channel"))
        if channel is None or not self.platform.store.visible_to(channel, self.person):
            raise Malformed(f"there is no channel {self.values.get('channel')}")
        return channel

    def message(self, name: str = "ts") -> Message:
        found = self.platform.store.message(self.channel.id, self.need(name))
        if found is None or found.visible_to not in (None, self.person):
            raise Refused("message_not_found", f"no message {self.values.get(name)}")
        return found

    @property
    def view(self) -> View:
        """A view the person has open."""
        view = self.platform.views.find(self.need("view_id"))
        if view is None or view.user != self.person:
            raise Refused("not_found", "the view is not open")
        return view

    @property
    def state(self) -> dict[str, dict[str, Json]]:
        """What stands in inputs: block id → action id → value."""
        state = self.values.get("state") or {}
        blocks = state.values() if isinstance(state, dict) else [None]
        for values in blocks:
            if not isinstance(values, dict) or not all(
                isinstance(v, dict) for v in values.values()
            ):
                raise Malformed("state is block id → action id → value")
        found: dict[str, dict[str, Json]] = state
        return found

    @property
    def stale(self) -> Json | None:
        """The action of a press on what was shown earlier."""
        if not self.values.get("stale"):
            return None
        action = self.values.get("action")
        if not isinstance(action, dict) or not {"block_id", "action_id"} <= action.keys():
            raise Malformed("a stale press carries its action")
        return action

    def surface(self) -> Surface:
        """Where the element stands that the person uses."""
        if self.values.get("home"):
            view = self.platform.views.homes.get(self.person)
            if view is None:
                raise Refused("not_found", "there is no Home tab yet")
            return Surface(view.blocks, view=view)
        if self.values.get("view_id"):
            view = self.view
            return Surface(view.blocks, view=view)
        message = self.message("ephemeral_ts" if self.values.get("ephemeral_ts") else "ts")
        nested = [b for attachment in message.attachments for b in attachment.get("blocks", [])]
        return Surface([*message.blocks, *nested], channel=self.channel, message=message)


async def say(platform: Platform, asked: Asked) -> Json:
    """A message, or a command when the text starts with a slash."""
    channel, person, text = asked.channel, asked.person, asked.need("text")
    if text.startswith("/"):
        return await commands.run(platform, person, channel, text)
    if channel.is_archived:
        raise Refused("is_archived", f"#{channel.name} is archived")
    if person not in channel.members:
        raise Refused("not_in_channel", f"join #{channel.name} first")
    thread_ts = asked.text("thread_ts")
    if thread_ts is not None:
        posting.thread_parent(channel, thread_ts)
    sent = as_sent(text, platform.store)
    message = Message(platform.store.next_ts(), channel.id, person, sent, thread_ts=thread_ts)
    posting.post(platform, channel, message)
    return {"ok": True, "ts": message.ts}


async def press(platform: Platform, asked: Asked) -> Json:
    stale = asked.stale
    selected = asked.values.get("selected") or []
    done = Press(
        block_id=str(stale["block_id"]) if stale else asked.need("block_id"),
        action_id=str(stale["action_id"]) if stale else asked.need("action_id"),
        value=asked.text("value"),
        selected=selected if isinstance(selected, list) else [selected],
        state=asked.state,
        stale=stale,
    )
    return await presses.press(platform, asked.person, asked.surface(), done)


async def options(platform: Platform, asked: Asked) -> Json:
    return await presses.options(
        platform,
        asked.person,
        asked.surface(),
        asked.need("block_id"),
        asked.need("action_id"),
        asked.text("value") or "",
    )


async def submit(platform: Platform, asked: Asked) -> Json:
    return await modals.submit(platform, asked.view, asked.state)


async def close(platform: Platform, asked: Asked) -> Json:
    return await modals.close(platform, asked.view)


async def open_home(platform: Platform, asked: Asked) -> Json:
    return {**modals.open_home(platform, asked.person), "view": home(platform, asked.person)}


async def react(platform: Platform, asked: Asked) -> Json:
    change = reacting.remove if asked.values.get("remove") else reacting.add
    change(platform, asked.channel, asked.message(), asked.need("name"), asked.person)
    return {"ok": True}


async def shortcut(platform: Platform, asked: Asked) -> Json:
    on_message = asked.values.get("ts") is not None
    return await presses.shortcut(
        platform,
        asked.person,
        asked.need("callback_id"),
        asked.channel if on_message else None,
        asked.message() if on_message else None,
    )


async def join_channel(platform: Platform, asked: Asked) -> Json:
    if asked.channel.is_im:
        raise Refused("method_not_supported_for_channel_type")
    join(platform, asked.channel, asked.person)
    return {"ok": True}


async def leave_channel(platform: Platform, asked: Asked) -> Json:
    leave(platform, asked.channel, asked.person)
    return {"ok": True}


async def direct_message(platform: Platform, asked: Asked) -> Json:
    if asked.person == seeds.BOT_USER_ID:
        raise Malformed("the bot has no direct messages with itself")
    return {"ok": True, "channel": platform.store.direct_message(asked.person).id}


async def set_group(platform: Platform, asked: Asked) -> Json:
    group = platform.store.user_groups.get(asked.need("id"))
    members = asked.values.get("members")
    if group is None or not isinstance(members, list):
        raise Malformed("a user group's id and its members are needed")
    set_group_members(platform, group, [str(member) for member in members])
    return {"ok": True}


async def set_name(platform: Platform, asked: Asked) -> Json:
    rename_person(platform, platform.store.users[asked.person], asked.need("real_name"))
    return {"ok": True}


ACTIONS: dict[str, Action] = {
    "say": say,
    "press": press,
    "options": options,
    "view/submit": submit,
    "view/close": close,
    "home": open_home,
    "react": react,
    "shortcut": shortcut,
    "join": join_channel,
    "leave": leave_channel,
    "dm": direct_message,
    "user_group": set_group,
    "profile": set_name,
}


def routes(platform: Platform) -> list[web.RouteDef]:
    """The control API's routes but for calls, faults and verdict, which are the server's."""

    def posted(action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                values = json.loads(await request.text() or "{}")
            except ValueError:
                return _malformed("the body is not JSON")
            if not isinstance(values, dict):
                return _malformed("the body is not an object")
            return await _answer(action, Asked(platform, values))

        return handle

    def read(action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return await _answer(action, Asked(platform, dict(request.query)))

        return handle

    async def read_state(platform: Platform, asked: Asked) -> Json:
        return state(platform, asked.person)

    async def read_messages(platform: Platform, asked: Asked) -> Json:
        return messages(platform, asked.person, asked.channel, asked.text("thread_ts"))

    async def stream(request: web.Request) -> web.StreamResponse:
        return await _stream(platform, request)

    async def file(request: web.Request) -> web.StreamResponse:
        found = platform.store.files.get(request.match_info["file_id"])
        if found is None or found.content is None:
            raise web.HTTPNotFound
        return web.Response(
            body=found.content,
            content_type=found.mimetype or "application/octet-stream",
            headers={"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"},
        )

    return [
        *(web.post(f"/control/{name}", posted(action)) for name, action in ACTIONS.items()),
        web.get("/control/state", read(read_state)),
        web.get("/control/messages", read(read_messages)),
        web.get("/control/files/{file_id}", file),
        web.get("/control/stream", stream),
    ]


async def _answer(action: Action, asked: Asked) -> web.Response:
    try:
        return web.json_response(await action(asked.platform, asked))
    except Malformed as exc:
        return _malformed(str(exc))
    except Refused as exc:
        body = {"ok": False, "error": exc.error, "detail": exc.detail}
        return web.json_response(body)
    except ApiError as exc:
        body = {"ok": False, "error": exc.code, "detail": "; ".join(exc.messages)}
        return web.json_response(body)


def _malformed(detail: str) -> web.Response:
    body = {"ok": False, "error": "invalid_arguments", "detail": detail}
    return web.json_response(body, status=400)


async def _stream(platform: Platform, request: web.Request) -> web.StreamResponse:
    """Push what the person may see until either side ends it."""
    person = request.query.get("as", "")
    if person not in platform.store.users:
        return _malformed(f"there is nobody called {person}")
    socket = web.WebSocketResponse(heartbeat=30.0)
    await socket.prepare(request)
    with platform.stream.watch(person) as queue:

        async def pump() -> None:
            while (happening := await queue.get()) is not None and not socket.closed:
                await socket.send_json(happening)
            await socket.close()

        pumping = asyncio.create_task(pump())
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            pumping.cancel()
            await asyncio.gather(pumping, return_exceptions=True)
    return socket
