"""Trying to carry out what somebody asked of PagerDuty, and saying what came of it."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bot import reporting
from bot.alerts.responding.who import NOT_CONNECTED, verify
from bot.domain.incident import Responder
from bot.engine import CONTROL, receive, surely
from bot.storage import incidents
from bot.storage.transient import is_transient
from bot.world import World
from integrations.errors import Forbidden, IntegrationError, NotFound, RateLimited, Rejected
from integrations.pagerduty.acting import NO_SUCH_REQUESTER
from integrations.pagerduty.client import PagerDutyClient

WAITS_S = (1.0, 4.0)
"""Before the second and third attempt; after that somebody is told so and may ask again."""
UNCHANGED = "Nothing has changed there."
UNSURE = "Whether it happened is not known: look there."

Outcome = dict[str, Any]
"""What a step returns: `ok`, whether to try `again`, and `why` not, sentences."""
Act = Callable[[PagerDutyClient, Responder, str], Awaitable[str]]
"""What is asked, as this person and by this e-mail; returns why it did not happen, or nothing."""
Step = Callable[..., Awaitable[Any]]

log = logging.getLogger(__name__)


async def patiently(perform: Step, give_up: Step, identity: str, waits_s: Sequence[float]) -> None:
    """A workflow's body: try, try again while that could help, and say so when it does not."""
    outcome = await surely(perform, identity)
    for wait_s in waits_s:
        if not outcome["again"]:
            break
        await receive(CONTROL, timeout_s=wait_s)
        outcome = await surely(perform, identity)
    if not outcome["ok"]:
        await surely(give_up, identity, outcome["why"])


async def attempt(here: World, identity: str, by: str, email: str, act: Act) -> Outcome:
    """Do it once as somebody; never raises but for a database that is away for a moment."""
    if here.pagerduty is None:
        return failed(NOT_CONNECTED)
    async with here.database.read() as connection:
        person = await incidents.person_in_pagerduty(connection, by)
        known = await incidents.email_in_pagerduty(connection, by)
    try:
        if person is None:
            person = await verify(here.database, here.pagerduty, by, email, at=here.now())
        why = await act(here.pagerduty, person, known or email)
    except NotFound as exc:
        no_seat = exc.operation == "find_user_by_email"
        what = "they have no PagerDuty user." if no_seat else "the incident is not there any more."
        return failed(f"{what} {UNCHANGED}")
    except Rejected as exc:
        if NO_SUCH_REQUESTER in exc.detail:
            return await _forgotten(here, by, known or email)
        return failed(f"PagerDuty refused ({exc.detail}). {UNCHANGED}")
    except Forbidden as exc:
        return failed(f"PagerDuty did not allow it ({exc.detail}). {UNCHANGED}")
    except IntegrationError as exc:
        verb = "did not answer" if exc.retryable else "refused"
        is_sure = not exc.retryable or isinstance(exc, RateLimited)
        rest = UNCHANGED if is_sure else UNSURE
        return failed(f"PagerDuty {verb} ({exc.detail}). {rest}", again=exc.retryable)
    except Exception as exc:
        if is_transient(exc):
            raise
        # Whatever it is, nobody must read for ever that somebody is at it.
        log.exception("response_broken", extra={"action": "response_broken"})
        reporting.report(exc)
        return failed(f"the bot made a mistake; it is recorded as {identity}.")
    if why:
        return failed(why)
    here.wake()
    return done()


async def _forgotten(here: World, by: str, address: str) -> Outcome:
    """People change their e-mail: who they are is asked anew when they ask for something again."""
    async with here.database.write() as connection:
        await incidents.forget_person(connection, by)
    return failed(
        f"nobody there has the e-mail {address} any more. {UNCHANGED} Ask again: they are looked "
        "up anew."
    )


def done() -> Outcome:
    return {"ok": True, "again": False, "why": ""}


def failed(why: str, *, again: bool = False) -> Outcome:
    return {"ok": False, "again": again, "why": why}
