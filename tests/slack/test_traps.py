"""The traps of slack-bolt that were measured, each named, each closed."""

import asyncio
import json
import time
from contextlib import AsyncExitStack

import pytest

from bot.slack.listeners import OLD_BUTTON
from sandbox import seeds
from sandbox.standin import Fault
from tests.slack.edge import by_http, command, event, listening, post, signed, until


@pytest.fixture
async def http(api, store):
    """(url, edge, mode) of the bot in HTTP mode."""
    async with AsyncExitStack() as stack:
        edge = await stack.enter_async_context(listening(api, store))
        url, mode = await stack.enter_async_context(by_http(edge, store))
        yield url, edge, mode


async def test_trap_ten_millisecond_poll_an_acknowledgement_does_not_wait_for_one(http):
    url, _, _ = http
    assert http[1].listeners.app.process_before_response
    took = []
    for n in range(8):
        body = command("unknown", trigger_id=f"t{n}")
        started = time.perf_counter()
        await post(url, body, signed(body))
        took.append(time.perf_counter() - started)
    # Bolt's default needs over 10 ms for the poll alone, beside our write and a new connection.
    assert min(took) < 0.1


async def test_trap_acknowledged_then_failed_a_bug_is_an_answer_and_at_once(http):
    url, _, _ = http
    body = command("break")
    started = time.perf_counter()
    status, text = await post(url, body, signed(body))
    assert status == 200
    assert "It is recorded as" in json.loads(text)["text"]
    assert time.perf_counter() - started < 1.0


async def test_trap_a_listener_that_raises_an_error_for_people_is_their_answer_escaped(http):
    url, _, _ = http
    body = command("refuse")
    _, text = await post(url, body, signed(body))
    assert json.loads(text)["text"] == "A rollout of &lt;prod&gt; is under way."


async def test_trap_a_failing_event_is_not_acknowledged_and_taken_when_it_comes_again(http):
    url, edge, _ = http
    body = event("app_mention")
    edge.done.failing = True
    status, _ = await post(url, body, signed(body), kind="json")
    assert status == 500
    edge.done.failing = False
    status, _ = await post(url, body, signed(body), kind="json")
    assert status == 200
    assert len(edge.done.events) == 1


async def test_trap_a_listener_that_never_acknowledges_every_kind_of_request_is_answered(http):
    url, _, _ = http
    user = {"id": seeds.ALICE.id}
    payloads = (
        {"type": "view_submission", "view": {"callback_id": "x", "type": "modal"}},
        {"type": "view_closed", "view": {"callback_id": "x", "type": "modal"}},
        {"type": "shortcut", "callback_id": "x"},
        {"type": "message_action", "callback_id": "x"},
        {"type": "block_suggestion", "action_id": "x", "block_id": "b", "value": "a"},
    )
    for payload in payloads:
        said = {**payload, "user": user, "team": {"id": seeds.TEAM_ID}, "trigger_id": "t"}
        body = b"payload=" + json.dumps(said).encode()
        async with asyncio.timeout(1):
            status, _ = await post(url, body, signed(body))
        assert status == 200, payload["type"]
    body = event("some_event_of_next_year")
    assert await post(url, body, signed(body), kind="json") == (200, "")


async def test_trap_unknown_command_is_answered_with_help(http):
    url, _, _ = http
    body = command("deplyo prod")
    _, text = await post(url, body, signed(body))
    assert json.loads(text)["text"] == "I know echo, not deplyo prod."
    body = command("", trigger_id="t2").replace(b"%2Fcredlink", b"%2Fops")
    _, text = await post(url, body, signed(body))
    assert json.loads(text)["text"] == "I know echo, not nothing."


async def test_trap_auth_test_in_the_first_click_is_asked_once_at_start_and_never_again(
    http, workspace
):
    url, _, _ = http
    for n in range(3):
        body = command("echo", trigger_id=f"t{n}")
        assert (await post(url, body, signed(body)))[0] == 200
    assert len(workspace.calls_of("auth.test")) == 1


async def test_trap_a_slow_or_failing_auth_test_at_start_is_waited_for(api, workspace):
    workspace.faults.append(Fault("auth.test", times=2, status=503, body="busy"))
    assert (await api.who()).user_id == seeds.BOT_USER_ID


@pytest.mark.parametrize("off_s", [-301, 301])
async def test_trap_a_stale_or_future_timestamp_is_refused_and_the_skew_is_known(http, off_s):
    url, edge, mode = http
    body = command("echo")
    status, _ = await post(url, body, signed(body, at=time.time() + off_s))
    assert status == 401
    assert abs(mode.skew_s + off_s) < 2
    assert edge.done.asked == []


async def test_a_timestamp_within_five_minutes_is_taken(http):
    url, _, _ = http
    body = command("echo")
    assert (await post(url, body, signed(body, at=time.time() - 290)))[0] == 200


async def test_trap_an_exact_replay_runs_nothing_a_second_time(http):
    url, edge, _ = http
    body = command("echo")
    headers = signed(body)
    assert (await post(url, body, headers))[0] == 200
    assert (await post(url, body, headers))[0] == 401
    assert len(edge.done.asked) == 1


@pytest.mark.parametrize("timestamp", ["soon", "", "-1", "1e9", "١٢٣", "9" * 400])
async def test_trap_a_timestamp_that_is_no_number_is_refused_without_a_trace(
    http, caplog, timestamp
):
    url, edge, _ = http
    body = command("echo")
    headers = signed(body, timestamp=timestamp or "x")
    headers["X-Slack-Request-Timestamp"] = timestamp
    if not timestamp.isascii():
        headers["X-Slack-Request-Timestamp"] = "\udcd9\udca1"
    status, text = await post(url, body, headers)
    assert (status, text) == (401, "")
    assert not [record for record in caplog.records if record.exc_info]
    assert edge.done.asked == []


async def test_trap_bolt_does_not_deduplicate_an_event_delivered_twice_is_taken_once(http):
    url, edge, _ = http
    body = event("app_mention", event_id="Ev7")
    for at in (time.time(), time.time() - 61):  # the redelivery is signed anew
        assert (await post(url, body, signed(body, at=at), kind="json"))[0] == 200
    assert len(edge.done.events) == 1


async def test_trap_the_key_of_a_command_is_its_trigger_so_that_a_use_case_can_do_it_once(http):
    url, edge, _ = http
    body = command("echo", trigger_id="t9")
    await post(url, body, signed(body))
    await post(url, body, signed(body, at=time.time() - 5))
    assert [asked.key for _, asked in edge.done.asked] == ["t9", "t9"]


async def test_trap_aiohttps_one_mebibyte_a_press_on_a_large_message_is_taken(http):
    url, _, _ = http
    body = command("echo " + "x" * (3 * 1024 * 1024))
    assert (await post(url, body, signed(body)))[0] == 200
    body = command("echo " + "x" * (5 * 1024 * 1024))
    assert (await post(url, body, signed(body)))[0] == 413


async def test_forged_and_unsigned_requests_run_nothing(http):
    url, edge, _ = http
    body = command("echo")
    forged = signed(body + b"!")
    assert (await post(url, body, forged))[0] == 401
    assert (await post(url, body, {}))[0] == 401
    assert (await post(url, b"\xff\xfe", signed(b"\xff\xfe")))[0] == 401
    assert edge.done.asked == []


async def test_slacks_url_verification_and_certificate_check_are_answered(http):
    url, _, _ = http
    body = json.dumps({"type": "url_verification", "token": "", "challenge": "say this"}).encode()
    status, text = await post(url, body, signed(body), kind="json")
    assert status == 200
    assert "say this" in text
    assert await post(url, b"ssl_check=1&token=", {}) == (200, "")


async def test_a_button_of_a_version_gone_by_is_named_as_such(http, workspace, people):
    url, _, _ = http
    workspace.store.channels["C0GENERAL"].members.append(seeds.BOT_USER_ID)
    pressed = {
        "type": "block_actions",
        "team": {"id": seeds.TEAM_ID},
        "user": {"id": seeds.ALICE.id},
        "channel": {"id": "C0GENERAL"},
        "trigger_id": "t1",
        "actions": [
            {
                "type": "button",
                "action_id": "gone.for.good",
                "block_id": "b",
                "value": '{"id":"c1","revision":3}',
            }
        ],
    }
    body = b"payload=" + json.dumps(pressed).encode()
    assert (await post(url, body, signed(body)))[0] == 200
    seen = await until(lambda: people.messages(seeds.ALICE.id, "C0GENERAL"))
    assert seen[0]["text"] == OLD_BUTTON
    assert seen[0]["ephemeral"]
