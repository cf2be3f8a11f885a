"""Events: rights follow groups at once, and people who speak to the bot are told how."""

from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bot.cards.answer import Answer
from bot.slack import scopes
from bot.slack.events import Events
from bot.slack.listeners import Listeners
from bot.slack.people import People
from bot.slack.replies import Replies
from sandbox import seeds
from tests.slack.edge import Done, Edge, by_socket, until

GENERAL = "C0GENERAL"
ALICE = seeds.ALICE.id


@pytest.fixture
def entered() -> list[str]:
    """The channels the bot was told it is in."""
    return []


@pytest.fixture
def opened() -> list[tuple[str, bool]]:
    """The homes that were opened, and whether Slack had nothing to show in them."""
    return []


@pytest.fixture
def home_opened(opened):
    def open_(person: str, *, is_empty: bool) -> None:
        opened.append((person, is_empty))

    return open_


@pytest.fixture
async def directory(workspace, api, store, entered, home_opened):
    """The people of a bot that is connected and takes its own events."""
    directory, replies, done = People(api, ["S0DEPLOY"]), Replies(api), Done()
    await directory.start()
    events = Events(
        people=directory,
        replies=replies,
        greeting=Answer("Write `/credlink help`."),
        bot_user_id=seeds.BOT_USER_ID,
        entered=entered.append,
        home_opened=home_opened,
    )
    listeners = Listeners(
        api=api,
        identity=await api.who(),
        signing_secret="",
        tables=replace(done.tables(), events=events.table()),
        groups=directory.groups_of,
        replies=replies,
        database=store,
        now=None,
    )
    await api.call("conversations.join", channel=GENERAL)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(directory.stop)
        stack.push_async_callback(replies.stop)
        await stack.enter_async_context(by_socket(Edge(done, listeners, replies), workspace))
        yield directory


async def test_who_is_put_out_of_a_group_in_slack_loses_its_rights(people, directory):
    assert directory.groups_of(seeds.BOB.id) == {"S0DEPLOY"}
    await people.set_user_group("S0DEPLOY", [ALICE])

    async def without_bob():
        return not directory.groups_of(seeds.BOB.id)

    assert await until(without_bob)
    assert directory.groups_of(ALICE) == {"S0DEPLOY"}


@pytest.mark.parametrize("where", ["mention", "direct message"])
async def test_who_speaks_to_the_bot_is_told_how_and_once(workspace, people, directory, where):
    channel = GENERAL if where == "mention" else await people.direct_message(ALICE)
    await people.say(ALICE, channel, "@credlink hello")

    async def told():
        seen = await people.messages(ALICE, channel)
        return [message for message in seen if message.get("ephemeral")]

    (greeting,) = await until(told)
    assert greeting["text"] == "Write `/credlink help`."
    await people.settled()
    assert len(await told()) == 1
    assert workspace.verdict() == []


async def test_a_scope_somebody_took_away_is_named(workspace, people, api):
    identity, lacking = await scopes.missing(api)
    assert (identity.user_id, lacking) == (seeds.BOT_USER_ID, frozenset())
    await people.fault("remove_scope", scope="files:write")
    assert (await scopes.missing(api))[1] == {"files:write"}


async def test_a_channel_that_lets_the_bot_in_is_known_at_once(api, directory, entered):
    await api.call("conversations.join", channel="C0PROD001")

    async def told():
        return "C0PROD001" in entered

    assert await until(told)


async def test_who_opens_their_home_is_known_and_what_stands_there_too(
    api, people, directory, opened
):
    await people.open_home(ALICE)

    async def once():
        return opened == [(ALICE, True)]

    assert await until(once)
    await api.call("views.publish", user_id=ALICE, view={"type": "home", "blocks": []})
    await people.open_home(ALICE)

    async def twice():
        return opened == [(ALICE, True), (ALICE, False)]

    assert await until(twice)
