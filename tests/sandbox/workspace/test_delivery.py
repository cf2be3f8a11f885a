"""Events and their redelivery, over sockets and over HTTP."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from sandbox import seeds
from sandbox.workspace.client import WorkspaceClient
from sandbox.workspace.posts import signature
from sandbox.workspace.server import Workspace
from tests.sandbox.workspace.bolt import app_of, eventually, listening, serving, socket
from tests.sandbox.workspace.conftest import MANIFEST, bot_of

PROD = "C0PROD001"
ALICE = seeds.ALICE.id


def listening_app(workspace, heard):
    """An app that hears mentions, direct messages and reactions."""
    app = app_of(workspace)

    for name in ("app_mention", "message", "reaction_added"):

        @app.event(name)
        async def hear(body):
            heard.append(body)

    app.event("member_joined_channel")(_ignore)
    return app


@asynccontextmanager
async def raw_socket(workspace):
    """A socket without an SDK, past its hello."""
    address = f"{workspace.url}/socket/{workspace.platform.sockets.ticket()}"
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as raw:
        assert (await raw.receive_json(timeout=5))["type"] == "hello"
        yield raw


async def _ignore():
    """Heard, and nothing to do."""


async def test_only_subscribed_events_are_sent_and_only_from_the_bots_channels(
    workspace, bot, people
):
    heard = []
    async with socket(workspace, listening_app(workspace, heard)):
        await people.say(ALICE, PROD, "@credlink outside")
        await bot.conversations_join(channel=PROD)
        await people.say(ALICE, PROD, "not for the bot")
        ts = (await people.say(ALICE, PROD, "@credlink inside"))["ts"]
        await people.say(ALICE, await people.direct_message(ALICE), "hello")
        await people.react(ALICE, {"channel": PROD, "ts": ts}, "eyes")
        await people.settled()

    events = [(each["event"]["type"], each["event"].get("text")) for each in heard]
    assert events == [
        ("app_mention", f"<@{seeds.BOT_USER_ID}> inside"),
        ("message", "hello"),
        ("reaction_added", None),
    ]
    assert await people.verdict() == []


async def test_people_and_groups_that_change_are_announced(workspace, people):
    heard = []
    app = app_of(workspace)

    @app.event("subteam_members_changed")
    @app.event("user_change")
    async def hear(event):
        heard.append(event)

    async with socket(workspace, app):
        await people.set_user_group("S0APPROVE", [seeds.BOB.id, seeds.DAVE.id])
        await people.rename(seeds.DAVE.id, "David Ito")
        await people.settled()

    assert heard[0]["added_users"] == [seeds.DAVE.id]
    assert heard[0]["removed_users"] == [seeds.CAROL.id]
    assert heard[1]["user"]["real_name"] == "David Ito"


async def test_every_envelope_goes_to_exactly_one_of_two_sockets(workspace, people):
    first, second = [], []
    direct = await people.direct_message(ALICE)
    one, other = listening_app(workspace, first), listening_app(workspace, second)
    async with socket(workspace, one), socket(workspace, other):
        for number in range(6):
            await people.say(ALICE, direct, f"{number}")
        await people.settled()

    assert (len(first), len(second)) == (3, 3)
    assert sorted(each["event"]["text"] for each in first + second) == list("012345")


async def test_an_eleventh_socket_is_turned_away(workspace):
    async with AsyncExitStack() as ten:
        for _ in range(10):
            await ten.enter_async_context(raw_socket(workspace))
        address = f"{workspace.url}/socket/{workspace.platform.sockets.ticket()}"
        async with aiohttp.ClientSession() as session, session.ws_connect(address) as extra:
            told = await extra.receive_json(timeout=5)

    assert (told["type"], told["reason"]) == ("disconnect", "too_many_websockets")


async def test_a_socket_address_serves_once(workspace):
    address = f"{workspace.url}/socket/{workspace.platform.sockets.ticket()}"
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(address) as first:
            assert (await first.receive_json(timeout=5))["type"] == "hello"
        async with session.get(address) as again:
            assert again.status == 403


async def test_the_app_reconnects_when_asked_and_misses_nothing(workspace, people):
    heard = []
    direct = await people.direct_message(ALICE)
    async with socket(workspace, listening_app(workspace, heard)):
        await people.fault("refresh_socket")
        await eventually(lambda: workspace.platform.sockets.connected == 1)
        await people.say(ALICE, direct, "after")
        await people.settled()

    assert [each["event"]["text"] for each in heard] == ["after"]


async def test_an_event_nobody_takes_is_sent_four_times_at_slacks_moments(timed, clock):
    timed.store.direct_message(ALICE)
    async with WorkspaceClient(timed.url) as people:
        await people.say(ALICE, await people.direct_message(ALICE), "hello?")
        (delivery,) = timed.deliveries.records
        await eventually(lambda: delivery.attempts == 2)
        clock.advance(60)
        await eventually(lambda: delivery.attempts == 3)
        clock.advance(299)
        for _ in range(5):
            await asyncio.sleep(0)
        assert delivery.attempts == 3
        clock.advance(1)
        await eventually(lambda: not delivery.pending)

        assert delivery.attempts == 4
        assert await people.verdict() == [f"message {delivery.id}: connection_failed"]


async def test_a_redelivered_event_says_which_attempt_it_is(timed, clock):
    async with WorkspaceClient(timed.url) as people, raw_socket(timed) as raw:
        await people.say(ALICE, await people.direct_message(ALICE), "hello")
        first = await raw.receive_json(timeout=5)
        clock.advance(3)
        again = await raw.receive_json(timeout=5)
        await raw.send_json({"envelope_id": again["envelope_id"]})
        await people.settled()
        verdict = await people.verdict()

    assert (first["retry_attempt"], first["retry_reason"]) == (0, "")
    assert (again["retry_attempt"], again["retry_reason"]) == (1, "http_timeout")
    assert first["payload"]["event_id"] == again["payload"]["event_id"]
    assert verdict == []


async def test_an_acknowledgement_on_another_socket_does_not_count(timed, clock):
    async with WorkspaceClient(timed.url) as people, raw_socket(timed) as old:
        await people.say(ALICE, await people.direct_message(ALICE), "hello")
        envelope = await old.receive_json(timeout=5)
        await people.fault("refresh_socket")
        assert (await old.receive_json(timeout=5))["reason"] == "refresh_requested"
        async with raw_socket(timed) as new:
            await new.send_json({"envelope_id": envelope["envelope_id"]})
            clock.advance(3)
            again = await new.receive_json(timeout=5)
            await new.send_json({"envelope_id": again["envelope_id"]})
            await people.settled()

    assert again["payload"]["event_id"] == envelope["payload"]["event_id"]
    assert again["retry_attempt"] == 1


async def test_a_duplicated_event_has_the_same_id(workspace, people):
    heard = []
    direct = await people.direct_message(ALICE)
    async with socket(workspace, listening_app(workspace, heard)):
        await people.fault("duplicate_event")
        await people.say(ALICE, direct, "hello")
        await people.settled()

    assert len(heard) == 2
    assert len({each["event_id"] for each in heard}) == 1


async def test_an_event_can_be_made_to_arrive_after_the_next(workspace, people):
    heard = []
    direct = await people.direct_message(ALICE)
    async with socket(workspace, listening_app(workspace, heard)):
        await people.fault("out_of_order")
        await people.say(ALICE, direct, "first")
        await people.say(ALICE, direct, "second")
        await people.settled()

    assert [each["event"]["text"] for each in heard] == ["second", "first"]


@pytest.fixture
async def posting(unused_port):
    """A workspace that posts to a request URL, and the port of that URL."""
    url = f"http://127.0.0.1:{unused_port}/slack"
    it = Workspace(manifest=MANIFEST, request_url=url, pace=100.0)
    await it.start()
    yield it, unused_port
    await it.stop()


async def test_over_http_everything_is_signed_and_posted_to_one_url(posting):
    workspace, port = posting
    heard = []
    app = listening_app(workspace, heard)

    @app.command("/credlink")
    async def command(ack, body, client):
        await ack("on it")
        assert (await client.auth_test())["ok"]

    @app.action("go")
    async def go(ack, body):
        heard.append(body)
        await ack()

    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    async with listening(app, port), WorkspaceClient(workspace.url) as people:
        answer = await people.say(ALICE, PROD, "/credlink help")
        await people.say(ALICE, await people.direct_message(ALICE), "hello")
        await bot_of(workspace).chat_postMessage(
            channel=PROD, text="?", blocks=[{"type": "actions", "elements": [button]}]
        )
        message = (await people.messages(ALICE, PROD))[-1]
        pressed = await people.press_button(ALICE, message, "Go")
        await people.settled()

        assert answer["ephemeral"]["text"] == "on it"
        assert pressed["ok"]
        assert sorted(each["type"] for each in heard) == ["block_actions", "event_callback"]
        assert await people.verdict() == []


async def test_a_signature_from_a_wrong_clock_is_refused_by_the_app(posting):
    workspace, port = posting
    app = app_of(workspace)

    @app.command("/credlink")
    async def command(ack):
        await ack()

    async with listening(app, port), WorkspaceClient(workspace.url) as people:
        assert (await people.say(ALICE, PROD, "/credlink help"))["ok"]
        await people.fault("clock_skew", seconds=-301)
        skewed = await people.say(ALICE, PROD, "/credlink help")
        await people.fault("dead_url")
        dead = await people.say(ALICE, PROD, "/credlink help")

    assert skewed["error"] == "dispatch_failed"
    assert dead["error"] == "dispatch_failed"


async def test_over_http_a_refused_event_is_repeated_unless_the_app_says_not_to(posting):
    workspace, port = posting
    attempts = []

    async def refuse(request):
        body = await request.json() if request.content_type == "application/json" else {}
        if "challenge" in body:
            return web.json_response({"challenge": body["challenge"]})
        if "event" not in body:
            return web.Response()
        attempts.append(
            (request.headers.get("X-Slack-Retry-Num"), request.headers.get("X-Slack-Retry-Reason"))
        )
        last = {"X-Slack-No-Retry": "1"} if len(attempts) == 3 else {}
        return web.Response(status=503, headers=last)

    async with serving(refuse, port), WorkspaceClient(workspace.url) as people:
        await people.say(ALICE, await people.direct_message(ALICE), "hello")
        await people.settled()

    assert attempts == [(None, None), ("1", "http_error"), ("2", "http_error")]


async def test_a_url_that_does_not_answer_the_challenge_gets_nothing(posting):
    workspace, port = posting

    async def deaf(request):
        return web.Response(text="hello")

    async with serving(deaf, port), WorkspaceClient(workspace.url) as people:
        answer = await people.say(ALICE, PROD, "/credlink help")

    assert (answer["error"], answer["detail"]) == ("dispatch_failed", "url_not_verified")


def test_a_signature_is_the_one_in_slacks_manual():
    # The worked example of "Verifying requests from Slack".
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2F"
        b"commands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signed = signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body)

    assert signed == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
