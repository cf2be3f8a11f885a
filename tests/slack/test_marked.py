"""Messages people mark with an emoji: kept with the event, read once, and handed on."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.cards.answer import Answer
from bot.domain.note import Mark, Said
from bot.errors import Conflict
from bot.slack.listeners import Listeners
from bot.slack.marked import PATIENCE, MarkedMessages
from bot.slack.replies import Replies
from bot.storage import notes
from sandbox import seeds
from tests.slack.edge import Done, Edge, by_socket, until

GENERAL = "C0GENERAL"
ALICE, BOB = seeds.ALICE.id, seeds.BOB.id


class Marks:
    """Whoever takes marked messages in."""

    def __init__(self) -> None:
        self.taken: list[tuple[Mark, Said | None]] = []
        self.fails: list[Exception] = []
        self.at: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def take(self, mark: Mark, said: Said | None) -> Answer | None:
        if self.fails:
            raise self.fails.pop()
        self.taken.append((mark, said))
        return Answer("noted")


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture
async def marked(workspace, api, store, marks):
    replies, done = Replies(api), Done()
    marked = MarkedMessages(
        api=api,
        replies=replies,
        database=store,
        emoji="memo",
        bot_user_id=seeds.BOT_USER_ID,
        take=marks.take,
        now=lambda: marks.at(),
    )
    listeners = Listeners(
        api=api,
        identity=await api.who(),
        signing_secret="",
        tables=replace(done.tables(), kept={"reaction_added": marked.keep}),
        groups=lambda _: frozenset(),
        replies=replies,
        database=store,
        now=None,
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(replies.stop)
        stack.push_async_callback(marked.stop)
        await stack.enter_async_context(by_socket(Edge(done, listeners, replies), workspace))
        await api.call("conversations.join", channel=GENERAL)
        yield marked


async def thread(people) -> tuple[dict[str, Any], dict[str, Any]]:
    """A message of Alice's and Bob's answer to it."""
    await people.say(ALICE, GENERAL, "It is slow")
    (first,) = await people.messages(ALICE, GENERAL)
    await people.say(BOB, GENERAL, "restarting & looking", thread_ts=first["ts"])
    return first, (await people.messages(ALICE, GENERAL, first["ts"]))[-1]


async def left(store) -> int:
    async with store.read() as connection:
        return len(await notes.marks(connection, datetime.now(UTC) + timedelta(days=1)))


async def test_a_marked_message_of_a_thread_is_read_and_who_marked_it_is_told_there(
    workspace, people, store, marked, marks
):
    first, answer = await thread(people)

    await people.react(ALICE, answer, "memo")

    async def told():
        found = await people.messages(ALICE, GENERAL, first["ts"])
        return [m["text"] for m in found if m.get("ephemeral")]

    assert await until(told) == ["noted"]
    [(mark, said)] = marks.taken
    assert (mark.by, mark.channel_id, mark.ts) == (ALICE, GENERAL, answer["ts"])
    assert said == Said(
        ts=answer["ts"], thread_ts=first["ts"], text="restarting &amp; looking", by=BOB
    )
    assert await left(store) == 0
    await people.settled()
    assert workspace.verdict() == []


async def test_what_the_bot_wrote_is_known_as_nobodys_message(api, people, marked, marks):
    first, _ = await thread(people)
    posted = await api.call(
        "chat.postMessage", channel=GENERAL, thread_ts=first["ts"], text="a quiet entry"
    )

    await people.react(ALICE, {"channel": GENERAL, "ts": posted["ts"]}, "memo")

    async def taken():
        return marks.taken

    [(_, said)] = await until(taken)
    assert said.by is None


async def test_other_emoji_and_the_bots_own_are_no_marks(api, people, store, marked, marks):
    _, answer = await thread(people)

    await people.react(ALICE, answer, "eyes")
    await api.call("reactions.add", channel=GENERAL, timestamp=answer["ts"], name="memo")
    await people.settled()

    assert marks.taken == []
    assert await left(store) == 0


@pytest.mark.parametrize(
    "event",
    [
        {"reaction": "memo", "user": ALICE, "item": {"type": "file", "file": "F1"}},
        {"reaction": "memo", "user": ALICE},
        {"user": ALICE, "item": {"type": "message", "channel": GENERAL, "ts": "1.1"}},
    ],
)
async def test_what_is_no_message_is_no_mark(store, marked, event):
    async with store.write() as connection:
        assert await marked.keep(connection, event) is None
    assert await left(store) == 0


async def test_while_slack_does_not_answer_the_mark_is_kept_and_the_sweep_comes_again(
    people, store, marked, marks
):
    _, answer = await thread(people)
    await people.fault("http", method="conversations.replies", status=503)

    await people.react(ALICE, answer, "memo")

    async def kept():
        return await left(store) == 1

    assert await until(kept)
    await people.settled()
    marks.at = lambda: datetime.now(UTC) + timedelta(minutes=1)
    assert await marked.sweep() == 1
    assert [said.text for _, said in marks.taken] == ["restarting &amp; looking"]
    assert await left(store) == 0


async def test_a_refusal_is_said_and_a_mistake_is_tried_again_and_given_up_after_an_hour(
    people, store, marked, marks
):
    first, answer = await thread(people)
    marks.fails = [ZeroDivisionError(), ZeroDivisionError(), Conflict("There is <no> incident.")]
    mark = Mark(GENERAL, answer["ts"], ALICE, datetime.now(UTC))

    async def marked_at(later: timedelta) -> int:
        async with store.write() as connection:
            await notes.keep_mark(connection, mark)
        marks.at = lambda: mark.marked_at + later
        await marked.sweep()
        return await left(store)

    assert await marked_at(timedelta(minutes=1)) == 0
    assert await marked_at(timedelta(minutes=2)) == 1
    assert await marked_at(PATIENCE * 2) == 0

    async def told():
        found = await people.messages(ALICE, GENERAL, first["ts"])
        return [m["text"] for m in found if m.get("ephemeral")]

    async def both():
        return len(await told()) == 2 and await told()

    said = await until(both)
    assert said[0] == "There is &lt;no&gt; incident."
    assert said[1].startswith("That went wrong on my side. It is recorded as")


async def test_a_message_that_is_gone_is_nobodys(store, marked, marks):
    mark = Mark(GENERAL, "1.000001", ALICE, datetime.now(UTC) - timedelta(minutes=1))
    async with store.write() as connection:
        await notes.keep_mark(connection, mark)

    await marked.sweep()

    assert [said for _, said in marks.taken] == [None]
    assert await left(store) == 0
