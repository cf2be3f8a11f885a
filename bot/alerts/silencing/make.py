"""A confirmed silence is made in Alertmanager, once, whatever dies meanwhile.

The row is the promise. Alertmanager would take the same silence twice, so whoever makes one claims
the row, and looks first whether it is there: its comment holds the row's id.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bot.alerts.silencing import told
from bot.alerts.silencing.sync import SyncSilences, was_made
from bot.cards.answer import Answer, Later
from bot.cards.links import permalink
from bot.domain.asked import Asked, Press
from bot.domain.audited import ACCEPTED, DENIED, FAILED
from bot.domain.card import Kind
from bot.domain.question import Question, QuestionKind
from bot.domain.secrecy import masked
from bot.domain.silence import Silence, SilenceState, marked, marker
from bot.domain.silence.audited import SILENCE, entry, on_behalf
from bot.domain.silence.request import SilenceRequest, refusal
from bot.errors import Conflict, NotAllowed
from bot.storage import answers, audit, cards, silences
from bot.world import World
from integrations.alertmanager.client import AlertmanagerClient
from integrations.errors import IntegrationError, Unavailable

WITHIN_S = 10.0
"""For all that Alertmanager is asked to make one silence."""
CLAIM_S = 20.0
PATIENCE = timedelta(minutes=2)
"""How long a promise is tried again; after that its card says so and offers it anew."""
FRESH = timedelta(minutes=30)
"""A preview older than this says no longer what would be hidden."""
CHANGED = "This has changed since the card was drawn: look at it again."
NOT_CONNECTED = "Alertmanager is not connected."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeSilence:
    """*Silence* on the card of a proposed one. `name_of` knows people's names from memory."""

    world: World
    sync: SyncSilences
    name_of: Callable[[str], str]
    workspace_url: str

    async def confirm(self, press: Press) -> Later | Answer:
        """Promise it and make it.

        Raises:
            NotKnown: there is no such card any more.
            NotAllowed: the gate says no, which the audit keeps.
            Conflict: the card has moved on, or its preview is old.
        """
        async with self.world.database.read() as connection:
            question = await answers.get(connection, press.subject_id)
        request = self._request(question, press)
        await self._ask_the_gate(request, press.asked)
        now = self.world.now()
        silence = Silence(
            id=question.id,
            is_ours=True,
            state=SilenceState.ASKED,
            matchers=request.matchers,
            starts_at=now,
            ends_at=now + request.length,
            created_by=self.name_of(press.asked.by.id),
            by=press.asked.by.id,
            reason=masked(request.reason),
        )
        accepted = entry(
            SILENCE,
            ACCEPTED,
            request.matchers,
            self.world.catalog,
            press.asked,
            subject=silence.id,
            until=silence.ends_at,
            reason=request.reason,
        )
        async with self.world.database.write() as connection:
            if not await silences.ask(connection, silence):
                return Answer("This has been confirmed already: look at the card as it stands now.")
            await audit.add(connection, accepted)
        self.world.wake()
        return Later(partial(self.make_all, [silence.id]))

    async def sweep(self) -> int:
        """Make what was promised and nobody makes; returns how many were tried."""
        async with self.world.database.read() as connection:
            promised = await silences.unclaimed(connection)
        await self.make_all(promised)
        return len(promised)

    async def make_all(self, silence_ids: Sequence[str]) -> None:
        """Make these promised ones, and bring the groups' cards up to date once."""
        made = [silence_id for silence_id in silence_ids if await self._made(silence_id)]
        if made:
            await self._say_what_is_covered()

    def _request(self, question: Question, press: Press) -> SilenceRequest:
        if question.kind is not QuestionKind.SILENCE or question.round != press.revision:
            raise Conflict(CHANGED)
        if question.completed_at is None:
            raise Conflict("What it would hide is still being asked: wait a moment.")
        if self.world.now() - question.completed_at > FRESH:
            raise Conflict("What it would hide was looked up too long ago: press *Refresh* first.")
        request = SilenceRequest.of_json(question.words)
        if request.is_dry_run:
            raise Conflict("This was a dry run. Ask again without `--dry-run`.")
        return request

    async def _ask_the_gate(self, request: SilenceRequest, asked: Asked) -> None:
        why = refusal(request.matchers, self.world.catalog, asked.by)
        if why is None:
            return
        denied = entry(SILENCE, DENIED, request.matchers, self.world.catalog, asked, why=why)
        async with self.world.database.write() as connection:
            await audit.add(connection, denied)
        raise NotAllowed(why)

    async def _made(self, silence_id: str) -> bool:
        """Ask Alertmanager, if nobody else does; the card says what came of it."""
        async with self.world.database.write() as connection:
            if not await silences.claim(connection, silence_id, for_s=CLAIM_S / self.world.pace):
                return False
            silence = await silences.get(connection, silence_id)
        if silence is None:
            return False
        try:
            made_as = await self._asked(silence)
        except IntegrationError as exc:
            await self._not_made(silence, exc)
            return False
        await was_made(self.world, silence, made_as)
        log.info("silenced", extra={"action": "silenced", "silence": made_as, "by": silence.by})
        self.world.wake()
        return True

    async def _say_what_is_covered(self) -> None:
        try:
            await self.sync()
        except IntegrationError:  # it is made; the chore brings the groups' cards up to date
            log.info("silences_unread", extra={"action": "silences_unread"})

    async def _asked(self, silence: Silence) -> str:
        """Alertmanager's id of it, found or made.

        Raises:
            IntegrationError: it is not known to be there.
        """
        alertmanager = self.world.alertmanager
        if alertmanager is None:
            raise Unavailable("alertmanager", "post_silence", "it is not connected")
        comment = await self._comment(silence)
        try:
            async with asyncio.timeout(WITHIN_S / self.world.pace):
                return await _found(alertmanager, silence) or await alertmanager.post_silence(
                    told.for_alertmanager(silence, comment)
                )
        except TimeoutError:
            why = f"no answer within {WITHIN_S:g} s"
            raise Unavailable("alertmanager", "post_silence", why) from None

    async def _comment(self, silence: Silence) -> str:
        """Why and by whom, with a link to the card, and what it is found again by."""
        async with self.world.database.read() as connection:
            place = await cards.card_channel_and_ts(connection, Kind.ANSWER, silence.id)
        where = [permalink(self.workspace_url, place)] if place is not None else []
        parts = [silence.reason, f"by {silence.created_by} in Slack", *where, marker(silence.id)]
        return " · ".join(parts)

    async def _not_made(self, silence: Silence, exc: IntegrationError) -> None:
        """Leave it to the sweep while that may help; then say so on the card."""
        is_late = self.world.now() - silence.starts_at > PATIENCE / self.world.pace
        log.warning(
            "silence_not_made",
            extra={"action": "silence_not_made", "silence": silence.id, "why": str(exc)},
        )
        if exc.retryable and not is_late:
            return
        verb = "did not answer" if exc.retryable else "refused"
        why, now = f"Alertmanager {verb}: {exc.detail}.", self.world.now()
        entry_of = partial(entry, SILENCE, FAILED, silence.matchers, self.world.catalog)
        written = entry_of(on_behalf(silence, now), subject=silence.id, why=why)
        async with self.world.database.write() as connection:
            if await silences.failed(connection, silence.id, why):
                await audit.add(connection, written)
        self.world.wake()


async def _found(alertmanager: AlertmanagerClient, silence: Silence) -> str | None:
    """The id of a silence that was made before somebody could write it down."""
    for one in await alertmanager.get_silences():
        if one.state in told.LIVE and marked(one.comment) == silence.id:
            return one.id
    return None
