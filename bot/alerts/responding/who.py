"""Who somebody in Slack is in PagerDuty: asked once, by their e-mail, and kept."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.incident import Responder
from bot.errors import Conflict, NotAllowed
from bot.storage import incidents
from bot.storage.database import Database
from integrations.errors import IntegrationError, NotFound, Unavailable
from integrations.pagerduty.client import PagerDutyClient

WITHIN_S = 5.0
"""Somebody waits for it, and it is asked once a person; the workflow asks again."""
NOT_CONNECTED = "PagerDuty is not connected."


class Emails(Protocol):
    """Knows people's addresses."""

    async def __call__(self, user_id: str) -> str | None: ...


class NoSeat(NotAllowed):
    """The person who asked is nobody in PagerDuty."""

    def __init__(self, email: str | None) -> None:
        known = (
            f"nobody there has the e-mail {email}" if email else "Slack gives no e-mail of yours"
        )
        super().__init__(
            f"You have no PagerDuty user: {known}. Nothing was done. "
            "Ask whoever manages PagerDuty for a seat, or ask somebody who has one."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoInPagerDuty:
    """Finds the e-mail by which PagerDuty knows somebody."""

    database: Database
    pagerduty: PagerDutyClient | None
    email_of: Emails
    now: Callable[[], datetime]

    async def known(self, user_id: str) -> str | None:
        """From memory; None while nobody has asked PagerDuty."""
        async with self.database.read() as connection:
            return await incidents.email_in_pagerduty(connection, user_id)

    async def email(self, user_id: str) -> str:
        """The e-mail of the person's PagerDuty user, or of their Slack user while nobody can say.

        Raises:
            NoSeat: PagerDuty knows nobody with their e-mail.
            Conflict: PagerDuty is not connected, or lets nobody be looked up.
        """
        if (known := await self.known(user_id)) is not None:
            return known
        email = await self.email_of(user_id)
        if email is None:
            raise NoSeat(None)
        if self.pagerduty is None:
            raise Conflict(NOT_CONNECTED)
        try:
            async with asyncio.timeout(WITHIN_S):
                await verify(self.database, self.pagerduty, user_id, email, at=self.now())
        except (TimeoutError, Unavailable):
            return email  # the workflow asks again, and says what came of it
        except NotFound:
            raise NoSeat(email) from None
        except IntegrationError as exc:
            raise Conflict(f"PagerDuty does not let the bot look you up: {exc.detail}.") from None
        return await self.known(user_id) or email


async def verify(
    database: Database, pagerduty: PagerDutyClient, user_id: str, email: str, *, at: datetime
) -> Responder:
    """Ask PagerDuty who this person is, and keep the answer.

    Raises:
        NotFound: nobody in PagerDuty has this e-mail.
        IntegrationError: PagerDuty did not say.
    """
    user = await pagerduty.find_user_by_email(email)
    person = Responder(user.id, user.name, slack_id=user_id)
    async with database.write() as connection:
        await incidents.remember_person(connection, person, email=user.email, at=at)
    return person
