"""Silences listed, ended and prolonged: those made here and those made elsewhere alike."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from bot.alerts.silencing import told
from bot.alerts.silencing.make import CHANGED, NOT_CONNECTED, WITHIN_S
from bot.cards.answer import Answer, Later
from bot.cards.silence_list import listed
from bot.cards.silence_words import code
from bot.cards.text import day_and_time
from bot.domain.asked import Asked, Press
from bot.domain.audited import ACCEPTED, DENIED, DONE, FAILED
from bot.domain.silence import EXTENDED_BY, LONGEST, Silence, SilenceState
from bot.domain.silence.audited import END, EXTEND, entry
from bot.domain.silence.request import refusal
from bot.errors import Conflict, NotAllowed, NotKnown
from bot.storage import audit, silences
from bot.world import World
from integrations.alertmanager import models
from integrations.alertmanager.client import AlertmanagerClient
from integrations.errors import IntegrationError, NotFound, Unavailable

FIRST = "Asking Alertmanager…"
T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepSilences:
    """`silence list`, `silence expire`, and the buttons *End silence* and *Extend*."""

    world: World
    name_of: Callable[[str], str]

    async def tell(self, asked: Asked) -> Later:
        """List the silences in force."""
        return Later(partial(self._list, asked), FIRST)

    async def expire(self, known_as: str, *, asked: Asked, is_dry_run: bool = False) -> Later:
        """End the silence of this id, or whose id begins so."""
        return Later(partial(self._end, known_as, asked, is_dry_run), FIRST)

    async def press_end(self, press: Press) -> Later:
        """End the silence of a button: a second press finds it ended."""
        return Later(partial(self._end, press.subject_id, press.asked, False))

    async def press_extend(self, press: Press) -> Later:
        """Let the silence of a button last longer, once for each time it was drawn.

        Raises:
            Conflict: it is over, or ends at another time than the button said.
        """
        async with self.world.database.read() as connection:
            silence = await silences.of_alertmanager(connection, press.subject_id)
        if silence is None or silence.state is not SilenceState.LIVE:
            raise Conflict("This silence is over: silence it anew.")
        if silence.state_revision != press.revision:
            raise Conflict(CHANGED)
        return Later(partial(self._extend, silence, press.asked))

    async def _list(self, asked: Asked) -> Answer:
        live = await self._live()
        return listed([told.made_elsewhere(one) for one in live], now=self.world.now())

    async def _end(self, known_as: str, asked: Asked, is_dry_run: bool) -> Answer:
        one = _meant(known_as, await self._live())
        silence = told.made_elsewhere(one)
        await self._ask_the_gate(END, silence, asked, is_dry_run)
        if is_dry_run:
            return Answer(f"Dry run, nothing was changed. This would end {code(silence.matchers)}.")
        await self._begin(END, silence, asked)
        await self._finish(END, silence, asked, lambda am: _delete(am, str(one.id)))
        async with self.world.database.write() as connection:
            known = await silences.of_alertmanager(connection, str(one.id))
            if known is not None:
                name = self.name_of(asked.by.id)
                at = self.world.now()
                await told.over(connection, known, at=at, by=asked.by.id, name=name)
        self.world.wake()
        return Answer(f"Ended: {code(silence.matchers)} is told of again.")

    async def _extend(self, silence: Silence, asked: Asked) -> Answer:
        # Counted from the end the button was drawn with: twice asked is once prolonged.
        ends_at = min(silence.ends_at + EXTENDED_BY, self.world.now() + LONGEST)
        longer = replace(silence, ends_at=ends_at)
        await self._ask_the_gate(EXTEND, silence, asked)
        live = {str(one.id): one for one in await self._live()}
        there = live.get(str(silence.alertmanager_id))
        if there is None:
            raise Conflict("This silence is over: silence it anew.")
        if there.ends_at >= ends_at:  # somebody was faster, here or there: it is not shortened
            return Answer(
                f"{code(silence.matchers)} is silenced until {day_and_time(there.ends_at)} already."
            )
        await self._begin(EXTEND, longer, asked)
        # The start is Alertmanager's own: with another it would make a second silence.
        wanted = replace(there, ends_at=ends_at)
        await self._finish(EXTEND, longer, asked, lambda am: am.post_silence(wanted))
        async with self.world.database.write() as connection:
            await silences.lasts_until(connection, silence.id, ends_at)
        self.world.wake()
        return Answer(f"{code(silence.matchers)} is silenced until {day_and_time(ends_at)}.")

    async def _live(self) -> tuple[models.Silence, ...]:
        """The silences in force, by their end.

        Raises:
            Conflict: Alertmanager does not say.
        """
        try:
            found = await self._asked(lambda am: am.get_silences())
        except IntegrationError as exc:
            raise Conflict(
                f"Alertmanager did not tell its silences: {exc.detail}. Nothing was changed."
            ) from None
        return tuple(
            sorted((one for one in found if one.state in told.LIVE), key=lambda one: one.ends_at)
        )

    async def _ask_the_gate(
        self, act: str, silence: Silence, asked: Asked, is_dry_run: bool = False
    ) -> None:
        why = refusal(silence.matchers, self.world.catalog, asked.by)
        if why is None:
            return
        if not is_dry_run:
            await self._write(act, DENIED, silence, asked, why=why)
        raise NotAllowed(why)

    async def _begin(self, act: str, silence: Silence, asked: Asked) -> None:
        """Write down that it is about to be done, once.

        Slack may repeat a press whose first delivery somebody died with: both acts may be done
        twice, and are rather done twice than not.
        """
        await self._write(act, ACCEPTED, silence, asked)

    async def _finish(
        self,
        act: str,
        silence: Silence,
        asked: Asked,
        do: Callable[[AlertmanagerClient], Awaitable[object]],
    ) -> None:
        """Do it, and write down what came of it.

        Raises:
            Conflict: Alertmanager did not do it, and why.
        """
        try:
            await self._asked(do)
        except IntegrationError as exc:
            await self._write(act, FAILED, silence, asked, why=exc.detail)
            what = "did not answer" if exc.retryable else "did not do it"
            raise Conflict(
                f"Alertmanager {what}: {exc.detail}. `silence list` says how it stands."
            ) from None
        await self._write(act, DONE, silence, asked)

    async def _write(
        self, act: str, outcome: str, silence: Silence, asked: Asked, *, why: str = ""
    ) -> None:
        until: datetime | None = silence.ends_at if act == EXTEND else None
        written = entry(
            act,
            outcome,
            silence.matchers,
            self.world.catalog,
            asked,
            subject=silence.alertmanager_id,
            until=until,
            why=why,
        )
        log.info(
            "silence_changed",
            extra={
                "action": "silence_changed",
                "act": act,
                "outcome": outcome,
                "silence": silence.alertmanager_id,
                "by": asked.by.id,
            },
        )
        async with self.world.database.write() as connection:
            await audit.add(connection, written)

    async def _asked(self, do: Callable[[AlertmanagerClient], Awaitable[T]]) -> T:
        if self.world.alertmanager is None:
            raise Conflict(NOT_CONNECTED)
        try:
            async with asyncio.timeout(WITHIN_S / self.world.pace):
                return await do(self.world.alertmanager)
        except TimeoutError:
            why = f"no answer within {WITHIN_S:g} s"
            raise Unavailable("alertmanager", "silences", why) from None


async def _delete(alertmanager: AlertmanagerClient, silence_id: str) -> None:
    """That it is not there any more is what was wanted."""
    try:
        await alertmanager.delete_silence(silence_id)
    except NotFound:
        log.info("silence_gone", extra={"action": "silence_gone", "silence": silence_id})


def _meant(known_as: str, live: tuple[models.Silence, ...]) -> models.Silence:
    """The one silence whose id begins so.

    Raises:
        NotKnown: there is none, or more than one.
    """
    meant = [one for one in live if str(one.id).startswith(known_as.lower())]
    match meant:
        case [one]:
            return one
        case []:
            raise NotKnown(
                f"No silence in force has an id that begins with {known_as}: it may be over. "
                "`silence list` names them."
            )
        case _:
            raise NotKnown(
                f"{len(meant)} silences have ids that begin with {known_as}: write more of it."
            )
