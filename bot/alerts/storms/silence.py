"""*Silence all…*: a silence for each alert name of what the card showed, previewed in one form."""

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from bot.alerts.respond import KEPT_S
from bot.alerts.silencing.make import NOT_CONNECTED, MakeSilence
from bot.cards.answer import Later
from bot.cards.modal import Loading, Modal
from bot.cards.silence_form import LENGTH, REASON
from bot.cards.storm_silence import PREVIEWED, REVISION, STORM, SilenceAllView, silence_all_form
from bot.domain.asked import Actor, Asked, Press, Submission
from bot.domain.audited import ACCEPTED
from bot.domain.secrecy import masked
from bot.domain.silence import Silence, SilenceState
from bot.domain.silence.audited import SILENCE, entry
from bot.domain.silence.preview import BACK
from bot.domain.silence.request import read_length, read_reason, refusal
from bot.domain.storm_silence import MOST, Heard, Proposed, previewed, propose
from bot.errors import Conflict, FormError, NotAllowed, UsageError
from bot.storage import audit, deduplication, silences, storm_acts, stormed, storms
from bot.world import World
from integrations.errors import IntegrationError

WITHIN_S = 5.0
"""For all that Alertmanager holds."""
NOTHING = (
    "Nothing of what this card showed is Alertmanager's, has a name and still fires: "
    "nothing to silence."
)
CHANGED = "What fires has changed since. Nothing was silenced: press *Silence all…* again."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceStorm:
    """The form of a storm's card, and what is made of it."""

    world: World
    make: MakeSilence

    async def open(self, press: Press) -> Loading:
        """The form, with what each silence would hide; Alertmanager is asked once.

        Raises:
            NotKnown: there is no such storm any more.
            NotAllowed: they may silence none of its alerts.
            Conflict: nothing fires any more, or no Alertmanager is connected.
        """
        if self.world.alertmanager is None:
            raise Conflict(NOT_CONNECTED)
        heard = await self._heard(press.subject_id, press.revision)
        proposed = self._allowed(heard, press.asked.by)
        ask = partial(self._form, press, heard, proposed)
        return Loading(
            title="Silence all", text="Asking Alertmanager what this would hide…", ask=ask
        )

    async def submit(self, submission: Submission) -> Later:
        """Promise a silence for each name that may be silenced, and make them.

        What was not previewed, as it came or reaches further now, is not silenced: the card goes
        on to count it, and to offer the form.

        Raises:
            FormError: for how long, or why, cannot be read.
            NotKnown, NotAllowed: as for the form.
            Conflict: as for the form, or nothing is as it was previewed.
        """
        length, reason = _read(submission.values)
        storm_id, revision = submission.carried[STORM], int(submission.carried[REVISION])
        proposed = self._allowed(await self._heard(storm_id, revision), submission.asked.by)
        seen = submission.carried.get(PREVIEWED, "").split()
        silenced = [
            (one.name, self._silence(one, submission.asked, length, reason))
            for one in proposed
            if not one.refused and one.mark in seen
        ]
        if not silenced:
            raise Conflict(CHANGED)
        await self._promise(storm_id, silenced, submission.asked)
        self.world.wake()
        return Later(partial(self.make.make_all, [silence.id for _, silence in silenced]))

    async def _heard(self, storm_id: str, revision: int) -> tuple[Heard, ...]:
        async with self.world.database.read() as connection:
            await storms.get(connection, storm_id)
            heard = await stormed.heard(connection, storm_id, revision)
        if not heard:
            raise Conflict(NOTHING)
        return heard

    def _allowed(self, heard: Sequence[Heard], by: Actor) -> tuple[Proposed, ...]:
        """The silences, each with why they may not make it.

        Raises:
            NotAllowed: they may make none.
            Conflict: there is none to make.
        """
        where = self.world.catalog.alerts
        proposed = [
            replace(one, refused=refusal(one.matchers, self.world.catalog, by) or "")
            for one in propose(heard, (where.environment_label, where.service_label))
        ]
        if not proposed:
            raise Conflict(NOTHING)
        if all(one.refused for one in proposed):
            raise NotAllowed("\n".join(dict.fromkeys(one.refused for one in proposed)))
        return tuple(proposed)

    async def _form(
        self, press: Press, heard: Sequence[Heard], proposed: Sequence[Proposed]
    ) -> Modal:
        now, silent = await self._firing()
        async with self.world.database.read() as connection:
            seen = await silences.seen_since(connection, self.world.now() - BACK)
            others = await stormed.count_of_others(connection, press.subject_id, press.revision)
        return silence_all_form(
            SilenceAllView(
                storm_id=press.subject_id,
                revision=press.revision,
                channel_id=press.asked.channel_id,
                proposed=previewed(
                    proposed[:MOST], heard, now=now, past=(one.labels for one in seen)
                ),
                left_out=max(0, len(proposed) - MOST),
                others=others,
                silent=silent,
            )
        )

    async def _firing(self) -> tuple[list[tuple[str, Mapping[str, str]]] | None, str | None]:
        """What Alertmanager holds now, or why it does not say."""
        if self.world.alertmanager is None:
            return None, NOT_CONNECTED
        try:
            async with asyncio.timeout(WITHIN_S):
                found = await self.world.alertmanager.get_alerts()
        except TimeoutError:
            return None, f"no answer within {WITHIN_S:g} s"
        except IntegrationError as exc:
            return None, exc.detail
        return [(one.fingerprint, one.labels) for one in found], None

    def _silence(self, one: Proposed, asked: Asked, length: timedelta, reason: str) -> Silence:
        now = self.world.now()
        return Silence(
            id=_identity(asked, one.name),
            is_ours=True,
            state=SilenceState.ASKED,
            matchers=one.matchers,
            starts_at=now,
            ends_at=now + length,
            created_by=self.make.name_of(asked.by.id),
            by=asked.by.id,
            reason=masked(reason),
        )

    async def _promise(
        self, storm_id: str, silenced: Sequence[tuple[str, Silence]], asked: Asked
    ) -> None:
        """All of them in one transaction, once however often the form arrives."""
        async with self.world.database.write() as connection:
            key = f"storm silences:{asked.key}"
            if not await deduplication.first_time(connection, key, keep_s=KEPT_S):
                return
            for _, silence in silenced:
                await silences.ask(connection, silence)
            made = [(silence.id, name) for name, silence in silenced]
            await storm_acts.silence(connection, storm_id, made)
            for _, silence in silenced:
                accepted = entry(
                    SILENCE,
                    ACCEPTED,
                    silence.matchers,
                    self.world.catalog,
                    replace(asked, key=f"{asked.key}:{silence.id}"),
                    subject=silence.id,
                    until=silence.ends_at,
                    reason=silence.reason,
                )
                await audit.add(connection, accepted)


def _read(said: Mapping[str, str]) -> tuple[timedelta, str]:
    """For how long and why.

    Raises:
        FormError: one of them cannot be read.
    """
    problems: dict[str, str] = {}
    length, reason = timedelta(), ""
    try:
        length = read_length(said.get(LENGTH, ""))
    except UsageError as exc:
        problems[LENGTH] = str(exc)
    try:
        reason = read_reason(said.get(REASON, ""))
    except UsageError as exc:
        problems[REASON] = str(exc)
    if problems:
        raise FormError(problems)
    return length, reason


def _identity(asked: Asked, name: str) -> str:
    """An id that the same form has again when Slack repeats it; one word, for the comment."""
    return f"storm-{hashlib.sha256(f'{asked.key}:{name}'.encode()).hexdigest()[:20]}"
