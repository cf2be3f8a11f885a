"""Sentry as a sender of webhooks. It waits one second and never repeats itself."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bot.web.keeping import Letter
from bot.web.webhooks import PutAside
from integrations.errors import Rejected
from integrations.sentry import webhook
from integrations.sentry.calls import SYSTEM

SENTRY_PATH = "/webhooks/sentry"
# An event carries its stack with the lines around each frame; Sentry itself takes 1 MB of one.
SENTRY_BYTES = 4 * 1024 * 1024
SENTRY_KNOWN_S = 24 * 3600.0
"""Far longer than a webhook is fresh."""


@dataclass(frozen=True, slots=True)
class SentrySender:
    """A Sentry integration: it signs the body with its client secret, and says when."""

    now: Callable[[], datetime]
    secrets: Sequence[str] = ()
    system: ClassVar[str] = SYSTEM
    path: ClassVar[str] = SENTRY_PATH
    most_bytes: ClassVar[int] = SENTRY_BYTES
    advice: ClassVar[str] = "Sentry sends none so large."

    def admit(self, headers: Mapping[str, str]) -> None:
        """Only the body proves it."""

    async def read(self, headers: Mapping[str, str], body: bytes) -> Letter | PutAside:
        webhook.verify(body, headers, self.secrets, now=self.now())
        try:
            hook = webhook.parse(body)
        except Rejected as exc:
            # Sentry did send it, and will not again: a person looks at it.
            return PutAside(body=body, why=str(exc), known_for_s=SENTRY_KNOWN_S)
        request_id = headers.get(webhook.DELIVERY_HEADER, "")
        return Letter(
            delivery_key=request_id or hashlib.sha256(body).hexdigest(),
            partition_key=f"sentry:{hook.subject}",
            body=body,
            known_for_s=SENTRY_KNOWN_S,
        )
