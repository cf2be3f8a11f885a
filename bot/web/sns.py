"""Amazon SNS: what CloudWatch publishes is kept; subscriptions are confirmed, and ends shouted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bot.alerts.topics import PATH, TellTopic
from bot.web.keeping import Letter
from bot.web.webhooks import Done, PutAside
from integrations.aws import alarm_news, sns
from integrations.errors import Rejected

# https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html: a message
# has at most 256 KiB, and twice that once it is written as JSON.
SNS_BYTES = 640 * 1024
KNOWN_S = 2 * sns.WINDOW.total_seconds()
"""Longer than an old message is believed, so that none is taken in twice."""


@dataclass(frozen=True, slots=True)
class SnsSender:
    """SNS: it signs each message; without a topic in the catalogue nothing is let in."""

    sender: sns.Sns
    topic: TellTopic
    now: Callable[[], datetime]
    system: ClassVar[str] = sns.SYSTEM
    path: ClassVar[str] = PATH
    most_bytes: ClassVar[int] = SNS_BYTES
    advice: ClassVar[str] = "SNS sends none so large."

    def admit(self, headers: Mapping[str, str]) -> None:
        """Only the body proves it; what is delivered raw proves nothing."""
        if headers.get(sns.RAW_HEADER, "").lower() == "true":
            raise Rejected(
                sns.SYSTEM,
                "webhook",
                "raw message delivery carries no signature: switch it off for this subscription",
            )

    async def read(self, headers: Mapping[str, str], body: bytes) -> Letter | PutAside | Done:
        message = await self.sender.verify(body, now=self.now())
        match message.type:
            case sns.SUBSCRIBED:
                await self.sender.confirm(message)
                await self.topic.confirmed(message.topic_arn, message.message_id)
                return Done("confirmed")
            case sns.UNSUBSCRIBED:
                await self.topic.ended(message.topic_arn, message.message_id)
                return Done("ended")
        try:
            news = alarm_news.of_notification(message.message)
        except Rejected as exc:
            # The topic did send it: a person must see what else is published there.
            return PutAside(body=body, why=str(exc), known_for_s=KNOWN_S)
        return Letter(
            # Signed, and the same for every attempt.
            delivery_key=message.message_id,
            partition_key=news.arn,
            body=body,
            known_for_s=KNOWN_S,
        )
