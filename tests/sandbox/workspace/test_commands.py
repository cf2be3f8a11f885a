"""Slash commands, with the real slack-bolt on a socket."""

import json

import aiohttp
import pytest

from sandbox import seeds
from sandbox.workspace.client import WorkspaceClient
from tests.sandbox.workspace.bolt import app_of, socket

PROD = "C0PROD001"
ALICE = seeds.ALICE.id


async def test_a_command_is_answered_by_its_acknowledgement(workspace, people):
    app = app_of(workspace)
    heard = []

    @app.command("/credlink")
    async def listen(ack, body):
        heard.append(body)
        await ack("on it")

    async with socket(workspace, app):
        answer = await people.say(ALICE, PROD, "/credlink deploy prod <v1> & @bob")

    assert answer["ok"]
    assert (answer["ephemeral"]["text"], answer["ephemeral"]["ephemeral"]) == ("on it", True)
    assert heard[0]["text"] == "deploy prod &lt;v1&gt; &amp; @bob"
    assert (heard[0]["user_id"], heard[0]["channel_name"]) == (ALICE, "credlink-prod")
    assert await people.messages(seeds.BOB.id, PROD) == []


async def test_a_command_in_a_channel_the_bot_is_not_in_still_arrives(workspace, people):
    app = app_of(workspace)
    app.command("/credlink")(_acknowledge)

    async with socket(workspace, app):
        assert (await people.say(ALICE, PROD, "/credlink help"))["ok"]
        direct = await people.direct_message(ALICE)
        assert (await people.say(ALICE, direct, "/credlink help"))["ok"]


async def _acknowledge(ack):
    await ack()


async def test_a_command_that_is_not_in_the_manifest_fails_before_the_eyes_of_who_typed_it(people):
    async with people.stream(ALICE) as seen:
        answer = await people.say(ALICE, PROD, "/credlnik deploy")
        toast = await seen.until("toast")

    assert (answer["ok"], answer["error"]) == (False, "not_declared")
    assert toast["level"] == "error"
    assert "/credlnik" in toast["text"]


async def test_without_the_app_a_command_fails_at_once(people):
    answer = await people.say(ALICE, PROD, "/credlink help")

    assert (answer["ok"], answer["error"]) == (False, "dispatch_failed")
    assert await people.verdict() != []


async def test_an_app_that_does_not_acknowledge_in_three_seconds_has_failed(timed, clock):
    app = app_of(timed)

    @app.command("/credlink")
    async def listen(ack):
        clock.advance(3)

    client = WorkspaceClient(timed.url)
    async with client as people, socket(timed, app), people.stream(ALICE) as seen:
        answer = await people.say(ALICE, PROD, "/credlink help")
        toast = await seen.until("toast")

    assert (answer["ok"], answer["error"]) == (False, "operation_timeout")
    assert toast["text"] == "/credlink failed with the error “operation_timeout”"


async def test_an_acknowledgement_with_blocks_slack_would_refuse_fails_the_command(
    workspace, people
):
    app = app_of(workspace)

    @app.command("/credlink")
    async def listen(ack):
        await ack(text="x", blocks=[{"type": "section"}])

    async with socket(workspace, app):
        answer = await people.say(ALICE, PROD, "/credlink help")

    assert answer["error"] == "dispatch_failed"
    assert "json-pointer:/blocks/0" in answer["detail"]


async def test_in_channel_answers_are_everybodys(workspace, people):
    app = app_of(workspace)

    @app.command("/credlink")
    async def listen(ack):
        await ack(text="all is well", response_type="in_channel")

    async with socket(workspace, app):
        await people.say(ALICE, PROD, "/credlink status")

    (shown,) = await people.messages(seeds.BOB.id, PROD)
    assert shown["text"] == "all is well"


@pytest.fixture
async def response_url(workspace, people):
    """The response_url of a command of Alice's."""
    app = app_of(workspace)
    urls = []

    @app.command("/credlink")
    async def listen(ack, body):
        urls.append(body["response_url"])
        await ack()

    async with socket(workspace, app):
        await people.say(ALICE, PROD, "/credlink status")
    return urls[0]


async def respond(url, **content):
    async with aiohttp.ClientSession() as session, session.post(url, json=content) as reply:
        text = await reply.text()
        return reply.status, text if reply.status == 200 else json.loads(text)["error"]


async def test_a_response_url_answers_for_the_person_alone_and_can_replace_itself(
    people, response_url
):
    assert await respond(response_url, text="first") == (200, "ok")
    assert await respond(response_url, text="second", replace_original=True) == (200, "ok")

    (shown,) = await people.messages(ALICE, PROD)
    assert (shown["text"], shown["ephemeral"]) == ("second", True)
    assert await people.messages(seeds.BOB.id, PROD) == []


async def test_a_response_url_serves_five_times(response_url):
    answers = [await respond(response_url, text=f"{number}") for number in range(6)]

    assert answers == [(200, "ok")] * 5 + [(404, "used_url")]


async def test_a_response_url_ends_after_thirty_minutes(timed, clock):
    url = timed.platform.response_urls.give(ALICE, PROD)
    clock.advance(30 * 60)

    assert await respond(f"{timed.url}/response/{url}", text="x") == (404, "expired_url")


async def test_a_response_url_refuses_what_a_post_would(response_url):
    assert await respond(response_url, text="") == (400, "no_text")
    assert await respond(response_url, text="x", blocks=[{"type": "x"}]) == (400, "invalid_blocks")
