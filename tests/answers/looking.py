"""Somebody who asks questions of AWS: a verb, its gatherer and its card, short of Slack."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import select

from bot.answers.ask import AskQuestion, Gather, Standing
from bot.answers.show import ShowAnswer
from bot.cards.answer import Answer, Later
from bot.cards.answer_card import AnswerView
from bot.cards.blocks import Message
from bot.domain.asked import Actor, Asked, Press
from bot.domain.question import Question, QuestionKind
from bot.slack.words import words_of
from bot.storage import answers
from bot.storage.schema.answers import answers as answer_rows
from bot.storage.schema.audit import audit_entries
from bot.storage.schema.cards import pictures, thread_entries
from bot.world import World
from sandbox.transcript import as_text

WITHIN_S = 20.0
ALICE, MALLORY = Actor("U0ALICE01", frozenset({"S0DEPLOY"})), Actor("U0MALLORY")
BOB = Actor("U0BOB0001", frozenset({"S0APPROVE"}))


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Desk:
    """`run` is the verb's, with all it needs but the words and who asks."""

    world: World
    kind: QuestionKind
    gather: Gather
    draw: Callable[[AnswerView], Message]
    run: Callable[..., Awaitable[Answer | Later | None]] | None = None
    _numbers: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.ask = AskQuestion(
            database=self.world.database,
            catalog=self.world.catalog,
            gathers={self.kind: self.gather},
            stand=lambda asked: Standing(asked.channel_id),
            now=self.world.now,
            wake=lambda: None,
        )

    def asked(self, by: Actor, typed: str = "") -> Asked:
        number = next(self._numbers)
        return Asked(by, "C1", f"key-{number}", "c-1", self.world.now(), typed=typed)

    async def types(self, typed: str, *, by: Actor = ALICE) -> str:
        """Type `/credlink …`; returns what this person alone is told in the end."""
        assert self.run is not None
        return await told(await self.run(words_of(typed)[1:], self.asked(by, typed)))

    async def question(self) -> Question:
        """The newest question, once its answer is complete."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                async with self.world.database.read() as connection:
                    ids = await connection.execute(
                        select(answer_rows.c.id).order_by(answer_rows.c.asked_at.desc())
                    )
                    question = await answers.get(connection, ids.scalars().first())
                if question.is_complete:
                    return question
                await asyncio.sleep(0.01)

    async def message(self) -> Message:
        """The newest answer's card."""
        question = await self.question()
        show = ShowAnswer({self.kind: self.draw})
        async with self.world.database.read() as connection:
            return await show(connection, question.id, self.world.now())

    async def card(self) -> str:
        """All that the newest answer's card says."""
        return read(await self.message())

    async def press(self, label: str, *, by: Actor = ALICE) -> Press:
        """A press of the first button of this label on the newest card."""
        for block in (await self.message()).blocks:
            pressable = block["elements"] if block["type"] == "actions" else ()
            for element in [block.get("accessory"), *pressable]:
                if element and element["text"]["text"] == label:
                    value = json.loads(element["value"])
                    return Press(
                        self.asked(by), element["action_id"], value["id"], value["revision"]
                    )
        raise AssertionError(f"no button {label}: {await self.card()}")

    async def thread(self) -> list[str]:
        """What the threads' entries say; pictures in words."""
        async with self.world.database.read() as connection:
            entries = await connection.execute(select(thread_entries.c.message))
            drawn = await connection.execute(select(pictures.c.alt))
            said = [as_text(message, {}) for message in entries.scalars() if message]
            return said + list(drawn.scalars())

    async def audited(self) -> Sequence[Any]:
        """The audit's entries."""
        async with self.world.database.read() as connection:
            rows = await connection.execute(select(audit_entries).order_by(audit_entries.c.number))
            return rows.all()


async def until(has_happened: Callable[[], bool]) -> None:
    """Wait until it has, at most `WITHIN_S`."""
    deadline = asyncio.get_running_loop().time() + WITHIN_S
    while not has_happened():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen"
        await asyncio.sleep(0.01)


def read(message: Message) -> str:
    return as_text({"text": message.text, "blocks": list(message.blocks)}, {})


async def told(said: Answer | Later | None) -> str:
    """What somebody is told, after all has been asked."""
    if isinstance(said, Later):
        said = await said.ask()
    return said.text if said is not None else ""
