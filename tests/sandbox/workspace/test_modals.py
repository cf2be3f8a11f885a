"""Modals and the Home tab."""

import pytest
from slack_sdk.errors import SlackApiError

from sandbox import seeds
from tests.sandbox.workspace.bolt import app_of, socket
from tests.sandbox.workspace.conftest import bot_of

PROD = "C0PROD001"
ALICE = seeds.ALICE.id


def text(words):
    return {"type": "plain_text", "text": words}


def modal(title="Silence", **more):
    element = {"type": "plain_text_input", "action_id": "reason", "initial_value": "noise"}
    asked = {"type": "input", "block_id": "why", "label": text("Why"), "element": element}
    return {
        "type": "modal",
        "callback_id": "silence",
        "title": text(title),
        "submit": text("Silence"),
        "blocks": [asked],
        **more,
    }


def reason(words):
    return {"why": {"reason": {"type": "plain_text_input", "value": words}}}


async def opened(workspace, **more):
    """A modal of Alice's, opened by a trigger of hers."""
    trigger = workspace.platform.triggers.give(ALICE)
    return (await bot_of(workspace).views_open(trigger_id=trigger, view=modal(**more)))["view"]


async def test_a_command_opens_a_modal_and_its_submission_comes_back(workspace, people):
    app = app_of(workspace)
    heard = []

    @app.command("/credlink")
    async def command(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("silence")
    async def submitted(ack, view):
        heard.append(view["state"]["values"]["why"]["reason"]["value"])
        await ack()

    async with socket(workspace, app), people.stream(ALICE) as seen:
        await people.say(ALICE, PROD, "/credlink silence")
        view = (await seen.until("view_opened"))["view"]
        untouched = await people.submit(ALICE, view)
        closed = await seen.until("view_closed")

    assert untouched["ok"]
    assert heard == ["noise"]
    assert closed["view_id"] == view["id"]


async def test_a_required_input_left_empty_is_not_sent_to_the_app(workspace, people):
    view = await opened(workspace)

    answer = await people.submit(ALICE, view, reason(""))

    assert answer["errors"] == {"why": "Please complete this required field."}
    assert await people.deliveries() == []


@pytest.mark.parametrize(
    ("acknowledged", "answer"),
    [
        (
            {"response_action": "errors", "errors": {"why": "Too short"}},
            {"ok": True, "errors": {"why": "Too short"}, "response_action": "errors"},
        ),
        (
            {"response_action": "errors", "errors": {"how": "x"}},
            {
                "ok": False,
                "error": "dispatch_failed",
                "detail": "invalid_errors; no input block how",
            },
        ),
        (
            {"response_action": "update", "view": modal(title="Next")},
            {"ok": True, "response_action": "update"},
        ),
        (
            {"response_action": "push", "view": modal(title="Next")},
            {"ok": True, "response_action": "push"},
        ),
        ({"response_action": "clear"}, {"ok": True, "response_action": "clear"}),
    ],
)
async def test_a_submission_is_answered_with_what_happens_next(
    workspace, people, acknowledged, answer
):
    app = app_of(workspace)

    @app.view("silence")
    async def submitted(ack):
        await ack(**acknowledged)

    async with socket(workspace, app):
        view = await opened(workspace)
        got = await people.submit(ALICE, view)
        left = (await people.state(ALICE))["views"]

    got.pop("acked_ms", None)
    assert got == answer
    titles = [each["title"]["text"] for each in left]
    following = {"update": ["Next"], "push": ["Silence", "Next"], "clear": []}
    assert titles == following.get(acknowledged["response_action"], ["Silence"])


async def test_a_trigger_serves_one_modal_for_three_seconds(timed, clock):
    bot = bot_of(timed)
    used, late = (timed.platform.triggers.give(ALICE) for _ in range(2))
    await bot.views_open(trigger_id=used, view=modal())
    clock.advance(3)

    for trigger, error in (
        (used, "exchanged_trigger_id"),
        (late, "expired_trigger_id"),
        ("guessed", "invalid_trigger_id"),
    ):
        with pytest.raises(SlackApiError, match=error):
            await bot.views_open(trigger_id=trigger, view=modal())


async def test_a_fault_makes_the_next_trigger_arrive_expired(workspace, people):
    await people.fault("expired_trigger")

    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await opened(workspace)


async def test_three_modals_may_lie_on_each_other(workspace, bot):
    await opened(workspace)
    for title in ("Second", "Third"):
        trigger = workspace.platform.triggers.give(ALICE)
        await bot.views_push(trigger_id=trigger, view=modal(title=title))

    with pytest.raises(SlackApiError, match="push_limit_reached"):
        trigger = workspace.platform.triggers.give(ALICE)
        await bot.views_push(trigger_id=trigger, view=modal(title="Fourth"))


async def test_an_update_for_an_older_state_is_refused(workspace, bot):
    view = await opened(workspace)
    await bot.views_update(view_id=view["id"], hash=view["hash"], view=modal(title="New"))

    with pytest.raises(SlackApiError, match="hash_conflict"):
        await bot.views_update(view_id=view["id"], hash=view["hash"], view=modal(title="Lost"))


async def test_an_external_id_belongs_to_one_view(workspace, bot):
    await opened(workspace, external_id="silence-1")
    await bot.views_update(external_id="silence-1", view=modal(external_id="silence-1"))

    trigger = workspace.platform.triggers.give(seeds.BOB.id)
    with pytest.raises(SlackApiError, match="duplicate_external_id"):
        await bot.views_open(trigger_id=trigger, view=modal(external_id="silence-1"))


async def test_a_view_beyond_250_kb_is_too_large(workspace, bot):
    big = [{"type": "section", "text": text("x" * 3000)} for _ in range(90)]

    with pytest.raises(SlackApiError, match="view_too_large"):
        await opened(workspace, blocks=big)


async def test_closing_is_told_to_apps_that_asked(workspace, people):
    app = app_of(workspace)
    heard = []

    @app.view_closed("silence")
    async def closed(ack, body):
        heard.append(body["is_cleared"])
        await ack()

    async with socket(workspace, app):
        await people.close_view(ALICE, await opened(workspace))
        await people.close_view(ALICE, await opened(workspace, notify_on_close=True))

    assert heard == [False]


async def test_the_home_tab_is_drawn_when_somebody_looks(workspace, people):
    app = app_of(workspace)
    home = {"type": "home", "blocks": [{"type": "header", "text": text("Services")}]}

    @app.event("app_home_opened")
    async def looked(event, client):
        await client.views_publish(user_id=event["user"], view=home)

    async with socket(workspace, app), people.stream(ALICE) as seen:
        await people.open_home(ALICE)
        drawn = await seen.until("home_updated")
        await people.settled()

    assert drawn["view"]["blocks"][0]["text"]["text"] == "Services"
    assert (await people.state(ALICE))["home"]["type"] == "home"
    assert (await people.state(seeds.BOB.id))["home"] is None
