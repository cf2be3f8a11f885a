"""EventBridge's news of alarms, from a queue, are kept in the inbox like every webhook."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from bot.storage import inbox
from bot.storage.database import Database
from integrations.aws import alarm_news
from integrations.errors import Rejected

KNOWN_S = 24 * 3600.0
"""A message comes again until it is deleted; after that it is older than what is known."""


@dataclass(frozen=True, slots=True)
class KeepAlarmEvent:
    """Keeps an event of an alarm's state. `wake` is called when one was kept."""

    database: Database
    wake: Callable[[], None]

    async def __call__(self, body: str) -> bool:
        """Keep it, once for each event; False when it cannot be read, and is put aside."""
        raw = body.encode()
        try:
            event_id, news = alarm_news.of_event(body)
        except Rejected as exc:
            async with self.database.write() as connection:
                await inbox.put_aside(
                    connection,
                    source=alarm_news.SYSTEM,
                    delivery_key=hashlib.sha256(raw).hexdigest(),
                    body=raw,
                    error=str(exc),
                    known_for_s=KNOWN_S,
                )
            return False
        async with self.database.write() as connection:
            await inbox.keep(
                connection,
                source=alarm_news.SYSTEM,
                delivery_key=event_id,
                partition_key=news.arn,
                body=raw,
                known_for_s=KNOWN_S,
            )
        self.wake()
        return True
