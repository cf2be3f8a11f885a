"""Somebody asks a question that is answered with a card: kept, shown, and completed by edits."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from bot import reporting
from bot.cards.answer import Answer
from bot.catalog import Catalog, Verb
from bot.domain.access import who_may
from bot.domain.asked import Actor, Asked, Press
from bot.domain.card import Kind
from bot.domain.gate import decide
from bot.domain.place import listed, places
from bot.domain.question import Question, QuestionKind
from bot.errors import NotAllowed
from bot.logs import correlation
from bot.storage import answers
from bot.storage.database import Database

LONGEST_S = 120.0
"""How long sources may be asked for one answer, whatever their own patience."""
SAY_SO_EVERY_S = 4.0
"""How often whoever asks sources says that it still does; well below `answers.ALIVE_S`."""
INTERRUPTED = "I was stopped while I asked for this. Ask again."
TOO_LONG = f"This took longer than {LONGEST_S:g} s, so I stopped asking. Ask for less."

log = logging.getLogger(__name__)

Note = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Shows what is known so far, all of it, as JSON."""


class Gather(Protocol):
    """Asks the sources of one kind of question."""

    async def __call__(self, question: Question, note: Note) -> Mapping[str, Any]:
        """Ask the sources; return all that was found as JSON. `note` shows what is known so far.

        It never raises for a source that does not answer: that is part of what was found.
        """
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an answer's card stands, and what the asker is told where that is elsewhere."""

    channel: str
    said: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskQuestion:
    """Takes questions, and asks for their answers in tasks of its own.

    `stand` decides from memory where a card stands. A question that was being asked when the
    process died is ended by `sweep`.
    """

    database: Database
    catalog: Catalog
    gathers: Mapping[QuestionKind, Gather]
    stand: Callable[[Asked], Standing]
    now: Callable[[], datetime]
    wake: Callable[[], None]
    _asking: dict[asyncio.Task[None], Question] = field(default_factory=dict, init=False)

    async def __call__(
        self,
        kind: QuestionKind,
        words: Mapping[str, Any],
        *,
        asked: Asked,
        verb: Verb,
        environment: str | None = None,
        service: str | None = None,
        found: Mapping[str, Any] | None = None,
    ) -> Answer | None:
        """Open the answer's card and begin to ask; the same command again changes nothing.

        `found` is what is known at once. Without an environment or a service the right is needed
        somewhere; the gatherer tells only of where the asker has it. Returns None where the card
        stands before the asker's eyes, or a word on where it is.

        Raises:
            NotAllowed: the gate says no.
        """
        self._check(asked.by, verb, environment, service)
        standing = self.stand(asked)
        question = Question(
            id=_identity(asked),
            kind=kind,
            asked_by=asked.by.id,
            asked_at=asked.at,
            channel=standing.channel,
            words=words,
            found=found,
            verb=verb,
            environment=environment,
            service=service,
        )
        async with self.database.write() as connection:
            is_new = await answers.add(connection, question)
        if is_new:
            self._begin(question)
        return Answer(standing.said) if standing.said else None

    async def again(self, press: Press) -> Answer | None:
        """Ask the same question anew, for whoever may ask it.

        Raises:
            NotKnown: there is no such answer any more.
            NotAllowed: the gate says no.
        """
        async with self.database.read() as connection:
            question = await answers.get(connection, press.subject_id)
        if question.verb is not None:
            self._check(press.asked.by, question.verb, question.environment, question.service)
        async with self.database.write() as connection:
            begun = await answers.again(connection, question.id, press.revision)
        if begun is None:
            return Answer("This has been asked anew already: look at the card as it stands now.")
        self._begin(begun)
        return None

    async def sweep(self) -> int:
        """End the questions whose asking died with its process; returns how many."""
        ended = 0
        async with self.database.read() as connection:
            abandoned = await answers.abandoned(connection)
        for question_id, number in abandoned:
            ended += await self._give_up(question_id, number, INTERRUPTED)
        return ended

    async def stop(self) -> None:
        """Stop asking; the cards say so."""
        under_way = dict(self._asking)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        for question in under_way.values():
            await self._give_up(question.id, question.round, INTERRUPTED)

    def _check(self, by: Actor, verb: Verb, environment: str | None, service: str | None) -> None:
        meant = [
            place
            for place in places(self.catalog)
            if environment in (None, place.environment) and service in (None, place.service)
        ]
        people = self.catalog.people
        decisions = [decide(people, by, verb, place.environment, place.service) for place in meant]
        if any(decision.allowed for decision in decisions):
            return
        if len(meant) == 1:
            raise NotAllowed(decisions[0].text)
        # One line, however many places: the right to any of them would do.
        found = (who_may(people, verb, place.environment, place.service) for place in meant)
        groups = [f"`{name}`" for name in dict.fromkeys(name for names in found for name in names)]
        where = f"in {environment}" if environment else f"for {service}" if service else "anywhere"
        if not groups:
            raise NotAllowed(
                f"Nobody has the right `{verb.value}` {where}. To allow it, name it under `people` "
                "in the catalogue."
            )
        raise NotAllowed(
            f"Only {listed(groups)} have the right `{verb.value}` {where}. Ask one of them."
        )

    def _begin(self, question: Question) -> None:
        self.wake()
        task = asyncio.create_task(self._ask(question), name=f"ask {question.id}")
        self._asking[task] = question
        task.add_done_callback(self._left)

    def _left(self, task: asyncio.Task[None]) -> None:
        del self._asking[task]
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.warning(  # our own database is away: the sweep ends it
                "answer_not_ended", exc_info=problem, extra={"action": "answer_not_ended"}
            )

    async def _ask(self, question: Question) -> None:
        """Ask until everything is known; whatever happens, the card does not stay open."""
        limit = asyncio.timeout(LONGEST_S)
        try:
            async with limit:
                await self._gather(question)
        except Exception as exc:  # the one place: a bug is recorded, and the card says so
            if limit.expired():
                await self._give_up(question.id, question.round, TOO_LONG)
                return
            log.exception(
                "answer_failed", extra={"action": "answer_failed", "question": question.id}
            )
            reporting.report(exc)
            said = f"That went wrong on my side. It is recorded as {correlation.get()}."
            await self._give_up(question.id, question.round, said)

    async def _gather(self, question: Question) -> None:
        gathering = asyncio.create_task(
            self.gathers[question.kind](question, partial(self._note, question)),
            name=f"gather {question.id}",
        )
        try:
            while not (await asyncio.wait({gathering}, timeout=SAY_SO_EVERY_S))[0]:
                async with self.database.write() as connection:
                    if not await answers.keep_alive(connection, question.id, question.round):
                        return
            await self._note(question, gathering.result(), complete_at=self.now())
        finally:
            gathering.cancel()
            await asyncio.gather(gathering, return_exceptions=True)

    async def _note(
        self,
        question: Question,
        found: Mapping[str, Any],
        *,
        complete_at: datetime | None = None,
    ) -> None:
        async with self.database.write() as connection:
            written = await answers.note(
                connection, question.id, question.round, found, complete_at=complete_at
            )
        if written:
            self.wake()

    async def _give_up(self, question_id: str, number: int, trouble: str) -> bool:
        async with self.database.write() as connection:
            ended = await answers.give_up(connection, question_id, number, trouble, at=self.now())
        if ended:
            self.wake()
        return ended


def _identity(asked: Asked) -> str:
    """An id that the same command has again when Slack repeats it."""
    return f"{Kind.ANSWER.value}-{hashlib.sha256(asked.key.encode()).hexdigest()[:20]}"
