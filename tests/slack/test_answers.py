"""An answer that is a card: where it stands, completed, asked anew, and never left open."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.answers.ask import INTERRUPTED, AskQuestion, Note
from bot.domain.oncall import Level, OnCall, Roster, Shift
from bot.domain.question import Question
from bot.storage import answers as answer_rows
from sandbox import seeds
from sandbox.transcript import as_text
from tests.slack.answering import (
    ASKING,
    GENERAL,
    NAMES,
    OPS,
    Answers,
    answering,
    no_rows,
    utc_now,
)
from tests.slack.delivery import calls
from tests.slack.edge import until

ALICE, DAVE = seeds.ALICE, seeds.DAVE


class Asked:
    """A source that says who is on call, when it is let; it counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0
        self.person = "Carol"
        self.known_first: str | None = None
        self.let = asyncio.Event()
        self.let.set()
        self.breaks = False

    async def __call__(self, question: Question, note: Note) -> Mapping[str, Any]:
        self.times += 1
        if self.known_first is not None:
            await note(roster(self.known_first))
        await self.let.wait()
        if self.breaks:
            raise ZeroDivisionError
        return roster(self.person)


def roster(person: str) -> Mapping[str, Any]:
    shift = Shift(level=1, person=person, ends_at=utc_now() + timedelta(hours=1))
    on_call = OnCall(policy="Ops", levels=(Level(level=1, current=(shift,)),))
    return Roster(services={"credlink-api": on_call}).as_json()


@pytest.fixture
def source() -> Asked:
    return Asked()


@pytest.fixture
async def bot(workspace, people, store, source):
    async with answering(workspace, people, store, source) as it:
        yield it


async def test_it_stands_where_it_was_asked_and_is_completed_by_an_edit(
    bot: Answers, people, workspace, source
):
    source.let.clear()
    source.known_first = "somebody"
    assert await bot.types(ALICE, OPS, "/credlink oncall credlink-api") == ""

    async def known_so_far():
        return any("somebody" in text and ASKING in text for text in await bot.cards(OPS))

    assert await until(known_so_far)
    source.let.set()
    card = await bot.card(OPS, "Carol")
    assert bot.can_be_asked_anew(card)
    assert len(calls(workspace, "chat.postMessage")) == 1


async def test_where_the_bot_is_not_it_stands_in_the_direct_messages(bot: Answers, people):
    said = await bot.types(ALICE, GENERAL, "/credlink oncall")
    assert "your direct messages with me" in said

    await bot.card(await people.direct_message(ALICE.id), "Carol")
    assert await bot.cards(GENERAL) == []


async def test_a_channel_that_has_put_the_bot_out_meanwhile_loses_no_answer(
    bot: Answers, people, workspace
):
    await people.fault("error", method="chat.postMessage", error="not_in_channel")
    assert await bot.types(ALICE, OPS, "/credlink oncall") == ""

    await bot.card(await people.direct_message(ALICE.id), "Carol")
    assert await bot.cards(OPS) == []
    assert "your direct messages" in await bot.types(ALICE, OPS, "/credlink oncall")


async def test_asked_in_the_direct_messages_it_stands_there(bot: Answers, people):
    direct = await people.direct_message(ALICE.id)
    await bot.types(ALICE, direct, "/credlink oncall")
    await bot.card(direct, "Carol")
    assert await bot.types(ALICE, direct, "/credlink oncall") == "", "by now the bot knows them"


async def test_refresh_asks_the_same_anew_on_the_same_card(bot: Answers, people, workspace, source):
    await bot.types(ALICE, OPS, "/credlink oncall")
    old = await bot.card(OPS, "Carol")
    source.person = "Bob"
    await people.press_button(seeds.CAROL.id, old, "Refresh")

    new = await bot.card(OPS, "Bob")
    assert new["ts"] == old["ts"]
    await people.press_stale(ALICE.id, old, "Refresh")
    await bot.told(ALICE, OPS, "asked anew already")
    assert source.times == 2


async def test_two_who_press_refresh_at_once_ask_once(bot: Answers, people, source):
    await bot.types(ALICE, OPS, "/credlink oncall")
    card = await bot.card(OPS, "Carol")
    source.person = "Bob"
    await asyncio.gather(
        people.press_stale(ALICE.id, card, "Refresh"),
        people.press_stale(seeds.BOB.id, card, "Refresh"),
    )
    await bot.card(OPS, "Bob")
    assert source.times == 2


async def test_who_may_not_ask_is_told_so_and_may_not_refresh_either(
    bot: Answers, people, store, source
):
    assert "Only `deployers` may" in await bot.types(DAVE, OPS, "/credlink oncall credlink-api")
    async with store.read() as connection:
        assert await no_rows(connection)

    await bot.types(ALICE, OPS, "/credlink oncall credlink-api")
    card = await bot.card(OPS, "Carol")
    await people.press_button(DAVE.id, card, "Refresh")
    await bot.told(DAVE, OPS, "Only `deployers` may")
    assert source.times == 1


async def test_a_service_nobody_knows_is_answered_with_the_nearest(bot: Answers):
    said = await bot.types(ALICE, OPS, "/credlink oncall credlink-ap")
    assert "did you mean credlink-api?" in said


async def test_what_was_asked_as_the_process_stopped_says_ask_again(
    workspace, people, store, source
):
    source.let.clear()
    async with answering(workspace, people, store, source) as bot:
        await bot.types(ALICE, OPS, "/credlink oncall")
        await until(lambda: asyncio.sleep(0, source.times))

    async with answering(workspace, people, store, Asked()) as bot:
        card = await bot.card(OPS, INTERRUPTED)
        await people.press_button(ALICE.id, card, "Refresh")
        card = await bot.card(OPS, "Carol")
        assert INTERRUPTED not in as_text(card, NAMES)


async def test_what_was_asked_as_the_power_was_cut_says_ask_again(
    workspace, people, store, source, monkeypatch
):
    source.let.clear()
    async with answering(workspace, people, store, source) as bot:
        monkeypatch.setattr(answer_rows, "ALIVE_S", 0.0)
        await bot.types(ALICE, OPS, "/credlink oncall")
        await until(lambda: asyncio.sleep(0, source.times))
        another = AskQuestion(
            database=store,
            catalog=bot.asking.catalog,
            gathers={},
            stand=bot.asking.stand,
            now=utc_now,
            wake=bot.asking.wake,
        )
        assert await another.sweep() == 1
        await bot.card(OPS, INTERRUPTED)
        assert await another.sweep() == 0

        source.let.set()
        await bot.asking.stop()
        assert INTERRUPTED in (await bot.cards(OPS))[-1], "what came too late changes nothing"


async def test_a_mistake_of_ours_is_recorded_and_the_card_says_so(bot: Answers, source, caplog):
    source.breaks = True
    await bot.types(ALICE, OPS, "/credlink oncall")
    card = await bot.card(OPS, "That went wrong on my side")
    assert bot.can_be_asked_anew(card)
    assert any(record.message == "answer_failed" for record in caplog.records)
