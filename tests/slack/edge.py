"""The listeners with verbs and buttons made for tests, and a hand-signed way in."""

import asyncio
import hashlib
import hmac
import io
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from bot.cards.answer import Answer, Later
from bot.cards.blocks import actions, button, section
from bot.cards.modal import Loading, Modal, choice, person, searched, text_input
from bot.domain.asked import Asked, Press, Submission
from bot.errors import Conflict, FormError
from bot.slack.api import SlackApi
from bot.slack.http import HttpMode
from bot.slack.listeners import Listeners, Tables
from bot.slack.replies import Replies
from bot.slack.socket import SocketMode
from bot.storage.database import Database
from bot.web.server import Listener
from sandbox import seeds
from sandbox.workspace.server import Workspace

PATIENCE_S = 5.0
LENGTHS = [("1h", "1 h"), ("2h", "2 h")]


def a_list(number: int, *, channel: str, said: str = "nothing yet") -> Modal:
    """A form of which people press buttons: one is answered, one is not, one opens another."""
    pressed = [
        button("Answered", action_id="test.press", subject_id="c1", revision=1),
        button("Quiet", action_id="test.press.quiet", subject_id="c2", revision=1),
        button("Ask", action_id="test.form", subject_id="g1", revision=1),
    ]
    return Modal(
        callback_id="test.list",
        title=f"Page {number}",
        submit="Next",
        close="Close",
        blocks=(section(said), actions(*pressed)),
        carried={"page": str(number), "channel": channel},
    )


@dataclass
class Done:
    """What reached the bot."""

    asked: list[tuple[list[str], Asked]] = field(default_factory=list)
    pressed: list[Press] = field(default_factory=list)
    submitted: list[Submission] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    failing: bool = False
    found: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when what `ask` waits for is there."""

    def tables(self) -> Tables:
        async def echo(words, asked: Asked) -> Answer:
            self.asked.append((list(words), asked))
            return Answer("heard " + " ".join(words), (section("heard"),))

        async def refuse(words, asked: Asked) -> Answer:
            raise Conflict("A rollout of <prod> is under way.")

        async def break_(words, asked: Asked) -> Answer:
            raise ZeroDivisionError

        async def ask(words, asked: Asked) -> Later:
            async def found() -> Answer:
                await self.found.wait()
                if words == ["wrongly"]:
                    raise Conflict("There is no <version> like that.")
                return Answer("found " + " ".join(words))

            return Later(found, first=f"Looking at {' '.join(words)}…")

        async def press(press: Press) -> Answer | None:
            self.pressed.append(press)
            return Answer("pressed") if press.subject_id == "c1" else None

        async def open_form(press: Press) -> Modal:
            asks = (text_input("why", "Why"), choice("long", "How long", LENGTHS, initial="2h"))
            carried = {"channel": press.asked.channel_id, "of": press.subject_id}
            return Modal(
                callback_id="test.form", title="A form", submit="Send", blocks=asks, carried=carried
            )

        async def otherwise(words, asked: Asked) -> Answer:
            return Answer(f"I know echo, not {' '.join(words) or 'nothing'}.")

        def event(event) -> None:
            if self.failing:
                raise ZeroDivisionError
            self.events.append(dict(event))

        return Tables(
            verbs={"echo": echo, "refuse": refuse, "break": break_, "ask": ask},
            actions={
                "test.press": press,
                "test.press.quiet": press,
                "test.form": open_form,
                "test.list": self._open_list,
                "test.more.ask": self._ask_first,
                "test.more.refuse": self._refuse_form,
            },
            options={"test.form.search": self._suggest},
            forms={"test.form": self._take, "test.list": self._turn},
            drawn={"test.list": self._draw},
            events={"subteam_members_changed": event, "app_mention": event},
            otherwise=otherwise,
        )

    async def _open_list(self, press: Press) -> Modal:
        return a_list(1, channel=press.asked.channel_id)

    async def _turn(self, submission: Submission) -> Modal:
        number = int(submission.carried["page"]) + 1
        return a_list(number, channel=submission.carried["channel"])

    async def _draw(self, carried: Mapping[str, str], about: str, said: Answer | None) -> Modal:
        came = f"{about}: {said.text if said is not None else 'done'}"
        return a_list(int(carried["page"]), channel=carried["channel"], said=came)

    async def _ask_first(self, press: Press) -> Loading:
        self.pressed.append(press)

        async def found() -> Modal:
            await self.found.wait()
            blocks = (
                person("who", "Who", placeholder="Choose"),
                searched("search", "What", placeholder="Type"),
            )
            return Modal(callback_id="test.form", title="A form", submit="Send", blocks=blocks)

        return Loading(title="A form", text="Asking…", ask=found)

    async def _refuse_form(self, press: Press) -> Loading:
        async def found() -> Modal:
            raise Conflict("There is <none>.")

        return Loading(title="A form", text="Asking…", ask=found)

    async def _suggest(self, typed: str) -> list[tuple[str, str]]:
        if typed == "broken":
            raise ZeroDivisionError
        return [("v", f"found {typed}")]

    async def _take(self, submission: Submission) -> Answer | Later | None:
        self.submitted.append(submission)
        match submission.values.get("why"):
            case "nonsense":
                raise FormError({"why": "That is no reason."})
            case "refused":
                raise Conflict("A rollout of <prod> is under way.")
            case "broken":
                raise ZeroDivisionError
            case "quiet":
                return None
            case "later":
                return Later(lambda: asyncio.sleep(0, Answer("taken later")))
        return Answer("taken")


@dataclass
class Edge:
    done: Done
    listeners: Listeners
    replies: Replies


@asynccontextmanager
async def listening(api: SlackApi, store: Database) -> AsyncIterator[Edge]:
    done = Done()
    replies = Replies(api)
    listeners = Listeners(
        api=api,
        identity=await api.who(),
        signing_secret=seeds.SIGNING_SECRET,
        tables=done.tables(),
        groups=lambda user_id: frozenset({"S0DEPLOY"} if user_id == seeds.ALICE.id else ()),
        replies=replies,
        database=store,
        now=lambda: datetime.now(UTC),
    )
    try:
        yield Edge(done, listeners, replies)
    finally:
        await replies.stop()


@asynccontextmanager
async def by_socket(edge: Edge, workspace: Workspace) -> AsyncIterator[SocketMode]:
    url = f"{workspace.url}/api/"
    socket = SocketMode(edge.listeners.app, seeds.APP_TOKEN, url, ping_s=0.5)
    await socket.start()
    try:
        yield socket
    finally:
        await socket.stop()


@asynccontextmanager
async def by_http(
    edge: Edge, store: Database, *, port: int = 0
) -> AsyncIterator[tuple[str, HttpMode]]:
    """The URL Slack would post to."""
    mode = HttpMode(edge.listeners.app, seeds.SIGNING_SECRET, store)
    application = web.Application()
    mode.add_routes(application)
    listener = Listener(application, f"127.0.0.1:{port}")
    await listener.start()
    try:
        yield f"{listener.url}/slack/events", mode
    finally:
        await listener.stop()


def signed(body: bytes, *, at: float | None = None, timestamp: str | None = None) -> dict[str, str]:
    """The headers Slack would send with this body."""
    said = timestamp or str(int(at if at is not None else time.time()))
    base = b"v0:" + said.encode() + b":" + body
    digest = hmac.new(seeds.SIGNING_SECRET.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": said, "X-Slack-Signature": f"v0={digest}"}


def command(text: str, *, trigger_id: str = "t1") -> bytes:
    form = {
        "command": "/credlink",
        "text": text,
        "user_id": seeds.ALICE.id,
        "channel_id": "C0GENERAL",
        "team_id": seeds.TEAM_ID,
        "trigger_id": trigger_id,
        "response_url": "http://127.0.0.1:9/",
    }
    return urlencode(form).encode()


def event(kind: str, *, event_id: str = "Ev1") -> bytes:
    return json.dumps(
        {
            "type": "event_callback",
            "team_id": seeds.TEAM_ID,
            "event_id": event_id,
            "event": {"type": kind, "subteam_id": "S0DEPLOY"},
        }
    ).encode()


async def post(
    url: str, body: bytes, headers: dict[str, str], *, kind: str = "form"
) -> tuple[int, str]:
    types = {"form": "application/x-www-form-urlencoded", "json": "application/json"}
    async with aiohttp.ClientSession() as session:
        sent = {**headers, "Content-Type": types[kind]}
        async with session.post(url, data=io.BytesIO(body), headers=sent) as response:
            return response.status, await response.text()


async def until(look: Callable[[], Awaitable[Any]], *, within_s: float = PATIENCE_S) -> Any:
    """What `look` sees as soon as it sees something; fail when that takes too long."""
    async with asyncio.timeout(within_s):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.005)
