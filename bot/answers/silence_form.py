"""*Silence…* on an alert group's card: the form, and what is made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bot.answers.silence import ProposeSilence
from bot.cards.answer import Answer
from bot.cards.modal import Modal
from bot.cards.silence_form import LENGTH, MATCHERS, REASON, silence_form
from bot.domain.alert import common
from bot.domain.asked import Press, Submission
from bot.domain.silence.matchers import Matcher, Operator, read
from bot.domain.silence.request import SilenceRequest, checked, read_length, read_reason, refusal
from bot.errors import Conflict, FormError, NotAllowed, UsageError
from bot.storage import alerts
from bot.world import World

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SilenceForm:
    """Opens the form, and proposes what is written into it."""

    world: World
    propose: ProposeSilence

    async def open(self, press: Press) -> Modal:
        """The form, with what the group's firing alerts have in common.

        Raises:
            NotKnown: there is no such group any more.
            NotAllowed: they may not silence these alerts.
            Conflict: the alert is resolved.
        """
        async with self.world.database.read() as connection:
            group = await alerts.get(connection, press.subject_id)
            known = await alerts.alerts_of(connection, group.id)
        if group.is_final:
            raise Conflict("This has changed: the alert is resolved.")
        shared = common(one.labels for one in known if one.is_firing) or common(
            one.labels for one in known
        )
        matchers = tuple(
            Matcher(name, Operator.EQUAL, value) for name, value in sorted(shared.items()) if value
        )
        if why := refusal(matchers, self.world.catalog, press.asked.by):
            raise NotAllowed(why)
        return silence_form(matchers, channel_id=press.asked.channel_id)

    async def submit(self, submission: Submission) -> Answer | None:
        """Propose it; the card says what it would hide, and is where it is confirmed.

        Raises:
            FormError: something in it cannot be read.
            NotAllowed, Conflict: as of a proposal by command.
        """
        said = submission.values
        problems: dict[str, str] = {}

        def taken(block_id: str, read_it: Callable[[str], T]) -> T | None:
            try:
                return read_it(said.get(block_id, ""))
            except UsageError as exc:
                problems[block_id] = str(exc)
                return None

        matchers = taken(MATCHERS, lambda text: checked(read(text)))
        length, reason = taken(LENGTH, read_length), taken(REASON, read_reason)
        if matchers is None or length is None or reason is None:
            raise FormError(problems)
        request = SilenceRequest(matchers=matchers, length=length, reason=reason)
        return await self.propose(request, asked=submission.asked)
