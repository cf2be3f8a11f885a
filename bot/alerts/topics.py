"""Whether a topic's alarms reach us is said in the channel: once it does, and when it is ended."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.card import Urgency
from bot.domain.notice import Line, code, strong
from bot.storage import notices
from bot.storage.database import Database

PATH = "/webhooks/sns"
"""What the address ends with that SNS posts to."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TellTopic:
    """Says it once for each message of SNS's, by its id. `tell` is called after a card was made."""

    database: Database
    channel: str
    now: Callable[[], datetime]
    tell: Callable[[], None]

    async def confirmed(self, topic_arn: str, message_id: str) -> None:
        """Its subscription was confirmed."""
        log.info("topic_confirmed", extra={"action": "topic_confirmed", "topic": topic_arn})
        await self._say(
            message_id,
            f"🟢 Alarms of the topic {_name(topic_arn)} reach me now",
            [["I confirmed the subscription to ", code(topic_arn), "."]],
            Urgency.NEW,
        )

    async def ended(self, topic_arn: str, message_id: str) -> None:
        """Somebody has ended its subscription: nothing of it is told any more."""
        log.error("topic_ended", extra={"action": "topic_ended", "topic": topic_arn})
        lost = ": what fires there from now on, nobody is told here."
        again = " to it again. I confirm it by myself."
        await self._say(
            message_id,
            f"🔴 Alarms of the topic {_name(topic_arn)} no longer reach me",
            [
                ["Somebody has ended the subscription to ", code(topic_arn), lost],
                [strong("Next:"), " subscribe my address that ends with ", code(PATH), again],
            ],
            Urgency.OUTCOME,
        )

    async def _say(
        self, message_id: str, headline: str, lines: Sequence[Line], urgency: Urgency
    ) -> None:
        async with self.database.write() as connection:
            await notices.announce(
                connection,
                id=f"sns:{message_id}",
                channel=self.channel,
                headline=headline,
                lines=lines,
                at=self.now(),
                urgency=urgency,
            )
        self.tell()


def _name(topic_arn: str) -> str:
    return topic_arn.rpartition(":")[2]
