"""The same listeners by Socket Mode and by HTTP, against a strict workspace."""

import contextlib
import socket as sockets
from contextlib import AsyncExitStack

import pytest

from bot import metrics
from bot.cards.blocks import actions, button, link_button, section
from bot.slack.api import SlackApi
from sandbox import seeds
from sandbox.workspace.client import WorkspaceClient
from sandbox.workspace.server import Workspace
from tests.slack.conftest import MANIFEST
from tests.slack.delivery import PACE
from tests.slack.edge import by_http, by_socket, listening, until

GENERAL = "C0GENERAL"
ALICE = seeds.ALICE.id


def free_port() -> int:
    with contextlib.closing(sockets.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(params=["socket", "http"])
async def world(request, store):
    """(workspace, people, edge): connected by the way the parameter names."""
    async with AsyncExitStack() as stack:
        url = None
        if request.param == "http":
            port = free_port()
            url = f"http://127.0.0.1:{port}/slack/events"
        workspace = Workspace(manifest=MANIFEST, pace=PACE, request_url=url)
        await workspace.start()
        stack.push_async_callback(workspace.stop)
        api = SlackApi(seeds.BOT_TOKEN, f"{workspace.url}/api/", timeout_s=2.0)
        await api.start()
        stack.push_async_callback(api.stop)
        edge = await stack.enter_async_context(listening(api, store))
        if request.param == "http":
            await stack.enter_async_context(by_http(edge, store, port=port))
        else:
            await stack.enter_async_context(by_socket(edge, workspace))
        people = await stack.enter_async_context(WorkspaceClient(workspace.url))
        await api.call("conversations.join", channel=GENERAL)
        yield workspace, people, edge, api


async def a_message(api, *elements) -> None:
    blocks = [section("A card"), actions(*elements)]
    await api.call("chat.postMessage", channel=GENERAL, text="A card", blocks=blocks)


async def test_a_command_reaches_its_verb_with_words_person_and_groups(world):
    workspace, people, edge, _ = world
    said = await people.say(ALICE, GENERAL, '/credlink echo prod "two words" <!channel>')

    assert said["ok"]
    ((words, asked),) = edge.done.asked
    assert words == ["prod", "two words", "<!channel>"]
    assert (asked.by.id, asked.by.groups) == (ALICE, {"S0DEPLOY"})
    assert asked.channel_id == GENERAL
    assert said["ephemeral"]["blocks"][0]["text"]["text"] == "heard"
    assert workspace.verdict() == []


@pytest.mark.parametrize(
    ("said", "found"),
    [("v1.2.0", "found v1.2.0"), ("wrongly", "There is no &lt;version&gt; like that.")],
)
async def test_a_command_that_asks_outside_is_answered_at_once_and_again_when_it_knows(
    world, said, found
):
    workspace, people, edge, _ = world

    first = await people.say(ALICE, GENERAL, f"/credlink ask {said}")

    assert first["ephemeral"]["text"] == f"Looking at {said}…"
    edge.done.found.set()

    async def told():
        shown = await people.messages(ALICE, GENERAL)
        return [m for m in shown if m.get("ephemeral") and m["text"] == found]

    await until(told)
    assert workspace.verdict() == []


async def test_where_the_bot_is_no_member_the_later_answer_comes_by_response_url(world):
    _, people, edge, _ = world
    await people.leave(seeds.BOT_USER_ID, GENERAL)
    edge.done.found.set()

    await people.say(ALICE, GENERAL, "/credlink ask v1.2.0")

    async def told():
        shown = await people.messages(ALICE, GENERAL)
        return [m for m in shown if m.get("ephemeral") and m["text"] == "found v1.2.0"]

    await until(told)


async def test_a_press_reaches_its_action_with_what_the_button_was_drawn_with(world):
    workspace, people, edge, api = world
    drawn = button("Confirm", action_id="test.press", subject_id="c1", revision=3)
    await a_message(api, drawn)
    (message,) = await people.messages(ALICE, GENERAL)

    assert (await people.press_button(ALICE, message, "Confirm"))["ok"]

    (press,) = edge.done.pressed
    assert (press.action_id, press.subject_id, press.revision) == ("test.press", "c1", 3)
    assert press.asked.by.id == ALICE

    async def ephemeral():
        return [m for m in await people.messages(ALICE, GENERAL) if m.get("ephemeral")]

    (shown,) = await until(ephemeral)
    assert shown["text"] == "pressed"
    assert workspace.verdict() == []


async def test_a_press_that_says_nothing_and_a_link_leave_no_message(world):
    workspace, people, edge, api = world
    await a_message(
        api,
        button("Quiet", action_id="test.press", subject_id="c2", revision=1),
        link_button("Runbook", "https://runbooks.example/x", action_id="link.runbook"),
    )
    (message,) = await people.messages(ALICE, GENERAL)
    assert (await people.press_button(ALICE, message, "Quiet"))["ok"]
    assert (await people.press_button(ALICE, message, "Runbook"))["ok"]
    await edge.replies.stop()
    assert len(edge.done.pressed) == 1
    assert len(await people.messages(ALICE, GENERAL)) == 1
    assert workspace.verdict() == []


async def test_where_the_bot_is_no_member_the_answer_to_a_press_comes_by_response_url(world):
    _, people, _, api = world
    await a_message(api, button("Confirm", action_id="test.press", subject_id="c1", revision=1))
    (message,) = await people.messages(ALICE, GENERAL)
    await people.leave(seeds.BOT_USER_ID, GENERAL)

    assert (await people.press_button(ALICE, message, "Confirm"))["ok"]

    async def ephemeral():
        return [m for m in await people.messages(ALICE, GENERAL) if m.get("ephemeral")]

    (shown,) = await until(ephemeral)
    assert shown["text"] == "pressed"


async def test_trap_a_dead_response_url_raises_nothing_and_the_loss_is_logged(world, caplog):
    _, people, _, api = world
    await a_message(api, button("Confirm", action_id="test.press", subject_id="c1", revision=1))
    (message,) = await people.messages(ALICE, GENERAL)
    await people.leave(seeds.BOT_USER_ID, GENERAL)
    await people.fault("http", method="response_url", status=404, times=9)

    assert (await people.press_button(ALICE, message, "Confirm"))["ok"]

    async def lost():
        return [record for record in caplog.records if record.message == "reply_lost"]

    assert await until(lost)


async def test_an_event_delivered_twice_and_out_of_order_is_taken_once_each(world):
    workspace, people, edge, _ = world
    await people.fault("duplicate_event")
    await people.fault("out_of_order")
    await people.say(ALICE, GENERAL, "@credlink first")
    await people.say(ALICE, GENERAL, "@credlink second")

    async def settled():
        records = [r for r in workspace.deliveries.records if r.kind == "app_mention"]
        return len(records) == 3 and not any(record.pending for record in records)

    await until(settled)
    assert sorted(e["text"].split()[-1] for e in edge.done.events) == ["first", "second"]
    assert workspace.verdict() == []


async def test_a_command_that_is_not_ours_is_answered_by_slack_and_never_reaches_us(world):
    _, people, edge, _ = world
    said = await people.say(ALICE, GENERAL, "/weather tomorrow")
    assert said["error"] == "not_declared"
    assert edge.done.asked == []


async def test_trap_socket_refresh_with_an_envelope_in_flight_loses_nothing(
    workspace, people, api, store
):
    async with listening(api, store) as edge, by_socket(edge, workspace) as way:
        await api.call("conversations.join", channel=GENERAL)
        for n in range(3):
            await people.say(ALICE, GENERAL, f"@credlink {n}")
            await people.fault("refresh_socket")

        async def all_taken():
            return len(edge.done.events) >= 3

        await until(all_taken)
        assert sorted(e["text"].split()[-1] for e in edge.done.events) == ["0", "1", "2"]
        assert way.is_connected


async def test_trap_connections_open_failing_start_goes_on_and_connected_is_a_metric(
    workspace, people, api, store, caplog
):
    await people.fault("http", method="apps.connections.open", status=503)
    async with listening(api, store) as edge:
        assert metrics.slack_connected._value.get() == 0
        async with by_socket(edge, workspace) as way:

            async def connected():
                return way.is_connected

            await until(connected, within_s=9)
            assert metrics.slack_connected._value.get() == 1
        assert metrics.slack_connected._value.get() == 0
    assert not [record for record in caplog.records if record.exc_info]


async def test_trap_socket_mode_asks_this_slack_where_to_connect_and_not_slack_com(
    workspace, api, store
):
    async with listening(api, store) as edge, by_socket(edge, workspace) as way:
        assert way.is_connected
    assert len(workspace.calls_of("apps.connections.open")) == 1


async def test_trap_proxies_of_the_environment_do_not_stand_between_us_and_this_machine(
    workspace, store, monkeypatch
):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    api = SlackApi(seeds.BOT_TOKEN, f"{workspace.url}/api/")
    await api.start()
    async with listening(api, store) as edge, by_socket(edge, workspace) as way:
        assert way.is_connected
    await api.stop()
